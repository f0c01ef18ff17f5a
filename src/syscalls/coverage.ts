/** The coverage page, docs/syscalls.md: which calls of which architecture there are, from the rows. */
import type { Abi } from '../abi/abi.js';
import type { Row, Rows } from './row.js';

/** Architectures that share one table of numbers share a column. */
export interface Column {
  readonly title: string;
  readonly abi: Abi;
}

function signature(name: string, row: Row): string {
  return `${name}(${row.args.map((arg) => arg.name).join(', ')})`;
}

/** Markdown text: one table per family, then what is missing per architecture. */
export function coveragePage(families: Readonly<Record<string, Rows>>, columns: readonly Column[]): string {
  const lines = [
    '# System calls',
    '',
    'Generated from the rows in `src/syscalls/families` by `node scripts/gen-syscalls.mjs`; do not edit.',
    '',
    'A number in an architecture’s column means that the call exists there and is implemented; `–` means that this',
    'architecture does not have it. Calls without a row answer `ENOSYS` and are visible with `-strace`.',
    '',
  ];
  const implemented = new Set<string>();
  for (const [family, rows] of Object.entries(families)) {
    lines.push(`## ${title(family)}`, '');
    lines.push(`| call | ${columns.map((c) => c.title).join(' | ')} | support |`);
    lines.push(`|---|${columns.map(() => '--:|').join('')}---|`);
    for (const name of Object.keys(rows).sort()) {
      const row = rows[name] as Row;
      implemented.add(name);
      const numbers = columns.map(({ abi }) => numberOf(abi, name) ?? '–');
      const support = row.support.level === 'full' ? 'full' : `partial: ${row.support.note}`;
      lines.push(`| \`${signature(name, row)}\` | ${numbers.join(' | ')} | ${support} |`);
    }
    lines.push('');
  }
  lines.push('## Not implemented', '');
  for (const { title: arch, abi } of columns) {
    const missing = Object.keys(abi.syscallNumbers)
      .filter((name) => !implemented.has(name))
      .sort();
    lines.push(`**${arch}** (${missing.length}): ${missing.join(', ')}`, '');
  }
  return lines.join('\n');
}

function numberOf(abi: Abi, name: string): number | undefined {
  return (abi.syscallNumbers as Readonly<Record<string, number | undefined>>)[name];
}

/** `fileOpen` → `File open` */
function title(family: string): string {
  const words = family.replace(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}
