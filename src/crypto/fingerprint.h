/*
 * fingerprint.h: an identity as people compare it: 64 hexadecimal digits, those of the key without its type; and the
 * links that carry some of them, "xmpp:alice@example.org?omemo-sid-12345=8df0…;omemo-sid-…=…", as other clients make
 * and read them.
 */
#ifndef CRYPTO_FINGERPRINT_H
#define CRYPTO_FINGERPRINT_H

#include "crypto/key.h"

enum { FINGERPRINT_DIGITS = 64, FINGERPRINT_BLOCKS = 8 };

/* "8df0…", lower case. */
char	*fingerprint_text(const struct key *);
/* In eight blocks of eight, with blanks between. */
char	*fingerprint_blocks(const struct key *);
/* Case, blanks, colons and dashes between digits do not matter; with the type 05 in front it is one too. */
bool	 fingerprint_parse(struct key *, const char *text);

struct fingerprint {
	uint32_t	 device;
	struct key	 key;
};
char	*fingerprint_link(const char *jid, const struct fingerprint *, size_t n);
/*
 * Those in a link, of struct fingerprint, in its order, and in *jid its address as it stands there, percent signs
 * resolved, which is to be parsed; both the caller's.  NULL: it is no xmpp: link with fingerprints.  Other parts of
 * it ("message") are passed over; one that is no fingerprint, or two of one device that differ, make all of it none;
 * at most LIMIT_DEVICES.
 */
GArray	*fingerprint_parse_link(const char *link, char **jid);

#endif
