/*
 * raw.c: stanzas as they came or went, for /explain: packed with a dictionary of what stanzas are made of, which makes
 * a short one half as long.  zlib makes it two fifths and takes ten times as long, a tenth of all that a message costs.
 * The first byte of each says which dictionary; an old one is never changed.
 */
#include <lz4.h>
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "store/message_row.h"

enum { DICTIONARY_1 = 1, RAW_MAX = 4 * LIMIT_STANZA };

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

/* Packed: which dictionary, the length of the text (least byte first), a block of LZ4's. */
enum { HEAD = 5 };

/* NULL when it is longer than any stanza: the parser stops before.  The caller's. */
static unsigned char *
pack(const char *xml, size_t *size)
{
	static LZ4_stream_t stream;
	size_t len = strlen(xml), room;
	unsigned char *packed;

	if (len > RAW_MAX)
		return NULL;
	room = (size_t)LZ4_compressBound((int)len);
	packed = g_malloc(HEAD + room);
	packed[0] = DICTIONARY_1;
	for (int i = 1; i < HEAD; i++)
		packed[i] = (unsigned char)(len >> 8 * (i - 1));
	LZ4_initStream(&stream, sizeof stream);
	LZ4_loadDict(&stream, dictionary, sizeof dictionary - 1);
	room = (size_t)LZ4_compress_fast_continue(&stream, xml, (char *)packed + HEAD, (int)len, (int)room, 1);
	*size = HEAD + room;
	return packed;
}

bool
message_keep_raw(struct store *store, int64_t id, const char *xml, GError **error)
{
	size_t size;
	g_autofree unsigned char *packed = pack(xml, &size);

	return packed == NULL || db_change(store, error, "INSERT INTO raw(message, came, xml) VALUES(?1, ?2, ?3)",
	    "iib", id, clock_real_us() / 1000, packed, size);
}

bool
message_trace(struct store *store, int64_t id, enum trace what, enum message_via via, const char *by, const char *xml,
    GError **error)
{
	size_t size;
	g_autofree unsigned char *packed = pack(xml, &size);

	return packed == NULL || db_change(store, error, "INSERT INTO trace(message, at, what, via, by, xml) "
	    "SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE (SELECT count(*) FROM trace WHERE message = ?1) < ?7", "iiiitbi", id,
	    clock_real_us() / 1000, (int64_t)what, (int64_t)via, by, packed, size, (int64_t)LIMIT_TRACES);
}

/* NULL for what is none of ours. */
static char *
unpack(const unsigned char *packed, size_t size)
{
	g_autofree char *xml = NULL;
	size_t len = 0;

	if (size < HEAD || size > (size_t)LZ4_compressBound(RAW_MAX) + HEAD || packed[0] != DICTIONARY_1)
		return NULL;
	for (int i = HEAD - 1; i > 0; i--)
		len = len << 8 | packed[i];
	if (len > RAW_MAX)
		return NULL;
	xml = g_malloc(len + 1);
	xml[len] = '\0';
	if (LZ4_decompress_safe_usingDict((const char *)packed + HEAD, xml, (int)(size - HEAD), (int)len, dictionary,
	    sizeof dictionary - 1) != (int)len || !g_utf8_validate_len(xml, len, NULL))
		return NULL;
	return g_steal_pointer(&xml);
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

static void
trace_free(void *p)
{
	struct trace_row *row = p;

	g_free(row->by);
	g_free(row->xml);
	g_free(row);
}

GPtrArray *
message_traces(struct store *store, int64_t id)
{
	GPtrArray *rows = g_ptr_array_new_with_free_func(trace_free);
	sqlite3_stmt *stmt = db_ask(store, "SELECT what, via, at, by, xml FROM trace WHERE message = ?1 ORDER BY id",
	    "i", id);

	while (db_row(store, stmt, NULL)) {
		struct trace_row *row = g_new(struct trace_row, 1);

		row->what = (enum trace)sqlite3_column_int(stmt, 0);
		row->via = (enum message_via)sqlite3_column_int(stmt, 1);
		row->at_ms = sqlite3_column_int64(stmt, 2);
		row->by = db_text(stmt, 3);
		row->xml = unpack(sqlite3_column_blob(stmt, 4), (size_t)sqlite3_column_bytes(stmt, 4));
		g_ptr_array_add(rows, row);
	}
	return rows;
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
	if (!db_change(store, error,
	    "DELETE FROM trace WHERE id IN (SELECT id FROM trace WHERE at < ?1 ORDER BY at LIMIT ?2)", "ii", before_ms,
	    (int64_t)limit))
		return false;
	*left |= sqlite3_changes(store->db) == (int)limit;
	return true;
}
