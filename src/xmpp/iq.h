/*
 * iq.h: requests that wait for their answer (RFC 6120 §8.2.3).  One table per account.  An answer counts only from
 * the address that was asked (none, our bare or our domain address stand for each other where we asked our own
 * server or account), only of type result or error, and only once.
 */
#ifndef XMPP_IQ_H
#define XMPP_IQ_H

#include <stdint.h>

#include "xmpp/stanza.h"

struct iq_table;

enum iq_end { IQ_RESULT, IQ_ERROR, IQ_TIMEOUT, IQ_LOST };
/* answer is lent; NULL for IQ_TIMEOUT and IQ_LOST. */
typedef void (*iq_done)(void *ctx, enum iq_end, const struct stanza *answer);

/* jid: our own full address, copied; set it again after each bind. */
struct iq_table *iq_table_new(void);
void	 iq_table_set_jid(struct iq_table *, const char *jid);
/* Open requests end without a call. */
void	 iq_table_free(struct iq_table *);
/* Gives iq a fresh id and remembers it.  The caller sends it.  timeout_ms 0: 30 s. */
uint64_t iq_expect(struct iq_table *, struct stanza *iq, int64_t timeout_ms, iq_done, void *ctx);
/* The asker is gone: its function will not be called. */
void	 iq_forget(struct iq_table *, uint64_t number);
/* An iq of type result or error came.  False: nobody waits for it (or it is not from whom it must be). */
bool	 iq_answer(struct iq_table *, const struct stanza *iq);
/* The stream is gone for good: all end with IQ_LOST. */
void	 iq_lose_all(struct iq_table *);

#endif
