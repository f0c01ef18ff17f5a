/**
 * Struct layouts as data: an ordered set of fields with C types, laid out by the data model at hand. Offsets,
 * sizes, readers, writers and the strace text all come from the one description.
 *
 * Rules of C as all our ABIs follow them (RISC-V ELF psABI, AAPCS64, AAPCS32): each member is aligned to its own
 * alignment, the whole is rounded up to the largest of them. 64-bit integers are 8-aligned on every model except
 * where `align64` says otherwise.
 *
 * Readers and writers work on a DataView and a byte offset, so that they serve both guest memory in place and a
 * copy of it. 64-bit values are JS numbers, exact below 2^53; a field that must keep all 64 bits is two words.
 */
import { alignUp, joinI64, joinU64 } from '../util/bits.js';

/** What decides a layout. */
export interface DataModel {
  /** Bytes of `long` and of pointers. */
  readonly wordSize: 4 | 8;
  readonly littleEndian: boolean;
  /** Alignment of 64-bit integers; 8 for every ABI here (4 would be i386). */
  readonly align64: 4 | 8;
}

export type Scalar = 'i8' | 'u8' | 'i16' | 'u16' | 'i32' | 'u32' | 'i64' | 'u64' | 'long' | 'ulong' | 'ptr';
type Show = 'octal' | 'hex';

export interface Shown<S extends Scalar = Scalar> {
  readonly kind: 'shown';
  readonly type: S;
  readonly show: Show;
}
export interface Chars {
  readonly kind: 'chars';
  readonly length: number;
}
export interface ArrayOf<T extends FieldType = FieldType> {
  readonly kind: 'array';
  readonly type: T;
  readonly length: number;
}
export interface When<T extends FieldType = FieldType> {
  readonly kind: 'when';
  readonly type: T;
  readonly test: (model: DataModel) => boolean;
}
export interface StructLike {
  readonly kind: 'struct';
  readonly name: string;
  readonly fieldsFor: (model: DataModel) => Fields;
}
export interface Aligned<T extends FieldType = FieldType> {
  readonly kind: 'aligned';
  readonly type: T;
  readonly align: number;
}
export interface Union<F extends Fields = Fields> {
  readonly kind: 'union';
  readonly fields: F;
}
export type FieldType =
  | Scalar
  | Shown
  | Chars
  | StructLike
  // Their full types refer back to FieldType, which an alias may not; place() narrows.
  | { readonly kind: 'array' | 'when' | 'aligned' | 'union' };
export type Fields = Readonly<Record<string, FieldType>>;

/** What reading a field gives. */
export type ValueOf<T> = T extends Scalar
  ? number
  : T extends Shown
    ? number
    : T extends Chars
      ? Uint8Array
      : T extends ArrayOf<infer E>
        ? ValueOf<E>[]
        : T extends When<infer E> | Aligned<infer E>
          ? ValueOf<E>
          : T extends Union<infer F>
            ? ValuesOf<F>
            : T extends StructDef<infer F>
              ? ValuesOf<F>
              : never;
export type ValuesOf<F> = { -readonly [K in keyof F]: ValueOf<F[K]> };

/** What writing a field takes; everything left out is zero. */
export type InputOf<T> = T extends Scalar
  ? number
  : T extends Shown
    ? number
    : T extends Chars
      ? Uint8Array | string
      : T extends ArrayOf<infer E>
        ? readonly InputOf<E>[]
        : T extends When<infer E> | Aligned<infer E>
          ? InputOf<E>
          : T extends Union<infer F>
            ? InputsOf<F>
            : T extends StructDef<infer F>
              ? InputsOf<F>
              : never;
export type InputsOf<F> = { readonly [K in keyof F]?: InputOf<F[K]> };

/** An unsigned field that strace shows in octal (modes). */
export const octal = <const S extends Scalar>(type: S): Shown<S> => ({ kind: 'shown', type, show: 'octal' });
/** A field that strace shows in hexadecimal (flag words without names here). */
export const hexed = <const S extends Scalar>(type: S): Shown<S> => ({ kind: 'shown', type, show: 'hex' });
/** `char[length]`: read as bytes, written from bytes or UTF-8 text, zero-filled. */
export const chars = (length: number): Chars => ({ kind: 'chars', length });
export const array = <const T extends FieldType>(type: T, length: number): ArrayOf<T> => ({
  kind: 'array',
  type,
  length,
});
/** A field that exists only on the models that pass the test (offset -1 elsewhere). */
export const when = <const T extends FieldType>(test: (model: DataModel) => boolean, type: T): When<T> => ({
  kind: 'when',
  type,
  test,
});
/** A field with a stricter alignment than its type has (`__attribute__((aligned(align)))`). */
export const aligned = <const T extends FieldType>(align: number, type: T): Aligned<T> => ({
  kind: 'aligned',
  type,
  align,
});
/** A C union: reading gives every member, writing takes the members that are given. */
export const union = <const F extends Fields>(fields: F): Union<F> => ({ kind: 'union', fields });
export const is32 = (m: DataModel): boolean => m.wordSize === 4;
export const is64 = (m: DataModel): boolean => m.wordSize === 8;

