#include "keeper/commands.c"

#include "cmd.h"

TEST(domains)
{
    begin();
    CHECK_ST(cmd("domain add Example.TEST"), ST_OK);
    CHECK_ST(cmd("domain add b\xc3\xbc"
                 "cher.test"),
             ST_OK);
    CHECK(answer_has("\"domain\":\"xn--bcher-kva.test\"") && answer_has("\"display\":\"b\xc3\xbc"
                                                                        "cher.test\""));
    CHECK_ST(cmd("domain add example.test"), ST_EXISTS);
    CHECK_ST(cmd("domain add not..good"), ST_SYNTAX);
    CHECK_ST(cmd("domain list"), ST_OK);
    CHECK(answer_has("{\"domains\":[{\"domain\":\"example.test\""));
    CHECK_ST(cmd("domain show example.test"), ST_OK);
    CHECK_ST(cmd("domain remove example.test"), ST_OK);
    CHECK_ST(cmd("domain show example.test"), ST_NOTFOUND);
    CHECK_ST(cmd("domain add"), ST_SYNTAX);
    CHECK_ST(cmd("domain add a.test b.test"), ST_SYNTAX);
    end();
}

TEST(rules_how_mail_travels)
{
    begin();
    CHECK_ST(cmd("transport set Other.TEST tls dane"), ST_OK);
    CHECK(answer_has("{\"domain\":\"other.test\",\"tls\":\"dane\"}"));
    CHECK_ST(cmd("transport set other.test TLS May"), ST_OK);
    CHECK_ST(cmd("transport set b\xc3\xbc"
                 "cher.test tls none"),
             ST_OK);
    CHECK_ST(cmd("transport set other.test tls strict"), ST_SYNTAX);
    CHECK_ST(cmd("transport set other.test color red"), ST_SYNTAX);
    CHECK_ST(cmd("transport set not..good tls may"), ST_SYNTAX);
    CHECK_ST(cmd("transport set other.test tls"), ST_SYNTAX);
    CHECK_ST(cmd("transport list"), ST_OK);
    CHECK(answer_has(
        "{\"rules\":[{\"domain\":\"other.test\",\"display\":\"other.test\",\"setting\":\"tls\",\"value\":\"may\"},"
        "{\"domain\":\"xn--bcher-kva.test\""));
    CHECK_ST(cmd("transport remove other.test"), ST_OK);
    CHECK_ST(cmd("transport remove other.test"), ST_NOTFOUND);
    end();
}

TEST(domains_leave_as_themselves)
{
    begin();
    CHECK_ST(cmd("domain add example.test"), ST_OK);
    CHECK(answer_has("\"source\":[],\"ehlo\":\"\""));
    CHECK_ST(cmd("domain set example.test --source 192.0.2.1,2001:db8::1 --ehlo Out.Example.test"), ST_OK);
    CHECK(answer_has("\"source\":[\"192.0.2.1\",\"2001:db8::1\"],\"ehlo\":\"out.example.test\""));
    CHECK_ST(cmd("domain set example.test --quota 1G --source 192.0.2.1,192.0.2.2"), ST_SYNTAX);
    CHECK_ST(cmd("domain set example.test --quota 1G --ehlo bare"), ST_SYNTAX);
    CHECK_ST(cmd("domain set example.test --source none --ehlo a..b"), ST_SYNTAX);
    CHECK_ST(cmd("domain set other.test --source none"), ST_NOTFOUND);
    CHECK_ST(cmd("domain show example.test"), ST_OK); /* what is wrong in part changes nothing */
    CHECK(answer_has("\"quota_bytes\":0") && answer_has("\"source\":[\"192.0.2.1\",\"2001:db8::1\"]"));
    CHECK_ST(cmd("domain set example.test --source 2001:db8::2"), ST_OK);
    CHECK(answer_has("\"source\":[\"2001:db8::2\"],\"ehlo\":\"out.example.test\""));
    CHECK_ST(cmd("domain set example.test --source none --ehlo none"), ST_OK);
    CHECK(answer_has("\"source\":[],\"ehlo\":\"\""));
    CHECK_ST(cmd("domain add second.test --source 127.0.0.2"), ST_OK);
    CHECK(answer_has("\"source\":[\"127.0.0.2\"]"));
    CHECK_ST(cmd("domain add third.test --source wrong"), ST_SYNTAX);
    CHECK_ST(cmd("domain show third.test"), ST_NOTFOUND);
    end();
}

