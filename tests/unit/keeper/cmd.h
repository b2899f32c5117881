/* Commands of the keeper as the command line gives them, on a directory in memory; the answer is looked at as text. */
#pragma once

#include "keeper/commands.h"

#include "config/config.h"
#include "test.h"

static struct arena arena;
static struct directory *directory;
static const struct settings *set;
static struct buf out;
static struct command command;

static void begin(void)
{
    struct config_errors errors;

    arena_init(&arena);
    password_preload();
    CHECK_ST(directory_open(":memory:", &directory), ST_OK);
    CHECK_ST(config_parse(STR("host_name mail.example.test\nauth_argon2_memory 8K auth_argon2_passes 1\n"), "t", &set,
                          &errors),
             ST_OK);
    buf_init(&out, COMMAND_ANSWER_MAX);
}

static void end(void)
{
    buf_fini(&out);
    config_unref(set);
    directory_close(directory);
    arena_fini(&arena);
}

static enum st with_input(const char *line, struct str input)
{
    struct str rest = str_z(line), *words = ARENA_ARRAY(&arena, struct str, 20), part;
    struct json *json = ARENA_NEW(&arena, struct json);
    size_t n = 0;

    while (str_split(&rest, ' ', &part))
        words[n++] = part;
    buf_clear(&out);
    json_init(json, &out);
    TRY(command_init(&command, set, directory, &arena, words, n, input, json));
    while (command_needs_prepare(&command))
        TRY(command_prepare(&command));
    return command_run(&command);
}

static enum st cmd(const char *line)
{
    return with_input(line, STR("word of the day"));
}

static bool answer_has(const char *text)
{
    return str_search(buf_str(&out), str_z(text)) < out.n;
}
