/** `npm test [-- jest arguments]`: makes the tree ready, checks the types, then runs Jest. */
import { join } from 'node:path';
import { ROOT, ensure, run } from './ensure.mjs';

ensure();
run(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.json']);
run(
  process.execPath,
  ['--experimental-vm-modules', join(ROOT, 'node_modules/jest/bin/jest.js'), ...process.argv.slice(2)],
  { env: { ...process.env, NODE_OPTIONS: '--no-warnings=ExperimentalWarning' } },
);
