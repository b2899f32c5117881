/* A change of one account on its way: one part of a commit. It is built in one go, without a wait between
 * change_begin and change_seal, on the pending state, which it moves along; when it is durable its
 * `done` moves the durable state and wakes the views. */
#pragma once

#include "mail/state.h"

struct edit { /* of a message that was durable before */
    uint32_t uid;
    uint8_t flags;
    bool removed, quiet; /* quiet: nothing that a session could see */
    uint64_t keywords, modseq;
};

/* \Seen of somebody else's than the owner. */
struct seen_edit {
    uint32_t uid;
    bool seen;
};

struct mailbox_change {
    struct list link;   /* in mb->in_flight, once it has edits */
    struct list adding; /* in mb->adding, once it has adds */
    struct mailbox_change *next;
    struct change *c;
    struct mailbox *mb;
    struct edit *edits; /* ascending */
    size_t n_edits;
    struct hot *adds; /* ascending */
    size_t n_adds, cap_adds;
    struct counts delta;
    uint8_t n_keywords;
    uint32_t uidnext; /* at least, when it is durable */
    bool renamed;     /* a keyword is another one now */
    uint64_t origin;  /* the view that does it */
    uint64_t reader;  /* whose \Seen it changes; 0: nobody's */
    struct seen_edit *seens;
    size_t n_seens, cap_seens;
};

struct tree_change {
    struct tree_change *next;
    struct mailbox *mb;
    struct node after;
};

struct acl_change {
    struct acl_change *next;
    struct mailbox *mb;
    struct acl *acl; /* owned, until it is the mailbox's */
};

struct sub_change {
    struct sub_change *next;
    struct str name;
    bool on;
};

struct change {
    struct kv_part part;
    struct account *a;
    struct arena arena;
    const struct co *by; /* who makes it */
    unsigned users;
    uint64_t modseq; /* of what it changes: the version that the account will have */
    uint32_t next_email;
    struct mailbox_change *mailboxes;
    struct tree_change *tree, **tree_end;
    struct acl_change *acls, **acls_end;
    struct sub_change *subs, **subs_end;
    struct kv_change *kv;
    size_t n_kv, cap_kv;
    struct kv_deref *derefs;
    size_t n_derefs, cap_derefs;
    uint64_t *gone; /* emails */
    size_t n_gone, cap_gone;
    bool rec_changed;
    uint64_t now_us; /* of what it deletes; 0: nothing yet */
};

struct change *change_begin(struct account *a);
bool change_is_empty(const struct change *c);
void change_drop(struct change *c); /* an empty one that was not sealed */
void change_release(struct change *c);

struct mailbox_change *change_mailbox(struct change *c, struct mailbox *mb);
/* Room for that many edits, in ascending order of uid. */
void change_edits(struct mailbox_change *mc, size_t n);
/* Both count the difference to `was`, the pending state. */
void change_edit_flags(struct mailbox_change *mc, const struct hot *was, uint8_t flags, uint64_t keywords, bool quiet);
void change_edit_remove(struct mailbox_change *mc, const struct hot *was);
/* Gives h a uid and a modseq. */
uint32_t change_add(struct mailbox_change *mc, struct hot *h);
/* What `who`, who is not the owner, has seen; one of them in a change. */
void change_seen(struct mailbox_change *mc, uint64_t who, uint32_t uid, bool seen);
/* The email of another account as one of this, under that number, which nobody has (0: any): its body gets one reference more. */
uint64_t change_take_email(struct change *c, uint64_t id, uint64_t blob, struct str value);
uint64_t change_new_email(struct change *c, uint64_t blob, struct str prefix, struct str record);
/* One message less refers to it. `tell`: the last one that a client could see. */
void change_drop_email(struct change *c, uint64_t email, uint64_t blob, bool shared, bool tell);
void change_gone(struct change *c, uint64_t email); /* for the change log */

void change_node(struct change *c, struct mailbox *mb, const struct node *after);
struct mailbox *change_new_mailbox(struct change *c, struct str name, enum mail_use use);
/* Takes the list over, which has no entries when the mailbox has none any more. */
void change_acl(struct change *c, struct mailbox *mb, struct acl *acl);
void change_subscription(struct change *c, struct str name, bool on);

/* The unique id of POP3 that a message keeps. */
void change_uidl(struct change *c, const struct mailbox *mb, uint32_t uid, struct str uidl);
void change_kv(struct change *c, int op, struct str key, struct str value);
/* Complete: gives it its version. It must be committed or abandoned now. */
void change_seal(struct change *c);
/* Seals (or drops an empty one) and commits it alone. Stages of the blobs are the caller's still after ST_CANCELED. */
enum st change_commit(struct change *c, const struct kv_blob *blobs, size_t n_blobs) SUSPENDS MUST_USE;

/* A commit answered ST_CANCELED because an earlier one of the account, perhaps somebody else's, has failed: nothing is wrong with this
 * one, and it can be made anew from what is durable. True: do so; *io_tries begins at 0. */
bool change_again(enum st st, unsigned *io_tries);

/* Makes of a message's durable state the one that the next change must start from; false: it is being removed.
 * *out_in_flight, when not NULL: a change of it is under way. */
bool message_pending(const struct mailbox *mb, struct hot *h, bool *out_in_flight);
