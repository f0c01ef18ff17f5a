/**
 * The IR: one row per op. Everything about an op is in its row: operand and result types, effects, its formula, the
 * JavaScript of its closure evaluator and its Wasm encoding. scripts/gen.mjs turns the `js` column into
 * src/translate/closures/evaluators.gen.ts; the Wasm engine reads the `wasm` column; docs/ir.md is generated.
 *
 * Format of a row:   name: row(result, operands, js, wasm, formula)
 *   result    type written to slot d: i32 i64 f32 f64 v128, or '' for none
 *   operands  types of a, b, c, separated by blanks. An i32 operand reads the low word of its slot, whatever was written
 *   js        for i32 results an expression; for i64 results `lo expression ; hi expression`, optionally preceded by
 *             statements and a bar: `statements | lo ; hi`; for compares the condition only; other kinds: statements.
 *             al ah bl bh cl ch are the words of the operands, imm/d/a/b/c the instruction's fields (slots)
 *             vectors: `lanes type: expression` over lanes x, y, z of a, b, c (n is a shift count; 64-bit lanes have words
 *             xl xh yl yh), `words w0 ; w1 ; w2 ; w3`, or `fn name [imm]`, a function of src/cpu/simd
 *   wasm      the opcode that takes the operands from the stack and leaves the result (SIMD: 0xfd0000 + opcode), or the
 *             name of an emitter; for atomics the 0xfe opcode
 *   formula   what is computed, `d = …`, with the edge cases
 *
 * A 32-bit result can be widened into its slot by the instruction's `ext` field (NONE, SIGN, ZERO, ONES), so `addw` is
 * one op. Words: *guest* is the emulated program; unspecified = any value, never a crash.
 */

export type IrType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128' | 'addr' | 'slot' | '';

/** pure: no effect but d. cmp: pure, gives 0/1, also usable as a branch condition. fp: pure but for the FP environment. */
export type OpKind = 'pure' | 'cmp' | 'load' | 'store' | 'atomic' | 'fp' | 'helper' | 'end';

export interface OpRow {
  readonly name: string;
  readonly id: number;
  readonly kind: OpKind;
  readonly result: IrType;
  readonly operands: readonly IrType[];
  readonly js: string;
  readonly wasm: number | string;
  readonly doc: string;
  /** Bytes accessed, for loads, stores and atomics. */
  readonly size: number;
}

let nextId = 0;
const make =
  (kind: OpKind) =>
  (result: IrType, operands: string, js: string, wasm: number | string, doc: string, size = 0) => ({
    id: nextId++,
    kind,
    result,
    operands: (operands === '' ? [] : operands.split(' ')) as readonly IrType[],
    js,
    wasm,
    doc,
    size,
  });

const pure = make('pure');
const cmp = make('cmp');
const fp = make('fp');
const load = make('load');
const store = make('store');
const atomic = make('atomic');
const end = make('end');

