/* Every file call of the process, of our store and of RocksDB alike: the program defines the functions of libc that
 * change files, so that calls from all libraries come here first. What happens under one folder is recorded in the
 * order in which it happened, with data, or made to fail. Calls are taken one after the other, but syncs, which take some
 * time: what is written while one goes on is not durable by it.
 *
 * Not seen: files mapped for writing and system calls without libc. tests/crash/check_calls compares what is recorded with
 * what strace sees: neither RocksDB nor the store makes any. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum disk_op {
    DISK_OPEN,     /* flags: of open; data: path */
    DISK_CLOSE,    /* fd */
    DISK_WRITE,    /* fd, offset, data */
    DISK_TRUNCATE, /* fd, offset: the new size */
    DISK_ALLOCATE, /* fd, offset: the size that it has at least */
    DISK_SYNCING,  /* fd, of a file or of a folder; offset: the number of the sync that begins */
    DISK_SYNC,     /* it has ended well */
    DISK_RENAME,   /* data: from, NUL, to */
    DISK_UNLINK,   /* data: path */
    DISK_RMDIR,
    DISK_MKDIR,
    DISK_MARK,   /* data: what the program has to say */
    DISK_FAILED, /* data: what was made to fail, "fdatasync seg/00000001.seg" */
};

/* Paths are relative to the folder. `bytes` is the whole event, a multiple of 8. */
struct disk_event {
    uint32_t bytes, n; /* n: of data */
    uint16_t op;
    int32_t fd, flags;
    uint64_t offset;
    char data[];
};

/* In memory shared with children: a child writes it, the parent reads it when the child is dead. */
struct disk_trace {
    uint64_t used, events, room;
    bool is_full;
    char bytes[] __attribute__((aligned(8)));
};
struct disk_trace *disk_trace_new(uint64_t room);
void disk_trace_clear(struct disk_trace *t);
const struct disk_event *disk_next(const struct disk_trace *t, uint64_t *at); /* NULL: the end */

/* From now on what happens below `dir` (absolute, no slash at the end). NULL: nothing any more. */
void disk_watch(const char *dir, struct disk_trace *t);
void disk_mark(const void *p, size_t n);

/* The disk call with this number (from 1, of those below the watched folder) fails, `times` in a row. */
enum disk_fault { DISK_FAULT_NONE, DISK_EIO, DISK_ENOSPC, DISK_SHORT };
void disk_fail(uint64_t number, uint64_t times, enum disk_fault how);
void disk_die(uint64_t number); /* the process is killed at this call; 0: it is not */
/* Or behind so many renames in our own folders (RocksDB makes many, and knows about them): the new name is there and not durable. */
void disk_die_behind(uint64_t renames);
uint64_t disk_calls(void); /* so far */

/* Syncs of some kind are answered, and not done: what the store would be without them. */
struct disk_lie {
    const char *begins, *ends;                            /* of the path; a folder has no end */
    enum { LIE_ANY, LIE_JOURNAL, LIE_BULK } segment;      /* of which kind of segment */
    enum { LIE_BY_ANY, LIE_BY_UPKEEP, LIE_BY_OTHERS } by; /* threads */
};
void disk_lie(const struct disk_lie *l); /* NULL: none; for children too */
void disk_is_upkeep(void);               /* the calling thread is */