TEST(domains_have_quotas)
{
    begin();
    CHECK_ST(cmd("domain add example.test"), ST_OK);
    CHECK(answer_has("\"quota_bytes\":0,\"quota_messages\":0") && !command.tells_domain);
    CHECK_ST(cmd("domain set example.test --quota 10G --quota-messages 1000"), ST_OK);
    CHECK(answer_has("\"quota_bytes\":10737418240,\"quota_messages\":1000"));
    CHECK(command.tells_domain && command.domain.quota_messages == 1000 && command.domain.id);
    CHECK_ST(cmd("domain set example.test --quota 0"), ST_OK);
    CHECK(answer_has("\"quota_bytes\":0,\"quota_messages\":1000"));
    CHECK_ST(cmd("domain set other.test --quota 0"), ST_NOTFOUND);
    CHECK_ST(cmd("domain set example.test --quota x"), ST_SYNTAX);
    end();
}

TEST(domains_have_a_policy)
{
    begin();
    CHECK_ST(cmd("domain add example.test"), ST_OK);
    CHECK(answer_has("\"mta_sts\":\"testing\""));
    CHECK_ST(cmd("domain set example.test --mta-sts enforce"), ST_OK);
    CHECK(answer_has("\"mta_sts\":\"enforce\""));
    CHECK_ST(cmd("domain set example.test --quota 1G --mta-sts loose"), ST_SYNTAX);
    CHECK_ST(cmd("domain show example.test"), ST_OK);
    CHECK(answer_has("\"mta_sts\":\"enforce\"") && answer_has("\"quota_bytes\":0"));
    CHECK_ST(cmd("domain set other.test --mta-sts none"), ST_NOTFOUND);
    end();
}

TEST(an_account_gets_another_address)
{
    begin();
    CHECK_ST(cmd("domain add example.test"), ST_OK);
    CHECK_ST(cmd("domain add new.test"), ST_OK);
    CHECK_ST(cmd("account add alice@example.test"), ST_OK);
    CHECK_ST(cmd("account add bob@example.test"), ST_OK);
    CHECK_ST(cmd("account rename alice@example.test bob@example.test"), ST_EXISTS);
    CHECK_ST(cmd("account rename alice@example.test alice@nowhere.test"), ST_NOTFOUND);
    CHECK_ST(cmd("account rename alice@example.test carol@new.test --keep-alias"), ST_OK);
    CHECK(answer_has("\"address\":\"carol@new.test\"") && command.tells && command.n_revoked == 0);
    CHECK_ST(cmd("alias show alice@example.test"), ST_OK);
    CHECK(answer_has("\"targets\":[\"carol@new.test\"]"));
    CHECK_ST(cmd("account show alice@example.test"), ST_NOTFOUND);
    CHECK_ST(cmd("account show carol@new.test"), ST_OK);
    CHECK(answer_has("argon2id"));
    end();
}

/* What the box says is asked for before the answer is written. */
TEST(what_is_held_is_shown)
{
    struct json json;

    begin();
    CHECK_ST(cmd("domain add example.test"), ST_OK);
    CHECK(!command_wants_usage(&command));
    CHECK_ST(cmd("account add alice@example.test"), ST_OK);
    CHECK_ST(cmd("account show alice@example.test"), ST_OK);
    CHECK(command_wants_usage(&command) && !answer_has("used_bytes"));
    CHECK_ST(command_find(&command), ST_OK);
    CHECK(command.account && !command.of_domain);
    command.has_usage = true;
    command.bytes = 1234;
    buf_clear(&out);
    json_init(&json, &out);
    command.out = &json;
    CHECK_ST(command_run(&command), ST_OK);
    CHECK(answer_has("\"used_bytes\":1234,\"used_messages\":0"));
    CHECK_ST(cmd("domain show example.test"), ST_OK);
    CHECK_ST(command_find(&command), ST_OK);
    CHECK(!command.account && command.of_domain);
    end();
}

