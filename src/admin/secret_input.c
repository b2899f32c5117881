#include "admin/admin.h"

#include "base/arena.h"
#include "base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

#define PASSWORD_MAX_BYTES 1024

/* One line from a descriptor, byte by byte: what stands behind it is not ours. */
static enum st read_line(int fd, char *to, size_t max, size_t *out_n)
{
    size_t n = 0;
    ssize_t got;

    while ((got = read(fd, to + n, 1)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return FAIL_ERRNO("reading it");
        if (to[n] == '\n')
            break;
        if (++n == max)
            return FAIL(ST_SYNTAX, "it is too long");
    }
    if (n && to[n - 1] == '\r')
        n--;
    *out_n = n;
    return ST_OK;
}

static void say(int fd, const char *text)
{
    if (write(fd, text, strlen(text)) < 0)
        errno = 0; /* a prompt that nobody sees */
}

/* What is asked for, and what else could be done. */
struct asking {
    const char *what, *prompt, *instead;
    bool twice;
};

static enum st ask_for(int tty, const struct asking *w, char *one, char *two, size_t max, size_t *out_n)
{
    size_t n, m = 0;

    say(tty, w->prompt);
    TRY(read_line(tty, one, max, &n));
    if (w->twice) {
        say(tty, "\nThe same again: ");
        TRY(read_line(tty, two, max, &m));
    }
    say(tty, "\n");
    if (w->twice && (n != m || memcmp(one, two, n) != 0))
        return FAIL(ST_SYNTAX, "the two are not the same");
    *out_n = n;
    return ST_OK;
}

static enum st ask_terminal(const struct asking *w, char *one, char *two, size_t max, size_t *out_n)
{
    int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    struct termios was, quiet;
    sigset_t block, old;
    enum st st;

    if (tty < 0 || tcgetattr(tty, &was) < 0) {
        if (tty >= 0)
            close(tty);
        return FAIL(ST_SYNTAX, "there is no terminal to ask for it: use %s", w->instead);
    }
    sigemptyset(&block); /* Ctrl-C waits, so that the terminal never stays without echo */
    sigaddset(&block, SIGINT);
    sigaddset(&block, SIGTSTP);
    sigprocmask(SIG_BLOCK, &block, &old);
    quiet = was;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(tty, TCSAFLUSH, &quiet);
    st = ask_for(tty, w, one, two, max, out_n);
    tcsetattr(tty, TCSAFLUSH, &was);
    sigprocmask(SIG_SETMASK, &old, NULL);
    close(tty);
    return st;
}

static enum st read_secret(const struct asking *w, bool from_stdin, struct arena *a, struct str *out)
{
    char one[PASSWORD_MAX_BYTES + 1], two[PASSWORD_MAX_BYTES + 1];
    size_t n = 0;
    enum st st;

    if (from_stdin)
        st = read_line(STDIN_FILENO, one, sizeof(one), &n);
    else
        st = ask_terminal(w, one, two, sizeof(one), &n);
    if (st == ST_OK && n == 0)
        st = FAIL(ST_SYNTAX, "it is empty");
    if (st == ST_OK)
        *out = arena_str(a, str_n(one, n));
    wipe(one, sizeof(one));
    wipe(two, sizeof(two));
    return st == ST_OK ? ST_OK : err_context(st, "the %s", w->what);
}

enum st admin_read_password(bool from_stdin, bool twice, struct arena *a, struct str *out)
{
    const struct asking w = {"password", "Password: ", "--password-stdin or --random", twice};

    return read_secret(&w, from_stdin, a, out);
}

enum st admin_read_passphrase(bool from_stdin, bool twice, struct arena *a, struct str *out)
{
    const struct asking w = {"passphrase", "Passphrase of the keys: ", "--passphrase-stdin or --without-keys", twice};

    return read_secret(&w, from_stdin, a, out);
}
