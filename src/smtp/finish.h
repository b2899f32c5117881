/* The end of a letter, by DATA or by BDAT: checks, the commit, and the answer. */
#pragma once

#include "smtp/letter.h"
#include "smtp/session.h"

/* All of its text has been read. Answers, whatever comes of it; else the stream's error. */
enum st smtp_letter_finish(struct smtp_session *s, struct letter *l) SUSPENDS MUST_USE;
/* It could not be taken: the answer. */
enum st smtp_letter_failed(struct smtp_session *s, enum st st) SUSPENDS MUST_USE;
struct str smtp_size_text(
    struct smtp_session *s); /* the largest letter, as a number; lives as long as the transaction */