/** A struct as described, before any model lays it out. */
export interface StructDef<F extends Fields> extends StructLike {
  readonly fieldsFor: (model: DataModel) => F;
  /** The layout for a model; computed once per model. */
  for(model: DataModel): Layout<F>;
}

/**
 * Describes a struct. `fields` is a function where even the order depends on the model (word pairs that follow
 * the byte order).
 */
export function struct<const F extends Fields>(
  name: string,
  fields: F | ((model: DataModel) => F),
): StructDef<F> {
  const fieldsFor = typeof fields === 'function' ? fields : (): F => fields;
  const cache: (Layout<F> | undefined)[] = [];
  return {
    kind: 'struct',
    name,
    fieldsFor,
    for(model) {
      const key =
        (model.wordSize === 8 ? 1 : 0) | (model.littleEndian ? 2 : 0) | (model.align64 === 8 ? 4 : 0);
      return (cache[key] ??= new Layout(name, fieldsFor(model), model));
    },
  };
}

type Code = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7;
const CODES = { i8: 0, u8: 1, i16: 2, u16: 3, i32: 4, u32: 5, i64: 6, u64: 7 } as const;

function scalarCode(type: Scalar, model: DataModel): Code {
  if (type === 'long') return model.wordSize === 8 ? CODES.i64 : CODES.i32;
  if (type === 'ulong' || type === 'ptr') return model.wordSize === 8 ? CODES.u64 : CODES.u32;
  return CODES[type];
}

const codeSize = (code: Code): number => 1 << (code >> 1);

/** One field placed: a tree that mirrors the declaration. */
interface Node {
  readonly kind: 'scalar' | 'chars' | 'array' | 'struct';
  readonly size: number;
  readonly align: number;
  readonly code: Code;
  readonly show: Show | 'decimal';
  readonly count: number;
  readonly element?: Node;
  readonly names?: readonly string[];
  readonly nodes?: readonly Node[];
  readonly offsets?: readonly number[];
}

function place(type: FieldType, model: DataModel): Node | undefined {
  if (typeof type === 'string') return scalarNode(type, 'decimal', model);
  switch (type.kind) {
    case 'shown':
      return scalarNode(type.type, type.show, model);
    case 'chars':
      return { kind: 'chars', size: type.length, align: 1, code: CODES.u8, show: 'hex', count: type.length };
    case 'array': {
      const { type: of, length } = type as ArrayOf;
      const element = place(of, model);
      if (element === undefined) return undefined;
      const { align } = element;
      return {
        kind: 'array',
        size: element.size * length,
        align,
        code: 0,
        show: 'hex',
        count: length,
        element,
      };
    }
    case 'when': {
      const { test, type: inner } = type as When;
      return test(model) ? place(inner, model) : undefined;
    }
    case 'aligned': {
      const { align, type: inner } = type as Aligned;
      const node = place(inner, model);
      return node === undefined ? undefined : { ...node, align: Math.max(align, node.align) };
    }
    case 'union':
      return placeStruct((type as Union).fields, model, true);
    case 'struct':
      return placeStruct(type.fieldsFor(model), model);
  }
}

function scalarNode(type: Scalar, show: Show | 'decimal', model: DataModel): Node {
  const code = scalarCode(type, model);
  const size = codeSize(code);
  const align = size === 8 ? model.align64 : size;
  return { kind: 'scalar', size, align, code, show: type === 'ptr' ? 'hex' : show, count: 1 };
}

