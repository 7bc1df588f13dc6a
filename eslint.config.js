import tseslint from 'typescript-eslint';

// One way down: each folder of lib with those below it. native.ts is below core, and alone loads the addon.
const layers = [['cli'], ['models', 'train', 'data', 'augment', 'weights', 'explain', 'onnx'], ['nn', 'optim'], ['ops'], ['core']];

const oneWayDown = layers.flatMap((folders, level) => {
  const above = layers.slice(0, level).flat();
  const beyond = folders.includes('core') ? [] : ['**/native.js', '**/native.gen.js'];
  return folders.map((folder) => ({
    files: [`lib/${folder}/**/*.ts`],
    rules: {
      'no-restricted-imports': ['error', { patterns: [...above.map((name) => `**/${name}/**`), ...beyond].map((group) => ({ group: [group], message: 'imports go down only; see docs/architecture.md' })) }],
    },
  }));
});

export default tseslint.config(
  { ignores: ['build/', 'dist/', 'docs/', 'node_modules/', 'prebuilds/', 'runs/', 'lib/native.gen.ts'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/ban-ts-comment': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-unnecessary-condition': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    },
  },
  ...oneWayDown,
);
