/*
 * What makes compiled code come and go: tight loops, a million frames of recursion, longjmps out of deep calls, and code that
 * the program writes anew. For as long as is asked; each round must give the same result.
 *
 *   flat SECONDS
 *
 * Prints "results right" and the number of rounds and ends with 0, or tells of the first wrong result and ends with 1.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum { FRAMES = 1000000, JUMPS = 1000000, REWRITES = 1000, STACK = 512 << 20 };

static jmp_buf place;
static volatile int zero;

__attribute__((noinline)) static uint32_t loop(uint32_t n) {
  uint32_t x = 1;
  for (uint32_t k = 0; k < n; k++) x = x * 1664525 + (x >> 13) + k;
  return x;
}

__attribute__((noinline)) static long recurse(long n) {
  volatile long own = n;
  return n == 0 ? zero : recurse(n - 1) + (own & 1);
}

__attribute__((noinline)) static void deep(int n, int value) {
  if (n == 0) longjmp(place, value);
  if (zero == 0) deep(n - 1, value);
  zero = 0;
}

static long jumps(int count) {
  volatile long sum = 0;
  for (volatile int k = 0; k < count; k++) {
    int value = setjmp(place);
    if (value == 0) deep(k & 7, (k & 15) + 1);
    sum += value;
  }
  return sum;
}

/* "Return K" for a K that changes, in memory that stays where it is. */
static long rewrites(uint32_t *code, int count) {
  long sum = 0;
  for (int k = 0; k < count; k++) {
#if defined(__riscv)
    code[0] = 0x13 | 10 << 7 | (uint32_t)(k & 0x7ff) << 20; /* li a0, k */
    code[1] = 0x8067;                                       /* ret */
#else
    code[0] = 0x52800000 | (uint32_t)(k & 0x7ff) << 5; /* mov w0, #k */
    code[1] = 0xd65f03c0;                              /* ret */
#endif
    __builtin___clear_cache((char *)code, (char *)(code + 2));
    int (*f)(void) = (int (*)(void))code;
    for (int n = 0; n < 100; n++) sum += f();
  }
  return sum;
}

static int wrong(const char *what, long got, long want) {
  if (got == want) return 0;
  printf("%s: %ld instead of %ld\n", what, got, want);
  return 1;
}

static void *rounds(void *argument) {
  long seconds = *(long *)argument;
  uint32_t *code = mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (code == MAP_FAILED) return "no memory for code";
  long want = 0;
  for (int k = 0; k < REWRITES; k++) want += 100 * (k & 0x7ff);
  uint32_t first = loop(1000000);
  time_t end = time(0) + seconds;
  long n = 0;
  do {
    if (wrong("loop", loop(1000000), first)) return "";
    if (wrong("recursion", recurse(FRAMES), FRAMES / 2)) return "";
    if (wrong("longjmp", jumps(JUMPS), JUMPS / 16 * 136)) return "";
    if (wrong("rewriting", rewrites(code, REWRITES), want)) return "";
    n++;
  } while (time(0) < end);
  printf("results right, %ld rounds\n", n);
  return 0;
}

int main(int argc, char **argv) {
  long seconds = argc > 1 ? atol(argv[1]) : 600;
  pthread_attr_t attributes;
  pthread_t thread;
  void *failure;
  pthread_attr_init(&attributes);
  if (pthread_attr_setstacksize(&attributes, STACK) != 0) return 1;
  if (pthread_create(&thread, &attributes, rounds, &seconds) != 0) return 1;
  pthread_join(thread, &failure);
  if (failure == 0) return 0;
  puts(failure);
  return 1;
}
