#include "smtp/complete.c"

#include "test.h"

static struct arena arena;

/* The header as it leaves: what is added stands as "+Date" and "+Id", the rest as it was. */
static struct str completed(const char *const *fields, bool removes_bcc)
{
    struct completion c = {0};
    struct str added, out = STR("");

    for (size_t i = 0; fields[i]; i++)
        completion_note(&c, &arena, str_z(fields[i]));
    added = completion_fields(&c, &arena, STR("mx.test"));
    if (str_starts(added, STR("Date: "))) {
        out = STR("+Date ");
        added = str_from(added, str_find(added, '\n') + 1);
    }
    if (str_starts(added, STR("Message-ID: <"))) {
        CHECK(str_ends(added, STR("@mx.test>\r\n")));
        out = arena_printf(&arena, "%.*s+Id ", STR_ARGS(out));
        added = str_from(added, str_find(added, '\n') + 1);
    }
    CHECK_U64(added.n, 0);
    for (size_t i = 0; fields[i]; i++)
        if (!completion_drops(&c, str_z(fields[i]), removes_bcc))
            out = arena_printf(&arena, "%.*s%s", STR_ARGS(out), fields[i]);
    return out;
}

TEST(what_is_missing_is_added)
{
    static const struct {
        const char *fields[4], *out;
    } cases[] = {
        {{"Subject: x\r\n", "\r\n"}, "+Date +Id Subject: x\r\n\r\n"},
        {{"\r\n"}, "+Date +Id \r\n"},
        {{NULL}, "+Date +Id "},
        {{"date : today\r\n", "MESSAGE-id: odd\r\n"}, "date : today\r\nMESSAGE-id: odd\r\n"},
        {{"Date: today\r\n"}, "+Id Date: today\r\n"},
        {{"Message-ID: \r\n \r\n", "Date:\r\n", "A: b\r\n"}, "+Date +Id A: b\r\n"},
        {{"Date:\r\n", "Date: today\r\n", "Message-ID: <a@b>\r\n"}, "Date:\r\nDate: today\r\nMessage-ID: <a@b>\r\n"},
        {{"Resent-Date: x\r\n", "Resent-Message-ID: <a@b>\r\n"},
         "+Date +Id Resent-Date: x\r\nResent-Message-ID: <a@b>\r\n"},
        {{" odd\r\n", "Subject: x\r\n"}, " odd\r\nSubject: x\r\n"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        CHECK_STR(completed(cases[i].fields, true), str_z(cases[i].out));
    arena_fini(&arena);
}

TEST(bcc_goes_unless_it_is_wanted)
{
    static const char *const fields[] = {"To: a@b.test\r\n",
                                         "BCC : x@y.test,\r\n z@y.test\r\n",
                                         "Resent-Bcc: x@y.test\r\n",
                                         "Bccx: 1\r\n",
                                         "Date: d\r\n",
                                         "Message-ID: <i@j>\r\n",
                                         NULL};

    CHECK_STR(completed(fields, true), STR("To: a@b.test\r\nBccx: 1\r\nDate: d\r\nMessage-ID: <i@j>\r\n"));
    CHECK_STR(completed(fields, false), STR("To: a@b.test\r\nBCC : x@y.test,\r\n z@y.test\r\nResent-Bcc: "
                                            "x@y.test\r\nBccx: 1\r\nDate: d\r\nMessage-ID: <i@j>\r\n"));
    arena_fini(&arena);
}

TEST(what_a_signature_covers_stays)
{
    static const struct {
        const char *fields[3], *out;
    } cases[] = {
        {{"DKIM-Signature: v=1; h=From:To; b=x\r\n"}, "+Date +Id DKIM-Signature: v=1; h=From:To; b=x\r\n"},
        {{"DKIM-Signature: v=1; h=From:\r\n Date; b=x\r\n"}, "+Id DKIM-Signature: v=1; h=From:\r\n Date; b=x\r\n"},
        {{"dkim-signature: h = from : message-id \r\n\t: date"}, "dkim-signature: h = from : message-id \r\n\t: date"},
        {{"DKIM-Signature: h=bcc; bh=date\r\n", "Bcc: x@y.test\r\n"}, "+Date +Id DKIM-Signature: h=bcc; bh=date\r\n"},
        {{"DKIM-Signature: h=Message-ID\r\n", "Message-ID:\r\n"},
         "+Date DKIM-Signature: h=Message-ID\r\nMessage-ID:\r\n"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        CHECK_STR(completed(cases[i].fields, true), str_z(cases[i].out));
    arena_fini(&arena);
}

TEST(cut_anywhere)
{
    struct str whole = STR("DKIM-Signature: v=1; h=From : Date:Message-ID; b=\r\n x");

    for (size_t i = 0; i <= whole.n; i++) {
        char *copy = mem_new(i ? i : 1);
        struct completion c = {0};

        memcpy(copy, whole.p, i);
        completion_note(&c, &arena, str_n(copy, i));
        CHECK(!c.has_date && !c.has_id);
        mem_free(copy);
    }
    arena_fini(&arena);
}
