/*
 * Threads do at random what is hard when they run at the same time: lock, count, signal each other, change mappings, fork,
 * compute. Arguments: seconds, seed. Ends with the sums, or with status 99 and what was wrong.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define THREADS 6

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static pthread_t threads[THREADS];
static long locked, produced, consumed;
static atomic_long counted, caught;
static _Atomic unsigned char bytes[8];
static atomic_int stop, started;
static volatile uint64_t sink;
static uint64_t seed0;
/* What each thread knows it has done. */
static struct {
  long locked, counted, bytes, sent, mapped, forked;
} did[THREADS];

static void on_signal(int signo) {
  (void)signo;
  atomic_fetch_add(&caught, 1);
}

static uint64_t next(uint64_t *state) {
  uint64_t x = *state;
  x ^= x << 13;
  x ^= x >> 7;
  x ^= x << 17;
  return *state = x;
}

static void compute(uint64_t x, long n) {
  for (long i = 0; i < n; i++) next(&x);
  sink = x;
}

static void fail(const char *what, long value) {
  fprintf(stderr, "%s: %ld, errno %d\n", what, value, errno);
  _exit(99);
}

static void mappings(uint64_t *s, unsigned char mark) {
  size_t length = 4096 * (1 + next(s) % 40);
  unsigned char *p = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) fail("mmap", 0);
  for (size_t i = 0; i < length; i += 512) {
    if (p[i] != 0) fail("not zero", p[i]);
    p[i] = mark;
  }
  if (mprotect(p, length, PROT_READ) != 0) fail("mprotect", 0);
  for (size_t i = 0; i < length; i += 512)
    if (p[i] != mark) fail("changed", p[i]);
  if (mprotect(p, length, PROT_READ | PROT_WRITE) != 0) fail("mprotect back", 0);
  for (size_t i = 0; i < length; i += 512) p[i]++;
  if (next(s) & 1) {
    unsigned char *q = mremap(p, length, length * 2, MREMAP_MAYMOVE);
    if (q == MAP_FAILED) fail("mremap", 0);
    for (size_t i = 0; i < length; i += 512)
      if (q[i] != (unsigned char)(mark + 1)) fail("not moved", q[i]);
    p = q;
    length *= 2;
  } else {
    madvise(p, length, MADV_DONTNEED);
    for (size_t i = 0; i < length; i += 512)
      if (p[i] != 0) fail("not dropped", p[i]);
  }
  munmap(p, length);
}

static void child(uint64_t *s) {
  uint64_t tag = next(s);
  volatile uint64_t local = tag;
  pid_t pid = fork();
  if (pid < 0) fail("fork", 0);
  if (pid == 0) {
    compute(tag, (long)(next(s) % 30000));
    _exit(local == tag ? 7 : 8);
  }
  int status;
  while (waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) fail("waitpid", 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 7) fail("child", status);
}

static void heap(uint64_t *s, int mark) {
  char *blocks[50];
  for (int i = 0; i < 50; i++) {
    size_t n = 1 + next(s) % 5000;
    blocks[i] = malloc(n);
    memset(blocks[i], mark, n);
  }
  for (int i = 0; i < 50; i++) free(blocks[i]);
}

static void hand_over(int id) {
  pthread_mutex_lock(&mutex);
  if (id & 1) {
    produced++;
    pthread_cond_signal(&condition);
  } else {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 2000000;
    if (until.tv_nsec >= 1000000000) {
      until.tv_nsec -= 1000000000;
      until.tv_sec++;
    }
    while (produced == consumed && !atomic_load(&stop))
      if (pthread_cond_timedwait(&condition, &mutex, &until) == ETIMEDOUT) break;
    if (produced > consumed) consumed++;
  }
  pthread_mutex_unlock(&mutex);
}

static void *run(void *argument) {
  int id = (int)(intptr_t)argument;
  uint64_t s = seed0 * 104729 + (uint64_t)id * 7919 + 12345;
  atomic_fetch_add(&started, 1);
  while (atomic_load(&started) < THREADS) continue;
  while (!atomic_load(&stop)) {
    switch (next(&s) % 10) {
    case 0:
    case 1:
      for (int i = 0; i < 200; i++) {
        pthread_mutex_lock(&mutex);
        locked++;
        pthread_mutex_unlock(&mutex);
        did[id].locked++;
      }
      break;
    case 2:
      for (int i = 0; i < 1000; i++) atomic_fetch_add(&counted, 1);
      did[id].counted += 1000;
      break;
    case 3:
      for (int i = 0; i < 300; i++) {
        atomic_fetch_add(&bytes[id], 1);
        atomic_fetch_add(&bytes[7], 1);
      }
      did[id].bytes += 300;
      break;
    case 4:
      if (pthread_kill(threads[next(&s) % THREADS], SIGUSR1) == 0) did[id].sent++;
      break;
    case 5:
      mappings(&s, (unsigned char)(id + 1));
      did[id].mapped++;
      break;
    case 6:
      if (next(&s) % 4 != 0) break;
      child(&s);
      did[id].forked++;
      break;
    case 7:
      compute(s, (long)(next(&s) % 2000000));
      break;
    case 8:
      compute(s, (long)(next(&s) % 200000));
      heap(&s, id);
      break;
    default:
      hand_over(id);
    }
  }
  return NULL;
}

int main(int argc, char **argv) {
  int seconds = argc > 1 ? atoi(argv[1]) : 10;
  seed0 = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
  sigaction(SIGUSR1, &action, NULL);
  for (intptr_t i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, run, (void *)i);
  for (int i = 0; i < seconds * 10; i++) {
    struct timespec tenth = {0, 100000000};
    nanosleep(&tenth, NULL);
  }
  atomic_store(&stop, 1);
  pthread_mutex_lock(&mutex);
  pthread_cond_broadcast(&condition);
  pthread_mutex_unlock(&mutex);
  long l = 0, c = 0, b = 0, m = 0, f = 0, sent = 0;
  for (int i = 0; i < THREADS; i++) {
    pthread_join(threads[i], NULL);
    l += did[i].locked;
    c += did[i].counted;
    b += did[i].bytes;
    m += did[i].mapped;
    f += did[i].forked;
    sent += did[i].sent;
    if ((unsigned char)did[i].bytes != bytes[i]) fail("bytes of one", i);
  }
  if (l != locked) fail("locked", l - locked);
  if (c != atomic_load(&counted)) fail("counted", c - atomic_load(&counted));
  if ((unsigned char)b != bytes[7]) fail("bytes", b);
  if (atomic_load(&caught) > sent) fail("caught", atomic_load(&caught) - sent);
  printf("%ld locks, %ld additions, %ld mappings, %ld forks, %ld of %ld signals\n", l, c, m, f, atomic_load(&caught), sent);
}
