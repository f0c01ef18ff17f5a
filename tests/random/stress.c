/*
 * Threads that lock, fork, exec, map, unmap and talk through pipes while queued real-time signals rain on them. In the end
 * all sums must be right: every locked increment counted, every signal handled once, every child's status as it should be.
 *
 *   stress SECONDS SEED
 *
 * Prints "sums right" and ends with 0; with 1 and a line for each wrong sum; with SIGALRM when something hangs.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WORKERS = 4, PATIENCE = 60, MAX_PENDING = 64 };

static const char *self;
static int failures;
static _Atomic int stop;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turn_changed = PTHREAD_COND_INITIALIZER;
static long counter, turns;
static sem_t tickets;
static long posted, taken;

struct worker {
  pthread_t thread;
  uint32_t seed;
  long increments, children, maps, bytes;
  _Atomic long sent, handled;
};
static struct worker workers[WORKERS];
static _Atomic long strays;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

static uint32_t next(uint32_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 17;
  return *state ^= *state << 5;
}

static void wrong(const char *what, long want, long got) {
  fprintf(stderr, "%s: %ld, not %ld\n", what, got, want);
  __atomic_store_n(&failures, 1, __ATOMIC_SEQ_CST);
}

static void on_signal(int signo, siginfo_t *info, void *context) {
  struct worker *w = info->si_value.sival_ptr;
  if (!pthread_equal(pthread_self(), w->thread)) strays++;
  w->handled++;
}

static void locked_increment(struct worker *w) {
  pthread_mutex_lock(&lock);
  long before = counter;
  if (next(&w->seed) % 16 == 0) sched_yield();
  counter = before + 1;
  w->increments++;
  if (next(&w->seed) % 4 == 0) {
    turns++;
    pthread_cond_broadcast(&turn_changed);
  } else if (next(&w->seed) % 8 == 0) {
    /* Timed: nobody may be left to change the turn. */
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 2000000;
    if (until.tv_nsec >= 1000000000) until.tv_nsec -= 1000000000, until.tv_sec++;
    long seen = turns;
    while (turns == seen && pthread_cond_timedwait(&turn_changed, &lock, &until) == 0) continue;
  }
  pthread_mutex_unlock(&lock);
}

static void child_once(struct worker *w) {
  int code = next(&w->seed) & 0x7f, exec = next(&w->seed) % 3 == 0, status;
  char text[8];
  snprintf(text, sizeof text, "%d", code);
  pid_t pid = fork();
  if (pid < 0) return wrong("fork", 0, errno);
  if (pid == 0) {
    if (exec) execl(self, self, "--exit", text, (char *)NULL);
    _exit(code);
  }
  while (waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) return wrong("waitpid", 0, errno);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != code) wrong("status of a child", code << 8, status);
  w->children++;
}

static void map_once(struct worker *w) {
  size_t pages = 1 + next(&w->seed) % 16, size = pages * 4096;
  uint32_t *words = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (words == MAP_FAILED) return wrong("mmap", 0, errno);
  uint32_t mark = next(&w->seed), sum = 0, want = 0;
  for (size_t i = 0; i < size / 4; i += 64) words[i] = mark + i, want += mark + i;
  if (mprotect(words, size, PROT_READ) != 0) wrong("mprotect", 0, errno);
  if (pages > 2 && next(&w->seed) % 2 == 0) {
    words = mremap(words, size, size * 2, MREMAP_MAYMOVE);
    if (words == MAP_FAILED) return wrong("mremap", 0, errno);
    pages *= 2;
  }
  for (size_t i = 0; i < size / 4; i++) sum += words[i];
  if (sum != want) wrong("sum of a mapping", want, sum);
  if (munmap(words, pages * 4096) != 0) wrong("munmap", 0, errno);
  w->maps++;
}