const ROWS = {
  // ---- moves and widening -------------------------------------------------------------------------------------------
  mov32: pure('i32', 'i32', 'al', 'copy', 'd = a'),
  mov64: pure('i64', 'i64', 'al ; ah', 'copy', 'd = a'),
  mov128: pure('v128', 'v128', 'lanes s32: x', 'copy', 'd = a, 16 bytes (two slots)'),

  // ---- integer arithmetic -------------------------------------------------------------------------------------------
  add32: pure('i32', 'i32 i32', 'al + bl | 0', 0x6a, 'd = a + b mod 2^32'),
  sub32: pure('i32', 'i32 i32', 'al - bl | 0', 0x6b, 'd = a - b mod 2^32'),
  mul32: pure('i32', 'i32 i32', 'Math.imul(al, bl)', 0x6c, 'd = a * b mod 2^32'),
  and32: pure('i32', 'i32 i32', 'al & bl', 0x71, 'd = a & b'),
  or32: pure('i32', 'i32 i32', 'al | bl', 0x72, 'd = a | b'),
  xor32: pure('i32', 'i32 i32', 'al ^ bl', 0x73, 'd = a ^ b'),
  shl32: pure('i32', 'i32 i32', 'al << bl', 0x74, 'd = a << (b mod 32)'),
  shrs32: pure('i32', 'i32 i32', 'al >> bl', 0x75, 'd = a >> (b mod 32), sign copied in'),
  shru32: pure('i32', 'i32 i32', '(al >>> bl) | 0', 0x76, 'd = a >> (b mod 32), zeros in'),
  rotr32: pure('i32', 'i32 i32', '(al >>> bl) | (al << (32 - bl))', 0x78, 'd = a rotated right by b mod 32'),
  mulhs32: pure('i32', 'i32 i32', 'mulhs32(al, bl)', 'mulhs32', 'd = (a * b) >> 32, signed'),
  mulhu32: pure('i32', 'i32 i32', 'mulhu32(al, bl)', 'mulhu32', 'd = (a * b) >> 32, unsigned'),
  mulhsu32: pure('i32', 'i32 i32', 'mulhsu32(al, bl)', 'mulhsu32', 'd = (a * b) >> 32, a signed, b unsigned'),
  divs32: pure('i32', 'i32 i32', 'bl === 0 ? 0 : (al / bl) | 0', 'divs32', 'd = a / b toward zero; b = 0 gives 0; -2^31 / -1 gives -2^31'),
  divu32: pure('i32', 'i32 i32', 'bl === 0 ? 0 : ((al >>> 0) / (bl >>> 0)) | 0', 'divu32', 'd = a / b unsigned; b = 0 gives 0'),
  rems32: pure('i32', 'i32 i32', 'bl === 0 ? al : (al % bl) | 0', 'rems32', 'd = a - (a / b) * b; b = 0 gives a; -2^31 rem -1 gives 0'),
  remu32: pure('i32', 'i32 i32', 'bl === 0 ? al : ((al >>> 0) % (bl >>> 0)) | 0', 'remu32', 'd = a mod b unsigned; b = 0 gives a'),
  clz32: pure('i32', 'i32', 'Math.clz32(al)', 0x67, 'd = number of leading zero bits, 32 for 0'),
  ctz32: pure('i32', 'i32', 'al === 0 ? 32 : 31 - Math.clz32(al & -al)', 0x68, 'd = number of trailing zero bits, 32 for 0'),
  popcnt32: pure('i32', 'i32', 'popcnt32(al)', 0x69, 'd = number of one bits'),
  bswap32: pure('i32', 'i32', 'bswap32(al)', 'bswap32', 'd = a with its bytes reversed'),
  rbit32: pure('i32', 'i32', 'rbit32(al)', 'rbit32', 'd = a with its bits reversed'),
  sext8: pure('i32', 'i32', '(al << 24) >> 24', 0xc0, 'd = low 8 bits, sign-extended'),
  sext16: pure('i32', 'i32', '(al << 16) >> 16', 0xc1, 'd = low 16 bits, sign-extended'),

  add64: pure('i64', 'i64 i64', 'const s = (al >>> 0) + (bl >>> 0); | s | 0 ; (ah + bh + (s > 4294967295 ? 1 : 0)) | 0', 0x7c, 'd = a + b mod 2^64'),
  sub64: pure('i64', 'i64 i64', 'const x = al, y = bl; | (x - y) | 0 ; (ah - bh - (x >>> 0 < y >>> 0 ? 1 : 0)) | 0', 0x7d, 'd = a - b mod 2^64'),
  mul64: pure('i64', 'i64 i64', 'const x = al, y = bl; | Math.imul(x, y) ; (mulhu32(x, y) + Math.imul(x, bh) + Math.imul(ah, y)) | 0', 0x7e, 'd = a * b mod 2^64'),
  and64: pure('i64', 'i64 i64', 'al & bl ; ah & bh', 0x83, 'd = a & b'),
  or64: pure('i64', 'i64 i64', 'al | bl ; ah | bh', 0x84, 'd = a | b'),
  xor64: pure('i64', 'i64 i64', 'al ^ bl ; ah ^ bh', 0x85, 'd = a ^ b'),
  shl64: pure(
    'i64', 'i64 i64',
    'const n = bl & 63, x = al; | n > 31 ? 0 : x << n ; n > 31 ? x << n : n === 0 ? ah : (ah << n) | (x >>> (32 - n))',
    0x86, 'd = a << (b mod 64)',
  ),
  shrs64: pure(
    'i64', 'i64 i64',
    'const n = bl & 63, y = ah; | n > 31 ? y >> n : n === 0 ? al : (al >>> n) | (y << (32 - n)) ; n > 31 ? y >> 31 : y >> n',
    0x87, 'd = a >> (b mod 64), sign copied in',
  ),
  shru64: pure(
    'i64', 'i64 i64',
    'const n = bl & 63, y = ah; | n > 31 ? (y >>> n) | 0 : n === 0 ? al : (al >>> n) | (y << (32 - n)) ; n > 31 ? 0 : (y >>> n) | 0',
    0x88, 'd = a >> (b mod 64), zeros in',
  ),
  rotr64: pure(
    'i64', 'i64 i64',
    'const n = bl & 63, m = n & 31, u = n > 31 ? ah : al, v = n > 31 ? al : ah; | m === 0 ? u : (u >>> m) | (v << (32 - m)) ; m === 0 ? v : (v >>> m) | (u << (32 - m))',
    0x8a, 'd = a rotated right by b mod 64',
  ),
  mulhs64: pure('i64', 'i64 i64', 'mulhs64(t.out, al, ah, bl, bh); | t.out[0] as number ; t.out[1] as number', 'mulhs64', 'd = (a * b) >> 64, signed'),
  mulhu64: pure('i64', 'i64 i64', 'mulhu64(t.out, al, ah, bl, bh); | t.out[0] as number ; t.out[1] as number', 'mulhu64', 'd = (a * b) >> 64, unsigned'),
  mulhsu64: pure('i64', 'i64 i64', 'mulhsu64(t.out, al, ah, bl, bh); | t.out[0] as number ; t.out[1] as number', 'mulhsu64', 'd = (a * b) >> 64, a signed, b unsigned'),
  divs64: pure('i64', 'i64 i64', 'divs64(t.out, al, ah, bl, bh); | t.out[0] as number ; t.out[1] as number', 'divs64', 'd = a / b toward zero; b = 0 gives 0; -2^63 / -1 gives -2^63'),
  divu64: pure('i64', 'i64 i64', 'divu64(t.out, al, ah, bl, bh); | t.out[0] as number ; t.out[1] as number', 'divu64', 'd = a / b unsigned; b = 0 gives 0'),
  rems64: pure('i64', 'i64 i64', 'rems64(t.out, al, ah, bl, bh); | t.out[0] as number ; t.out[1] as number', 'rems64', 'd = a - (a / b) * b; b = 0 gives a; -2^63 rem -1 gives 0'),
  remu64: pure('i64', 'i64 i64', 'remu64(t.out, al, ah, bl, bh); | t.out[0] as number ; t.out[1] as number', 'remu64', 'd = a mod b unsigned; b = 0 gives a'),
  clz64: pure('i64', 'i64', 'const y = ah; | y !== 0 ? Math.clz32(y) : 32 + Math.clz32(al) ; 0', 0x79, 'd = number of leading zero bits, 64 for 0'),
  ctz64: pure('i64', 'i64', 'const x = al, y = x !== 0 ? x : ah; | y === 0 ? 64 : (x !== 0 ? 31 : 63) - Math.clz32(y & -y) ; 0', 0x7a, 'd = number of trailing zero bits, 64 for 0'),
  popcnt64: pure('i64', 'i64', 'popcnt32(al) + popcnt32(ah) ; 0', 0x7b, 'd = number of one bits'),
  bswap64: pure('i64', 'i64', 'bswap32(ah) ; bswap32(al)', 'bswap64', 'd = a with its bytes reversed'),
  rbit64: pure('i64', 'i64', 'rbit32(ah) ; rbit32(al)', 'rbit64', 'd = a with its bits reversed'),
  sext32: pure('i64', 'i32', 'al ; al >> 31', 0xac, 'd = a, sign-extended (mov32 with ext SIGN)'),

  select32: pure('i32', 'i32 i32 i32', 'cl !== 0 ? al : bl', 0x1b, 'd = c != 0 ? a : b'),
  select64: pure('i64', 'i64 i64 i32', 'const q = cl !== 0; | q ? al : bl ; q ? ah : bh', 0x1b, 'd = c != 0 ? a : b (c is 32-bit)'),

  // ---- comparisons: d = 0 or 1; also branch conditions ------------------------------------------------------------------
  eq32: cmp('i32', 'i32 i32', 'al === bl', 0x46, 'd = a == b'),
  ne32: cmp('i32', 'i32 i32', 'al !== bl', 0x47, 'd = a != b'),
  lts32: cmp('i32', 'i32 i32', 'al < bl', 0x48, 'd = a < b, signed'),
  ltu32: cmp('i32', 'i32 i32', 'al >>> 0 < bl >>> 0', 0x49, 'd = a < b, unsigned'),
  ges32: cmp('i32', 'i32 i32', 'al >= bl', 0x4e, 'd = a >= b, signed'),
  geu32: cmp('i32', 'i32 i32', 'al >>> 0 >= bl >>> 0', 0x4f, 'd = a >= b, unsigned'),
  eq64: cmp('i32', 'i64 i64', 'al === bl && ah === bh', 0x51, 'd = a == b'),
  ne64: cmp('i32', 'i64 i64', 'al !== bl || ah !== bh', 0x52, 'd = a != b'),
  lts64: cmp('i32', 'i64 i64', 'ah < bh || (ah === bh && al >>> 0 < bl >>> 0)', 0x53, 'd = a < b, signed'),
  ltu64: cmp('i32', 'i64 i64', 'ah >>> 0 < bh >>> 0 || (ah === bh && al >>> 0 < bl >>> 0)', 0x54, 'd = a < b, unsigned'),
  ges64: cmp('i32', 'i64 i64', 'ah > bh || (ah === bh && al >>> 0 >= bl >>> 0)', 0x59, 'd = a >= b, signed'),
  geu64: cmp('i32', 'i64 i64', 'ah >>> 0 > bh >>> 0 || (ah === bh && al >>> 0 >= bl >>> 0)', 0x5a, 'd = a >= b, unsigned'),

  // ---- memory: address = a + imm (a is a guest word), exact permission check, any alignment -----------------------------
  load8s: load('i32', 'addr', 'i8', 0x2c, 'd = sign-extended byte at a + imm', 1),
  load8u: load('i32', 'addr', 'u8', 0x2d, 'd = zero-extended byte at a + imm', 1),
  load16s: load('i32', 'addr', 'i16', 0x2e, 'd = sign-extended halfword at a + imm', 2),
  load16u: load('i32', 'addr', 'u16', 0x2f, 'd = zero-extended halfword at a + imm', 2),
  load32: load('i32', 'addr', 'i32', 0x28, 'd = word at a + imm', 4),
  load64: load('i64', 'addr', 'i64', 0x29, 'd = doubleword at a + imm', 8),
  load128: load('v128', 'addr', 'v128', 0xfd0000, 'd = 16 bytes at a + imm', 16),
  store8: store('', 'addr i32', 'u8', 0x3a, 'byte at a + imm = b', 1),
  store16: store('', 'addr i32', 'u16', 0x3b, 'halfword at a + imm = b', 2),
  store32: store('', 'addr i32', 'i32', 0x36, 'word at a + imm = b', 4),
  store64: store('', 'addr i64', 'i64', 0x37, 'doubleword at a + imm = b', 8),
  store128: store('', 'addr v128', 'v128', 0xfd000b, '16 bytes at a + imm = b', 16),

  // ---- atomics: address = a, naturally aligned (else an alignment fault), sequentially consistent -----------------------
  amoSwap32: atomic('i32', 'addr i32', 'bl', 0x41, 'd = old = mem[a]; mem[a] = b', 4),
  amoAdd32: atomic('i32', 'addr i32', 'lo + bl', 0x1e, 'd = old; mem[a] = old + b', 4),
  amoAnd32: atomic('i32', 'addr i32', 'lo & bl', 0x2c, 'd = old; mem[a] = old & b', 4),
  amoOr32: atomic('i32', 'addr i32', 'lo | bl', 0x33, 'd = old; mem[a] = old | b', 4),
  amoXor32: atomic('i32', 'addr i32', 'lo ^ bl', 0x3a, 'd = old; mem[a] = old ^ b', 4),
  amoMin32: atomic('i32', 'addr i32', 'lo < bl ? lo : bl', 'cas', 'd = old; mem[a] = min(old, b) signed', 4),
  amoMax32: atomic('i32', 'addr i32', 'lo > bl ? lo : bl', 'cas', 'd = old; mem[a] = max(old, b) signed', 4),
  amoMinu32: atomic('i32', 'addr i32', 'lo >>> 0 < bl >>> 0 ? lo : bl', 'cas', 'd = old; mem[a] = min(old, b) unsigned', 4),
  amoMaxu32: atomic('i32', 'addr i32', 'lo >>> 0 > bl >>> 0 ? lo : bl', 'cas', 'd = old; mem[a] = max(old, b) unsigned', 4),
  cas32: atomic('i32', 'addr i32 i32', 'lo === bl ? cl : lo', 0x48, 'd = old = mem[a]; if old == b then mem[a] = c', 4),
  amoSwap64: atomic('i64', 'addr i64', 'bl ; bh', 0x42, 'd = old = mem[a]; mem[a] = b', 8),
  amoAdd64: atomic('i64', 'addr i64', 'const s = (lo >>> 0) + (bl >>> 0); | s | 0 ; hi + bh + (s > 4294967295 ? 1 : 0)', 0x1f, 'd = old; mem[a] = old + b', 8),
  amoAnd64: atomic('i64', 'addr i64', 'lo & bl ; hi & bh', 0x2d, 'd = old; mem[a] = old & b', 8),
  amoOr64: atomic('i64', 'addr i64', 'lo | bl ; hi | bh', 0x34, 'd = old; mem[a] = old | b', 8),
  amoXor64: atomic('i64', 'addr i64', 'lo ^ bl ; hi ^ bh', 0x3b, 'd = old; mem[a] = old ^ b', 8),
  amoMin64: atomic('i64', 'addr i64', 'const q = hi < bh || (hi === bh && lo >>> 0 < bl >>> 0); | q ? lo : bl ; q ? hi : bh', 'cas', 'd = old; mem[a] = min(old, b) signed', 8),
  amoMax64: atomic('i64', 'addr i64', 'const q = hi < bh || (hi === bh && lo >>> 0 < bl >>> 0); | q ? bl : lo ; q ? bh : hi', 'cas', 'd = old; mem[a] = max(old, b) signed', 8),
  amoMinu64: atomic('i64', 'addr i64', 'const q = hi >>> 0 < bh >>> 0 || (hi === bh && lo >>> 0 < bl >>> 0); | q ? lo : bl ; q ? hi : bh', 'cas', 'd = old; mem[a] = min(old, b) unsigned', 8),
  amoMaxu64: atomic('i64', 'addr i64', 'const q = hi >>> 0 < bh >>> 0 || (hi === bh && lo >>> 0 < bl >>> 0); | q ? bl : lo ; q ? bh : hi', 'cas', 'd = old; mem[a] = max(old, b) unsigned', 8),
  cas64: atomic('i64', 'addr i64 i64', 'const q = lo === bl && hi === bh; | q ? cl : lo ; q ? ch : hi', 0x49, 'd = old = mem[a]; if old == b then mem[a] = c', 8),
  lr32: atomic('i32', 'addr', '', 'lr', 'd = mem[a]; reserve a', 4),
  lr64: atomic('i64', 'addr', '', 'lr', 'd = mem[a]; reserve a', 8),
  sc32: atomic('i32', 'addr i32', '', 'sc', 'd = 1; if a is reserved and mem[a] is what lr32 saw: mem[a] = b, d = 0; drop the reservation', 4),
  sc64: atomic('i32', 'addr i64', '', 'sc', 'd = 1; if a is reserved and mem[a] is what lr64 saw: mem[a] = b, d = 0; drop the reservation', 8),
  fence: make('helper')('', '', '', 'fence', 'orders all earlier memory accesses before all later ones'),

  // ---- floating point: bits in, bits out; imm = rounding mode (0 RNE 1 RTZ 2 RDN 3 RUP 4 RMM 7 dynamic) -----------------
  // An op that takes the dynamic mode while FP_RM is above 4 is an illegal instruction (RISC-V 11.2).
  // The js column names the function of src/cpu/fp.
  fadd32: fp('f32', 'f32 f32', 'addF32', 0x92, 'd = a + b'),
  fsub32: fp('f32', 'f32 f32', 'subF32', 0x93, 'd = a - b'),
  fmul32: fp('f32', 'f32 f32', 'mulF32', 0x94, 'd = a * b'),
  fdiv32: fp('f32', 'f32 f32', 'divF32', 0x95, 'd = a / b'),
  fsqrt32: fp('f32', 'f32', 'sqrtF32', 0x91, 'd = square root of a'),
  fma32: fp('f32', 'f32 f32 f32', 'fmaF32', 'fma', 'd = (a * b) + c with one rounding; imm bit 3 negates a * b, bit 4 negates c'),
  fadd64: fp('f64', 'f64 f64', 'addF64', 0xa0, 'd = a + b'),
  fsub64: fp('f64', 'f64 f64', 'subF64', 0xa1, 'd = a - b'),
  fmul64: fp('f64', 'f64 f64', 'mulF64', 0xa2, 'd = a * b'),
  fdiv64: fp('f64', 'f64 f64', 'divF64', 0xa3, 'd = a / b'),
  fsqrt64: fp('f64', 'f64', 'sqrtF64', 0x9f, 'd = square root of a'),
  fma64: fp('f64', 'f64 f64 f64', 'fmaF64', 'fma', 'd = (a * b) + c with one rounding; imm bit 3 negates a * b, bit 4 negates c'),
  fminn32: fp('f32', 'f32 f32', 'minNumF32', 'fminn', 'd = minimumNumber(a, b): a NaN operand gives the other, -0 < +0'),
  fmaxn32: fp('f32', 'f32 f32', 'maxNumF32', 'fmaxn', 'd = maximumNumber(a, b)'),
  fminn64: fp('f64', 'f64 f64', 'minNumF64', 'fminn', 'd = minimumNumber(a, b)'),
  fmaxn64: fp('f64', 'f64 f64', 'maxNumF64', 'fmaxn', 'd = maximumNumber(a, b)'),
  feq32: fp('i32', 'f32 f32', 'eqF32', 0x5b, 'd = a == b, quiet'),
  flt32: fp('i32', 'f32 f32', 'ltF32', 0x5d, 'd = a < b, any NaN is invalid'),
  fle32: fp('i32', 'f32 f32', 'leF32', 0x5f, 'd = a <= b, any NaN is invalid'),
  feq64: fp('i32', 'f64 f64', 'eqF64', 0x61, 'd = a == b, quiet'),
  flt64: fp('i32', 'f64 f64', 'ltF64', 0x63, 'd = a < b, any NaN is invalid'),
  fle64: fp('i32', 'f64 f64', 'leF64', 0x65, 'd = a <= b, any NaN is invalid'),
  cvtF64F32: fp('f64', 'f32', 'f32ToF64', 0xbb, 'd = a widened'),
  cvtF32F64: fp('f32', 'f64', 'f64ToF32', 0xb6, 'd = a rounded'),
  cvtF32S32: fp('f32', 'i32', 'i32ToF32', 0xb2, 'd = signed a, rounded'),
  cvtF32U32: fp('f32', 'i32', 'u32ToF32', 0xb3, 'd = unsigned a, rounded'),
  cvtF32S64: fp('f32', 'i64', 'i64ToF32', 0xb4, 'd = signed a, rounded'),
  cvtF32U64: fp('f32', 'i64', 'u64ToF32', 0xb5, 'd = unsigned a, rounded'),
  cvtF64S32: fp('f64', 'i32', 'i32ToF64', 0xb7, 'd = signed a'),
  cvtF64U32: fp('f64', 'i32', 'u32ToF64', 0xb8, 'd = unsigned a'),
  cvtF64S64: fp('f64', 'i64', 'i64ToF64', 0xb9, 'd = signed a, rounded'),
  cvtF64U64: fp('f64', 'i64', 'u64ToF64', 0xba, 'd = unsigned a, rounded'),
  cvtS32F32: fp('i32', 'f32', 'f32ToI32', 'cvt', 'd = a rounded to a signed integer, saturating'),
  cvtU32F32: fp('i32', 'f32', 'f32ToU32', 'cvt', 'd = a rounded to an unsigned integer, saturating'),
  cvtS64F32: fp('i64', 'f32', 'f32ToI64', 'cvt', 'd = a rounded to a signed integer, saturating'),
  cvtU64F32: fp('i64', 'f32', 'f32ToU64', 'cvt', 'd = a rounded to an unsigned integer, saturating'),
  cvtS32F64: fp('i32', 'f64', 'f64ToI32', 'cvt', 'd = a rounded to a signed integer, saturating'),
  cvtU32F64: fp('i32', 'f64', 'f64ToU32', 'cvt', 'd = a rounded to an unsigned integer, saturating'),
  cvtS64F64: fp('i64', 'f64', 'f64ToI64', 'cvt', 'd = a rounded to a signed integer, saturating'),
  cvtU64F64: fp('i64', 'f64', 'f64ToU64', 'cvt', 'd = a rounded to an unsigned integer, saturating'),
  // Sign operations are exact on bits, NaNs too, and touch no flag.
  fneg32: pure('f32', 'f32', 'al ^ 0x80000000', 0x8c, 'd = a with its sign flipped'),
  fabs32: pure('f32', 'f32', 'al & 0x7fffffff', 0x8b, 'd = a with its sign cleared'),
  fcopysign32: pure('f32', 'f32 f32', '(al & 0x7fffffff) | (bl & 0x80000000)', 0x98, 'd = a with the sign of b'),
  fneg64: pure('f64', 'f64', 'al ; ah ^ 0x80000000', 0x9a, 'd = a with its sign flipped'),
  fabs64: pure('f64', 'f64', 'al ; ah & 0x7fffffff', 0x99, 'd = a with its sign cleared'),
  fcopysign64: pure('f64', 'f64 f64', 'al ; (ah & 0x7fffffff) | (bh & 0x80000000)', 0xa6, 'd = a with the sign of b'),
  unbox32: pure('f32', 'i64', 'ah === -1 ? al : 0x7fc00000', 'unbox32', 'd = the NaN-boxed single in a, else the canonical NaN (RISC-V 21.2)'),

  // ---- anything rare: imm names a function of the helper table, d a b c are its slots ------------------------------------
  helper: make('helper')('', 'slot slot slot', '', 'helper', 'calls helper imm2 with the slots d, a, b, c and the constant imm; it may fault'),

  // ---- ends of a block ---------------------------------------------------------------------------------------------------
  jump: end('', '', '', 'jump', 'pc = imm; link LINK_CALL when it is a call returning to imm2'),
  jumpInd: end('', 'addr', '', 'jumpInd', 'pc = a + imm; link LINK_CALL (returning to imm2) or LINK_RETURN as a hint'),
  jumpIndEven: end('', 'addr', '', 'jumpInd', 'pc = (a + imm) with bit 0 cleared (RISC-V jalr); link as for jumpInd'),
  // The compare ops double as conditional branches: `br` in the block builder; imm = taken pc, imm2 = other pc.
  exit: end('', '', '', 'exit', 'pc = imm2; leave with exit reason imm (src/cpu/exit.ts)'),

  // ---- vectors: 16-byte operands, lanes numbered from the low end; imm is a lane, or a byte pattern by its index in ------
  // src/cpu/simd/patterns.ts
  vand: pure('v128', 'v128 v128', 'lanes s32: x & y', 0xfd004e, 'd = a & b'),
  vandnot: pure('v128', 'v128 v128', 'lanes s32: x & ~y', 0xfd004f, 'd = a & ~b'),
  vor: pure('v128', 'v128 v128', 'lanes s32: x | y', 0xfd0050, 'd = a | b'),
  vxor: pure('v128', 'v128 v128', 'lanes s32: x ^ y', 0xfd0051, 'd = a ^ b'),
  vnot: pure('v128', 'v128', 'lanes s32: ~x', 0xfd004d, 'd = ~a'),
  vselect: pure('v128', 'v128 v128 v128', 'lanes s32: (x & z) | (y & ~z)', 0xfd0052, 'd = (a & c) | (b & ~c)'),
  vpair: pure('v128', 'i64 i64', 'words al ; ah ; bl ; bh', 'vpair', 'd = a in the low half, b in the high half'),
  vshuffle: pure('v128', 'v128 v128', 'fn shuffle imm', 'vshuffle', 'byte k of d = byte pattern[k] of a:b (0..15 of a, 16..31 of b)'),
  vswizzle: pure('v128', 'v128 v128', 'fn swizzle', 0xfd000e, 'byte k of d = byte b[k] of a, 0 where b[k] > 15'),
  vadd8: pure('v128', 'v128 v128', 'lanes s32: ((x & 0x7f7f7f7f) + (y & 0x7f7f7f7f)) ^ ((x ^ y) & 0x80808080)', 0xfd006e, 'd = a + b by lanes of 8 bits'),
  vadd16: pure('v128', 'v128 v128', 'lanes s32: ((x & 0x7fff7fff) + (y & 0x7fff7fff)) ^ ((x ^ y) & 0x80008000)', 0xfd008e, 'd = a + b by lanes of 16 bits'),
  vadd32: pure('v128', 'v128 v128', 'lanes s32: x + y', 0xfd00ae, 'd = a + b by lanes of 32 bits'),
  vadd64: pure('v128', 'v128 v128', 'lanes i64: const s = (xl >>> 0) + (yl >>> 0); | s | 0 ; (xh + yh + (s > 4294967295 ? 1 : 0)) | 0', 0xfd00ce, 'd = a + b by lanes of 64 bits'),
  vsub8: pure('v128', 'v128 v128', 'lanes s32: ((x | 0x80808080) - (y & 0x7f7f7f7f)) ^ ((x ^ ~y) & 0x80808080)', 0xfd0071, 'd = a - b by lanes of 8 bits'),
  vsub16: pure('v128', 'v128 v128', 'lanes s32: ((x | 0x80008000) - (y & 0x7fff7fff)) ^ ((x ^ ~y) & 0x80008000)', 0xfd0091, 'd = a - b by lanes of 16 bits'),
  vsub32: pure('v128', 'v128 v128', 'lanes s32: x - y', 0xfd00b1, 'd = a - b by lanes of 32 bits'),
  vsub64: pure('v128', 'v128 v128', 'lanes i64: (xl - yl) | 0 ; (xh - yh - (xl >>> 0 < yl >>> 0 ? 1 : 0)) | 0', 0xfd00d1, 'd = a - b by lanes of 64 bits'),
  vmul16: pure('v128', 'v128 v128', 'lanes s16: Math.imul(x, y)', 0xfd0095, 'd = a * b by lanes of 16 bits'),
  vmul32: pure('v128', 'v128 v128', 'lanes s32: Math.imul(x, y)', 0xfd00b5, 'd = a * b by lanes of 32 bits'),
  vneg8: pure('v128', 'v128', 'lanes s8: -x', 0xfd0061, 'd = -a by lanes of 8 bits'),
  vneg16: pure('v128', 'v128', 'lanes s16: -x', 0xfd0081, 'd = -a by lanes of 16 bits'),
  vneg32: pure('v128', 'v128', 'lanes s32: -x', 0xfd00a1, 'd = -a by lanes of 32 bits'),
  vneg64: pure('v128', 'v128', 'lanes i64: -xl | 0 ; (~xh + (xl === 0 ? 1 : 0)) | 0', 0xfd00c1, 'd = -a by lanes of 64 bits'),
  vabs8: pure('v128', 'v128', 'lanes s8: x < 0 ? -x : x', 0xfd0060, 'd = magnitude of a by lanes of 8 bits, the smallest stays'),
  vabs16: pure('v128', 'v128', 'lanes s16: x < 0 ? -x : x', 0xfd0080, 'd = magnitude of a by lanes of 16 bits, the smallest stays'),
  vabs32: pure('v128', 'v128', 'lanes s32: x < 0 ? -x : x', 0xfd00a0, 'd = magnitude of a by lanes of 32 bits, the smallest stays'),
  vabs64: pure('v128', 'v128', 'lanes i64: const q = xh < 0; | q ? -xl | 0 : xl ; q ? (~xh + (xl === 0 ? 1 : 0)) | 0 : xh', 0xfd00c0, 'd = magnitude of a by lanes of 64 bits, the smallest stays'),
  veq8: pure('v128', 'v128 v128', 'lanes s32: simd.equalBytes(x ^ y)', 0xfd0023, 'd = ones where a == b, by lanes of 8 bits'),
  veq16: pure('v128', 'v128 v128', 'lanes s32: simd.equalHalves(x ^ y)', 0xfd002d, 'd = ones where a == b, by lanes of 16 bits'),
  veq32: pure('v128', 'v128 v128', 'lanes s32: x === y ? -1 : 0', 0xfd0037, 'd = ones where a == b, by lanes of 32 bits'),
  veq64: pure('v128', 'v128 v128', 'lanes i64: const q = xl === yl && xh === yh ? -1 : 0; | q ; q', 0xfd00d6, 'd = ones where a == b, by lanes of 64 bits'),
  vgts8: pure('v128', 'v128 v128', 'lanes s8: x > y ? -1 : 0', 0xfd0027, 'd = ones where a > b signed, by lanes of 8 bits'),
  vgts16: pure('v128', 'v128 v128', 'lanes s16: x > y ? -1 : 0', 0xfd0031, 'd = ones where a > b signed, by lanes of 16 bits'),
  vgts32: pure('v128', 'v128 v128', 'lanes s32: x > y ? -1 : 0', 0xfd003b, 'd = ones where a > b signed, by lanes of 32 bits'),
  vgts64: pure('v128', 'v128 v128', 'lanes i64: const q = xh > yh || (xh === yh && xl >>> 0 > yl >>> 0) ? -1 : 0; | q ; q', 0xfd00d9, 'd = ones where a > b signed, by lanes of 64 bits'),
  vges8: pure('v128', 'v128 v128', 'lanes s8: x >= y ? -1 : 0', 0xfd002b, 'd = ones where a >= b signed, by lanes of 8 bits'),
  vges16: pure('v128', 'v128 v128', 'lanes s16: x >= y ? -1 : 0', 0xfd0035, 'd = ones where a >= b signed, by lanes of 16 bits'),
  vges32: pure('v128', 'v128 v128', 'lanes s32: x >= y ? -1 : 0', 0xfd003f, 'd = ones where a >= b signed, by lanes of 32 bits'),
  vges64: pure('v128', 'v128 v128', 'lanes i64: const q = xh > yh || (xh === yh && xl >>> 0 >= yl >>> 0) ? -1 : 0; | q ; q', 0xfd00db, 'd = ones where a >= b signed, by lanes of 64 bits'),
  vgtu8: pure('v128', 'v128 v128', 'lanes u8: x > y ? -1 : 0', 0xfd0028, 'd = ones where a > b unsigned, by lanes of 8 bits'),
  vgtu16: pure('v128', 'v128 v128', 'lanes u16: x > y ? -1 : 0', 0xfd0032, 'd = ones where a > b unsigned, by lanes of 16 bits'),
  vgtu32: pure('v128', 'v128 v128', 'lanes u32: x > y ? -1 : 0', 0xfd003c, 'd = ones where a > b unsigned, by lanes of 32 bits'),
  vgeu8: pure('v128', 'v128 v128', 'lanes u8: x >= y ? -1 : 0', 0xfd002c, 'd = ones where a >= b unsigned, by lanes of 8 bits'),
  vgeu16: pure('v128', 'v128 v128', 'lanes u16: x >= y ? -1 : 0', 0xfd0036, 'd = ones where a >= b unsigned, by lanes of 16 bits'),
  vgeu32: pure('v128', 'v128 v128', 'lanes u32: x >= y ? -1 : 0', 0xfd0040, 'd = ones where a >= b unsigned, by lanes of 32 bits'),
  vmins8: pure('v128', 'v128 v128', 'lanes s8: x < y ? x : y', 0xfd0076, 'd = min(a, b) signed, by lanes of 8 bits'),
  vmins16: pure('v128', 'v128 v128', 'lanes s16: x < y ? x : y', 0xfd0096, 'd = min(a, b) signed, by lanes of 16 bits'),
  vmins32: pure('v128', 'v128 v128', 'lanes s32: x < y ? x : y', 0xfd00b6, 'd = min(a, b) signed, by lanes of 32 bits'),
  vminu8: pure('v128', 'v128 v128', 'lanes u8: x < y ? x : y', 0xfd0077, 'd = min(a, b) unsigned, by lanes of 8 bits'),
  vminu16: pure('v128', 'v128 v128', 'lanes u16: x < y ? x : y', 0xfd0097, 'd = min(a, b) unsigned, by lanes of 16 bits'),
  vminu32: pure('v128', 'v128 v128', 'lanes u32: x < y ? x : y', 0xfd00b7, 'd = min(a, b) unsigned, by lanes of 32 bits'),
  vmaxs8: pure('v128', 'v128 v128', 'lanes s8: x > y ? x : y', 0xfd0078, 'd = max(a, b) signed, by lanes of 8 bits'),
  vmaxs16: pure('v128', 'v128 v128', 'lanes s16: x > y ? x : y', 0xfd0098, 'd = max(a, b) signed, by lanes of 16 bits'),
  vmaxs32: pure('v128', 'v128 v128', 'lanes s32: x > y ? x : y', 0xfd00b8, 'd = max(a, b) signed, by lanes of 32 bits'),
  vmaxu8: pure('v128', 'v128 v128', 'lanes u8: x > y ? x : y', 0xfd0079, 'd = max(a, b) unsigned, by lanes of 8 bits'),
  vmaxu16: pure('v128', 'v128 v128', 'lanes u16: x > y ? x : y', 0xfd0099, 'd = max(a, b) unsigned, by lanes of 16 bits'),
  vmaxu32: pure('v128', 'v128 v128', 'lanes u32: x > y ? x : y', 0xfd00b9, 'd = max(a, b) unsigned, by lanes of 32 bits'),
  vavgu8: pure('v128', 'v128 v128', 'lanes u8: (x + y + 1) >> 1', 0xfd007b, 'd = (a + b + 1) / 2 unsigned, by lanes of 8 bits'),
  vavgu16: pure('v128', 'v128 v128', 'lanes u16: (x + y + 1) >> 1', 0xfd009b, 'd = (a + b + 1) / 2 unsigned, by lanes of 16 bits'),
  vpopcnt8: pure('v128', 'v128', 'lanes u8: popcnt32(x)', 0xfd0062, 'd = one bits of each byte'),
  vshl8: pure('v128', 'v128 i32', 'lanes s8: x << n', 0xfd006b, 'd = a << b, by lanes of 8 bits, b mod 8'),
  vshl16: pure('v128', 'v128 i32', 'lanes s16: x << n', 0xfd008b, 'd = a << b, by lanes of 16 bits, b mod 16'),
  vshl32: pure('v128', 'v128 i32', 'lanes s32: x << n', 0xfd00ab, 'd = a << b, by lanes of 32 bits, b mod 32'),
  vshl64: pure('v128', 'v128 i32', 'lanes i64: n > 31 ? 0 : xl << n ; n > 31 ? xl << n : n === 0 ? xh : (xh << n) | (xl >>> (32 - n))', 0xfd00cb, 'd = a << b, by lanes of 64 bits, b mod 64'),
  vshrs8: pure('v128', 'v128 i32', 'lanes s8: x >> n', 0xfd006c, 'd = a >> b, signs in, by lanes of 8 bits, b mod 8'),
  vshrs16: pure('v128', 'v128 i32', 'lanes s16: x >> n', 0xfd008c, 'd = a >> b, signs in, by lanes of 16 bits, b mod 16'),
  vshrs32: pure('v128', 'v128 i32', 'lanes s32: x >> n', 0xfd00ac, 'd = a >> b, signs in, by lanes of 32 bits, b mod 32'),
  vshrs64: pure('v128', 'v128 i32', 'lanes i64: n > 31 ? xh >> n : n === 0 ? xl : (xl >>> n) | (xh << (32 - n)) ; n > 31 ? xh >> 31 : xh >> n', 0xfd00cc, 'd = a >> b, signs in, by lanes of 64 bits, b mod 64'),
  vshru8: pure('v128', 'v128 i32', 'lanes u8: x >>> n', 0xfd006d, 'd = a >> b, zeros in, by lanes of 8 bits, b mod 8'),
  vshru16: pure('v128', 'v128 i32', 'lanes u16: x >>> n', 0xfd008d, 'd = a >> b, zeros in, by lanes of 16 bits, b mod 16'),
  vshru32: pure('v128', 'v128 i32', 'lanes u32: x >>> n', 0xfd00ad, 'd = a >> b, zeros in, by lanes of 32 bits, b mod 32'),
  vshru64: pure('v128', 'v128 i32', 'lanes i64: n > 31 ? (xh >>> n) | 0 : n === 0 ? xl : (xl >>> n) | (xh << (32 - n)) ; n > 31 ? 0 : (xh >>> n) | 0', 0xfd00cd, 'd = a >> b, zeros in, by lanes of 64 bits, b mod 64'),
  vextendLow8s: pure('v128', 'v128', 'fn extendLow8s', 0xfd0087, 'd = the low lanes of 8 bits widened, signed'),
  vextendHigh8s: pure('v128', 'v128', 'fn extendHigh8s', 0xfd0088, 'd = the high lanes of 8 bits widened, signed'),
  vextendLow8u: pure('v128', 'v128', 'fn extendLow8u', 0xfd0089, 'd = the low lanes of 8 bits widened, unsigned'),
  vextendHigh8u: pure('v128', 'v128', 'fn extendHigh8u', 0xfd008a, 'd = the high lanes of 8 bits widened, unsigned'),
  vextendLow16s: pure('v128', 'v128', 'fn extendLow16s', 0xfd00a7, 'd = the low lanes of 16 bits widened, signed'),
  vextendHigh16s: pure('v128', 'v128', 'fn extendHigh16s', 0xfd00a8, 'd = the high lanes of 16 bits widened, signed'),
  vextendLow16u: pure('v128', 'v128', 'fn extendLow16u', 0xfd00a9, 'd = the low lanes of 16 bits widened, unsigned'),
  vextendHigh16u: pure('v128', 'v128', 'fn extendHigh16u', 0xfd00aa, 'd = the high lanes of 16 bits widened, unsigned'),
  vextendLow32s: pure('v128', 'v128', 'fn extendLow32s', 0xfd00c7, 'd = the low lanes of 32 bits widened, signed'),
  vextendHigh32s: pure('v128', 'v128', 'fn extendHigh32s', 0xfd00c8, 'd = the high lanes of 32 bits widened, signed'),
  vextendLow32u: pure('v128', 'v128', 'fn extendLow32u', 0xfd00c9, 'd = the low lanes of 32 bits widened, unsigned'),
  vextendHigh32u: pure('v128', 'v128', 'fn extendHigh32u', 0xfd00ca, 'd = the high lanes of 32 bits widened, unsigned'),
  vextmulLow8s: pure('v128', 'v128 v128', 'fn extmulLow8s', 0xfd009c, 'd = products of the low lanes of 8 bits, signed'),
  vextmulHigh8s: pure('v128', 'v128 v128', 'fn extmulHigh8s', 0xfd009d, 'd = products of the high lanes of 8 bits, signed'),
  vextmulLow8u: pure('v128', 'v128 v128', 'fn extmulLow8u', 0xfd009e, 'd = products of the low lanes of 8 bits, unsigned'),
  vextmulHigh8u: pure('v128', 'v128 v128', 'fn extmulHigh8u', 0xfd009f, 'd = products of the high lanes of 8 bits, unsigned'),
  vextmulLow16s: pure('v128', 'v128 v128', 'fn extmulLow16s', 0xfd00bc, 'd = products of the low lanes of 16 bits, signed'),
  vextmulHigh16s: pure('v128', 'v128 v128', 'fn extmulHigh16s', 0xfd00bd, 'd = products of the high lanes of 16 bits, signed'),
  vextmulLow16u: pure('v128', 'v128 v128', 'fn extmulLow16u', 0xfd00be, 'd = products of the low lanes of 16 bits, unsigned'),
  vextmulHigh16u: pure('v128', 'v128 v128', 'fn extmulHigh16u', 0xfd00bf, 'd = products of the high lanes of 16 bits, unsigned'),
  vextmulLow32s: pure('v128', 'v128 v128', 'fn extmulLow32s', 0xfd00dc, 'd = products of the low lanes of 32 bits, signed'),
  vextmulHigh32s: pure('v128', 'v128 v128', 'fn extmulHigh32s', 0xfd00dd, 'd = products of the high lanes of 32 bits, signed'),
  vextmulLow32u: pure('v128', 'v128 v128', 'fn extmulLow32u', 0xfd00de, 'd = products of the low lanes of 32 bits, unsigned'),
  vextmulHigh32u: pure('v128', 'v128 v128', 'fn extmulHigh32u', 0xfd00df, 'd = products of the high lanes of 32 bits, unsigned'),
  vextadd8s: pure('v128', 'v128', 'fn extadd8s', 0xfd007c, 'd = sums of pairs of lanes of 8 bits, widened, signed'),
  vextadd8u: pure('v128', 'v128', 'fn extadd8u', 0xfd007d, 'd = sums of pairs of lanes of 8 bits, widened, unsigned'),
  vextadd16s: pure('v128', 'v128', 'fn extadd16s', 0xfd007e, 'd = sums of pairs of lanes of 16 bits, widened, signed'),
  vextadd16u: pure('v128', 'v128', 'fn extadd16u', 0xfd007f, 'd = sums of pairs of lanes of 16 bits, widened, unsigned'),
  vsplat8: pure('v128', 'i32', 'words const v = Math.imul(al & 255, 0x01010101); | v ; v ; v ; v', 0xfd000f, 'd = a in every lane of 8 bits'),
  vsplat16: pure('v128', 'i32', 'words const v = Math.imul(al & 65535, 0x00010001); | v ; v ; v ; v', 0xfd0010, 'd = a in every lane of 16 bits'),
  vsplat32: pure('v128', 'i32', 'words const v = al; | v ; v ; v ; v', 0xfd0011, 'd = a in every lane of 32 bits'),
  vsplat64: pure('v128', 'i64', 'words const v = al, w = ah; | v ; w ; v ; w', 0xfd0012, 'd = a in every lane of 64 bits'),
  vextract8s: pure('i32', 'v128', '((t.b8[a * 4 + imm] as number) << 24) >> 24', 'vextract', 'd = lane imm of a'),
  vextract8u: pure('i32', 'v128', 't.b8[a * 4 + imm] as number', 'vextract', 'd = lane imm of a'),
  vextract16s: pure('i32', 'v128', '((t.h[a * 2 + imm] as number) << 16) >> 16', 'vextract', 'd = lane imm of a'),
  vextract16u: pure('i32', 'v128', 't.h[a * 2 + imm] as number', 'vextract', 'd = lane imm of a'),
  vextract32: pure('i32', 'v128', 'r[a + imm] as number', 'vextract', 'd = lane imm of a'),
  vextract64: pure('i64', 'v128', 'r[a + 2 * imm] as number ; r[a + 2 * imm + 1] as number', 'vextract', 'd = lane imm of a'),
  vinsert8: pure('v128', 'v128 i32', 'fn insert8 imm', 'vinsert', 'd = a with lane imm of 8 bits replaced by b'),
  vinsert16: pure('v128', 'v128 i32', 'fn insert16 imm', 'vinsert', 'd = a with lane imm of 16 bits replaced by b'),
  vinsert32: pure('v128', 'v128 i32', 'fn insert32 imm', 'vinsert', 'd = a with lane imm of 32 bits replaced by b'),
  vinsert64: pure('v128', 'v128 i64', 'fn insert64 imm', 'vinsert', 'd = a with lane imm of 64 bits replaced by b'),
} as const;

export type OpName = keyof typeof ROWS;

/** All rows by name; the name and the dense id come from the table itself. */
export const OPS: { readonly [K in OpName]: OpRow } = Object.fromEntries(
  Object.entries(ROWS).map(([name, r]) => [name, Object.freeze({ name, ...r })]),
) as unknown as { readonly [K in OpName]: OpRow };

/** Rows indexed by id. */
export const OP_LIST: readonly OpRow[] = Object.values(OPS).sort((a, b) => a.id - b.id);
