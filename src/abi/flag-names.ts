/** Flag words as strace prints them. */

/** `A|B|0x40` for a table of bits; the first matching names win, so put combinations before their parts. */
export function printFlags(value: number, table: Readonly<Record<string, number>>, none = '0'): string {
  const parts: string[] = [];
  let rest = value >>> 0;
  for (const [name, bits] of Object.entries(table)) {
    const word = bits >>> 0;
    if (word !== 0 && (rest & word) >>> 0 === word) {
      parts.push(name);
      rest = (rest & ~word) >>> 0;
    }
  }
  if (rest !== 0) parts.push(`0x${rest.toString(16)}`);
  return parts.length === 0 ? none : parts.join('|');
}

/** The name of one value of a table, or the value in hexadecimal. */
export function printEnum(value: number, table: Readonly<Record<string, number>>): string {
  for (const [name, number] of Object.entries(table)) if (number === value) return name;
  return value < 0 ? String(value) : `0x${value.toString(16)}`;
}
