/**
 * Threads that lock, signal each other, fork and change mappings for as long as is asked, on one core, on several, and on
 * several with every task given away that can be; built and started by scripts/soak.mjs.
 *
 *   npm run soak -- --cores [--seconds N] [--arch riscv64|aarch64] [--seed N]
 *
 * Needs a cross compiler with a static C library. A run fails when a sum is wrong, when it does not end, or when sojourn
 * has something to say. Exit status 1 when one did.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    cores: { type: 'boolean' },
    seconds: { type: 'string', default: '120' },
    arch: { type: 'string' },
    seed: { type: 'string', default: '1' },
  },
});

/** Seconds of one run. */
const RUN = 15;
/** Cores, and coreAfterMs. */
const SETTINGS = [
  [1, 15],
  [2, 15],
  [2, 0],
  [4, 0],
] as const;

const RUNNER = `
const [url, options] = process.argv.slice(1);
const { Emulator } = await import(url);
const status = await new Emulator(JSON.parse(options)).run();
process.exitCode = 'code' in status ? status.code : 128 + status.signal;
`;

const root = process.cwd();
const work = mkdtempSync(join(tmpdir(), 'cores-'));
const arches = values.arch === undefined ? ['riscv64', 'aarch64'] : [values.arch];
const programs = arches.map((arch) => {
  const program = join(work, arch);
  const source = join(root, 'tests/random/cores/stress.c');
  const { status } = spawnSync(
    `${arch}-linux-gnu-gcc`,
    ['-O2', '-static', '-pthread', '-o', program, source],
    { stdio: 'inherit' },
  );
  if (status !== 0) {
    console.error(`${arch}-linux-gnu-gcc cannot build the program`);
    process.exit(2);
  }
  return program;
});

const end = Date.now() + Number(values.seconds) * 1000;
let failures = 0;
for (let seed = Number(values.seed), n = 0; Date.now() < end; seed++) {
  for (const program of programs) {
    const [cores, coreAfterMs] = SETTINGS[n++ % SETTINGS.length] as (typeof SETTINGS)[number];
    const options = { program, args: [String(RUN), String(seed)], cores, coreAfterMs };
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--input-type=module', '-e', RUNNER, join(root, 'dist/api.js'), JSON.stringify(options)],
      { encoding: 'utf8', timeout: (RUN + 120) * 1000, killSignal: 'SIGKILL' },
    );
    const ok = status === 0 && stderr === '';
    if (!ok) failures++;
    console.log(`${ok ? 'ok  ' : 'FAIL'} ${JSON.stringify(options)}\n     ${stdout.trim()}${stderr}`);
  }
}
rmSync(work, { recursive: true, force: true });
process.exitCode = failures === 0 ? 0 : 1;
