/* A whole connection after login: every command, and what it does to a mailbox in memory. Each answer ends with its line, and the server comes to an
 * end whatever was said. */
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wunused-variable"
#define main unit_main /* of the harness of the unit tests, whose world this borrows */
#include "pop3/world.h"
#undef main

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_MOST 65536

static struct str input;

static void talk(struct chat *client)
{
    char last = '\n';

    if (stream_write(client->stream, input) == ST_OK && stream_shutdown(client->stream) == ST_OK) {
        while (stream_more(client->stream) == ST_OK) {
            struct str got = stream_input(client->stream);

            last = got.p[got.n - 1];
            stream_eat(client->stream, got.n);
        }
    }
    must(last == '\n');
}

static void body(struct world *w)
{
    const struct pop3_own own = {.delay_s = POP3_DELAY_DEFAULT,
                                 .retention = input.n % 2 ? RETAIN_FETCHED : RETAIN_KEEP};
    struct door d;

    for (unsigned i = 0; i < 3; i++)
        CHECK_ST(deliver_to(w, (uint64_t[]){7}, 1, i == 1 ? "gr\xc3\xbc\xc3\x9f" : "fuzz"), ST_OK);
    door_open(w, &d, input.n % 3 ? "" : "pop3_delete_to_trash yes\n", &own);
    talk(&d.chat);
    while (d.session)
        co_yield ();
    chat_close(&d.chat);
    config_unref(d.set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > INPUT_MOST)
        return 0;
    log_set_level(LOG_ERROR);
    input = str_n((const char *)data, size);
    test_ok = true;
    in_world(1, body);
    must(test_ok);
    return 0;
}