function placeStruct(fields: Fields, model: DataModel, overlay = false): Node {
  const names: string[] = [];
  const nodes: Node[] = [];
  const offsets: number[] = [];
  let end = 0;
  let align = 1;
  for (const [name, type] of Object.entries(fields)) {
    const node = place(type, model);
    if (node === undefined) continue;
    const at = overlay ? 0 : alignUp(end, node.align);
    names.push(name);
    nodes.push(node);
    offsets.push(at);
    end = Math.max(end, at + node.size);
    align = Math.max(align, node.align);
  }
  return {
    kind: 'struct',
    size: alignUp(end, align),
    align,
    code: 0,
    show: 'hex',
    count: 1,
    names,
    nodes,
    offsets,
  };
}

function readScalar(view: DataView, at: number, code: Code, little: boolean): number {
  switch (code) {
    case 0:
      return view.getInt8(at);
    case 1:
      return view.getUint8(at);
    case 2:
      return view.getInt16(at, little);
    case 3:
      return view.getUint16(at, little);
    case 4:
      return view.getInt32(at, little);
    case 5:
      return view.getUint32(at, little);
    default: {
      const first = view.getInt32(at, little);
      const second = view.getInt32(at + 4, little);
      const lo = little ? first : second;
      const hi = little ? second : first;
      return code === 6 ? joinI64(lo, hi) : joinU64(lo, hi);
    }
  }
}

function writeScalar(view: DataView, at: number, code: Code, little: boolean, v: number): void {
  switch (code) {
    case 0:
    case 1:
      view.setInt8(at, v);
      return;
    case 2:
    case 3:
      view.setInt16(at, v, little);
      return;
    case 4:
    case 5:
      view.setInt32(at, v, little);
      return;
    default: {
      const hi = Math.floor(v / 0x1_0000_0000);
      view.setInt32(little ? at : at + 4, v, little);
      view.setInt32(little ? at + 4 : at, hi, little);
    }
  }
}

const encoder = new TextEncoder();

/** A struct laid out for one data model. */
export class Layout<F extends Fields> {
  readonly size: number;
  readonly align: number;
  /** Byte offset of each top-level field; -1 when the model does not have it. */
  readonly offset: { readonly [K in keyof F]: number };
  readonly name: string;
  readonly #root: Node;
  readonly #little: boolean;
  // Scalars flattened in declaration order, for pack().
  readonly #leafOffset: Int32Array;
  readonly #leafCode: Int32Array;

