/* Files of a store that are looked at before anything is opened: opening mends some of what it finds. */
#pragma once

#include "look.h"

bool files_format_is_present(const char *dir, char why[200]);
/* One that has its name was synced before it got it. */
bool files_snapshots_are_whole(const char *dir, char why[200]);
void files_note_dictionaries(const char *dir, struct dictionaries *d);
/* The file of a dictionary is durable before its row is (docs/formats/store.md). */
bool files_dictionaries_are_twice(struct store *s, const struct dictionaries *d, char why[200]) SUSPENDS;
void files_set_format(const char *dir, unsigned version);
