/* What the files of the commands share. */
#pragma once

#include "keeper/commands.h"

#define COMMAND_PAGE 500 /* rows of the directory that are read at a time */

enum st command_domain_arg(struct command *c, size_t i, struct str *out) MUST_USE;
enum st command_address_arg(struct command *c, size_t i, struct directory_address *out) MUST_USE;
enum st command_list_domain(struct command *c, struct str *out)
    MUST_USE; /* the first argument, if there is one; NOTFOUND: not ours */
struct directory_address command_address_of(struct str text); /* in its one form */

/* The account that the first argument names. */
enum st command_account(struct command *c, struct directory_account *out) MUST_USE;
void command_revoke(struct command *c, uint64_t account, const char *why); /* its sessions end */
enum st command_messages(struct str v, uint64_t *out) MUST_USE;            /* a number of them. ST_SYNTAX */

/* "info@example.org", or a whole domain "@example.org", which has an empty local part. */
enum st command_address_or_domain(struct command *c, size_t i, struct directory_address *out) MUST_USE;
enum st command_yes_no(struct command *c, const char *option, bool *out) MUST_USE; /* NOTFOUND: it is not there */

/* An account at an address whose mail an alias takes would get none: ST_EXISTS. */
enum st command_check_account(struct command *c, const struct directory_address *address) MUST_USE;

/* commands_relay.c: what the options say of the domain. In a transaction of the caller. */
enum st command_relay(struct command *c, struct str domain) MUST_USE;
/* "HOST[:PORT]", "mx", "none" as the directory has it. ST_SYNTAX. */
enum st command_relay_to(struct arena *a, struct str word, struct str *out) MUST_USE;

/* commands_identity.c: what --source and --ehlo say of the domain. In a transaction of the caller. */
enum st command_identity(struct command *c, struct str domain) MUST_USE;
void command_identity_json(struct command *c, const struct directory_identity *identity);
/* "ADDRESS[,ADDRESS]" and "NAME", or "none", as the directory has it. ST_SYNTAX. */
enum st command_source(struct arena *a, struct str word, struct directory_identity *io) MUST_USE;
enum st command_ehlo(struct arena *a, struct str word, struct str *out) MUST_USE;

/* commands_app.c */
/* As the directory keeps them; the caller wipes them. */
enum st command_scram_keys(struct command *c, uint64_t account, struct str password, struct str *out) MUST_USE;
enum st command_scram(struct command *c) MUST_USE;
enum st command_app_add(struct command *c) MUST_USE;
enum st command_app_list(struct command *c) MUST_USE;
enum st command_app_remove(struct command *c) MUST_USE;
enum st command_certificate_add(struct command *c) MUST_USE;
enum st command_certificate_list(struct command *c) MUST_USE;
enum st command_certificate_remove(struct command *c) MUST_USE;
struct str command_credential_kind(enum credential_kind kind); /* for people */

/* commands_alias.c */
enum st command_alias_add(struct command *c) MUST_USE;
enum st command_alias_list(struct command *c) MUST_USE;
enum st command_alias_show(struct command *c) MUST_USE;
enum st command_alias_check(struct command *c) MUST_USE;
enum st command_alias_disable(struct command *c) MUST_USE;
enum st command_alias_enable(struct command *c) MUST_USE;
enum st command_alias_remove(struct command *c) MUST_USE;

/* commands_import.c */
enum st command_import_take(struct command *c) MUST_USE;
void command_import_prepare(struct command *c);
enum st command_import_run(struct command *c) MUST_USE;

/* commands_suppress.c */
enum st command_suppress_list(struct command *c) MUST_USE;
enum st command_suppress_lift(struct command *c) MUST_USE;
enum st command_suppress_add(struct command *c) MUST_USE;

/* commands_delegate.c */
enum st command_delegate_list(struct command *c) MUST_USE;
enum st command_delegate_add(struct command *c) MUST_USE;
enum st command_delegate_remove(struct command *c) MUST_USE;
/* What the account of that number may send as by such rights, as an array. */
enum st command_delegates_json(struct command *c, uint64_t account) MUST_USE;

/* commands_bans.c */
enum st command_bans_list(struct command *c) MUST_USE;
enum st command_bans_add(struct command *c) MUST_USE;
enum st command_bans_lift(struct command *c) MUST_USE;

/* commands_sending.c: what the options say of an account's id or a domain's number; in a transaction of the caller. And what is set, as members of an object. */
enum st command_send_limits(struct command *c, bool is_domain, uint64_t of) MUST_USE;
enum st command_send_limits_json(struct command *c, bool is_domain, uint64_t of) MUST_USE;

/* commands_brake.c */
enum st command_brake_list(struct command *c) MUST_USE;
enum st command_brake_lift(struct command *c) MUST_USE;
enum st command_brake_set(struct command *c) MUST_USE;

/* commands_transport.c */
enum st command_transport_set(struct command *c) MUST_USE;
enum st command_transport_list(struct command *c) MUST_USE;
enum st command_transport_remove(struct command *c) MUST_USE;

/* commands_routes.c */
enum st command_route_add(struct command *c) MUST_USE;
enum st command_route_list(struct command *c) MUST_USE;
enum st command_route_remove(struct command *c) MUST_USE;

/* commands_dkim.c */
bool command_dkim_makes(const struct command *c); /* keys are made before it runs */
enum st command_dkim_prepare(struct command *c) MUST_USE;
void command_dkim_wipe(struct command *c);
/* The keys that were made become the domain's. In a transaction of the caller. */
enum st command_dkim_keep(struct command *c, struct str domain) MUST_USE;
enum st command_dkim_list(struct command *c) MUST_USE;
enum st command_dkim_show(struct command *c) MUST_USE;
enum st command_dkim_add(struct command *c) MUST_USE; /* and rotate */
enum st command_dkim_retire(struct command *c) MUST_USE;