TEST(accounts)
{
    begin();
    CHECK_ST(cmd("domain add example.test"), ST_OK);
    CHECK_ST(cmd("account add alice@example.test --name Alice --quota 1G --quota-messages=10 --send-as-domain yes"),
             ST_OK);
    CHECK(answer_has("\"quota_bytes\":1073741824,\"quota_messages\":10,\"disabled\":false"));
    CHECK(answer_has("\"scheme\":\"argon2id\"") && !answer_has("$argon2id$") && !answer_has("word of the day"));
    CHECK_ST(cmd("account add alice@example.test"), ST_EXISTS);
    CHECK_ST(cmd("account add bob@example.test --random"), ST_OK);
    CHECK(answer_has("\"password\":\""));
    CHECK_ST(cmd("account add carl@nowhere.test"), ST_NOTFOUND);
    CHECK_ST(cmd("account add carl@example.test --quota lots"), ST_SYNTAX);
    CHECK_ST(cmd("account add carl@example.test --send-as-domain maybe"), ST_SYNTAX);
    CHECK_ST(cmd("account add carl@example.test --wings 2"), ST_SYNTAX);
    CHECK_ST(with_input("account add carl@example.test", STR("")), ST_SYNTAX);
    CHECK_ST(cmd("account show carl@example.test"), ST_NOTFOUND);
    CHECK_ST(cmd("account list"), ST_OK);
    CHECK(answer_has("alice@") && answer_has("bob@"));
    CHECK_ST(cmd("account list nowhere.test"), ST_NOTFOUND);
    CHECK_ST(cmd("account set ALICE@example.test --quota 0"), ST_OK);
    CHECK(answer_has("\"quota_bytes\":0") && answer_has("\"keep_deleted\":\"default\""));
    CHECK(command.tells && command.limits.messages == 10 && command.limits.keep_s == KEEP_DEFAULT &&
          command.limits.domain);
    CHECK_ST(cmd("account set alice@example.test --keep-deleted 36h"), ST_OK);
    CHECK(answer_has("\"keep_deleted\":\"36h\"") && command.limits.keep_s == 36 * 3600);
    CHECK_ST(cmd("account set alice@example.test --keep-deleted 0"), ST_OK);
    CHECK(answer_has("\"keep_deleted\":\"0s\""));
    CHECK_ST(cmd("account set alice@example.test --keep-deleted 4000d"), ST_SYNTAX);
    CHECK_ST(cmd("account set alice@example.test --keep-deleted ever"), ST_SYNTAX);
    CHECK_ST(cmd("account set alice@example.test --keep-deleted default"), ST_OK);
    CHECK(answer_has("\"keep_deleted\":\"default\""));
    CHECK_U64(command.n_revoked, 0);
    CHECK_ST(cmd("account password alice@example.test"), ST_OK);
    CHECK_U64(command.n_revoked, 1);
    CHECK_ST(cmd("account disable alice@example.test --reason gone"), ST_OK);
    CHECK(answer_has("\"disabled\":true,\"reason\":\"gone\"") && command.n_revoked == 1);
    CHECK_ST(cmd("account enable alice"), ST_OK);
    CHECK_ST(cmd("account remove alice@example.test"), ST_OK);
    CHECK(command.n_revoked == 1);
    CHECK_ST(cmd("account remove alice@example.test"), ST_NOTFOUND);
    end();
}

TEST(aliases)
{
    begin();
    CHECK_ST(cmd("domain add example.test"), ST_OK);
    CHECK_ST(cmd("alias add info@example.test bob@example.test x@far.test"), ST_OK);
    CHECK(answer_has("{\"alias\":\"info@example.test\",\"targets\":["));
    CHECK_ST(cmd("alias add info@example.test new@far.test x@far.test"), ST_EXISTS);
    CHECK_ST(cmd("alias show info@example.test"), ST_OK);
    CHECK(!answer_has("new@far.test"));
    CHECK_ST(cmd("alias add @example.test bob@example.test"), ST_OK);
    CHECK_ST(cmd("alias list"), ST_OK);
    CHECK(answer_has("\"@example.test\"") && answer_has("\"info@example.test\""));
    CHECK_ST(cmd("domain remove example.test"), ST_BUSY);
    CHECK_ST(cmd("alias remove info@example.test x@far.test"), ST_OK);
    CHECK(answer_has("bob@example.test"));
    CHECK_ST(cmd("alias remove info@example.test bob@example.test"), ST_OK);
    CHECK_ST(cmd("alias remove @example.test"), ST_OK);
    CHECK_ST(cmd("alias remove @example.test"), ST_NOTFOUND);
    end();
}

