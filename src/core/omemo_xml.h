/*
 * omemo_xml.h: what OMEMO says on the wire, as it is deployed (XEP-0384 version 0.3.0, eu.siacs.conversations.axolotl):
 * lists of devices, bundles of keys, messages.  The only place that knows these elements; other forms would stand
 * beside it.
 */
#ifndef CORE_OMEMO_XML_H
#define CORE_OMEMO_XML_H

#include "crypto/key.h"
#include "xmpp/ns.h"
#include "xmpp/stanza.h"

#define OMEMO_LIST_NODE NS_OMEMO ".devicelist"
#define OMEMO_BUNDLE_NODE NS_OMEMO ".bundles:"

/*
 * The devices, of uint32_t, in the <item/>s of <items/>, each once, at most LIMIT_DEVICES; what is none is passed over.
 * NULL: there is no list in it.  The caller's.
 */
GArray	*omemo_read_list(const struct stanza *items);
struct stanza *omemo_write_list(const uint32_t *devices, size_t n);

/* A verified bundle, into one after bundle_init().  False: it is none, or its signature is wrong. */
bool	 omemo_read_bundle(const struct stanza *items, struct bundle *);
struct stanza *omemo_write_bundle(const struct bundle *);

struct omemo_message {
	uint32_t sender;	/* its device; 0: it names none */
	bool	 prekey;
	GBytes	*key, *iv;	/* key NULL: there is none for this device */
	GBytes	*text;		/* NULL: it only carries a key */
};
/* False: it is damaged; then sender and text tell what could be read.  Clear it in any case. */
bool	 omemo_read_message(const struct stanza *encrypted, uint32_t own_device, struct omemo_message *);
void	 omemo_message_clear(struct omemo_message *);

/* <encrypted/> without keys; text NULL: it only carries them. */
struct stanza *omemo_write_message(uint32_t own_device, const void *iv, size_t iv_n, GBytes *text);
void	 omemo_add_key(struct stanza *encrypted, uint32_t device, bool prekey, GBytes *key);

#endif
