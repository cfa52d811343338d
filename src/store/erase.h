/*
 * erase.h: messages that people want gone: the row, its words in the search index, its stanza, and whatever else refers
 * to it.  What it takes from the database's file is overwritten there.
 *
 * Only what is settled goes: a message under way is first cancelled, or known.
 */
#ifndef STORE_ERASE_H
#define STORE_ERASE_H

#include "store/messages.h"

/*
 * At most limit messages of a chat (0: of all) with a place before this ord, oldest first, in an open savepoint.  Each
 * is added to rows (of struct message_row) with nothing but its id, chat, ord, a new revision and MESSAGE_GONE.  Those
 * of one chat are remembered by their ids; those of all went for their age, and would go again.
 */
bool	 message_erase(struct store *, int64_t chat, int64_t before, unsigned limit, GPtrArray *rows, GError **error);
/* The same for one; false without an error when it is under way. */
bool	 message_erase_one(struct store *, int64_t id, GPtrArray *rows, GError **error);
/* How many message_erase() would take, counted up to max. */
unsigned message_erasable(struct store *, int64_t chat, int64_t before, unsigned max);
/* Was a message with one of these ids (each may be NULL) deleted in this chat? */
bool	 message_was_erased(struct store *, int64_t chat, const char *origin_id, const char *server_id);
/* The revision of the last one that went; 0: none ever did. */
int64_t	 message_erased_rev(struct store *);

#endif
