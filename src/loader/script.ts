/**
 * `#!` scripts, by the rules of fs/binfmt_script.c: the first line, at most 255 bytes, names the interpreter and one
 * optional argument, which may contain spaces; blanks around both are dropped.
 */
import { ENOEXEC } from '../abi/errno.js';
import { LoadError } from './load-error.js';

/** BINPRM_BUF_SIZE of Linux: how much of a file decides what it is. */
export const HEAD_SIZE = 256;
/** Nested interpreters before ELOOP (fs/exec.c, exec_binprm). */
export const MAX_DEPTH = 5;

export interface ScriptLine {
  /** Byte strings. */
  readonly interpreter: string;
  readonly argument: string | undefined;
}

export function isScript(head: string): boolean {
  return head.startsWith('#!');
}

/**
 * The first line of a script.
 * @param head the first HEAD_SIZE bytes (or the whole of a shorter file) as a byte string
 * @throws LoadError ENOEXEC when no interpreter is named or its path is cut off
 */
export function parseScriptLine(head: string): ScriptLine {
  const newline = head.indexOf('\n');
  const truncated = newline < 0 && head.length >= HEAD_SIZE;
  // The kernel's buffer keeps its last byte for a NUL.
  const line = newline >= 0 ? head.slice(2, newline) : head.slice(2, HEAD_SIZE - 1);
  const text = line.replace(/^[ \t]+/, '').replace(/[ \t]+$/, '');
  const nul = text.indexOf('\0');
  const clean = nul >= 0 ? text.slice(0, nul) : text;
  const match = /^([^ \t]+)(?:[ \t]+(.*))?$/s.exec(clean);
  const interpreter = match?.[1];
  if (interpreter === undefined) throw new LoadError(ENOEXEC, 'no interpreter after #!');
  if (truncated && match?.[2] === undefined && !/[ \t]/.test(line.replace(/^[ \t]+/, ''))) {
    throw new LoadError(ENOEXEC, 'the interpreter after #! is longer than 255 bytes');
  }
  return { interpreter, argument: match?.[2] === '' ? undefined : match?.[2] };
}
