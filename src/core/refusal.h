/*
 * refusal.h: what it most likely means when a message comes back: servers say it in their own words and language, and
 * with a condition (RFC 6120 §8.3.3) that fits several causes.
 */
#ifndef CORE_REFUSAL_H
#define CORE_REFUSAL_H

/*
 * What it means, and what to do.  reason: of a message that failed, with the words in quotes and the condition behind
 * them in brackets, or the condition alone in quotes.  jid: to whom it went.  NULL: no more than it says.  Lives for
 * ever.
 */
const char *refusal_means(const char *reason, const char *jid);

#endif
