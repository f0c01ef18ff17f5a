/**
 * Branded numbers: plain numbers at run time, distinct types at compile time. Used where mixing two
 * kinds of number would be an easy mistake; hot code may use `number` freely.
 */
declare const brand: unique symbol;

/** A `T` that only a deliberate cast produces. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** A guest virtual address, 0 … 2^53; those from 2^32 up are never mapped. */
export type GuestAddr = Brand<number, 'GuestAddr'>;
/** A guest file descriptor. */
export type Fd = Brand<number, 'Fd'>;
/** A guest process or thread id. */
export type Pid = Brand<number, 'Pid'>;

/** `addr + length`, or undefined when the end passes `limit` (exclusive end may equal `limit`). */
export function addLength(addr: number, length: number, limit = 0x1_0000_0000): number | undefined {
  const end = addr + length;
  return length >= 0 && end <= limit ? end : undefined;
}
