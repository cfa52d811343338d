/*
 * pep.h: what our account keeps on its server, one node for each kind of thing (XEP-0163, XEP-0060), so that only we
 * may read it (XEP-0223), but for what pep_publish_open() puts there.  Where the server cannot promise that, nothing is
 * published.  account->features must be known: call from the known hook (core/feature.h) on.  done is as in xmpp/iq.h,
 * and is called in any case.
 */
#ifndef CORE_PEP_H
#define CORE_PEP_H

#include "core/account.h"

/* The server is one that keeps items for us, and keeps them private. */
bool	 pep_keeps(const struct account *);
/*
 * Takes payload.  A node that is there with other rules is given ours, and then it is tried again; so is one of a
 * server that does not know all of them in a publication.  IQ_ERROR with feature-not-implemented where pep_keeps() is
 * false.
 */
void	 pep_publish(struct account *, const char *node, const char *item, struct stanza *payload, iq_done done,
    void *ctx);
/* The only item of a node that everybody may read: what others need to reach us (XEP-0384 section 5.3). */
void	 pep_publish_open(struct account *, const char *node, struct stanza *payload, iq_done done, void *ctx);
/* Others of ours are told of it.  An item or a node that is not there is a good end. */
void	 pep_retract(struct account *, const char *node, const char *item, iq_done done, void *ctx);
/*
 * All items, page by page: each(ctx, id, payload) for every one, then done.  A node that is not there holds nothing,
 * and ends with IQ_RESULT.  More than LIMIT_PEP_ITEMS is IQ_ERROR with resource-constraint, so that nobody takes a part
 * for all.
 */
void	 pep_fetch(struct account *, const char *node, void (*each)(void *ctx, const char *id,
    const struct stanza *payload), iq_done done, void *ctx);

/*
 * A message with an <event/> in it: of our own account, it goes to own_event of the feature whose own_node it is; of a
 * bare address of somebody else, to its their_event.  False: it is no event.
 */
bool	 pep_event(struct account *, const struct stanza *message);

#endif
