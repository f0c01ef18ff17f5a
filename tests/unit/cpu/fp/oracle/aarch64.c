/* aarch64-linux-gnu-gcc -O1 -static -march=armv8.5-a+fp16 -o fp-aarch64 aarch64.c && qemu-aarch64 -cpu max fp-aarch64 */
#include "oracle.h"

static void begin(int rm, int mode) {
  static const u64 modes[] = {0, 3, 2, 1, 0, 0};
  u64 v = modes[rm] << 22;
  if (mode & 1) v |= 1 << 25;
  if (mode & 2) v |= 1 << 24;
  if (mode & 4) v |= 1 << 19;
  if (mode & 8) v |= 1 << 26;
  asm volatile("msr fpcr, %0\n\tmsr fpsr, xzr" ::"r"(v));
}

static int end(void) {
  u64 v;
  asm volatile("mrs %0, fpsr" : "=r"(v));
  return ((v & 1) << 4) | ((v & 2) << 2) | (v & 4) | ((v & 8) >> 2) | ((v & 16) >> 4) | ((v & 128) >> 2);
}

#define IN_d(n, v) asm volatile("fmov d" #n ", %0" ::"r"(v) : "v" #n)
#define IN_s(n, v) asm volatile("fmov s" #n ", %w0" ::"r"(v) : "v" #n)
#define IN_h(n, v) asm volatile("fmov h" #n ", %w0" ::"r"(v) : "v" #n)
static u64 out_d(void) { u64 v; asm volatile("fmov %0, d0" : "=r"(v)); return v; }
static u64 out_s(void) { u64 v; asm volatile("fmov %w0, s0" : "=r"(v)); return v & 0xffffffff; }
static u64 out_h(void) { u64 v; asm volatile("fmov %w0, h0" : "=r"(v)); return v & 0xffff; }

#define LOAD(l) IN_##l(1, a); IN_##l(2, b); IN_##l(3, c)

#define FP(id, from, to, insn) \
  static u64 id(u64 a, u64 b, u64 c) { \
    LOAD(from); \
    asm volatile(insn ::: "v0"); \
    return out_##to(); \
  }
#define FP1(id, l, insn) FP(id, l, l, insn " " #l "0, " #l "1")
#define FP2(id, l, insn) FP(id, l, l, insn " " #l "0, " #l "1, " #l "2")
#define FP3(id, l, insn) FP(id, l, l, insn " " #l "0, " #l "1, " #l "2, " #l "3")
#define CMP(id, l, insn) \
  static u64 id(u64 a, u64 b, u64 c) { \
    u64 v; \
    LOAD(l); \
    asm volatile(insn "\n\tmrs %0, nzcv" : "=r"(v)::"cc"); \
    return v >> 28; \
  }

