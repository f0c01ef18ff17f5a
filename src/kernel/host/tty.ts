/**
 * Terminals of the host. Sizes come from Node; modes from the `stty` tool, whose `-g` format on Linux is the termios
 * struct in hexadecimal: exact, both ways. Elsewhere modes are kept virtually and ICANON alone is carried out, by
 * Node's raw mode.
 */
import process from 'node:process';
import type * as Tty from 'node:tty';
import { fstatSync } from 'node:fs';
import { ENOSYS } from '../../abi/errno.js';
import { tool } from './spawn.js';

/** The kernel's struct termios (include/uapi/asm-generic/termbits.h); speeds are in cflag's CBAUD bits. */
export interface Termios {
  iflag: number;
  oflag: number;
  cflag: number;
  lflag: number;
  line: number;
  /** NCCS = 19 control characters. */
  cc: Uint8Array;
}

export const NCCS = 19;
const ICANON = 0o2;

/** drivers/tty/tty_io.c, tty_std_termios: what a fresh terminal has, at 38400 baud, 8 bits. */
export function standardTermios(): Termios {
  const cc = new Uint8Array(NCCS);
  cc.set([3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22]);
  return { iflag: 0o2400, oflag: 0o5, cflag: 0o277, lflag: 0o105073, line: 0, cc };
}

/** node:tty brings node:net and streams along: loaded when there is a terminal. */
const tty = (): typeof Tty => process.getBuiltinModule('node:tty');

/** Device numbers with major 1 are /dev/null, /dev/zero and their like (Documentation/admin-guide/devices.txt). */
const MEMORY_DEVICES = 1;

export function isTerminal(fd: number): boolean {
  if (process.platform === 'linux') {
    try {
      const st = fstatSync(fd);
      if (!st.isCharacterDevice() || st.rdev >> 8 === MEMORY_DEVICES) return false;
    } catch {
      return false;
    }
  }
  return tty().isatty(fd);
}

/** Modes of the terminal at `fd`; the standard ones where the host cannot tell. */
export function readModes(fd: number): Termios {
  const modes = standardTermios();
  const text = process.platform === 'linux' ? tool('stty', ['-g'], fd) : -ENOSYS;
  if (typeof text !== 'string') return modes;
  const words = text.trim().split(':');
  if (words.length < 4 + NCCS) return modes;
  const number = (at: number): number => parseInt(words[at] as string, 16);
  for (let i = 0; i < NCCS; i++) modes.cc[i] = number(4 + i);
  return { ...modes, iflag: number(0), oflag: number(1), cflag: number(2), lflag: number(3) };
}

let raw: Tty.ReadStream | undefined;

/** Sets the modes of the terminal at `fd`. @returns 0 or -errno */
export function writeModes(fd: number, modes: Termios): number {
  if (process.platform === 'linux') {
    const hex = (value: number): string => (value >>> 0).toString(16);
    const cc = Array.from({ length: 32 }, (_, i) => hex(modes.cc[i] ?? 0));
    const words = [modes.iflag, modes.oflag, modes.cflag, modes.lflag].map(hex);
    const result = tool('stty', [[...words, ...cc].join(':')], fd);
    if (typeof result === 'string') return 0;
  }
  try {
    raw ??= new (tty().ReadStream)(fd);
    raw.setRawMode((modes.lflag & ICANON) === 0);
    raw.unref();
    return 0;
  } catch {
    return 0; // Modes are then virtual only.
  }
}

export interface WindowSize {
  rows: number;
  columns: number;
}

let sizes: Tty.WriteStream | undefined;

/** Size of the terminal at `fd` in character cells. */
export function windowSize(fd: number): WindowSize {
  try {
    if (sizes === undefined) {
      sizes =
        fd === 1 || fd === 2 ? (fd === 1 ? process.stdout : process.stderr) : new (tty().WriteStream)(fd);
      (sizes as { unref?: () => void }).unref?.();
    }
    // Node asks the host again only when it is told of a SIGWINCH, and then not for every stream.
    (sizes as { _refreshSize?: () => void })._refreshSize?.();
    const [columns, rows] = sizes.getWindowSize();
    return { rows, columns };
  } catch {
    return { rows: 0, columns: 0 };
  }
}

/** Tells the terminal at `fd` its size. @returns 0 or -errno */
export function setWindowSize(fd: number, { rows, columns }: WindowSize): number {
  const result = tool('stty', ['rows', String(rows), 'cols', String(columns)], fd);
  return typeof result === 'string' ? 0 : result;
}
