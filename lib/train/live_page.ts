/** A page that shows a run while it goes on, served to this machine alone. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

import { ConvoltError } from '../core/errors.js';
import { page, type ReportParts } from './report.js';

/** Parts of the page, as HTML: those of the report, and what is going on now. */
export type LiveParts = ReportParts & { now: string };

const names: readonly (keyof LiveParts)[] = ['title', 'lead', 'now', 'facts', 'charts', 'epochs', 'confusion', 'filters', 'mistakes'];

const script = `
const events = new EventSource('/events');
events.onmessage = ({ data }) => {
  for (const [name, html] of Object.entries(JSON.parse(data))) {
    document.getElementById(name).innerHTML = html;
    if (name === 'title') document.title = document.getElementById(name).textContent;
  }
};
events.addEventListener('end', () => events.close());
events.onerror = () => { document.getElementById('now').textContent = 'The run is not there any more.'; };
`;

const frame = page(
  'convolt',
  `<h1 id="title">convolt</h1><p class="lead" id="lead"></p><p id="now"></p><dl class="facts" id="facts"></dl>
${names.slice(4).map((name) => `<section id="${name}"></section>`).join('')}<script>${script}</script>`,
);

const headers = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; connect-src 'self'",
};

/** Only pages of this machine may read the run, not a foreign one whose name was made to point here. */
function isLocal({ headers: { host = '' } }: IncomingMessage): boolean {
  return /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(host);
}

export class LivePage {
  private readonly server: Server;
  private readonly readers = new Set<ServerResponse>();
  private readonly parts: Partial<LiveParts> = {};

  private constructor() {
    this.server = createServer((request, response) => this.answer(request, response));
    this.server.unref(); // does not keep the process alive
  }

  /**
   * Serves the page on 127.0.0.1.
   *
   * @param port 0 for one that is free. Default 0.
   * @throws ERR_ARGUMENT if the port is taken or may not be used.
   */
  static async open(port = 0): Promise<LivePage> {
    const live = new LivePage();
    await new Promise<void>((resolve, reject) => {
      live.server.once('error', (error) => {
        reject(new ConvoltError('ERR_ARGUMENT', `LivePage: expected a port that is free, but got ${port} (${error.message})`, { cause: error }));
      });
      live.server.listen(port, '127.0.0.1', resolve);
    });
    return live;
  }

  get url(): string {
    const address = this.server.address();
    return `http://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}/`;
  }

  /** How many pages show the run. */
  get viewers(): number {
    return this.readers.size;
  }

  /** Shows parts anew, to who reads now and to who comes later. */
  show(parts: Partial<LiveParts>): void {
    Object.assign(this.parts, parts);
    for (const reader of this.readers) send(reader, parts);
  }

  /** Ends the page; readers keep what they see. */
  async close(): Promise<void> {
    for (const reader of this.readers) reader.end('event: end\ndata: \n\n');
    await new Promise((resolve) => this.server.close(resolve));
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    if (!isLocal(request)) {
      response.writeHead(403).end();
    } else if (request.url === '/') {
      response.writeHead(200, headers).end(frame);
    } else if (request.url === '/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      this.readers.add(response);
      request.on('close', () => this.readers.delete(response));
      send(response, this.parts);
    } else {
      response.writeHead(404).end();
    }
  }
}

/** A server-sent event; JSON has no line breaks, so one line of data is enough. */
function send(reader: ServerResponse, parts: Partial<LiveParts>): void {
  reader.write(`data: ${JSON.stringify(parts)}\n\n`);
}
