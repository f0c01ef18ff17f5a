import { describe, expect, test } from '@jest/globals';
import { RISCV64 } from '../../../src/abi/abi.js';
import { printError, printScalar, quote } from '../../../src/syscalls/strace-kinds.js';
import { Strace } from '../../../src/syscalls/strace.js';
import { World, type Script } from '../kernel/guest.js';

async function trace(script: Script): Promise<string[]> {
  const lines: string[] = [];
  const world = new World({
    wrap: (dispatcher) => new Strace(dispatcher, (text) => lines.push(text.trimEnd())),
  });
  await world.run(script);
  return lines;
}

describe('values', () => {
  const scalar = (kind: Parameters<typeof printScalar>[0], value: number): string =>
    printScalar(kind, value, RISCV64);

  test('flags and names', () => {
    expect(scalar('oflags', 0o2000101)).toBe('O_WRONLY|O_CREAT|O_CLOEXEC');
    expect(scalar('mapprot', 0)).toBe('PROT_NONE');
    expect(scalar('mapprot', 5)).toBe('PROT_READ|PROT_EXEC');
    expect(scalar('mapflags', 0x22)).toBe('MAP_PRIVATE|MAP_ANONYMOUS');
    expect(scalar('cloneflags', 0x1200011)).toBe('CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD');
    expect(scalar('futexop', 129)).toBe('FUTEX_WAKE_PRIVATE');
    expect(scalar('signo', 11)).toBe('SIGSEGV');
    expect(scalar('dirfd', -100)).toBe('AT_FDCWD');
    expect(scalar('mode', 0o644)).toBe('0644');
    expect(scalar('ptr', 0)).toBe('NULL');
    expect(scalar('int', -1)).toBe('-1');
  });

  test('strings are escaped and cut', () => {
    expect(quote([0x61, 0x0a, 0x22, 0x00, 0x31, 0xff], 32)).toBe(String.raw`"a\n\"\0001\377"`);
    expect(quote([0x61, 0x62, 0x63], 2)).toBe('"ab"...');
  });

  test('errors have name and text', () => {
    expect(printError(-2)).toBe('-1 ENOENT (No such file or directory)');
  });
});

describe('lines', () => {
  test('a call, its arguments and its result', async () => {
    const lines = await trace(function* (g) {
      yield* g.sys('close', 77);
      const fds = g.alloc(8);
      yield* g.sys('pipe2', fds, 0o2000000);
      yield* g.sys('write', 1, g.text('hello\n'), 6);
      yield* g.sys('read', 0, g.alloc(8), 8);
      yield* g.sys('exit_group', 3);
    });
    expect(lines).toEqual([
      '100 close(77) = -1 EBADF (Bad file descriptor)',
      '100 pipe2([0, 1], O_CLOEXEC) = 0',
      String.raw`100 write(1, "hello\n", 6) = 6`,
      String.raw`100 read(0, "hello\n", 8) = 6`,
      '100 exit_group(3) = ?',
    ]);
  });

  test('an unknown call is visible', async () => {
    const lines = await trace(function* (g) {
      yield* g.sys('bpf', 1, 2);
      yield* g.sys('exit_group', 0);
    });
    expect(lines[0]).toBe('100 bpf(0x1, 0x2, NULL, NULL, NULL, NULL) = -1 ENOSYS (Function not implemented)');
  });

  test('a call that blocks is printed in two halves when others run', async () => {
    const lines = await trace(function* (g) {
      const fds = g.alloc(8);
      yield* g.sys('pipe2', fds, 0);
      yield* g.clone(
        'clone',
        function* (c) {
          yield* c.sys('write', 1, c.text('x'), 1);
          yield* c.sys('exit_group', 0);
        },
        17,
      );
      yield* g.sys('read', 0, g.alloc(4), 4);
      yield* g.sys('exit_group', 0);
    });
    expect(lines).toContain('100 read(0,  <unfinished ...>');
    expect(lines).toContain('100 <... read resumed>"x", 4) = 1');
  });

  test('structs are decoded', async () => {
    const lines = await trace(function* (g) {
      yield* g.sys('nanosleep', g.words(0, 1000), 0);
      yield* g.sys('rt_sigprocmask', 0, g.words(0x402), 0, 8);
      yield* g.sys('exit_group', 0);
    });
    expect(lines[0]).toBe('100 nanosleep({tv_sec=0, tv_nsec=1000}, NULL) = 0');
    expect(lines[1]).toBe('100 rt_sigprocmask(SIG_BLOCK, [INT SEGV], NULL, 8) = 0');
  });
});
