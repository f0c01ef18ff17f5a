/** The library as an embedding program uses it, from the sources and inside Jest's realm. */
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { Emulator, type EmulatorOptions, type ExitStatus, LoadError } from '../../../src/api/index.js';

const bin = (name: string): string => fileURLToPath(new URL(`../../fixtures/bin/${name}`, import.meta.url));

interface Outcome {
  status: ExitStatus;
  stdout: string;
  log: string;
  emulator: Emulator;
}

async function run(program: string, options: Partial<EmulatorOptions> = {}): Promise<Outcome> {
  let stdout = '';
  let log = '';
  const emulator = new Emulator({
    program: bin(program),
    env: {},
    stdio: ['null', (bytes) => (stdout += Buffer.from(bytes).toString()), 2],
    logSink: (text) => (log += text),
    ...options,
  });
  return { status: await emulator.run(), stdout, log, emulator };
}

describe('Emulator', () => {
  test('runs a program with its output in a function', async () => {
    const { status, stdout } = await run('hello-riscv64', { args: ['x y'] });
    expect(status).toEqual({ code: 0 });
    expect(stdout).toBe('Hello from a riscv64 program\nx y\n');
  });

  test.each(['closures', 'interp', 'wasm', 'tiered'] as const)('engine %s', async (engine) => {
    const { status, emulator } = await run('int-riscv64', { engine });
    expect(status).toEqual({ code: 0 });
    const s = emulator.statistics();
    expect(s.engines.map(({ name }) => name)).toEqual(['riscv64']);
    expect(s.engines[0]?.blocks).toBeGreaterThan(10);
    expect(s.engines[0]?.wasm === undefined).toBe(engine === 'closures');
    expect(s.syscalls).toBeGreaterThan(0);
    expect(s.processes).toBe(1);
    expect(s.minorFaults).toBeGreaterThan(0);
    expect(s.peakResident % 4096).toBe(0);
  });

  test('exit codes and deaths', async () => {
    expect((await run('die-riscv64', { args: ['exit', '7'] })).status).toEqual({ code: 7 });
    const { status, log } = await run('die-riscv64', { args: ['segv'] });
    expect(status).toMatchObject({ signal: 11 });
    expect(log).toContain('SIGSEGV');
    expect((await run('die-riscv64', { args: ['segv'], crashReport: false })).log).toBe('');
  });

  test.each(['closures', 'interp', 'wasm', 'tiered'] as const)(
    'one instruction at a time: %s',
    async (engine) => {
      const { status, stdout, emulator } = await run('int-riscv64', { engine, oneInstruction: true });
      expect(status).toEqual({ code: 0 });
      expect(stdout).toBe((await run('int-riscv64', { engine })).stdout);
      const [s] = emulator.statistics().engines;
      expect(s?.translatedInstructions).toBe(s?.blocks);
    },
  );

  test('the death of a child is told in one line', async () => {
    const { status, log } = await run('die-riscv64', { args: ['child'] });
    expect(status).toEqual({ code: 11 });
    expect(log).toMatch(/^sojourn: die-riscv64\[\d+\]: SIGSEGV .*cannot write 0x1230 .*pc 0x[0-9a-f]+.*\n$/);
  });

  test('logs go to the sink', async () => {
    const { log } = await run('hello-riscv64', { strace: true, log: new Set(['in_asm', 'page', 'int']) });
    expect(log).toMatch(/exit_group\(0\)/);
    expect(log).toContain('IN: ');
    expect(log).toContain('[stack]');
  });

  test('two emulators side by side', async () => {
    const [one, two] = await Promise.all([run('hello-riscv64'), run('hello-riscv32')]);
    expect(one.stdout).toContain('riscv64');
    expect(two.stdout).toContain('riscv32');
  });

  test('what cannot be loaded is a LoadError', async () => {
    await expect(run('no-such-program')).rejects.toBeInstanceOf(LoadError);
    await expect(run('hello-riscv64', { cpu: 'nonsense' })).rejects.toThrow('nonsense');
  });
});
