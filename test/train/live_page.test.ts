/** The live page, read over HTTP and, where there is one, in a browser. */
import { spawn, spawnSync } from 'node:child_process';
import { get } from 'node:http';
import { describe, expect, test } from 'vitest';

import { LivePage } from '../../lib/train/index.js';

/** What a server answers within some milliseconds; a stream goes on. */
function answer(url: string, headers: Record<string, string> = {}, until = (_text: string) => false): Promise<{ status: number | undefined; text: string }> {
  return new Promise((resolve, reject) => {
    const request = get(url, { headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
        if (until(text)) request.destroy();
      });
      response.on('close', () => resolve({ status: response.statusCode, text }));
    });
    request.on('error', reject);
  });
}

describe('LivePage', () => {
  test('serves its page to this machine alone, without anything from outside', async () => {
    const page = await LivePage.open();
    expect(page.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    const { status, text } = await answer(page.url);
    expect(status).toBe(200);
    expect(text).toMatch(/^<!doctype html>/);
    expect(text).not.toMatch(/https?:/);
    expect((await answer(page.url, { host: 'elsewhere.example' })).status).toBe(403);
    expect((await answer(`${page.url}other`)).status).toBe(404);
    await page.close();
  });

  test('tells readers what they missed, what is new, and the end', async () => {
    const page = await LivePage.open();
    page.show({ title: 'a', now: 'step 1' });
    let sawSecond: () => void = () => undefined;
    const second = new Promise<void>((resolve) => (sawSecond = resolve));
    let isTold = false;
    const reading = answer(`${page.url}events`, {}, (text) => {
      if (!isTold) page.show({ now: 'step 2\nand more' });
      isTold = true;
      if (text.includes('step 2')) sawSecond();
      return false;
    });
    await second;
    await page.close();
    expect((await reading).text.split('\n\n')).toEqual([
      'data: {"title":"a","now":"step 1"}',
      'data: {"now":"step 2\\nand more"}',
      'event: end\ndata: ',
      '',
    ]);
  });

  test('a port that is taken is told', async () => {
    const page = await LivePage.open();
    const port = Number(new URL(page.url).port);
    await expect(LivePage.open(port)).rejects.toThrow(`LivePage: expected a port that is free, but got ${port} (`);
    await page.close();
  });

  // A machine without a browser has nothing to run here.
  const browsers = ['chromium', 'google-chrome'].filter((name) => spawnSync(name, ['--version']).status === 0).slice(0, 1);
  test.each(browsers)('%s shows what is told', async (browser) => {
    const page = await LivePage.open();
    page.show({ title: 'lenet5 &amp; more', charts: '<svg id="drawn"></svg>' });
    // Its virtual time stands still while the stream is open.
    const child = spawn(browser, ['--headless', '--no-sandbox', '--disable-gpu', '--virtual-time-budget=1000', '--dump-dom', page.url]);
    let shown = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (shown += text));
    const isClosed = new Promise((resolve) => child.on('close', resolve));
    await expect.poll(() => page.viewers, { timeout: 45_000 }).toBe(1);
    page.show({ now: 'Epoch 1 of 2' });
    await page.close();
    await isClosed;
    expect(shown).toContain('<title>lenet5 &amp; more</title>');
    expect(shown).toContain('<section id="charts"><svg id="drawn"></svg></section>');
    expect(shown).toContain('<p id="now">Epoch 1 of 2</p>');
  }, 60_000);
});
