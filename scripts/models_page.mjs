#!/usr/bin/env node
// Writes docs/models.md: every model that can be made by name, with its parameters, its image and its paper, and how it learned
// 32 images by heart, from test/models/learned.json. Needs dist/.
//
//   --check   writes nothing, and fails if the page is out of date
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const { device, models } = await import('../dist/index.js');
const page = fileURLToPath(new URL('../docs/models.md', import.meta.url));

const papers = (text) => text.replace(/arXiv:(\d{4}\.\d{4,5})/, '[$&](https://arxiv.org/abs/$1)');

/** A row of the table. */
function row(name) {
  const { input, paper } = models.modelInfo(name);
  const model = models.createModel(name, { device: 'cpu', initialize: false });
  const parameters = model.parameterCount.toLocaleString('en');
  model.dispose();
  device('cpu').releaseCachedMemory();
  return `| \`${name}\` | ${parameters} | ${input.join(' × ')} | ${papers(paper)} |`;
}

const learned = JSON.parse(readFileSync(new URL('../test/models/learned.json', import.meta.url), 'utf8'));

/** A row of the table of learning by heart. */
function learning(name) {
  const { image, optimizer, lr, steps, first, last, right } = learned[name];
  return `| \`${name}\` | ${image.join(' × ')} | ${optimizer} ${lr} | ${steps} | ${first} | ${last} | ${right} |`;
}

const text = `# Models

<!-- Written by scripts/models_page.mjs; npm run docs -->

\`\`\`ts
import { models } from 'convolt';

const model = models.resnet50({ classes: 10, device: 'cuda' });
const same = models.createModel('resnet50', { classes: 10, device: 'cuda' });
\`\`\`

Each takes \`classes\` (default: those that it was published with), \`channels\` (default 3, or 1 for grey images), \`device\`,
\`random\` and \`initialize\`; \`npx convolt summary NAME\` shows its layers. Images are \`[N,H,W,C]\`, clips \`[N,D,H,W,C]\`, logits
\`[N,classes]\`, or \`[N,H,W,classes]\` from networks that give each pixel a class. Those with fixed linear layers or tokens take
the image of the table only; the others take any that is not too small.

Models that torchvision has carry the names of its state dicts, and \`models.loadTorchStateDict(model, state)\` loads one. Their
outputs and gradients are compared with torch's by \`npm run golden\`. GoogLeNet and Inception v3 give the logits of their
auxiliary classifiers from \`forwardAll\`; \`auxiliary: false\` makes them without.

| name | parameters | image or clip | published |
|---|---:|---|---|
${models.modelNames.map(row).join('\n')}

## Learning by heart

Each network learns 32 images of noise, whose labels, of four classes, have nothing to do with them, in training mode but without
dropout, until all are classified right and the loss is below a tenth of the first. Networks that give each pixel a class have to
give all pixels that of the image. Losses and images classified right are those in front of the last step. A run writes the record
that this table is made of:

    CONVOLT_TEST_LARGE=1 CONVOLT_TEST_RECORD=1 npx vitest run test/models/training.test.ts

| name | image or clip | optimiser and rate | steps | first loss | last loss | right of 32 |
|---|---|---|---:|---:|---:|---:|
${models.modelNames.filter((name) => name in learned).map(learning).join('\n')}
`;

if (!process.argv.includes('--check')) writeFileSync(page, text);
else if (!existsSync(page) || readFileSync(page, 'utf8') !== text) {
  console.error('docs/models.md is out of date; run: npm run docs');
  process.exitCode = 1;
}