static void pipe_once(struct worker *w) {
  int fds[2];
  uint32_t out[300], in[300];
  if (pipe(fds) != 0) return wrong("pipe", 0, errno);
  for (int i = 0; i < 300; i++) out[i] = next(&w->seed);
  if (write(fds[1], out, sizeof out) != sizeof out) wrong("write", sizeof out, errno);
  close(fds[1]);
  size_t got = 0;
  for (ssize_t n; (n = read(fds[0], (char *)in + got, sizeof in - got)) != 0;)
    if (n > 0) got += n;
    else if (errno != EINTR) break;
  close(fds[0]);
  if (got != sizeof out || memcmp(in, out, sizeof out) != 0) wrong("bytes through a pipe", sizeof out, got);
  w->bytes += got;
}

static void ticket_once(struct worker *w) {
  if (next(&w->seed) % 2 == 0) {
    __atomic_fetch_add(&posted, 1, __ATOMIC_SEQ_CST);
    sem_post(&tickets);
  } else if (sem_trywait(&tickets) == 0) __atomic_fetch_add(&taken, 1, __ATOMIC_SEQ_CST);
}

static void *work(void *arg) {
  struct worker *w = arg;
  while (!stop) {
    uint32_t what = next(&w->seed) % 64;
    if (what < 40) locked_increment(w);
    else if (what < 42) child_once(w);
    else if (what < 50) map_once(w);
    else if (what < 54) pipe_once(w);
    else if (what < 60) ticket_once(w);
    else usleep(next(&w->seed) % 300);
  }
  /* What was sent must come. */
  while (w->handled < w->sent) usleep(1000);
  return NULL;
}

int main(int argc, char **argv) {
  if (argc == 3 && strcmp(argv[1], "--exit") == 0) return atoi(argv[2]);
  self = "/proc/self/exe";
  double seconds = argc > 1 ? atof(argv[1]) : 2;
  uint32_t seed = argc > 2 ? strtoul(argv[2], NULL, 0) : 1;
  double deadline = now() + seconds;
  alarm((unsigned)seconds + PATIENCE);
  sem_init(&tickets, 0, 0);
  struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART};
  sigaction(SIGRTMIN, &action, NULL);
  for (int i = 0; i < WORKERS; i++) {
    workers[i].seed = (seed + i) * 2654435761u | 1;
    pthread_create(&workers[i].thread, NULL, work, &workers[i]);
  }
  uint32_t state = seed * 747796405u | 1;
  while (now() < deadline) {
    struct worker *w = &workers[next(&state) % WORKERS];
    if (w->sent - w->handled < MAX_PENDING) {
      w->sent++;
      union sigval value = {.sival_ptr = w};
      int error = pthread_sigqueue(w->thread, SIGRTMIN, value);
      if (error != 0) w->sent--;
      if (error != 0 && error != EAGAIN) wrong("pthread_sigqueue", 0, error);
    }
    if (next(&state) % 4 == 0) usleep(next(&state) % 1000);
  }
  stop = 1;
  long increments = 0, children = 0, maps = 0, signals = 0;
  for (int i = 0; i < WORKERS; i++) {
    pthread_join(workers[i].thread, NULL);
    increments += workers[i].increments, children += workers[i].children, maps += workers[i].maps;
    signals += workers[i].handled;
    if (workers[i].handled != workers[i].sent) wrong("signals handled", workers[i].sent, workers[i].handled);
  }
  if (strays != 0) wrong("signals in the wrong thread", 0, strays);
  int left;
  sem_getvalue(&tickets, &left);
  if (counter != increments) wrong("increments", increments, counter);
  if (posted - taken != left) wrong("tickets left", posted - taken, left);
  if (waitpid(-1, NULL, WNOHANG) != -1 || errno != ECHILD) wrong("children left", 0, 1);
  if (increments == 0 || children == 0 || maps == 0 || signals == 0) wrong("things done", 1, 0);
  fprintf(stderr, "%ld increments, %ld children, %ld mappings, %ld signals\n", increments, children, maps, signals);
  if (failures == 0) puts("sums right");
  return failures;
}
