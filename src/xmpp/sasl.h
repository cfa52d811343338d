/*
 * sasl.h: one log-in by SASL (RFC 6120 §6), the client's side, by GNU SASL.
 *
 * SCRAM-SHA-256 and SCRAM-SHA-1, with channel binding where both sides can; PLAIN only where the link is encrypted and
 * the server knows no SCRAM of any kind; nothing else.  The server has to prove that it knows the password too, and
 * what it asks for is checked before the password is touched.  One attempt: a refusal is final for this object.
 */
#ifndef XMPP_SASL_H
#define XMPP_SASL_H

#include "xmpp/stream.h"

struct sasl;

struct sasl_setup {
	const char	*jid;		/* bare; its local part logs in */
	const char	*password;
	const char	*at_least;	/* a mechanism: nothing weaker is used; NULL: whatever is acceptable */
	bool		 encrypted;	/* TLS with a certificate that was accepted */
	/* Channel binding data by type ("tls-exporter", "tls-unique"); NULL when there is none.  May be NULL. */
	GBytes		*(*binding)(void *ctx, const char *type);
	void		*ctx;
};

/*
 * Chooses among what <stream:features/> offers.  NULL with *failure when nothing is acceptable.  Copies what it needs
 * and wipes that in sasl_free().
 */
struct sasl *sasl_new(const struct sasl_setup *, const struct stanza *features, struct stream_failure **failure);
void	 sasl_free(struct sasl *);
const char *sasl_mechanism(const struct sasl *);

/* How strong a mechanism of ours is: 0 for none of ours, else from 1 for PLAIN up. */
unsigned sasl_strength(const char *mechanism);

/* The three turn to *failure and NULL or false when the exchange must end. */
/* <auth/>. */
struct stanza *sasl_start(struct sasl *, struct stream_failure **failure);
/* <response/> to a <challenge/>. */
struct stanza *sasl_challenge(struct sasl *, const struct stanza *challenge, struct stream_failure **failure);
/* <success/>: true when the server has proved itself. */
bool	 sasl_success(struct sasl *, const struct stanza *success, struct stream_failure **failure);

/* What a <failure/> says. */
struct stream_failure *sasl_refused(const struct sasl *, const struct stanza *failure);

#endif
