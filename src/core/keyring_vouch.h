/*
 * keyring_vouch.h: fingerprints that somebody compared elsewhere: a link or QR code that was scanned, a colleague's
 * file of a whole team (crypto/team.h).  What runs here runs in an open savepoint.
 */
#ifndef CORE_KEYRING_VOUCH_H
#define CORE_KEYRING_VOUCH_H

#include "core/keyring.h"

struct vouched {
	unsigned verified;	/* devices that are verified now and were not */
	unsigned known;		/* that were already */
	unsigned refused;	/* that somebody distrusts here: they stay distrusted */
	unsigned differ;	/* of which another key is known here: somebody lies; nothing is changed */
};

/* The link with our fingerprint, for others to scan; jid: ours.  The caller's. */
char	*keyring_link(const struct keyring *, const char *jid);
/*
 * A person held it before this machine, so it is believed.  *jid (the caller's): whose it is.  False with an error:
 * it is no such link, or the disk.
 */
bool	 keyring_take_link(struct store *, int64_t account, const char *link, char **jid, struct vouched *,
	    GError **error);

/* The file of all verified devices and ours, signed by ours; jid: ours.  NULL with an error. */
char	*keyring_team(const struct keyring *, const char *jid, GError **error);
/*
 * A file is believed only if the device that signed it is verified here, or our own: else the error names it, with
 * its fingerprint, to be compared first.  False with an error: that, or it is no such file, or the disk.
 */
bool	 keyring_take_team(struct keyring *, const char *text, gsize n, struct vouched *, GError **error);

#endif
