/* Every disk call of the store, as a table of functions, so that a test can slide something
 * underneath that loses, tears or refuses writes. RocksDB does its own input and output. Calls
 * block; errors carry the path or what was done and the reason of the system. */
#pragma once

#include "base/arena.h"

struct os_file {
    enum st (*open)(const struct os_file *os, const char *path, int flags, int *out_fd);
    void (*close)(const struct os_file *os, int fd);
    /* All n bytes or a failure; a file that ends before is ST_CORRUPT. */
    enum st (*read)(const struct os_file *os, int fd, void *p, size_t n, uint64_t offset);
    /* Only from memory: ST_TRYLATER when the disk would have to be asked, ST_CORRUPT at the end of the file. */
    enum st (*read_cached)(const struct os_file *os, int fd, void *p, size_t n, uint64_t offset);
    enum st (*write)(const struct os_file *os, int fd, const void *p, size_t n, uint64_t offset);
    /* Tells the system that these bytes are to be synced soon: it may begin. */
    void (*hasten)(const struct os_file *os, int fd, uint64_t offset, uint64_t n);
    enum st (*sync)(const struct os_file *os, int fd); /* data, and the size that reading it back needs */
    enum st (*sync_dir)(const struct os_file *os, const char *path);
    enum st (*allocate)(const struct os_file *os, int fd, uint64_t size); /* extends the file; ST_NOSPACE at once */
    enum st (*truncate)(const struct os_file *os, int fd, uint64_t size);
    enum st (*size)(const struct os_file *os, int fd, uint64_t *out_size);
    enum st (*rename)(const struct os_file *os, const char *from, const char *to);
    enum st (*unlink)(const struct os_file *os, const char *path);
    enum st (*mkdir)(const struct os_file *os, const char *path); /* there already: fine */
    /* Names in a folder but "." and "..", in no order; at most `max`, more is ST_LIMIT. */
    enum st (*list)(const struct os_file *os, struct arena *a, const char *path, size_t max, struct str **out_names,
                    size_t *out_n);
    enum st (*lock)(const struct os_file *os, int fd); /* until it is closed; ST_BUSY: another process holds it */
    enum st (*free_space)(const struct os_file *os, const char *path, uint64_t *out_bytes); /* for us, not for root */
};

extern const struct os_file os_file_system; /* the operating system, with the fault points of os_* */
