import { dirname, relative, resolve, sep } from 'node:path';
import tseslint from 'typescript-eslint';

const ROOT = import.meta.dirname;

/** Each layer may import only from itself and from its left (docs/architecture.md). */
const LAYERS = 'util abi mmap cpu translate loader kernel syscalls debug api cli'.split(' ');

/** Packages and the one place under src/ that may import each. `node:*` is the host door. */
const PLACES = [
  [
    /^(node:|(fs|path|os|child_process|worker_threads|process|net|tty|util|crypto|v8|vm)(\/|$))/,
    /^(kernel\/host|cli)\//,
  ],
  [/^elfy$/, /^loader\//],
  [/^capstone-wasm$/, /^debug\//],
  [/^yargs(\/|$)/, /^cli\//],
];

const layers = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      right: 'src/{{from}} may not import from src/{{to}}: layers are {{order}}.',
      place: '{{name}} may not be imported here (see PLACES in eslint.config.js).',
      unknown: '{{name}} is no dependency of src/.',
    },
  },
  create(context) {
    const file = relative(resolve(ROOT, 'src'), context.filename).split(sep).join('/');
    const from = file.split('/')[0];
    function check(node) {
      const name = node.source?.value;
      if (typeof name !== 'string') return;
      if (!name.startsWith('.')) {
        const place = PLACES.find(([pattern]) => pattern.test(name));
        if (place === undefined) context.report({ node, messageId: 'unknown', data: { name } });
        else if (!place[1].test(file)) context.report({ node, messageId: 'place', data: { name } });
        return;
      }
      const target = relative(resolve(ROOT, 'src'), resolve(dirname(context.filename), name));
      const to = target.split(sep)[0];
      if (LAYERS.indexOf(to) > LAYERS.indexOf(from)) {
        context.report({ node, messageId: 'right', data: { from, to, order: LAYERS.join(' < ') } });
      }
    }
    return {
      ImportDeclaration: check,
      ImportExpression: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
    };
  },
};

/** Rules of strictTypeChecked that fight an emulator, each with its reason. */
const relaxed = {
  // Numbers in messages and keys are unambiguous; `${addr.toString()}` only adds noise.
  '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
  '@typescript-eslint/restrict-plus-operands': ['error', { allowNumberAndString: true }],
  // `array[i] as number` is how hot code reads typed arrays under noUncheckedIndexedAccess: the only assertion that
  // costs nothing at run time. The "unnecessary" and "prefer !" forms of these rules would rewrite it.
  '@typescript-eslint/non-nullable-type-assertion-style': 'off',
  // `while (true)` is the shape of an interpreter loop.
  '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
  // Translators and table rows forward to one another with `return emit(...)`, void or not: that is their style.
  '@typescript-eslint/no-confusing-void-expression': 'off',
  // Environments and parsed records are plain objects by key.
  '@typescript-eslint/no-dynamic-delete': 'off',
  '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
  '@typescript-eslint/consistent-type-imports': 'error',
  '@typescript-eslint/no-non-null-assertion': 'error',
  '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
  eqeqeq: 'error',
  'no-restricted-syntax': [
    'error',
    { selector: 'TSEnumDeclaration', message: 'enum is not erasable; use a const table.' },
    {
      selector:
        'BinaryExpression[operator="instanceof"][right.name=/^(Error|ArrayBuffer|Array|Map|Set|Uint8Array)$/]',
      message: 'instanceof of a builtin fails across realms (Jest, vm); test .code or a brand.',
    },
  ],
};

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', '.cache/**', 'coverage/**', '**/*.gen.ts'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: ROOT } },
    rules: relaxed,
  },
  {
    files: ['src/**/*.ts'],
    plugins: { sojourn: { rules: { layers } } },
    rules: { 'sojourn/layers': 'error' },
  },
  {
    // Ambient declarations mirror an API that is not ours.
    files: ['**/*.d.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-function-type': 'off',
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/unified-signatures': 'off',
    },
  },
  {
    // Tests build wrong values on purpose and read results they have just checked.
    files: ['tests/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      'no-restricted-syntax': 'off',
    },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    extends: [tseslint.configs.recommended],
  },
  {
    // The launcher is CommonJS: that starts faster.
    files: ['bin/*.js'],
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
);
