/*
 * team.h: the fingerprints that somebody vouches for, as a text file for others, signed by the identity of one of their
 * devices.  Whoever knows that identity already need not compare the others.
 *
 *	confab fingerprints 1
 *	by alice@example.org 12345 <fingerprint>
 *	at 2026-11-21T10:00:00.000Z
 *	bob@example.org 777 <fingerprint>
 *	…
 *	signature <base64>
 *
 * The signature is over the lines before it, each with one line feed and without blanks at its end. Text around these
 * lines (a mail) is passed over.
 */
#ifndef CRYPTO_TEAM_H
#define CRYPTO_TEAM_H

#include "crypto/key.h"

struct team_member {
	char		*jid;		/* as it stands there: to be parsed */
	uint32_t	 device;
	struct key	 key;
};
struct team {
	struct team_member by;		/* who signed; that it is really them is for the caller to know */
	int64_t		 at_ms;
	GArray		*members;	/* of struct team_member */
};
void	 team_init(struct team *);
void	 team_clear(struct team *);
void	 team_add(struct team *, const char *jid, uint32_t device, const struct key *);
/* by.key and the file are made with the identity; NULL with an error. */
char	*team_sign(struct team *, const struct identity *, GError **error);
/* False with a sentence: there is no such file in the text, it is damaged, or the signature is not that of by.key. */
bool	 team_parse(struct team *, const char *text, gsize n, GError **error);

#endif
