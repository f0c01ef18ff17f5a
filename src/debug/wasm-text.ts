/**
 * Generated WebAssembly as text (WebAssembly Core Specification, chapter 6; flat form), for `-d wasm` and goldens. Knows
 * what src/translate/wasm generates: types, imports, functions, exports, code.
 */
import { ATOMIC, CORE, MEMORY, SATURATING, SIMD } from './wasm-names.js';

const TYPES: Readonly<Record<number, string>> = {
  0x7f: 'i32',
  0x7e: 'i64',
  0x7d: 'f32',
  0x7c: 'f64',
  0x7b: 'v128',
  0x70: 'funcref',
};
const NO_BLOCK_TYPE = 0x40;
const SECTION = { type: 1, import: 2, function: 3, export: 7, code: 10 } as const;

class Reader {
  at: number;
  private readonly bytes: Uint8Array;
  private readonly view: DataView;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = at;
  }

  get done(): boolean {
    return this.at >= this.bytes.length;
  }

  byte(): number {
    return this.bytes[this.at++] as number;
  }

  u32(): number {
    let result = 0;
    for (let shift = 0; ; shift += 7) {
      const b = this.byte();
      result |= (b & 127) << shift;
      if (b < 128) return result >>> 0;
    }
  }

  signed(): bigint {
    let result = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const b = this.byte();
      result |= BigInt(b & 127) << shift;
      if (b < 128) return BigInt.asIntN(Number(shift) + 7, result);
    }
  }

  name(): string {
    const length = this.u32();
    const text = new TextDecoder().decode(this.bytes.subarray(this.at, this.at + length));
    this.at += length;
    return text;
  }

  f32(): string {
    const bits = this.view.getUint32(this.at, true);
    const value = this.view.getFloat32(this.at, true);
    this.at += 4;
    return Number.isNaN(value) ? nan(BigInt(bits), 31n, 0x7fffffn, 0x400000n) : number(value);
  }

  f64(): string {
    const bits = this.view.getBigUint64(this.at, true);
    const value = this.view.getFloat64(this.at, true);
    this.at += 8;
    return Number.isNaN(value) ? nan(bits, 63n, (1n << 52n) - 1n, 1n << 51n) : number(value);
  }

  list<T>(item: () => T): T[] {
    return Array.from({ length: this.u32() }, item);
  }
}

function number(value: number): string {
  if (Object.is(value, -0)) return '-0';
  return String(value).replace('Infinity', 'inf');
}

function nan(bits: bigint, sign: bigint, mask: bigint, canonical: bigint): string {
  const payload = bits & mask;
  return `${bits >> sign === 1n ? '-' : ''}nan${payload === canonical ? '' : `:0x${payload.toString(16)}`}`;
}

const type = (code: number): string => TYPES[code] ?? `(;type ${code};)`;

function limits(r: Reader): string {
  const flags = r.byte();
  const min = r.u32();
  const max = (flags & 1) === 0 ? '' : ` ${r.u32()}`;
  return `${min}${max}${(flags & 2) === 0 ? '' : ' shared'}`;
}

function importText(r: Reader): string {
  const from = `(import "${r.name()}" "${r.name()}" `;
  switch (r.byte()) {
    case 0:
      return `${from}(func (type ${r.u32()})))`;
    case 1: {
      const element = r.byte();
      return `${from}(table ${limits(r)} ${type(element)}))`;
    }
    case 2:
      return `${from}(memory ${limits(r)}))`;
    case 3: {
      const of = type(r.byte());
      return `${from}(global ${r.byte() === 0 ? of : `(mut ${of})`}))`;
    }
    default:
      return `${from}(;?;))`;
  }
}

function signature(r: Reader): string {
  r.byte();
  const params = r.list(() => type(r.byte())).join(' ');
  const results = r.list(() => type(r.byte())).join(' ');
  return `(func${params === '' ? '' : ` (param ${params})`}${results === '' ? '' : ` (result ${results})`})`;
}

function memoryArgument(r: Reader, natural: number): string {
  const align = r.u32();
  const offset = r.u32();
  return `${offset === 0 ? '' : ` offset=${offset}`}${1 << align === natural ? '' : ` align=${1 << align}`}`;
}

/** Bytes that a memory instruction moves, by its name. */
function accessSize(name: string): number {
  const width = /(?:load|store|rmw)(8|16|32|64)?(x\d)?/.exec(name);
  if (width?.[2] !== undefined) return 8;
  if (width?.[1] !== undefined) return Number(width[1]) / 8;
  return name.startsWith('v128') ? 16 : name.startsWith('i64') || name.startsWith('f64') ? 8 : 4;
}

