/*
 * keyring_profanity.h: moving in from Profanity: its device becomes ours, with its sessions, so that nobody has to
 * compare fingerprints again.  Its folder is only read.  From then on it must not go on line with these keys: two
 * programs cannot share a ratchet; say so.
 */
#ifndef CORE_KEYRING_PROFANITY_H
#define CORE_KEYRING_PROFANITY_H

#include "core/keyring.h"

struct keyring_moved {
	uint32_t device;	/* its number, which is ours now */
	unsigned prekeys, sessions, devices;	/* devices: of others, of which the key is known now */
	unsigned trusted;	/* of them those that were trusted there */
	unsigned refused;	/* entries that were not what they should be, and were passed over */
};

/* Where Profanity keeps the keys of this address, whether they are there or not; the caller's. */
char	*keyring_profanity_folder(const char *jid);

/*
 * In an open savepoint that is taken back after an error.  folder: identity.txt is in it.  trusted: what those are that
 * were trusted there; it does not tell whether a person compared them.  What is decided here already
 * stays.  Our device,
 * if there is one, is given up only if replace is set, else that is an error; a struct keyring of it is to be freed
 * before.  False with an error: nothing there, or no identity.
 */
bool	 keyring_move_profanity(struct store *, int64_t account, const char *folder, enum trust trusted, bool replace,
	    struct keyring_moved *, GError **error);

#endif
