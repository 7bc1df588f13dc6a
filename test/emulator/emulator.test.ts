/** The emulator's checkers find seeded bugs, and raise no alarm over correct kernels. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

interface Finding {
  name: string;
  memory: boolean;
  race: boolean;
  found: boolean;
  message: string;
}

function findings(variant: 'memory' | 'race'): Finding[] {
  const program = fileURLToPath(new URL(`../../build/${variant}/seeded_bugs`, import.meta.url));
  const output = execFileSync(program, { encoding: 'utf8', env: { ...process.env, ASAN_OPTIONS: 'detect_leaks=0' } });
  return output.trim().split('\n').map((line) => JSON.parse(line) as Finding);
}

describe.each(['memory', 'race'] as const)('the %s checker', (variant) => {
  const all = findings(variant);

  it.each(all.filter((finding) => finding[variant]))('finds: $name', ({ found, message }) => {
    expect(found, message).toBe(true);
  });

  it.each(all.filter(({ memory, race }) => !memory && !race))('raises no alarm: $name', ({ found, message }) => {
    expect(found, message).toBe(false);
  });
});

it('every seeded bug is found by one of the checkers', () => {
  const bugs = findings('race').filter(({ memory, race }) => memory || race);
  expect(bugs.length).toBeGreaterThanOrEqual(35);
});
