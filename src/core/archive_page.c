/* archive_page.c: see archive_page.h.  The order of the results is the archive's; their times are only shown. */
#include "core/archive_page.h"

#include <string.h>

#include "base/clock.h"
#include "base/jid.h"
#include "base/limits.h"
#include "base/log.h"
#include "core/room_message.h"
#include "store/order.h"
#include "xmpp/ns.h"

struct archive_result {
	struct stanza	*envelope;
	const struct stanza *message;	/* in it; NULL: nothing of ours, but its id counts */
	char		*from, *chat;
	bool		 out;
	const char	*id;
	int64_t		 said_ms;
	int64_t		 known;		/* the place of the row it is probably a copy of; 0: none */
	bool		 by_id;		/* that row has the archive's id already */
	bool		 later;		/* than what was asked for */
};

static void
result_free(void *data)
{
	struct archive_result *result = data;

	stanza_free(result->envelope);
	g_free(result->from);
	g_free(result->chat);
	g_free(result);
}

void
archive_page_init(struct archive_page *page)
{
	memset(page, 0, sizeof *page);
	page->results = g_ptr_array_new_with_free_func(result_free);
}

void
archive_page_clear(struct archive_page *page)
{
	g_free(page->queryid);
	g_ptr_array_unref(page->results);
}

void
archive_page_close(struct archive_page *page)
{
	g_clear_pointer(&page->queryid, g_free);
	g_ptr_array_set_size(page->results, 0);
	page->bytes = 0;
	page->over = false;
}

void
archive_page_open(struct archive_page *page)
{
	archive_page_close(page);
	page->queryid = stanza_new_id();
}

/* XEP-0313 §4.1.2: the archive that was asked answers; for our own, servers leave the sender out or put our address. */
static bool
from_archive(const struct archive_page *page, const struct account *account, const struct stanza *stanza)
{
	const char *from = stanza_get(stanza, "from");
	g_autofree char *sender = from != NULL ? jid_normalise(from, NULL) : NULL;

	if (page->room != NULL)
		return g_strcmp0(sender, page->room->jid) == 0;
	return from == NULL || g_strcmp0(sender, account_jid(account)) == 0;
}

/* When the archive got it, which is its own word; never later than now. */
static int64_t
stamp(const struct account *account, const struct stanza *forwarded)
{
	int64_t now_ms = (clock_real_us() + account->clock_offset_us) / 1000, said_ms;
	const struct stanza *delay = forwarded != NULL ? stanza_child(forwarded, "delay", NS_DELAY) : NULL;

	if (delay == NULL || !clock_parse_utc(stanza_get(delay, "stamp"), &said_ms))
		return 0;
	return MIN(said_ms, MAX(now_ms, 0));
}

void
archive_page_collect(struct archive_page *page, const struct account *account, const struct stanza *stanza)
{
	const struct stanza *child = stanza_child(stanza, "result", NS_MAM), *forwarded;
	const char *id = stanza_get(child, "id"), *queryid = stanza_get(child, "queryid");
	struct archive_result *result;

	if (!from_archive(page, account, stanza) || page->queryid == NULL || g_strcmp0(queryid, page->queryid) != 0 ||
	    id == NULL || *id == '\0' || strlen(id) > LIMIT_NAME || stanza_count(stanza, "result", NS_MAM) != 1) {
		log_debug("archive", "%s: a result that nobody asked for is ignored", account_name(account));
		return;
	}
	page->bytes += stanza_weight(stanza);
	if (page->results->len >= LIMIT_ARCHIVE_RESULTS || page->bytes > LIMIT_ARCHIVE_BYTES)
		page->over = true;
	if (page->over)
		return;
	result = g_new0(struct archive_result, 1);
	result->envelope = stanza_copy(stanza);
	child = stanza_child(result->envelope, "result", NS_MAM);
	result->id = stanza_get(child, "id");
	forwarded = stanza_count(child, "forwarded", NS_FORWARD) == 1 ? stanza_child(child, "forwarded", NS_FORWARD) :
	    NULL;
	if (forwarded != NULL && stanza_count(forwarded, "message", NS_CLIENT) == 1)
		result->message = stanza_child(forwarded, "message", NS_CLIENT);
	result->said_ms = stamp(account, forwarded);
	g_ptr_array_add(page->results, result);
}

const char *
archive_page_edge(const struct archive_page *page, bool last)
{
	if (page->results->len == 0)
		return NULL;
	return ((struct archive_result *)page->results->pdata[last ? page->results->len - 1 : 0])->id;
}

