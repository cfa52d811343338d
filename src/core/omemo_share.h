/*
 * omemo_share.h: fingerprints that go from one person to another beside the chat (core/keyring_vouch.h), and moving in
 * from another program (core/keyring_profanity.h), for an account that may be on line.
 */
#ifndef CORE_OMEMO_SHARE_H
#define CORE_OMEMO_SHARE_H

#include "core/keyring_profanity.h"
#include "core/keyring_vouch.h"
#include "core/omemo.h"

/* As keyring_link(); NULL with RPC_ERROR_CONTEXT: no keys yet. */
char	*omemo_link(struct account *, GError **error);
/* As keyring_take_link(); what waited for it leaves. */
bool	 omemo_take_link(struct account *, const char *link, char **jid, struct vouched *, GError **error);
/* As keyring_team() and keyring_take_team(). */
char	*omemo_team(struct account *, GError **error);
bool	 omemo_take_team(struct account *, const char *text, gsize n, struct vouched *, GError **error);
/*
 * As keyring_move_profanity(), with replace: a device that we had before is given up, and taken off our list when we
 * are on line.  What was trusted there is trusted without having been compared.
 */
bool	 omemo_move_in(struct account *, const char *folder, struct keyring_moved *, GError **error);

#endif