function simd(r: Reader): string {
  const code = r.u32();
  const name = SIMD[code] ?? `(;simd ${code};)`;
  if (code <= 11 || code === 92 || code === 93) return name + memoryArgument(r, accessSize(name));
  if (code >= 84 && code <= 91) return `${name}${memoryArgument(r, accessSize(name))} ${r.byte()}`;
  if (code === 12) {
    const lanes = Array.from({ length: 16 }, () => r.byte());
    return `v128.const i8x16 ${lanes.join(' ')}`;
  }
  if (code === 13) return `${name} ${Array.from({ length: 16 }, () => r.byte()).join(' ')}`;
  return code >= 21 && code <= 34 ? `${name} ${r.byte()}` : name;
}

function instruction(code: number, r: Reader): string {
  switch (code) {
    case 0x02:
    case 0x03:
    case 0x04: {
      const name = ['block', 'loop', 'if'][code - 2] as string;
      const result = r.byte();
      return result === NO_BLOCK_TYPE ? name : `${name} (result ${type(result)})`;
    }
    case 0x0e:
      return `br_table ${[...r.list(() => r.u32()), r.u32()].join(' ')}`;
    case 0x11: {
      const signatureIndex = r.u32();
      const table = r.u32();
      return `call_indirect ${table} (type ${signatureIndex})`;
    }
    case 0x41:
    case 0x42:
      return `${CORE[code]} ${r.signed()}`;
    case 0x43:
      return `f32.const ${r.f32()}`;
    case 0x44:
      return `f64.const ${r.f64()}`;
    case 0xfc:
      return SATURATING[r.u32()] ?? '(;0xfc;)';
    case 0xfd:
      return simd(r);
    case 0xfe: {
      const name = ATOMIC[r.u32()] ?? '(;0xfe;)';
      if (name === 'atomic.fence') {
        r.byte();
        return name;
      }
      return name + memoryArgument(r, accessSize(name));
    }
    default: {
      const memory = MEMORY[code];
      if (memory !== undefined) return memory + memoryArgument(r, accessSize(memory));
      const name = CORE[code] ?? `(;0x${code.toString(16)};)`;
      // Branches, calls, locals have one index.
      const indexed = (code >= 0x0c && code <= 0x0d) || code === 0x10 || (code >= 0x20 && code <= 0x24);
      return indexed ? `${name} ${r.u32()}` : name;
    }
  }
}

/** Instructions of a body, one a line, indented by nesting; the last `end` is the function's own. */
function bodyText(r: Reader, end: number): string {
  let text = '';
  const locals = r.list(() => {
    const count = r.u32();
    const t = type(r.byte());
    return Array.from({ length: count }, () => t).join(' ');
  });
  if (locals.length > 0) text += `    (local ${locals.join(' ')})\n`;
  let depth = 2;
  while (r.at < end - 1) {
    const code = r.byte();
    if (code === 0x0b || code === 0x05) depth--;
    const line = instruction(code, r);
    text += `${'  '.repeat(depth)}${line}\n`;
    if (code === 0x05 || (code >= 0x02 && code <= 0x04)) depth++;
  }
  r.byte();
  return text;
}

/** A module of ours. `names` are put beside the functions, in order, as comments. */
export function wasmText(bytes: Uint8Array, names: readonly string[] = []): string {
  const r = new Reader(bytes, 8);
  let text = '(module\n';
  let types: number[] = [];
  while (!r.done) {
    const id = r.byte();
    const size = r.u32();
    const end = r.at + size;
    if (id === SECTION.type) for (const t of r.list(() => signature(r))) text += `  (type ${t})\n`;
    else if (id === SECTION.import) for (const i of r.list(() => importText(r))) text += `  ${i}\n`;
    else if (id === SECTION.function) types = r.list(() => r.u32());
    else if (id === SECTION.export) {
      for (const e of r.list(() => `(export "${r.name()}" (func ${r.byte() * 0 + r.u32()}))`))
        text += `  ${e}\n`;
    } else if (id === SECTION.code) {
      const count = r.u32();
      for (let n = 0; n < count; n++) {
        const stop = r.u32() + r.at;
        const name = names[n] === undefined ? '' : ` (; ${names[n]} ;)`;
        text += `  (func (type ${types[n]})${name}\n${bodyText(r, stop)}  )\n`;
      }
    }
    r.at = end;
  }
  return `${text})\n`;
}
