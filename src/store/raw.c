/*
 * raw.c: stanzas as they came or went, for /explain: deflated with a dictionary of what stanzas are made of, which
 * makes a short one a quarter as long.  The first byte of each says which dictionary; an old one is never changed.
 */
#include <string.h>
#include <zlib.h>

#include "base/clock.h"
#include "base/limits.h"
#include "store/message_row.h"

enum { DICTIONARY_1 = 1, RAW_MAX = 4 * LIMIT_STANZA };

/* The likeliest last: zlib finds what is near more cheaply. */
static const char dictionary[] =
	"<x xmlns='jabber:x:oob'><url>https://</url></x><subject></subject><thread></thread>"
	"<encrypted xmlns='eu.siacs.conversations.axolotl'><header sid=''><key rid='' prekey='true'></key><iv></iv></header>"
	"<payload></payload></encrypted><encryption xmlns='urn:xmpp:eme:0' namespace='eu.siacs.conversations.axolotl' "
	"name='OMEMO'/><store xmlns='urn:xmpp:hints'/><no-copy xmlns='urn:xmpp:hints'/><no-store xmlns='urn:xmpp:hints'/>"
	"<replace xmlns='urn:xmpp:message-correct:0' id=''/><reply xmlns='urn:xmpp:reply:0' to='' id=''/>"
	"<error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
	"<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'></text></error>"
	"<html xmlns='http://jabber.org/protocol/xhtml-im'><body xmlns='http://www.w3.org/1999/xhtml'><p></p></body></html>"
	"<message xmlns='jabber:client' type='groupchat' <x xmlns='http://jabber.org/protocol/muc#user'/>"
	"<occupant-id xmlns='urn:xmpp:occupant-id:0' id=''/><result xmlns='urn:xmpp:mam:2' queryid='' id=''>"
	"<sent xmlns='urn:xmpp:carbons:2'><received xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>"
	"</forwarded></received></sent></result><delay xmlns='urn:xmpp:delay' from='' stamp='2026-"
	"<received xmlns='urn:xmpp:receipts' id=''/><displayed xmlns='urn:xmpp:chat-markers:0' id=''/>"
	"<markable xmlns='urn:xmpp:chat-markers:0'/><request xmlns='urn:xmpp:receipts'/>"
	"<paused xmlns='http://jabber.org/protocol/chatstates'/><composing xmlns='http://jabber.org/protocol/chatstates'/>"
	"<active xmlns='http://jabber.org/protocol/chatstates'/><origin-id xmlns='urn:xmpp:sid:0' id=''/>"
	"<stanza-id xmlns='urn:xmpp:sid:0' by='' id=''/><message xmlns='jabber:client' to='' from='' type='chat' id='' "
	"xml:lang='en'><body></body></message>";

bool
message_keep_raw(struct store *store, int64_t id, const char *xml, GError **error)
{
	/* Kept for the next one: making it takes longer than all the rest.  A small window is enough for stanzas. */
	static z_stream z;
	size_t len = strlen(xml);
	g_autofree Bytef *packed = NULL;
	size_t room;

	if (len > RAW_MAX)
		return true;			/* no stanza is: the parser stops before */
	if (z.state == NULL && deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -13, 6, Z_DEFAULT_STRATEGY) != Z_OK)
		g_error("zlib: %s", z.msg != NULL ? z.msg : "no memory");
	z.next_in = (Bytef *)(uintptr_t)xml;
	z.avail_in = (uInt)len;
	deflateSetDictionary(&z, (const Bytef *)dictionary, sizeof dictionary - 1);
	room = deflateBound(&z, (uLong)len) + 1;
	packed = g_malloc(room);
	packed[0] = DICTIONARY_1;
	z.next_out = packed + 1;
	z.avail_out = (uInt)(room - 1);
	deflate(&z, Z_FINISH);			/* deflateBound() is enough for all of it */
	room = z.total_out + 1;
	deflateReset(&z);
	return db_change(store, error, "INSERT OR REPLACE INTO raw(message, came, xml) VALUES(?1, ?2, ?3)", "iib", id,
	    clock_real_us() / 1000, packed, room);
}

/* NULL for what is none of ours. */
static char *
unpack(const unsigned char *packed, size_t len)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)(packed + 1), .avail_in = (uInt)len - 1 };
	g_autofree char *xml = NULL;
	int rc;

	if (len < 2 || packed[0] != DICTIONARY_1 || inflateInit2(&z, -15) != Z_OK)
		return NULL;
	inflateSetDictionary(&z, (const Bytef *)dictionary, sizeof dictionary - 1);
	for (size_t room = 4 * len + 1024; ; room *= 2) {
		room = MIN(room, RAW_MAX + 1);
		xml = g_realloc(xml, room);
		z.next_out = (Bytef *)xml + z.total_out;
		z.avail_out = (uInt)(room - 1 - z.total_out);
		rc = inflate(&z, Z_FINISH);
		if (rc != Z_BUF_ERROR || z.avail_out != 0 || room > RAW_MAX)
			break;
	}
	xml[z.total_out] = '\0';
	inflateEnd(&z);
	return rc == Z_STREAM_END ? g_steal_pointer(&xml) : NULL;
}

char *
message_raw(struct store *store, int64_t id)
{
	sqlite3_stmt *stmt = db_ask(store, "SELECT xml FROM raw WHERE message = ?1", "i", id);
	char *xml = NULL;

	if (db_row(store, stmt, NULL)) {
		xml = unpack(sqlite3_column_blob(stmt, 0), (size_t)sqlite3_column_bytes(stmt, 0));
		db_done(stmt);
	}
	return xml;
}

int64_t
message_raw_came(struct store *store, int64_t id)
{
	int64_t came = 0;

	db_number(store, NULL, &came, "SELECT came FROM raw WHERE message = ?1", "i", id);
	return came;
}

bool
message_forget_raw(struct store *store, int64_t before_ms, unsigned limit, bool *left, GError **error)
{
	if (!db_change(store, error, "DELETE FROM raw WHERE message IN (SELECT message FROM raw WHERE came < ?1 "
	    "ORDER BY came LIMIT ?2)", "ii", before_ms, (int64_t)limit))
		return false;
	*left = sqlite3_changes(store->db) == (int)limit;
	return true;
}
