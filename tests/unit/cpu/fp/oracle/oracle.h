/*
 * Runs single floating-point instructions on real (or emulated) hardware, to tell the library's mistakes from the
 * reference's. Each line of input is `op rm mode operand...`, operands in hex, rm and mode in decimal as in
 * src/cpu/fp/env.ts; each line of output is `result flags`, or `-` when this machine has no such instruction.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef uint64_t u64;

struct op {
  const char *name;
  u64 (*run)(u64 a, u64 b, u64 c);
};

static void begin(int rm, int mode);
static int end(void);
static u64 run_fixed(const char *name, int rm, u64 a, u64 b, int *known);
static const struct op ops[];

int main(void) {
  char line[256], name[64];
  while (fgets(line, sizeof line, stdin)) {
    int rm, mode, known = 1;
    unsigned long long a = 0, b = 0, c = 0;
    if (sscanf(line, "%63s %d %d %llx %llx %llx", name, &rm, &mode, &a, &b, &c) < 4) return 1;
    const struct op *op = ops;
    while (op->name && strcmp(op->name, name)) op++;
    u64 v;
    begin(rm, mode);
    if (op->name) v = op->run(a, b, c);
    else v = run_fixed(name, rm, a, b, &known);
    int flags = end();
    if (known) printf("%llx %d\n", (unsigned long long)v, flags);
    else puts("-");
  }
  return 0;
}
