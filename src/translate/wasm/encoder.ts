/** Writes the WebAssembly binary format (WebAssembly Core Specification 2.0, chapter 5) into a growing buffer. */

/** Value types. */
export const I32 = 0x7f;
export const I64 = 0x7e;
export const F32 = 0x7d;
export const F64 = 0x7c;
export const V128 = 0x7b;
export type ValType = 0x7f | 0x7e | 0x7d | 0x7c | 0x7b;

/** Opcodes that are not an IR row's own. */
export const W = {
  unreachable: 0x00,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  brTable: 0x0e,
  return: 0x0f,
  call: 0x10,
  callIndirect: 0x11,
  globalGet: 0x23,
  drop: 0x1a,
  select: 0x1b,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  i32Load: 0x28,
  i64Load: 0x29,
  f32Load: 0x2a,
  f64Load: 0x2b,
  i32Load8u: 0x2d,
  i32Load16u: 0x2f,
  i64Load32S: 0x34,
  i32Store: 0x36,
  i64Store: 0x37,
  f32Store: 0x38,
  f64Store: 0x39,
  i32Const: 0x41,
  i64Const: 0x42,
  f32Const: 0x43,
  f64Const: 0x44,
  i32Eqz: 0x45,
  i32Eq: 0x46,
  i32Ne: 0x47,
  i32LtS: 0x48,
  i32LtU: 0x49,
  i32GtS: 0x4a,
  i32GtU: 0x4b,
  i32GeU: 0x4f,
  i64Eqz: 0x50,
  i64Eq: 0x51,
  i64Ne: 0x52,
  i64LtS: 0x53,
  i64LtU: 0x54,
  i64GtU: 0x56,
  f32Eq: 0x5b,
  f32Ne: 0x5c,
  f32Lt: 0x5d,
  f32Gt: 0x5e,
  f64Eq: 0x61,
  f64Ne: 0x62,
  f64Lt: 0x63,
  f64Gt: 0x64,
  f64Le: 0x65,
  f64Ge: 0x66,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i32Mul: 0x6c,
  i32DivS: 0x6d,
  i32DivU: 0x6e,
  i32RemS: 0x6f,
  i32RemU: 0x70,
  i32And: 0x71,
  i32Or: 0x72,
  i32Xor: 0x73,
  i32Shl: 0x74,
  i32ShrS: 0x75,
  i32ShrU: 0x76,
  i32Rotl: 0x77,
  i32Rotr: 0x78,
  i64Add: 0x7c,
  i64Sub: 0x7d,
  i64Mul: 0x7e,
  i64DivS: 0x7f,
  i64DivU: 0x80,
  i64RemS: 0x81,
  i64RemU: 0x82,
  i64And: 0x83,
  i64Or: 0x84,
  i64Xor: 0x85,
  i64Shl: 0x86,
  i64ShrS: 0x87,
  i64ShrU: 0x88,
  i64Rotl: 0x89,
  f32Abs: 0x8b,
  f32Add: 0x92,
  f32Sub: 0x93,
  f32Mul: 0x94,
  f64Abs: 0x99,
  f64Neg: 0x9a,
  f64Add: 0xa0,
  f64Sub: 0xa1,
  f64Mul: 0xa2,
  i32WrapI64: 0xa7,
  i64ExtendI32S: 0xac,
  i64ExtendI32U: 0xad,
  f32DemoteF64: 0xb6,
  f64PromoteF32: 0xbb,
  i32ReinterpretF32: 0xbc,
  i64ReinterpretF64: 0xbd,
  f32ReinterpretI32: 0xbe,
  f64ReinterpretI64: 0xbf,
  i32Extend8S: 0xc0,
  i32Extend16S: 0xc1,
} as const;

/** Opcodes that load and store a value of each type whole. */
export const LOAD = {
  [I32]: W.i32Load,
  [I64]: W.i64Load,
  [F32]: W.f32Load,
  [F64]: W.f64Load,
  [V128]: 0xfd0000,
} as const;
export const STORE = {
  [I32]: W.i32Store,
  [I64]: W.i64Store,
  [F32]: W.f32Store,
  [F64]: W.f64Store,
  [V128]: 0xfd000b,
} as const;

export class ByteWriter {
  private buf = new Uint8Array(4096);
  length = 0;

  private room(n: number): void {
    if (this.length + n <= this.buf.length) return;
    const bigger = new Uint8Array(Math.max(this.buf.length * 2, this.length + n));
    bigger.set(this.buf);
    this.buf = bigger;
  }

  byte(b: number): void {
    if (this.length === this.buf.length) this.room(1);
    this.buf[this.length++] = b;
  }

  patch(at: number, b: number): void {
    this.buf[at] = b;
  }

  bytes(src: Uint8Array): void {
    this.room(src.length);
    this.buf.set(src, this.length);
    this.length += src.length;
  }

  /** Unsigned LEB128 of a number in 0..2^32-1. */
  u32(v: number): void {
    let x = v >>> 0;
    while (x > 127) {
      this.byte((x & 127) | 128);
      x >>>= 7;
    }
    this.byte(x);
  }

  /** Signed LEB128 of an int32. */
  s32(v: number): void {
    let x = v | 0;
    for (;;) {
      const b = x & 127;
      x >>= 7;
      if ((x === 0 && (b & 64) === 0) || (x === -1 && (b & 64) !== 0)) {
        this.byte(b);
        return;
      }
      this.byte(b | 128);
    }
  }

  /** Signed LEB128 of the 64-bit value hi:lo. */
  s64(lo: number, hi: number): void {
    let l = lo | 0;
    let h = hi | 0;
    for (;;) {
      const b = l & 127;
      l = (l >>> 7) | (h << 25);
      h >>= 7;
      const sign = (b & 64) !== 0;
      if ((l === 0 && h === 0 && !sign) || (l === -1 && h === -1 && sign)) {
        this.byte(b);
        return;
      }
      this.byte(b | 128);
    }
  }

