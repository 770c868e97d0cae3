/* Stands between a program and the C library, and has the calls that reach a store's files fail or take long. For LD_PRELOAD.
 *
 * FAULTS_NAME is a part of the files' paths, FAULTS a control file, looked at in each such call:
 *
 *     GENERATION KINDS ERRNO SKIP COUNT DELAY_MS
 *
 * KINDS holds letters: `r`ead, `w`rite, `s`ync, `t`runcate. The first SKIP calls of these kinds since GENERATION changed do
 * as asked; the next COUNT (all, if it is negative) wait DELAY_MS and then fail with ERRNO, or do as asked if that is 0. Each
 * of these adds a byte to FAULTS.struck. A missing control file lets everything pass. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t counting = PTHREAD_MUTEX_INITIALIZER;
static long generation_seen = -1, calls;

static int is_of_store(int fd) {
    const char *name = getenv("FAULTS_NAME");
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = name ? readlink(link, path, sizeof path - 1) : -1;
    if (length < 0)
        return 0;
    path[length] = 0;
    return strstr(path, name) != NULL;
}

static void note_strike(const char *control) {
    char path[4096];
    snprintf(path, sizeof path, "%s.struck", control);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd >= 0) {
        if (write(fd, "x", 1) < 0)
            perror(path);
        close(fd);
    }
}

/* The error that a call is to fail with; 0 lets it pass. */
static int fault(int fd, char kind) {
    const char *control = getenv("FAULTS");
    char text[256] = "", kinds[16] = "";
    long generation, skip, count, delay_ms;
    int error;
    if (!control || !is_of_store(fd))
        return 0;
    int control_fd = open(control, O_RDONLY | O_CLOEXEC);
    if (control_fd < 0)
        return 0;
    ssize_t length = read(control_fd, text, sizeof text - 1);
    close(control_fd);
    if (length <= 0 ||
        sscanf(text, "%ld %15s %d %ld %ld %ld", &generation, kinds, &error, &skip, &count, &delay_ms) != 6 ||
        !strchr(kinds, kind))
        return 0;
    pthread_mutex_lock(&counting);
    if (generation != generation_seen) {
        generation_seen = generation;
        calls = 0;
    }
    long call = calls++;
    pthread_mutex_unlock(&counting);
    if (call < skip || (count >= 0 && call >= skip + count))
        return 0;
    note_strike(control);
    struct timespec delay = {delay_ms / 1000, delay_ms % 1000 * 1000000};
    nanosleep(&delay, NULL);
    return error;
}

/* Declares the function, fails where it is to, and otherwise has the C library's do it. */
#define BENEATH(result, name, kind, parameters, arguments)                    \
    result name parameters {                                                  \
        static result(*real) parameters;                                      \
        int before = errno, error = fault(fd, kind);                          \
        errno = error ? error : before;                                       \
        if (error)                                                            \
            return -1;                                                        \
        if (!real)                                                            \
            real = (result(*) parameters)dlsym(RTLD_NEXT, #name);             \
        return real arguments;                                                \
    }

BENEATH(ssize_t, pread64, 'r', (int fd, void *buffer, size_t count, off64_t at), (fd, buffer, count, at))
BENEATH(ssize_t, pwrite64, 'w', (int fd, const void *buffer, size_t count, off64_t at), (fd, buffer, count, at))
BENEATH(int, fsync, 's', (int fd), (fd))
BENEATH(int, fdatasync, 's', (int fd), (fd))
BENEATH(int, ftruncate64, 't', (int fd, off64_t length), (fd, length))