  constructor(name: string, fields: F, model: DataModel) {
    this.name = name;
    this.#root = placeStruct(fields, model);
    this.#little = model.littleEndian;
    this.size = this.#root.size;
    this.align = this.#root.align;
    const offset: Record<string, number> = {};
    for (const key of Object.keys(fields)) {
      const i = (this.#root.names ?? []).indexOf(key);
      offset[key] = i < 0 ? -1 : (this.#root.offsets?.[i] ?? -1);
    }
    this.offset = offset as { readonly [K in keyof F]: number };
    const leaves: [number, Code][] = [];
    collectLeaves(this.#root, 0, leaves);
    this.#leafOffset = Int32Array.from(leaves, ([at]) => at);
    this.#leafCode = Int32Array.from(leaves, ([, code]) => code);
  }

  /** Every field as an object; a field the model lacks is missing from it. */
  read(view: DataView, base: number): ValuesOf<F> {
    return readNode(this.#root, view, base, this.#little) as ValuesOf<F>;
  }

  /** Writes all bytes of the struct: the given fields, zero for the rest and for padding. */
  write(view: DataView, base: number, values: InputsOf<F>): void {
    this.clear(view, base);
    writeNode(this.#root, view, base, this.#little, values);
  }

  /**
   * The fast writer for hot calls: the scalars of the struct in declaration order (arrays and nested structs
   * flattened, fields the model lacks left out), no names looked up. Padding becomes zero.
   */
  pack(view: DataView, base: number, leaves: ArrayLike<number>): void {
    this.clear(view, base);
    const { length } = this.#leafOffset;
    for (let i = 0; i < length; i++) {
      const at = base + (this.#leafOffset[i] as number);
      writeScalar(view, at, this.#leafCode[i] as Code, this.#little, leaves[i] as number);
    }
  }

  /** Zeroes the struct's bytes. */
  clear(view: DataView, base: number): void {
    let i = 0;
    for (; i + 4 <= this.size; i += 4) view.setInt32(base + i, 0);
    for (; i < this.size; i++) view.setInt8(base + i, 0);
  }

  /** One top-level scalar; 0 when the model does not have it. */
  get(view: DataView, base: number, name: keyof F & string): number {
    const i = this.#root.names?.indexOf(name) ?? -1;
    const node = this.#root.nodes?.[i];
    return node === undefined ? 0 : readScalar(view, base + this.offset[name], node.code, this.#little);
  }

  /** Sets one top-level scalar; does nothing when the model does not have it. */
  set(view: DataView, base: number, name: keyof F & string, value: number): void {
    const i = this.#root.names?.indexOf(name) ?? -1;
    const node = this.#root.nodes?.[i];
    if (node !== undefined) writeScalar(view, base + this.offset[name], node.code, this.#little, value);
  }

  /** The strace form `{name=value, …}`; names that begin with `__` or `pad` are left out. */
  print(view: DataView, base: number): string {
    return printNode(this.#root, view, base, this.#little);
  }
}

function collectLeaves(node: Node, base: number, out: [number, Code][]): void {
  if (node.kind === 'scalar') out.push([base, node.code]);
  else if (node.kind === 'chars') for (let i = 0; i < node.count; i++) out.push([base + i, CODES.u8]);
  else if (node.element !== undefined)
    for (let i = 0; i < node.count; i++) collectLeaves(node.element, base + i * node.element.size, out);
  else node.nodes?.forEach((child, i) => collectLeaves(child, base + (node.offsets?.[i] ?? 0), out));
}

function bytesAt(view: DataView, at: number, length: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + at, length);
}

function readNode(node: Node, view: DataView, at: number, little: boolean): unknown {
  if (node.kind === 'scalar') return readScalar(view, at, node.code, little);
  if (node.kind === 'chars') return bytesAt(view, at, node.count).slice();
  if (node.element !== undefined) {
    const { element, count } = node;
    return Array.from({ length: count }, (_, i) => readNode(element, view, at + i * element.size, little));
  }
  const result: Record<string, unknown> = {};
  node.nodes?.forEach((child, i) => {
    result[node.names?.[i] ?? ''] = readNode(child, view, at + (node.offsets?.[i] ?? 0), little);
  });
  return result;
}

function writeNode(node: Node, view: DataView, at: number, little: boolean, value: unknown): void {
  if (value === undefined) return;
  if (node.kind === 'scalar') writeScalar(view, at, node.code, little, value as number);
  else if (node.kind === 'chars') {
    const bytes = typeof value === 'string' ? encoder.encode(value) : (value as Uint8Array);
    const length = Math.min(bytes.length, node.count);
    for (let i = 0; i < length; i++) view.setUint8(at + i, bytes[i] as number);
  } else if (node.element !== undefined) {
    const { element } = node;
    const values = value as readonly unknown[];
    const length = Math.min(values.length, node.count);
    for (let i = 0; i < length; i++) writeNode(element, view, at + i * element.size, little, values[i]);
  } else {
    const record = value as Readonly<Record<string, unknown>>;
    node.nodes?.forEach((child, i) => {
      writeNode(child, view, at + (node.offsets?.[i] ?? 0), little, record[node.names?.[i] ?? '']);
    });
  }
}

function printNode(node: Node, view: DataView, at: number, little: boolean): string {
  if (node.kind === 'scalar') {
    const v = readScalar(view, at, node.code, little);
    if (node.show === 'decimal' || v < 0) return String(v);
    return node.show === 'octal' ? `0${v === 0 ? '' : v.toString(8)}` : `0x${v.toString(16)}`;
  }
  if (node.kind === 'chars') return quoteChars(bytesAt(view, at, node.count));
  if (node.element !== undefined) {
    const { element, count } = node;
    const items = Array.from({ length: count }, (_, i) =>
      printNode(element, view, at + i * element.size, little),
    );
    return `[${items.join(', ')}]`;
  }
  const parts: string[] = [];
  node.nodes?.forEach((child, i) => {
    const name = node.names?.[i] ?? '';
    if (name.startsWith('__') || name.startsWith('pad')) return;
    parts.push(`${name}=${printNode(child, view, at + (node.offsets?.[i] ?? 0), little)}`);
  });
  return `{${parts.join(', ')}}`;
}

/** Bytes up to the first NUL as a C string literal. */
function quoteChars(bytes: Uint8Array): string {
  let text = '';
  for (const b of bytes) {
    if (b === 0) break;
    if (b === 0x22 || b === 0x5c) text += `\\${String.fromCharCode(b)}`;
    else if (b >= 0x20 && b < 0x7f) text += String.fromCharCode(b);
    else text += `\\${b.toString(8)}`;
  }
  return `"${text}"`;
}
