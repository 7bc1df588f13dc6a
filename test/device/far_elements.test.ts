/** Index arithmetic beyond 2^32 elements, under AddressSanitizer and UndefinedBehaviorSanitizer: see far_elements.cc. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const program = fileURLToPath(new URL('../../build/memory/far_elements', import.meta.url));

const cases = [
  'im2col, forward', 'im2col, weight gradient', 'im2col, groups, forward', 'im2col, groups, weight gradient',
  'direct, groups, forward', 'direct, groups, weight gradient', 'direct, depthwise, forward', 'direct, depthwise, weight gradient',
  'automatic, forward', 'automatic, weight gradient', 'direct, groups, input gradient', 'direct, depthwise, input gradient',
  'max_pool_forward', 'max_pool_gather', 'avg_pool_forward', 'lp_pool_forward', 'gather', 'gather_rows', 'resample', 'copy', 'warp',
];

describe('elements beyond the 2^32nd', () => {
  const lines = execFileSync(program, { encoding: 'utf8', env: { ...process.env, ASAN_OPTIONS: 'detect_leaks=0' } }).trim().split('\n');
  it.each(cases)('%s', (name) => {
    expect(lines).toContain(`${name}: ok`);
  });
  it('has no other case', () => {
    expect(lines).toHaveLength(cases.length);
  });
});