#define FORMAT(F, l) \
  FP2(add##F, l, "fadd") FP2(sub##F, l, "fsub") FP2(mul##F, l, "fmul") FP2(div##F, l, "fdiv") \
  FP2(mulx##F, l, "fmulx") FP1(sqrt##F, l, "fsqrt") \
  FP3(fma0##F, l, "fmadd") FP3(fma8##F, l, "fmsub") FP3(fma16##F, l, "fnmsub") FP3(fma24##F, l, "fnmadd") \
  FP2(recipStep##F, l, "frecps") FP2(rsqrtStep##F, l, "frsqrts") FP1(recipExponent##F, l, "frecpx") \
  FP1(recipEstimate##F, l, "frecpe") FP1(rsqrtEstimate##F, l, "frsqrte") \
  FP2(min##F, l, "fmin") FP2(max##F, l, "fmax") FP2(armMinNum##F, l, "fminnm") FP2(armMaxNum##F, l, "fmaxnm") \
  FP1(roundIntExact##F, l, "frintx") \
  CMP(fcmp##F, l, "fcmp " #l "1, " #l "2") CMP(fcmpe##F, l, "fcmpe " #l "1, " #l "2") \
  CMP(fcmpZero##F, l, "fcmp " #l "1, #0.0") CMP(fcmpeZero##F, l, "fcmpe " #l "1, #0.0")

FORMAT(F64, d)
FORMAT(F32, s)
FORMAT(F16, h)
FP1(roundIntExact32F64, d, "frint32x") FP1(roundIntExact64F64, d, "frint64x")
FP1(roundIntExact32F32, s, "frint32x") FP1(roundIntExact64F32, s, "frint64x")
FP(f64ToF32, d, s, "fcvt s0, d1")
FP(f16ToF32, h, s, "fcvt s0, h1")
FP(f32ToF64, s, d, "fcvt d0, s1")
FP(f16ToF64, h, d, "fcvt d0, h1")
FP(f32ToF16, s, h, "fcvt h0, s1")
FP(f64ToF16, d, h, "fcvt h0, d1")
FP(f64ToF32Odd, d, s, "fcvtxn s0, d1")
FP(urecpe, s, s, "urecpe v0.2s, v1.2s")
FP(ursqrte, s, s, "ursqrte v0.2s, v1.2s")

static u64 f64ToI32Modular(u64 a, u64 b, u64 c) {
  u64 v;
  LOAD(d);
  asm volatile("fjcvtzs %w0, d1" : "=r"(v)::"cc");
  return (u64)(int64_t)(int32_t)v;
}
static u64 isExactI32(u64 a, u64 b, u64 c) {
  u64 v;
  LOAD(d);
  asm volatile("fjcvtzs w9, d1\n\tmrs %0, nzcv" : "=r"(v)::"cc", "x9");
  return (v >> 30) & 1;
}

#define FROM_INT(id, l, insn) \
  static u64 id(u64 a, u64 b, u64 c) { \
    (void)b, (void)c; \
    asm volatile(insn ::"r"(a) : "v0"); \
    return out_##l(); \
  }
#define FROM_INTS(F, l) \
  FROM_INT(i32To##F, l, "scvtf " #l "0, %w0") FROM_INT(u32To##F, l, "ucvtf " #l "0, %w0") \
  FROM_INT(i64To##F, l, "scvtf " #l "0, %0") FROM_INT(u64To##F, l, "ucvtf " #l "0, %0")
FROM_INTS(F64, d)
FROM_INTS(F32, s)
FROM_INTS(F16, h)

#define ROW(id) {#id, id},
#define ROWS(F) \
  ROW(add##F) ROW(sub##F) ROW(mul##F) ROW(mulx##F) ROW(div##F) ROW(sqrt##F) ROW(fma0##F) ROW(fma8##F) ROW(fma16##F) \
  ROW(fma24##F) ROW(recipStep##F) ROW(rsqrtStep##F) ROW(recipExponent##F) ROW(recipEstimate##F) \
  ROW(rsqrtEstimate##F) ROW(min##F) ROW(max##F) ROW(armMinNum##F) ROW(armMaxNum##F) ROW(fcmp##F) ROW(fcmpe##F) \
  ROW(fcmpZero##F) ROW(fcmpeZero##F) ROW(roundIntExact##F) ROW(i32To##F) ROW(u32To##F) ROW(i64To##F) ROW(u64To##F)

static const struct op ops[] = {
  ROWS(F64) ROWS(F32) ROWS(F16)
  ROW(f64ToF32) ROW(f16ToF32) ROW(f32ToF64) ROW(f16ToF64) ROW(f32ToF16) ROW(f64ToF16) ROW(f64ToF32Odd)
  ROW(roundIntExact32F64) ROW(roundIntExact64F64) ROW(roundIntExact32F32) ROW(roundIntExact64F32)
  ROW(urecpe) ROW(ursqrte) ROW(f64ToI32Modular) ROW(isExactI32)
  {0, 0},
};

/* What has its rounding mode or an immediate in the instruction. */
#define TO_INT(name_, l, insn, reg, width) \
  if (!strcmp(name, name_)) { \
    LOAD(l); \
    switch (rm) { \
    case 0: asm volatile("fcvtn" insn " " reg ", " #l "1" : "=r"(v)); break; \
    case 1: asm volatile("fcvtz" insn " " reg ", " #l "1" : "=r"(v)); break; \
    case 2: asm volatile("fcvtm" insn " " reg ", " #l "1" : "=r"(v)); break; \
    case 3: asm volatile("fcvtp" insn " " reg ", " #l "1" : "=r"(v)); break; \
    default: asm volatile("fcvta" insn " " reg ", " #l "1" : "=r"(v)); break; \
    } \
    return width == 32 ? (u64)(int64_t)(int32_t)v : v; \
  }
#define ROUND_INT(F, l) \
  if (!strcmp(name, "roundInt" #F)) { \
    LOAD(l); \
    switch (rm) { \
    case 0: asm volatile("frintn " #l "0, " #l "1" ::: "v0"); break; \
    case 1: asm volatile("frintz " #l "0, " #l "1" ::: "v0"); break; \
    case 2: asm volatile("frintm " #l "0, " #l "1" ::: "v0"); break; \
    case 3: asm volatile("frintp " #l "0, " #l "1" ::: "v0"); break; \
    default: asm volatile("frinta " #l "0, " #l "1" ::: "v0"); break; \
    } \
    return out_##l(); \
  }
#define FIXED(n, l, insn, reg) \
  case n: asm volatile("fcvtz" insn " " reg ", " #l "1, #" #n : "=r"(v)); break;
#define TO_FIXED32(name_, l, insn) \
  if (rm == 1 && !strcmp(name, name_)) { \
    LOAD(l); \
    switch (b) { \
      FIXED(1, l, insn, "%w0") FIXED(5, l, insn, "%w0") FIXED(16, l, insn, "%w0") FIXED(31, l, insn, "%w0") \
      FIXED(32, l, insn, "%w0") \
    default: *known = 0; return 0; \
    } \
    return insn[0] == 's' ? (u64)(int64_t)(int32_t)v : v & 0xffffffff; \
  }
#define TO_FIXED64(name_, l, insn) \
  if (rm == 1 && !strcmp(name, name_)) { \
    LOAD(l); \
    switch (b) { \
      FIXED(1, l, insn, "%0") FIXED(5, l, insn, "%0") FIXED(16, l, insn, "%0") FIXED(31, l, insn, "%0") \
      FIXED(32, l, insn, "%0") FIXED(52, l, insn, "%0") FIXED(64, l, insn, "%0") \
    default: *known = 0; return 0; \
    } \
    return v; \
  }
#define UNFIXED(n, l, insn) case n: asm volatile(insn " " #l "0, %0, #" #n ::"r"(a) : "v0"); break;
#define FROM_FIXED(name_, l, insn) \
  if (!strcmp(name, name_)) { \
    switch (b) { \
      UNFIXED(1, l, insn) UNFIXED(5, l, insn) UNFIXED(16, l, insn) UNFIXED(31, l, insn) UNFIXED(32, l, insn) \
      UNFIXED(52, l, insn) UNFIXED(64, l, insn) \
    default: *known = 0; return 0; \
    } \
    return out_##l(); \
  }
#define ALL(F, l) \
  TO_INT(#F "Toi32", l, "s", "%w0", 32) TO_INT(#F "Tou32", l, "u", "%w0", 32) \
  TO_INT(#F "Toi64", l, "s", "%0", 64) TO_INT(#F "Tou64", l, "u", "%0", 64) \
  ROUND_INT(F, l) \
  TO_FIXED32(#F "ToFixed32s", l, "s") TO_FIXED32(#F "ToFixed32u", l, "u") \
  TO_FIXED64(#F "ToFixed64s", l, "s") TO_FIXED64(#F "ToFixed64u", l, "u") \
  FROM_FIXED("fixedsTo" #F, l, "scvtf") FROM_FIXED("fixeduTo" #F, l, "ucvtf")

static u64 run_fixed(const char *name, int rm, u64 a, u64 b, int *known) {
  u64 v = 0, c = 0;
  ALL(F64, d)
  ALL(F32, s)
  ALL(F16, h)
  *known = 0;
  return 0;
}