TEST(an_alias_takes_no_accounts_mail_unless_that_is_meant)
{
    begin();
    CHECK_ST(cmd("domain add example.test"), ST_OK);
    CHECK_ST(cmd("account add alice@example.test"), ST_OK);
    CHECK_ST(cmd("alias add alice@example.test x@far.test"), ST_EXISTS);
    CHECK(strstr(err_get()->text, "alice@example.test is an account") != NULL);
    CHECK_ST(cmd("alias show alice@example.test"), ST_NOTFOUND);
    CHECK_ST(cmd("alias add alice@example.test x@far.test ALICE@example.test"), ST_OK);
    CHECK_ST(cmd("alias add alice@example.test y@far.test"), ST_OK);
    CHECK_ST(cmd("alias remove alice@example.test Alice@example.test"), ST_EXISTS);
    CHECK_ST(cmd("alias remove alice@example.test x@far.test"), ST_OK);
    CHECK_ST(cmd("alias remove alice@example.test alice@example.test --divert"), ST_OK);
    CHECK(answer_has("\"targets\":[\"y@far.test\"]"));
    CHECK_ST(cmd("alias add alice@example.test z@far.test --divert"), ST_OK);
    CHECK_ST(cmd("alias remove alice@example.test z@far.test"), ST_OK);
    CHECK_ST(cmd("alias remove alice@example.test"), ST_OK);
    CHECK_ST(cmd("alias add @example.test alice@example.test"), ST_OK);
    CHECK_ST(cmd("alias add bob@example.test alice@example.test"), ST_OK);
    CHECK_ST(cmd("account add bob@example.test"), ST_EXISTS);
    CHECK(strstr(err_get()->text, "there is an alias bob@example.test") != NULL);
    CHECK_ST(cmd("account rename alice@example.test carol@example.test --keep-alias"), ST_OK);
    CHECK_ST(cmd("alias add dave@example.test x@far.test"), ST_OK);
    CHECK_ST(cmd("account rename carol@example.test dave@example.test"), ST_EXISTS);
    CHECK_ST(cmd("account show carol@example.test"), ST_OK);
    CHECK_ST(cmd("account rename carol@example.test alice@example.test"), ST_OK);
    end();
}

TEST(no_alias_leads_back_to_itself)
{
    begin();
    CHECK_ST(cmd("domain add example.test"), ST_OK);
    CHECK_ST(cmd("alias add a@example.test a@example.test"), ST_EXISTS);
    CHECK(strstr(err_get()->text, "lead back to itself") != NULL);
    CHECK_ST(cmd("alias add a@example.test b@example.test"), ST_OK);
    CHECK_ST(cmd("alias add b@example.test c@example.test x@far.test"), ST_OK);
    CHECK_ST(cmd("alias add c@example.test A+tag@example.test"), ST_EXISTS);
    CHECK_ST(cmd("alias add c@example.test x@far.test b@example.test"), ST_EXISTS);
    CHECK_ST(cmd("alias show c@example.test"), ST_NOTFOUND);
    CHECK_ST(cmd("alias add list@example.test a@example.test b@example.test c@example.test"), ST_OK);
    /* where an account keeps a copy it ends */
    CHECK_ST(cmd("account add one@example.test"), ST_OK);
    CHECK_ST(cmd("account add two@example.test"), ST_OK);
    CHECK_ST(cmd("alias add one@example.test one@example.test two@example.test"), ST_OK);
    CHECK_ST(cmd("alias add two@example.test two@example.test one@example.test"), ST_OK);
    end();
}

TEST(the_card)
{
    begin();
    CHECK_ST(cmd("domain add example.test"), ST_OK);
    CHECK_ST(cmd("account add alice@example.test"), ST_OK);
    CHECK_ST(cmd("settings alice@example.test"), ST_OK);
    CHECK(answer_has("{\"user\":\"alice@example.test\",\"host\":\"mail.example.test\",\"services\":[{\"use\":"
                     "\"sending\",\"protocol\":\"smtp\",\"port\":465,\"security\":\"tls\"}"));
    CHECK(answer_has("\"port\":993") && answer_has("\"port\":143") && answer_has("\"port\":995") &&
          answer_has("\"port\":587") && !answer_has("\"port\":25,"));
    end();
}

static void import_line(struct buf *b, uint32_t line, struct str address, struct str password, struct str hash,
                        struct str quota)
{
    admin_entry_put(
        b, &(struct admin_entry){.line = line, .address = address, .password = password, .hash = hash, .quota = quota});
}

