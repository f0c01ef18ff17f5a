import { beforeEach, describe, expect, test } from '@jest/globals';
import { SIGINT, SIGTSTP } from '../../../src/abi/signals.js';
import { CC, LFLAGS, OFLAGS } from '../../../src/abi/terminal.js';
import { LineDiscipline } from '../../../src/kernel/tty/discipline.js';

let tty: LineDiscipline;
let signals: number[];
const bytes = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));
const text = (data: Uint8Array, n = data.length): string => String.fromCharCode(...data.subarray(0, n));
const type = (keys: string): void => tty.receive(bytes(keys));
/** What a program reads, or undefined when it would wait. */
function read(size = 100): string | undefined {
  const dst = new Uint8Array(size);
  const n = tty.read(dst);
  return n < 0 ? undefined : text(dst, n);
}
/** What has come out at the master. */
function screen(): string {
  const dst = new Uint8Array(10000);
  return text(dst, tty.toMaster.take(dst));
}
function modes(
  lflag: number,
  cc: Partial<Record<keyof typeof CC, number>> = {},
  oflag = tty.termios.oflag,
): void {
  const next = { ...tty.termios, lflag, oflag, cc: tty.termios.cc.slice() };
  for (const [name, value] of Object.entries(cc)) next.cc[CC[name as keyof typeof CC]] = value;
  tty.setTermios(next);
}

beforeEach(() => {
  signals = [];
  tty = new LineDiscipline({
    signal: (signo) => signals.push(signo),
    input: () => undefined,
    output: () => undefined,
  });
});

describe('canonical input', () => {
  test('a line is read when it is finished, in pieces if need be', () => {
    type('hel');
    expect(read()).toBeUndefined();
    type('lo\r');
    type('next\n');
    expect(read(3)).toBe('hel');
    expect(read()).toBe('lo\n');
    expect(read()).toBe('next\n');
    expect(read()).toBeUndefined();
    expect(screen()).toBe('hello\r\nnext\r\n');
  });

  test('end of file: ^D alone is an empty read, behind text it ends the line without newline', () => {
    type('\x04');
    expect(read()).toBe('');
    type('abc\x04');
    expect(read()).toBe('abc');
    expect(read()).toBeUndefined();
  });

  test('erase, word erase and kill edit the line and the screen', () => {
    type('one two\x7f\x7f\x17\x08');
    expect(screen()).toContain('\b \b');
    type('x\n');
    expect(read()).toBe('one \bx\n');
    type('gone\x15kept\n');
    expect(read()).toBe('kept\n');
    screen();
    type('a\x01\x7f');
    expect(screen()).toBe('a^A\b \b\b \b');
  });

  test('^V takes the next character as it is', () => {
    type('a\x16\x03b\n');
    expect(read()).toBe('a\x03b\n');
    expect(signals).toEqual([]);
  });

  test('an overlong line keeps its first 4095 bytes and its newline', () => {
    type('x'.repeat(5000));
    type('\n');
    expect(read(6000)).toBe(`${'x'.repeat(4095)}\n`);
  });
});

describe('signals and flow control', () => {
  test('^C and ^Z signal, are shown, and flush what was typed', () => {
    type('abc\x03');
    expect(signals).toEqual([SIGINT]);
    expect(screen()).toBe('^C');
    type('\x1ax\n');
    expect(signals).toEqual([SIGINT, SIGTSTP]);
    expect(read()).toBe('x\n');
  });

  test('^S stops output until ^Q', () => {
    type('\x13');
    expect(tty.write(bytes('waiting'))).toBe(0);
    type('\x11');
    expect(tty.write(bytes('waiting'))).toBe(7);
  });

  test('without ISIG the characters are input', () => {
    modes(tty.termios.lflag & ~LFLAGS.ISIG);
    type('\x03\n');
    expect(signals).toEqual([]);
    expect(read()).toBe('\x03\n');
  });
});

describe('raw input', () => {
  test('VMIN decides when a read is ready', () => {
    modes(0, { VMIN: 3, VTIME: 0 });
    type('ab');
    expect(read()).toBeUndefined();
    type('c');
    expect(read()).toBe('abc');
    modes(0, { VMIN: 0, VTIME: 0 });
    expect(read()).toBe('');
    modes(0, { VMIN: 0, VTIME: 5 });
    expect(tty.patience).toBe(0.5e9);
    expect(read()).toBeUndefined();
  });

  test('leaving canonical mode makes the unfinished line readable', () => {
    type('half');
    modes(0, { VMIN: 1, VTIME: 0 });
    expect(read()).toBe('half');
  });

  test('nothing is shown without ECHO, but the newline with ECHONL', () => {
    modes(LFLAGS.ICANON | LFLAGS.ECHONL);
    type('secret\n');
    expect(screen()).toBe('\r\n');
  });
});

describe('output', () => {
  test('newlines become CR NL with ONLCR, nothing changes without OPOST', () => {
    tty.write(bytes('a\nb'));
    expect(screen()).toBe('a\r\nb');
    modes(tty.termios.lflag, {}, tty.termios.oflag & ~OFLAGS.OPOST);
    tty.write(bytes('a\nb'));
    expect(screen()).toBe('a\nb');
  });

  test('tabs become spaces where asked', () => {
    modes(tty.termios.lflag, {}, tty.termios.oflag | 0o14000);
    tty.write(bytes('ab\tc'));
    expect(screen()).toBe('ab      c');
  });

  test('a full buffer takes no more than it holds', () => {
    const n = tty.write(new Uint8Array(20000).fill(0x61));
    expect(n).toBe(8192);
    expect(tty.write(bytes('x'))).toBe(0);
    screen();
    expect(tty.write(bytes('x'))).toBe(1);
  });
});
