#include "sim.h"

#include "base/must.h"
#include "image.h"
#include "look.h"

#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRACE_BYTES (768ull << 20)
enum { LOOK_S = 60 };

struct sim sim;

uint64_t sim_pick(uint64_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return (*x * 0x2545f4914f6cdd1d) >> 11;
}

uint64_t sim_mix(uint64_t a, uint64_t b)
{
    uint64_t x = (a + 0x9e3779b97f4a7c15) * 0xbf58476d1ce4e5b9 ^ b * 0x94d049bb133111eb;

    return (x ^ x >> 31) >> 1;
}

/* --- folders -------------------------------------------------------------------------------------------------- */

static int remove_one(const char *path, const struct stat *sb, int type, struct FTW *f)
{
    (void)sb;
    (void)type;
    (void)f;
    return remove(path);
}

void sim_remove(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Empty, below the working folder. */
void sim_fresh(char path[300], const char *name)
{
    snprintf(path, 300, "%s/%s", sim.dir, name);
    sim_remove(path);
    must(mkdir(path, 0700) == 0);
}

static void make_dir(void)
{
    const char *tmp = getenv("TMPDIR"), *shm = "/dev/shm";

    snprintf(sim.dir, sizeof sim.dir, "%s/restante-crash-XXXXXX", access(shm, W_OK) == 0 ? shm : tmp ? tmp : "/tmp");
    must(mkdtemp(sim.dir));
}

/* --- children -------------------------------------------------------------------------------------------------- */

/* Runs fn(arg) in a process of its own; false when it did not end by itself and well. */
bool sim_child(void (*fn)(void *arg), void *arg, char why[200])
{
    int status;
    pid_t pid;

    sim.result->ended = sim.result->ok = sim.result->killed = false;
    snprintf(sim.result->why, sizeof sim.result->why, "it did not come to an end");
    fflush(stdout);
    pid = fork();
    must(pid >= 0);
    if (pid == 0) {
        alarm(LOOK_S);
        fn(arg);
        exit(0);
    }
    while (waitpid(pid, &status, 0) < 0)
        must(errno == EINTR);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    sim.result->killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        snprintf(why, 200, "it hangs");
    else if (WIFSIGNALED(status))
        snprintf(why, 200, "it dies of signal %d", WTERMSIG(status));
    else
        snprintf(why, 200, "it ends with status %d", WEXITSTATUS(status));
    return false;
}

void sim_copy(const char *from, const char *to)
{
    struct image *im = image_new(from);

    image_write(im, &(struct cut){WRITES_KEPT, NAMES_KEPT, 100, 1}, to);
    image_free(im);
}

/* --- lives --- */

void sim_live(void *arg)
{
    struct load *l = arg;
    char dir[300], why[200];

    snprintf(dir, sizeof dir, "%s/life", sim.dir);
    disk_watch(dir, sim.trace);
    disk_die(l->dies_at);
    disk_die_behind(l->dies_behind);
    if (!load_run(l, dir, why)) {
        fprintf(stderr, "# %s\n", why);
        exit(1);
    }
}

/* A store with some past, as a killed process leaves it. */
void sim_base(uint64_t seed, bool closes, struct world *w)
{
    struct load l = {.seed = seed, .ops = 120, .first_letter = 1, .closes = closes};
    char dir[300], base[300], why[200] = "";
    struct look look = {.dir = dir, .promised = MEM_NEW(struct world)};

    sim_fresh(dir, "life");
    disk_trace_clear(sim.trace);
    if (!sim_child(sim_live, &l, why)) {
        printf("not ok - the work to begin with: %s\n", why);
        exit(1);
    }
    sim_fresh(base, "base");
    sim_copy(dir, base);
    if (!look_in_child(&look, why)) {
        printf("not ok - the store to begin with: %s\n", why);
        exit(1);
    }
    *w = sim.result->w;
    mem_free((void *)(uintptr_t)look.promised);
}

void sim_init(void)
{
    make_dir();
    sim.failures_most = 5;
    sim.trace = disk_trace_new(TRACE_BYTES);
    sim.result = mmap(NULL, sizeof *sim.result, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    must(sim.result != MAP_FAILED);
}
