/** Items of `-d`, with the names QEMU users know where the meaning is the same. */
export const LOG_ITEMS = {
  in_asm: 'guest instructions of each translated block',
  op: 'intermediate representation of each translated block',
  exec: 'address and symbol of each block before it runs (closure engine)',
  cpu: 'registers before each block runs (closure engine)',
  int: 'signals that are delivered, and faults behind them',
  page: 'memory map of each program when it starts',
  strace: 'system calls',
  wasm: 'each generated WebAssembly module as text',
} as const;

export type LogItem = keyof typeof LOG_ITEMS;

/** Items whose presence alters how code runs: blocks one by one, in the closure engine. */
export const PER_BLOCK: readonly LogItem[] = ['exec', 'cpu'];

/** `in_asm,op` to a set. `nochain` is accepted for QEMU's sake and means nothing here. */
export function parseLogItems(list: string): {
  readonly items: ReadonlySet<LogItem>;
  readonly unknown: readonly string[];
} {
  const items = new Set<LogItem>();
  const unknown: string[] = [];
  for (const word of list.split(',')) {
    const name = word.trim();
    if (name === '' || name === 'nochain') continue;
    if (Object.hasOwn(LOG_ITEMS, name)) items.add(name as LogItem);
    else unknown.push(name);
  }
  return { items, unknown };
}

/** The table for `-d help`. */
export function logItemsHelp(): string {
  return Object.entries(LOG_ITEMS)
    .map(([name, what]) => `  ${name.padEnd(8)} ${what}\n`)
    .join('');
}