  f64(v: number): void {
    const tmp = new DataView(new ArrayBuffer(8));
    tmp.setFloat64(0, v, true);
    for (let i = 0; i < 8; i++) this.byte(tmp.getUint8(i));
  }

  f32(v: number): void {
    const tmp = new DataView(new ArrayBuffer(4));
    tmp.setFloat32(0, v, true);
    for (let i = 0; i < 4; i++) this.byte(tmp.getUint8(i));
  }

  name(s: string): void {
    this.u32(s.length);
    for (let i = 0; i < s.length; i++) this.byte(s.charCodeAt(i));
  }

  /** A section or function body: size, then the content. */
  sized(content: ByteWriter): void {
    this.u32(content.length);
    this.bytes(content.view());
  }

  view(): Uint8Array {
    return this.buf.subarray(0, this.length);
  }

  copy(): Uint8Array {
    return this.buf.slice(0, this.length);
  }
}

/** A call whose callee gets its index when the module is put together: an entry pc, or the name of a module function. */
export interface CallSite {
  /** Where the five bytes of the index are. */
  readonly at: number;
  readonly target: number | string;
}

/** Writes an index as LEB128 of five bytes, so that it can be changed in place. */
export function patchIndex(bytes: Uint8Array, at: number, index: number): void {
  for (let n = 0; n < 5; n++) bytes[at + n] = ((index >>> (7 * n)) & 127) | (n < 4 ? 0x80 : 0);
}

/** A function before it is linked into a module. */
export interface FunctionBody {
  /** Body as in the code section. */
  readonly body: Uint8Array;
  /** Calls to be linked; places count from the start of the body. */
  readonly calls: readonly CallSite[];
}

/** The code of one function: instructions and locals. */
export class Code {
  readonly out = new ByteWriter();
  /** Calls to be linked; places count from the start of the instructions. */
  readonly calls: CallSite[] = [];
  private readonly types: ValType[] = [];
  private readonly params: number;

  constructor(params: number) {
    this.params = params;
  }

  local(type: ValType): number {
    this.types.push(type);
    return this.params + this.types.length - 1;
  }

  /** One byte, or prefix << 16 | opcode (0xfd SIMD, 0xfe atomics, 0xfc saturating conversions and bulk memory). */
  op(opcode: number): void {
    if (opcode > 255) {
      this.out.byte(opcode >> 16);
      this.out.u32(opcode & 0xffff);
    } else this.out.byte(opcode);
  }

  get(local: number): void {
    this.out.byte(W.localGet);
    this.out.u32(local);
  }

  set(local: number): void {
    this.out.byte(W.localSet);
    this.out.u32(local);
  }

  tee(local: number): void {
    this.out.byte(W.localTee);
    this.out.u32(local);
  }

  i32(v: number): void {
    this.out.byte(W.i32Const);
    this.out.s32(v);
  }

  i64(lo: number, hi: number): void {
    this.out.byte(W.i64Const);
    this.out.s64(lo, hi);
  }

  f64(v: number): void {
    this.out.byte(W.f64Const);
    this.out.f64(v);
  }

  f32(v: number): void {
    this.out.byte(W.f32Const);
    this.out.f32(v);
  }

  /** A load or store opcode with its memarg; no alignment is promised. */
  mem(opcode: number, offset: number, align = 0): void {
    this.op(opcode);
    this.out.u32(align);
    this.out.u32(offset);
  }

  /** block/loop/if without a result. */
  open(opcode: number): void {
    this.out.byte(opcode);
    this.out.byte(0x40);
  }

  end(): void {
    this.out.byte(W.end);
  }

  br(depth: number): void {
    this.out.byte(W.br);
    this.out.u32(depth);
  }

  brIf(depth: number): void {
    this.out.byte(W.brIf);
    this.out.u32(depth);
  }

  call(fn: number): void {
    this.out.byte(W.call);
    this.out.u32(fn);
  }

  callLinked(target: number | string): void {
    this.out.byte(W.call);
    this.calls.push({ at: this.out.length, target });
    for (let n = 0; n < 5; n++) this.out.byte(n < 4 ? 0x80 : 0);
  }

  get localCount(): number {
    return this.types.length;
  }

  /** An i32.const of fixed width, to be set later by setFrame; its position. */
  frameConstant(): number {
    this.out.byte(W.i32Const);
    const at = this.out.length;
    for (let n = 0; n < 4; n++) this.out.byte(n < 3 ? 0x80 : 0);
    return at;
  }

  setFrame(at: number, value: number): void {
    for (let n = 0; n < 4; n++) this.out.patch(at + n, ((value >> (7 * n)) & 127) | (n < 3 ? 0x80 : 0));
  }

  /** Body as the code section wants it: locals in runs, then instructions and `end`. */
  body(): ByteWriter {
    const w = new ByteWriter();
    const runs: [number, ValType][] = [];
    for (const t of this.types) {
      const last = runs[runs.length - 1];
      if (last !== undefined && last[1] === t) last[0]++;
      else runs.push([1, t]);
    }
    w.u32(runs.length);
    for (const [n, t] of runs) {
      w.u32(n);
      w.byte(t);
    }
    w.bytes(this.out.view());
    w.byte(W.end);
    return w;
  }

  /** The body together with the calls in it. */
  unlinked(): FunctionBody {
    const body = this.body();
    const prefix = body.length - 1 - this.out.length;
    const calls = this.calls.map(({ at, target }) => ({ at: at + prefix, target }));
    return { body: body.copy(), calls };
  }
}