TEST(importing_reports_lines_and_can_be_repeated)
{
    const struct str hash = STR("{SHA512-CRYPT}$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/"
                                "O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1");
    struct directory_address bob = {STR("bob"), STR("example.test")};
    struct directory_account account;
    struct directory_credential *c;
    struct buf b;
    size_t n;

    begin();
    buf_init(&b, 40000);
    CHECK_ST(cmd("domain add example.test"), ST_OK);
    import_line(&b, 1, STR("alice@example.test"), STR("plain text"), STR(""), STR("1G"));
    import_line(&b, 2, STR("bob@example.test"), STR(""), hash, STR(""));
    import_line(&b, 3, STR("nobody@nowhere.test"), STR(""), hash, STR(""));
    import_line(&b, 4, STR("carl@example.test"), STR(""), STR("$9$huh"), STR(""));
    import_line(&b, 5, STR("dora@example.test"), STR(""), STR(""), STR(""));
    import_line(&b, 6, STR("broken"), STR(""), hash, STR(""));
    import_line(&b, 7, STR("alice@example.test"), STR(""), hash, STR("many"));
    CHECK_ST(with_input("account import file", buf_str(&b)), ST_OK);
    CHECK(answer_has("\"added\":2,\"changed\":0}"));
    CHECK(answer_has("\"line\":3") && answer_has("\"line\":4") && answer_has("\"line\":5") &&
          answer_has("\"line\":6") && answer_has("\"line\":7"));
    CHECK(!answer_has("plain text") && !answer_has("saltstring"));
    CHECK_ST(directory_login(directory, &arena, &bob, &account, &c, &n), ST_OK);
    CHECK(n == 1 && password_check(c[0].hash, secret_of(STR("Hello world!"))) == ST_OK);
    CHECK_ST(with_input("account import file", buf_str(&b)), ST_OK);
    CHECK(answer_has("\"added\":0,\"changed\":0}") && answer_has("exists already"));
    CHECK_ST(with_input("account import file --update", buf_str(&b)), ST_OK);
    CHECK(answer_has("\"added\":0,\"changed\":2}"));
    CHECK_U64(command.n_revoked, 2);
    for (size_t i = 1; i < b.n; i += 5) {
        enum st st = with_input("account import file", str_sub(buf_str(&b), 0, i));

        CHECK(st == ST_OK || st == ST_SYNTAX);
    }
    buf_fini(&b);
    end();
}

TEST(thousands_with_ready_hashes_go_in_by_few_commits)
{
    const struct str hash =
        STR("$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1");
    struct directory_domain d;
    struct buf b;

    begin();
    CHECK_ST(cmd("domain add example.test"), ST_OK);
    buf_init(&b, 1 << 20);
    for (uint32_t i = 0; i < 5000;) {
        buf_clear(&b);
        for (int j = 0; j < 250; j++, i++)
            import_line(&b, i + 1, arena_printf(&arena, "user%u@example.test", i), STR(""), hash, STR("1G"));
        CHECK_ST(with_input("account import -", buf_str(&b)), ST_OK);
        CHECK(answer_has("\"failed\":[],\"added\":250"));
    }
    CHECK_ST(directory_domain_find(directory, &arena, STR("example.test"), &d), ST_OK);
    CHECK_U64(d.accounts, 5000);
    CHECK_ST(cmd("account list"), ST_OK);
    CHECK(answer_has("user4999@example.test"));
    buf_fini(&b);
    end();
}

TEST(dkim_keys)
{
    begin();
    CHECK_ST(cmd("domain add example.test"), ST_OK);
    CHECK_ST(cmd("dkim list"), ST_OK);
    CHECK(answer_has("\"domain\":\"example.test\"") && answer_has("-rsa\"") && answer_has("-ed25519\""));
    CHECK(!answer_has("record"));
    CHECK_ST(cmd("dkim rotate example.test"), ST_OK); /* on the same day */
    CHECK(answer_has("b-rsa._domainkey.example.test. IN TXT \\\"v=DKIM1; k=rsa; p=MII"));
    CHECK(answer_has("b-ed25519._domainkey.example.test. IN TXT \\\"v=DKIM1; k=ed25519; p="));
    CHECK_ST(cmd("dkim add example.test --selector mine"), ST_OK);
    CHECK_ST(cmd("dkim add example.test --selector mine"), ST_EXISTS);
    CHECK_ST(cmd("dkim add example.test --selector Not.good"), ST_SYNTAX);
    CHECK_ST(cmd("dkim add other.test"), ST_NOTFOUND);
    CHECK_ST(cmd("dkim show other.test"), ST_NOTFOUND);
    CHECK_ST(cmd("dkim retire example.test mine-rsa"), ST_OK);
    CHECK_ST(cmd("dkim retire example.test mine-rsa"), ST_NOTFOUND);
    CHECK_ST(cmd("dkim show example.test"), ST_OK);
    CHECK(answer_has("mine-ed25519") && !answer_has("mine-rsa"));
    CHECK_ST(cmd("domain remove example.test"), ST_OK);
    CHECK_ST(cmd("dkim list"), ST_OK);
    CHECK(!answer_has("selector"));
    end();
}