/* Whose it is, and which row it is a copy of as far as a glance tells. */
static void
glance(const struct archive_page *page, struct account *account, struct archive_result *result)
{
	struct store *store = account->core->store;
	const struct stanza *origin;
	g_autofree char *author = NULL;

	if (result->message != NULL && (page->room != NULL ?
	    !room_message_archived(page->room, result->message, &result->from, &result->chat, &author, &result->out) :
	    !message_archived_chat(account, result->message, &result->from, &result->chat, &result->out)))
		result->message = NULL;
	if (result->message == NULL)
		return;
	origin = stanza_child(result->message, "origin-id", NS_SID);
	result->known = message_known_place(store, account->id, result->chat, result->id, NULL, NULL, 0);
	result->by_id = result->known != 0;
	if (result->known == 0)
		result->known = message_known_place(store, account->id, result->chat, NULL,
		    author != NULL ? author : result->out ? account_jid(account) : result->chat,
		    stanza_get(origin != NULL ? origin : result->message, "id"), result->said_ms);
}

/*
 * What stands before the first run of a page that was reached from above: what is known below it is not in the page, so
 * it comes before.  Only within a second, which is what archives' times may lack: a row that no archive has proves
 * nothing.
 */
static int64_t
run_floor(const struct archive_page *page, const struct account *account, int64_t floor, int64_t ceil, int64_t wanted)
{
	int64_t before = message_previous_place(account->core->store, account->id,
	    page->room != NULL ? page->room->jid : NULL, ceil);

	return before > floor && before < wanted + 1000000 ? before : floor;
}

/* The places of all results, in runs of unknown ones between the known. */
static int64_t *
place(struct archive_page *page, struct account *account, struct archive_placing *p)
{
	int64_t *wanted = g_new0(int64_t, page->results->len + 1), floor = p->floor, ceil;
	size_t begin = 0, n = page->results->len;
	bool beyond = false;

	for (size_t i = 0; i < n; i++) {
		struct archive_result *result = page->results->pdata[i];

		glance(page, account, result);
		wanted[i] = result->said_ms * 1000;
		if (p->joins_ord != 0 && ((result->by_id && result->known <= p->joins_ord) ||
		    g_strcmp0(result->id, p->joins) == 0))
			p->joined = true;
		/* Behind rows that are later comes what a catch-up will place. */
		beyond |= p->by_time && p->ceil != 0 && result->known >= p->ceil;
		result->later = beyond && result->known == 0 && wanted[i] > p->ceil;
		if (result->known <= floor || (p->ceil != 0 && result->known >= p->ceil))
			continue;
		/*
		 * Ours stands where it was first sent, and may have been sent again: what comes before it may be later.
		 */
		if (result->out && page->room == NULL) {
			wanted[i] = MAX(wanted[i], result->known);
			continue;
		}
		if (p->down && begin == 0 && i > 0)
			floor = run_floor(page, account, floor, result->known, wanted[0]);
		order_between(floor, result->known, wanted + begin, i - begin);
		floor = wanted[i] = result->known;
		begin = i + 1;
	}
	ceil = p->ceil != 0 ? p->ceil : floor < p->behind ? p->behind :
	    message_next_place(account->core->store, account->id, page->room != NULL ? page->room->jid : NULL, floor);
	if (p->down && begin == 0 && n > 0)
		floor = run_floor(page, account, floor, ceil, wanted[0]);
	order_between(floor, ceil, wanted + begin, n - begin);
	return wanted;
}

bool
archive_page_store(struct archive_page *page, struct account *account, struct archive_placing *p)
{
	g_autofree int64_t *wanted = place(page, account, p);

	p->low = p->high = 0;
	p->stored = 0;
	for (guint i = 0; i < page->results->len; i++) {
		const struct archive_result *result = page->results->pdata[i];
		struct archived archived = {
			.room = page->room, .envelope = result->envelope, .message = result->message,
			    .from = result->from, .chat = result->chat,
			.out = result->out, .id = result->id, .said_ms = result->said_ms, .ord = wanted[i],
			.old = result->said_ms < p->made_ms, .renamed = p->renamed,
		};
		int64_t ord = 0;
		bool news = false;

		if (result->later)
			continue;
		if (result->message != NULL && !message_archived(account, &archived, &ord, &news))
			return false;
		p->stored += news;
		/* A row that is here may have a place elsewhere, and ours one that is too early. */
		if (ord > p->floor && (p->ceil == 0 || ord < p->ceil)) {
			if (result->known == 0 || !result->out || page->room != NULL)
				p->low = p->low != 0 ? MIN(p->low, ord) : ord;
			p->high = MAX(p->high, ord);
		}
	}
	return true;
}
