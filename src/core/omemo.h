/*
 * omemo.h: end-to-end encryption of one account (XEP-0384): our device and its keys on the server, the devices and keys
 * of others, what is trusted, and messages through the ratchet both ways.  The wire form is core/omemo_xml.h, the keys
 * are core/keyring.h and store/keys.h, and who decides for people is feature/omemo.c.
 *
 * Nothing is remembered here that a savepoint could take back: only what was asked in this session.
 *
 * How far a device is trusted (enum trust): under the policy "blind" those of a person are taken as they come until one
 * of them was verified; under "ask", and once one is verified, a new one waits for a decision.  Our own other devices
 * are taken as they come only when our keys are made; one that comes later waits for a decision.
 *
 * A device that has another key than it had is as a new one where people would not be asked about one; else nothing is
 * encrypted for it, and nothing is sent to its owner, until a person decides.  That is in the database (device_row).
 */
#ifndef CORE_OMEMO_H
#define CORE_OMEMO_H

#include "core/feature.h"
#include "store/keys.h"

struct omemo;

void	 omemo_free(struct omemo *);	/* NULL is fine; after iq_lose_all() */

/* Once in each session, when it is known what the server does: our list and bundle are looked after, as known hook. */
void	 omemo_session(struct account *);
/* Changes of lists: ours, and that of somebody. */
void	 omemo_own_event(struct account *, const struct stanza *change);
void	 omemo_their_event(struct account *, const char *who, const struct stanza *change);

/* As the hooks of core/feature.h. */
enum leave omemo_leave(struct account *, const struct chat_row *, bool sealed, char **why);
bool	 omemo_seal(struct outgoing *, char **why);
enum verdict omemo_open(struct incoming *);
enum verdict omemo_opened(struct incoming *);

/* Somebody asks: what is in the database is looked at, also before the first session. */
void	 omemo_mentioned(struct account *);
/* There are keys, and a server that gives them to others. */
bool	 omemo_is_on(const struct account *);
/* Its server did not say whether it is one; it is asked again. */
bool	 omemo_is_unsure(const struct account *);
/* 0: no keys yet. */
uint32_t omemo_device(const struct account *);
/* Our fingerprint, 64 digits; NULL: no keys yet.  The caller's. */
char	*omemo_fingerprint(const struct account *);

/* Whether new devices are taken as they come ("blind"); else people are asked ("ask"). */
bool	 omemo_is_blind(const struct account *);
bool	 omemo_set_blind(struct account *, bool blind, GError **error);

/* Encrypted from now on, or not.  Errors in words: who or what is in the way. */
bool	 omemo_switch(struct account *, const char *chat, bool on, GError **error);

/*
 * A person decides about a device, whose key as it now is counts: a key that took the place of another is accepted by
 * this.  RPC_ERROR_NOT_FOUND.
 */
bool	 omemo_trust(struct account *, const char *jid, uint32_t device, enum trust, GError **error);
/* What device_row calls its other key, in hexadecimal digits, the caller's; or NULL. */
char	*omemo_changed_key(const struct account *, const char *jid, uint32_t device);
/* Another device of ours goes from our list, so that nobody encrypts for it; it may put itself back. */
bool	 omemo_remove_own(struct account *, uint32_t device, GError **error);
/* The lists and keys of this person are asked for anew before the next message. */
void	 omemo_refresh(struct account *, const char *jid);

/* Of the devices of this person that are in use. */
struct omemo_standing {
	unsigned undecided;	/* nobody decided about them, so they cannot read what is sent */
	bool	 verified;	/* one was verified, and none is trusted without */
};
struct omemo_standing omemo_standing(const struct account *, const char *jid);

#endif
