/* A whole connection, whatever is said: command lines, addresses, parameters with their xtext, letters by DATA and in chunks of BDAT, XCLIENT, LMTP. Each answer is a line of SMTP,
 * the server comes to an end, and what it hands over as a letter of text has no bare line end. The first byte chooses the listener. */
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wunused-variable"
#define main unit_main /* of the harness of the unit tests, whose world this borrows */
#include "smtp/test_session.c"
#undef main

#include "mime/lines.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_MOST 32768

static void check_answers(struct str got)
{
    struct str line;

    must(!got.n || str_ends(got, STR("\r\n")));
    while (str_split(&got, '\n', &line))
        if (line.n)
            must(line.n >= 4 && line.p[0] >= '2' && line.p[0] <= '5' && ascii_is_digit(line.p[1]) &&
                 ascii_is_digit(line.p[2]) && str_find(line, '\r') == line.n - 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum config_protocol kinds[] = {PROTOCOL_SMTP, PROTOCOL_SUBMISSION, PROTOCOL_LMTP};
    struct world world = {0};
    struct str got;

    if (!size || size > INPUT_MOST)
        return 0;
    log_set_level(LOG_ERROR);
    test_ok = true;
    world.row.protocol = kinds[data[0] % 3];
    world.row.plaintext_auth = data[0] & 4;
    world.may_x = data[0] & 8;
    got = talk(&world, str_n((const char *)data + 1, size - 1), out, sizeof out);
    if (got.n < sizeof out)
        check_answers(got);
    if (world.letters && str_search(str_z(world.params), STR("BINARYMIME")) == strlen(world.params) &&
        world.n_delivered < sizeof world.delivered)
        must(!mime_lines_of(str_n(world.delivered, world.n_delivered), SIZE_MAX).has_bare);
    must(test_ok);
    return 0;
}
