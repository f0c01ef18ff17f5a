/** Signals of the host. */
import { constants } from 'node:os';
import process from 'node:process';
import { signalName } from '../../abi/signals.js';

/** Calls `arrived` whenever the host sends us `signo` (Linux's number). @returns how to stop, undefined: not possible */
export function watchSignal(signo: number, arrived: () => void): (() => void) | undefined {
  const name = signalName(signo) as NodeJS.Signals;
  if (!(name in constants.signals)) return undefined;
  try {
    process.on(name, arrived);
  } catch {
    // Windows knows the name but cannot deliver it.
    return undefined;
  }
  return () => {
    process.off(name, arrived);
  };
}

/** Sends ourselves a signal with its default action; returns when (and if) we go on. */
export function raiseOnSelf(signo: number): void {
  const name = signalName(signo) as NodeJS.Signals;
  try {
    process.kill(process.pid, name);
  } catch {
    // The host has no such signal: nothing to do.
  }
}
