/* Arrival: order and de-duplication, hostile copies too.  States of what goes out.  Pages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "store/chats.h"
#include "store/db.h"
#include "store/search.h"
#include "tempstore.h"

static const int64_t NOW_US = 1795200000000000;

static struct tempstore t;

static int
setup(void **state)
{
	(void)state;
	clock_fake_start(NOW_US);
	tempstore_open(&t);
	return 0;
}

static int
teardown(void **state)
{
	GError *error = NULL;

	(void)state;
	if (!store_check(t.store, &error))
		fail_msg("%s", error->message);
	tempstore_clear(&t);
	clock_fake_stop();
	return 0;
}

static void
row_clear(struct message_row **row)
{
	message_row_free(*row);
	*row = NULL;
}
#define ROW __attribute__((cleanup(row_clear), unused)) struct message_row *
#define ROWS g_autoptr(GPtrArray)

/* The texts of a page, "a b c". */
static char *
texts(GPtrArray *rows)
{
	GString *all = g_string_new(NULL);

	for (guint i = 0; i < rows->len; i++)
		g_string_append_printf(all, "%s%s", i > 0 ? " " : "", ((struct message_row *)rows->pdata[i])->body);
	return g_string_free(all, FALSE);
}

static void
assert_page(enum page_place place, int64_t id, unsigned limit, const char *expected, bool expected_more)
{
	bool more = !expected_more;
	ROWS rows = message_page(t.store, t.chat, place, id, limit, &more);
	g_autofree char *got = texts(rows);

	assert_string_equal(got, expected);
	assert_int_equal(more, expected_more);
}

static void
test_order_is_arrival_whatever_the_clock_does(void **state)
{
	(void)state;
	ROW a = tempstore_hear(&t, "a");
	clock_fake_advance(1000);
	ROW b = tempstore_hear(&t, "b");
	clock_fake_start(NOW_US - 365 * G_TIME_SPAN_DAY);
	ROW c = tempstore_hear(&t, "c");

	assert_int_equal(a->ord, NOW_US);
	assert_int_equal(b->ord, NOW_US + 1000000);
	assert_int_equal(c->ord, b->ord + 256);
	assert_page(PAGE_END, 0, 10, "a b c", false);
	tempstore_commit(&t);
	tempstore_reopen(&t);
	ROW d = tempstore_hear(&t, "d");
	assert_int_equal(d->ord, c->ord + 256);
}

static void
test_server_clock_places_but_cannot_overflow(void **state)
{
	static const int64_t offsets[] = { 0, -5000000, 5000000, G_MAXINT64, G_MININT64 };
	struct message_arrival a = { .chat = t.chat, .author = TEMPSTORE_YOU, .body = "x" };
	enum message_fate fate;
	int64_t last = 0;

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(offsets); i++) {
		a.clock_offset_us = offsets[i];
		ROW row = tempstore_arrive(&t, &a, &fate);

		assert_true(row->ord > last);
		last = row->ord;
	}
	assert_true(last < 253402300800000000 + 1000000);
}

static void
test_claimed_time_is_shown_and_orders_nothing(void **state)
{
	struct message_arrival a = { .chat = t.chat, .author = TEMPSTORE_YOU, .said_ms = 1000, .via = VIA_OFFLINE,
	    .body = "old" };
	enum message_fate fate;

	(void)state;
	ROW first = tempstore_hear(&t, "first");
	ROW row = tempstore_arrive(&t, &a, &fate);
	assert_int_equal(row->said_ms, 1000);
	assert_true(row->ord > first->ord);
	assert_int_equal(row->via, VIA_OFFLINE);
}

/* One step of a story: who says what with which ids by which way, and what must become of it. */
struct step {
	const char	*author, *origin_id, *server_id, *body;
	bool		 out;
	enum message_via via;
	int64_t		 said_s;	/* after NOW */
	int		 known;		/* the step whose row it must be (from 1); 0: a new row */
	unsigned	 flags;
	const char	*has_server_id;
};

static void
tell(const struct step *steps, size_t n)
{
	int64_t ids[16];

	for (size_t i = 0; i < n; i++) {
		const struct step *s = &steps[i];
		struct message_arrival a = { .chat = t.chat, .author = s->author, .out = s->out, .counts = true,
		    .said_ms = NOW_US / 1000 + s->said_s * 1000, .via = s->via, .origin_id = s->origin_id,
		    .server_id = s->server_id, .body = s->body };
		enum message_fate fate;
		ROW row = tempstore_arrive(&t, &a, &fate);

		ids[i] = row->id;
		if (fate != (s->known != 0 ? MESSAGE_FATE_KNOWN : MESSAGE_FATE_NEW) ||
		    (s->known != 0 && row->id != ids[s->known - 1]) || row->flags != s->flags ||
		    g_strcmp0(row->server_id, s->has_server_id) != 0)
			fail_msg("step %zu: fate %d, row %ld, flags %u, server_id %s", i + 1, fate, (long)row->id,
			    row->flags, row->server_id);
	}
}
#define TELL(...) \
	do { \
		static const struct step steps[] = { __VA_ARGS__ }; \
		tell(steps, G_N_ELEMENTS(steps)); \
	} while (0)

#define YOU	TEMPSTORE_YOU
#define ME	TEMPSTORE_ME
#define NEWS	MESSAGE_UNREAD

static void
test_copy_by_server_id(void **state)
{
	(void)state;
	TELL({ YOU, "o", "s", "hi", .flags = NEWS, .has_server_id = "s" },
	    { YOU, "o", "s", "hi", .known = 1, .flags = NEWS, .has_server_id = "s" },
	    { YOU, NULL, "s", "hi", .via = VIA_ARCHIVE, .known = 1, .flags = NEWS, .has_server_id = "s" });
}

static void
test_copy_by_origin_id_learns_server_id_once(void **state)
{
	(void)state;
	TELL({ YOU, "o", NULL, "hi", .flags = NEWS },
	    { YOU, "o", "s1", "hi", .via = VIA_ARCHIVE, .known = 1, .flags = NEWS, .has_server_id = "s1" },
	    /* the same sender uses the id again: another message */
	    { YOU, "o", "s2", "hi", .flags = NEWS, .has_server_id = "s2" });
}

static void
test_disputed_server_id_hides_nothing_and_makes_no_endless_rows(void **state)
{
	(void)state;
	TELL({ YOU, "o1", "s", "pay me", .flags = NEWS, .has_server_id = "s" },
	    { YOU, "o2", "s", "do not pay", .via = VIA_ARCHIVE, .flags = NEWS | MESSAGE_DISPUTED },
	    { YOU, "o2", "s", "do not pay", .via = VIA_ARCHIVE, .known = 2, .flags = NEWS | MESSAGE_DISPUTED },
	    /* it never learns an id, not even another one */
	    { YOU, "o2", "s9", "do not pay", .via = VIA_ARCHIVE, .known = 2, .flags = NEWS | MESSAGE_DISPUTED },
	    { "eve@example.net", "o1", "s", "pay me", .flags = NEWS | MESSAGE_DISPUTED });
}

static void
test_disputed_without_origin_id_is_one_row_also_when_repeated(void **state)
{
	(void)state;
	TELL({ YOU, "o1", "s", "a", .flags = NEWS, .has_server_id = "s" },
	    { YOU, NULL, "s", "b", .via = VIA_ARCHIVE, .flags = NEWS | MESSAGE_DISPUTED },
	    { YOU, NULL, "s", "b", .via = VIA_ARCHIVE, .known = 2, .flags = NEWS | MESSAGE_DISPUTED });
}

static void
test_forged_origin_id_of_another_author_or_text(void **state)
{
	(void)state;
	TELL({ YOU, "o", NULL, "hi", .flags = NEWS },
	    { "eve@example.net", "o", NULL, "hi", .flags = NEWS },
	    { YOU, "o", NULL, "hello", .flags = NEWS },
	    { YOU, "o", "s", "hi", .known = 1, .flags = NEWS, .has_server_id = "s" });
}

static void
test_without_ids_each_row_is_claimed_once(void **state)
{
	(void)state;
	TELL({ YOU, NULL, NULL, "yes", .flags = NEWS },
	    { YOU, NULL, NULL, "yes", .said_s = 5, .flags = NEWS },	/* said twice */
	    { YOU, NULL, "s1", "yes", .via = VIA_ARCHIVE, .known = 1, .flags = NEWS, .has_server_id = "s1" },
	    { YOU, NULL, "s2", "yes", .via = VIA_ARCHIVE, .said_s = 5, .known = 2, .flags = NEWS,
	    .has_server_id = "s2" },
	    { YOU, NULL, "s3", "yes", .via = VIA_ARCHIVE, .said_s = 6, .flags = NEWS, .has_server_id = "s3" },
	    { YOU, NULL, NULL, "no", .flags = NEWS },
	    { YOU, NULL, "s4", "no", .via = VIA_ARCHIVE, .said_s = 61, .flags = NEWS, .has_server_id = "s4" },
	    { YOU, NULL, "s5", "no", .via = VIA_LIVE, .flags = NEWS, .has_server_id = "s5" });
}

static void
test_ids_that_cannot_be_used(void **state)
{
	g_autofree char *huge = g_strnfill(LIMIT_NAME + 1, 'x');
	struct message_arrival a = { .chat = t.chat, .author = YOU, .origin_id = huge, .server_id = huge, .body = "a" };
	enum message_fate fate;

	(void)state;
	ROW one = tempstore_arrive(&t, &a, &fate);
	assert_null(one->origin_id);
	assert_null(one->server_id);
	a.origin_id = a.server_id = "";
	ROW two = tempstore_arrive(&t, &a, &fate);
	assert_int_equal(fate, MESSAGE_FATE_NEW);
	assert_null(two->origin_id);
}

static void
test_edited_row_is_known_by_id_and_author(void **state)
{
	struct message_arrival a = { .chat = t.chat, .author = YOU, .server_id = "s", .body = "before" };
	enum message_fate fate;

	(void)state;
	ROW one = tempstore_arrive(&t, &a, &fate);
	tempstore_begin(&t);
	assert_true(search_remove(t.store, one->ord, "before", NULL));
	assert_true(search_add(t.store, one->ord, "after", NULL));
	assert_true(db_change(t.store, NULL, "UPDATE message SET body = 'after', flags = flags | 8", ""));
	tempstore_end(&t);
	ROW same = tempstore_arrive(&t, &a, &fate);
	assert_int_equal(fate, MESSAGE_FATE_KNOWN);
	assert_int_equal(one->id, same->id);
	assert_int_equal(one->rev, same->rev);			/* nothing learnt: no news */
	a.author = "eve@example.net";
	ROW other = tempstore_arrive(&t, &a, &fate);
	assert_int_equal(fate, MESSAGE_FATE_NEW);
	assert_int_equal(other->flags & MESSAGE_DISPUTED, MESSAGE_DISPUTED);
}

static void
test_no_body_equals_no_body(void **state)
{
	struct message_arrival a = { .chat = t.chat, .author = YOU, .server_id = "s", .body = NULL };
	enum message_fate fate;

	(void)state;
	ROW one = tempstore_arrive(&t, &a, &fate);
	ROW same = tempstore_arrive(&t, &a, &fate);
	assert_int_equal(fate, MESSAGE_FATE_KNOWN);
	assert_int_equal(one->id, same->id);
	assert_null(same->body);
}

static void
test_flood_with_one_id_stays_quick_and_loses_nothing(void **state)
{
	struct message_arrival a = { .chat = t.chat, .author = YOU, .origin_id = "same" };
	enum message_fate fate;
	bool more;

	(void)state;
	for (int i = 0; i < 300; i++) {
		g_autofree char *body = g_strdup_printf("%d", i);

		a.body = body;
		ROW row = tempstore_arrive(&t, &a, &fate);
		assert_int_equal(fate, MESSAGE_FATE_NEW);
	}
	ROWS rows = message_page(t.store, t.chat, PAGE_END, 0, 1000, &more);
	assert_int_equal(rows->len, 300);
}

static void
test_own_message_from_another_device(void **state)
{
	(void)state;
	TELL({ ME, "c", NULL, "from my phone", .out = true, .via = VIA_CARBON, .flags = MESSAGE_OUT },
	    { ME, "c", "s", "from my phone", .out = true, .via = VIA_ARCHIVE, .known = 1, .flags = MESSAGE_OUT,
	    .has_server_id = "s" },
	    /* the archive kept it twice, or a copy comes without its id: still one */
	    { ME, "c", "s2", "from my phone", .out = true, .via = VIA_ARCHIVE, .known = 1, .flags = MESSAGE_OUT,
	    .has_server_id = "s" },
	    { ME, "c", NULL, "from my phone", .out = true, .via = VIA_CARBON, .known = 1, .flags = MESSAGE_OUT,
	    .has_server_id = "s" });
	ROW row = message_nth_last(t.store, t.chat, 1);
	assert_int_equal(row->state, MESSAGE_STORED);
}

static struct message_row *
mark_sent(int64_t id, int64_t number)
{
	GError *error = NULL;

	tempstore_begin(&t);
	struct message_row *row = message_mark_sent(t.store, id, number, 0, "<message/>", &error);
	assert_null(error);
	tempstore_end(&t);
	return row;
}

static struct message_row *
advance(int64_t id, enum message_state to, const char *reason)
{
	GError *error = NULL;

	tempstore_begin(&t);
	struct message_row *row = message_advance(t.store, id, to, reason, &error);
	assert_null(error);
	tempstore_end(&t);
	return row;
}

static struct message_row *
requeue(int64_t id)
{
	GError *error = NULL;

	tempstore_begin(&t);
	struct message_row *row = message_requeue(t.store, id, &error);
	assert_null(error);
	tempstore_end(&t);
	return row;
}

static void
test_chat_with_oneself_is_one_row(void **state)
{
	struct message_arrival a = { .author = ME, .resource = "here", .counts = true, .via = VIA_LIVE,
	    .origin_id = "self", .server_id = "s", .body = "note" };
	enum message_fate fate;
	GError *error = NULL;
	bool more;

	(void)state;
	tempstore_begin(&t);
	a.chat = chat_find(t.store, t.account, ME, CHAT_PERSON, true, &error);
	ROW out = message_queue(t.store, a.chat, ME, NULL, "self", "note", ENCRYPTION_NONE, &error);
	assert_non_null(out);
	tempstore_end(&t);
	ROW sent = mark_sent(out->id, 1);
	ROW back = tempstore_arrive(&t, &a, &fate);
	assert_int_equal(fate, MESSAGE_FATE_KNOWN);
	assert_int_equal(back->id, out->id);
	assert_int_equal(back->state, MESSAGE_DELIVERED);
	assert_int_equal(back->flags, MESSAGE_OUT);
	assert_int_equal(back->ord, sent->ord);
	assert_int_equal(back->sent_number, -1);
	assert_string_equal(back->server_id, "s");
	/* the archive has it a second time, as received */
	a.via = VIA_ARCHIVE;
	a.server_id = "s2";
	ROW again = tempstore_arrive(&t, &a, &fate);
	assert_int_equal(again->id, out->id);
	assert_int_equal(again->rev, back->rev);
	/* what another device of ours sends to us has no row: it is ours, delivered, and never unread */
	a.origin_id = a.server_id = "phone";
	ROW phone = tempstore_arrive(&t, &a, &fate);
	assert_int_equal(fate, MESSAGE_FATE_NEW);
	assert_int_equal(phone->flags, MESSAGE_OUT);
	assert_int_equal(phone->state, MESSAGE_DELIVERED);
	ROWS rows = message_page(t.store, a.chat, PAGE_END, 0, 10, &more);
	assert_int_equal(rows->len, 2);
}

static void
test_somebody_else_cannot_move_our_state(void **state)
{
	struct message_arrival a = { .chat = t.chat, .author = YOU, .origin_id = "mine", .body = "hello" };
	enum message_fate fate;

	(void)state;
	ROW out = tempstore_say(&t, "mine", "hello");
	ROW sent = mark_sent(out->id, 1);
	ROW other = tempstore_arrive(&t, &a, &fate);
	assert_int_equal(fate, MESSAGE_FATE_NEW);
	ROW now = message_load(t.store, out->id);
	assert_int_equal(now->state, MESSAGE_SENT);
	ROW found = message_find_out(t.store, t.chat, "mine");
	assert_int_equal(found->id, out->id);
	assert_true(other->id != out->id);
}

static void
test_outgoing_gets_its_place_when_sent(void **state)
{
	(void)state;
	ROW out = tempstore_say(&t, "o1", "mine");
	assert_int_equal(out->ord, 0);
	assert_int_equal(out->state, MESSAGE_QUEUED);
	assert_int_equal(out->sent_number, -1);
	clock_fake_advance(60000);
	ROW in = tempstore_hear(&t, "theirs");
	assert_page(PAGE_END, 0, 10, "theirs mine", false);
	clock_fake_advance(1000);
	ROW sent = mark_sent(out->id, 7);
	assert_int_equal(sent->said_ms, NOW_US / 1000 + 61000);
	assert_true(sent->ord > in->ord);
	assert_int_equal(sent->sent_number, 7);
	assert_true(sent->rev > out->rev);
	ROW in2 = tempstore_hear(&t, "later");
	assert_page(PAGE_END, 0, 10, "theirs mine later", false);
	assert_null(mark_sent(out->id, 8));		/* it is not queued */
	/* again from the queue: same place, same time */
	ROW queued = requeue(out->id);
	assert_int_equal(queued->sent_number, -1);
	clock_fake_advance(1000);
	ROW resent = mark_sent(out->id, 9);
	assert_int_equal(resent->ord, sent->ord);
	assert_int_equal(resent->said_ms, sent->said_ms);
	assert_string_equal(resent->origin_id, "o1");
}

static void
test_given_up_before_sent_gets_a_place(void **state)
{
	(void)state;
	ROW out = tempstore_say(&t, "o1", "never");
	ROW failed = advance(out->id, MESSAGE_FAILED, "no key");
	assert_true(failed->ord > 0);
	assert_string_equal(failed->reason, "no key");
	ROW in = tempstore_hear(&t, "theirs");
	assert_page(PAGE_END, 0, 10, "never theirs", false);
}

static void
test_states_only_go_forward(void **state)
{
	static const enum message_state all[] = { MESSAGE_HELD, MESSAGE_QUEUED, MESSAGE_SENT, MESSAGE_UNKNOWN,
	    MESSAGE_STORED, MESSAGE_DELIVERED, MESSAGE_DISPLAYED, MESSAGE_FAILED, MESSAGE_CANCELLED, MESSAGE_RECEIVED };
	static const char *const may[] = {
		"queued failed cancelled ", "sent stored delivered displayed failed cancelled ",
		"unknown stored delivered displayed failed ", "stored delivered displayed failed cancelled ",
		"delivered displayed failed ", "displayed ", "", "delivered displayed cancelled ", "", "" };

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
		g_autoptr(GString) got = g_string_new(NULL);

		for (size_t j = 0; j < G_N_ELEMENTS(all); j++)
			if (message_may_follow(all[i], all[j]))
				g_string_append_printf(got, "%s ", message_state_name(all[j]));
		assert_string_equal(got->str, may[i]);
	}
	assert_false(message_may_follow((enum message_state)77, MESSAGE_SENT));
	ROW out = tempstore_say(&t, "o", "x");
	ROW sent = mark_sent(out->id, 1);
	ROW delivered = advance(out->id, MESSAGE_DELIVERED, NULL);
	assert_int_equal(delivered->sent_number, -1);
	assert_null(advance(out->id, MESSAGE_STORED, NULL));
	assert_null(advance(out->id, MESSAGE_DELIVERED, NULL));
	assert_null(advance(out->id + 1, MESSAGE_DELIVERED, NULL));
	assert_null(requeue(out->id));
	ROW now = message_load(t.store, out->id);
	assert_int_equal(now->rev, delivered->rev);
}

static void
test_what_is_acknowledged(void **state)
{
	(void)state;
	ROW a = tempstore_say(&t, "a", "a");
	ROW b = tempstore_say(&t, "b", "b");
	ROW c = tempstore_say(&t, "c", "c");
	ROW d = tempstore_say(&t, "d", "d");
	ROW as = mark_sent(a->id, 1);
	ROW bs = mark_sent(b->id, 2);
	ROW cs = mark_sent(c->id, 3);
	ROWS up = message_sent_up_to(t.store, t.account, 2);
	g_autofree char *names = texts(up);
	assert_string_equal(names, "a b");
	/* the session is over: what has no answer is unknown, and its number means nothing to the next session */
	ROW unknown = advance(a->id, MESSAGE_UNKNOWN, "connection lost");
	assert_int_equal(unknown->sent_number, -1);
	ROWS left = message_sent_up_to(t.store, t.account, 99);
	g_autofree char *left_names = texts(left);
	assert_string_equal(left_names, "b c");
	ROWS queued = message_in_state(t.store, t.account, MESSAGE_QUEUED);
	assert_int_equal(queued->len, 1);
	ROWS unknowns = message_in_state(t.store, t.account, MESSAGE_UNKNOWN);
	assert_int_equal(unknowns->len, 1);
	ROWS others = message_in_state(t.store, t.account + 1, MESSAGE_QUEUED);
	assert_int_equal(others->len, 0);
	/* found in the archive */
	struct message_arrival copy = { .chat = t.chat, .author = ME, .out = true, .via = VIA_ARCHIVE, .origin_id = "a",
	    .server_id = "s", .body = "a" };
	enum message_fate fate;
	ROW found = tempstore_arrive(&t, &copy, &fate);
	assert_int_equal(found->id, a->id);
	assert_int_equal(found->state, MESSAGE_STORED);
	assert_null(found->reason);
	ROWS stored = message_in_state(t.store, t.account, MESSAGE_STORED);
	assert_int_equal(stored->len, 1);
}

static void
test_pages(void **state)
{
	int64_t ids[9];

	(void)state;
	for (int i = 0; i < 7; i++) {
		char body[2] = { (char)('a' + i), '\0' };
		ROW row = tempstore_hear(&t, body);

		ids[i] = row->id;
	}
	ROW x = tempstore_say(&t, "x", "X");
	ROW y = tempstore_say(&t, "y", "Y");
	ids[7] = x->id;
	ids[8] = y->id;
	assert_page(PAGE_END, 0, 3, "g X Y", true);
	assert_page(PAGE_END, 0, 1, "Y", true);
	assert_page(PAGE_END, 0, 9, "a b c d e f g X Y", false);
	assert_page(PAGE_END, 0, 0, "", true);
	assert_page(PAGE_BEFORE, ids[8], 3, "f g X", true);
	assert_page(PAGE_BEFORE, ids[7], 3, "e f g", true);
	assert_page(PAGE_BEFORE, ids[3], 3, "a b c", false);
	assert_page(PAGE_BEFORE, ids[0], 3, "", false);
	assert_page(PAGE_AFTER, ids[3], 3, "e f g", true);
	assert_page(PAGE_AFTER, ids[5], 3, "g X Y", false);
	assert_page(PAGE_AFTER, ids[7], 3, "Y", false);
	assert_page(PAGE_AFTER, ids[8], 3, "", false);
	assert_page(PAGE_AROUND, ids[3], 3, "c d e", true);
	assert_page(PAGE_AROUND, ids[0], 4, "a b c d", true);
	assert_page(PAGE_AROUND, ids[8], 4, "f g X Y", true);
	assert_page(PAGE_AROUND, ids[4], 9, "a b c d e f g X Y", false);
	assert_page(PAGE_AROUND, ids[4], 100, "a b c d e f g X Y", false);
	assert_page(PAGE_AROUND, ids[4], 1, "e", true);
	assert_page(PAGE_BEFORE, 12345, 3, "", false);
	assert_page(PAGE_BEFORE, ids[3], 4000000000u, "a b c", false);

	for (unsigned n = 1; n <= 9; n++) {
		ROW row = message_nth_last(t.store, t.chat, n);
		assert_int_equal(row->id, ids[9 - n]);
	}
	assert_null(message_nth_last(t.store, t.chat, 0));
	assert_null(message_nth_last(t.store, t.chat, 10));
	assert_null(message_nth_last(t.store, t.chat, 4000000000u));
}

static void
test_page_of_another_chat_is_empty(void **state)
{
	GError *error = NULL;
	bool more;

	(void)state;
	ROW row = tempstore_hear(&t, "a");
	tempstore_begin(&t);
	int64_t other = chat_find(t.store, t.account, "other@example.net", CHAT_PERSON, true, &error);
	tempstore_end(&t);
	ROWS rows = message_page(t.store, other, PAGE_BEFORE, row->id, 10, &more);
	assert_int_equal(rows->len, 0);
}

static void
test_changed_since(void **state)
{
	bool more;

	(void)state;
	ROW a = tempstore_hear(&t, "a");
	ROW b = tempstore_say(&t, "b", "b");
	int64_t rev = store_rev(t.store);
	ROWS none = message_changed_since(t.store, rev, 10, &more);
	assert_int_equal(none->len, 0);
	ROW sent = mark_sent(b->id, 1);
	ROW c = tempstore_hear(&t, "c");
	ROWS some = message_changed_since(t.store, rev, 10, &more);
	g_autofree char *names = texts(some);
	assert_string_equal(names, "b c");
	assert_false(more);
	ROWS first = message_changed_since(t.store, 0, 1, &more);
	assert_int_equal(first->len, 1);
	assert_true(more);
}

static void
test_by_stanza_id(void **state)
{
	struct message_arrival a = { .chat = t.chat, .author = YOU, .origin_id = "o", .server_id = "s", .body = "1" };
	GError *error = NULL;
	enum message_fate fate;
	bool several;

	(void)state;
	ROW one = tempstore_arrive(&t, &a, &fate);
	ROW by_origin = message_by_stanza_id(t.store, t.chat, "o", &several);
	assert_int_equal(by_origin->id, one->id);
	ROW anywhere = message_by_stanza_id(t.store, 0, "s", &several);
	assert_int_equal(anywhere->id, one->id);
	assert_false(several);
	assert_null(message_by_stanza_id(t.store, t.chat, "none", &several));
	assert_false(several);
	tempstore_begin(&t);
	int64_t other = chat_find(t.store, t.account, "other@example.net", CHAT_PERSON, true, &error);
	tempstore_end(&t);
	a.chat = other;
	ROW two = tempstore_arrive(&t, &a, &fate);
	assert_null(message_by_stanza_id(t.store, 0, "o", &several));
	assert_true(several);
	ROW there = message_by_stanza_id(t.store, other, "o", &several);
	assert_int_equal(there->id, two->id);
}

static void
test_raw_is_kept_and_forgotten(void **state)
{
	static const char xml[] =
	    "<message xmlns='jabber:client' to='me@example.net/x' from='you@example.net/y' type='chat' id='1f0c'><body>h\xc3\xa9</body><active xmlns='http://jabber.org/protocol/chatstates'/>"
	    "<request xmlns='urn:xmpp:receipts'/></message>";
	g_autofree char *big = g_strnfill(LIMIT_STANZA, 'a');
	g_autofree char *got = NULL, *got_big = NULL;
	struct message_arrival a = { .chat = t.chat, .author = YOU, .body = "h", .raw = xml };
	enum message_fate fate;
	GError *error = NULL;
	bool left;

	(void)state;
	ROW one = tempstore_arrive(&t, &a, &fate);
	got = message_raw(t.store, one->id);
	assert_string_equal(got, xml);
	clock_fake_advance(1000);
	a.raw = big;
	ROW two = tempstore_arrive(&t, &a, &fate);
	got_big = message_raw(t.store, two->id);
	assert_string_equal(got_big, big);
	assert_null(message_raw(t.store, two->id + 1));

	tempstore_begin(&t);
	assert_true(message_forget_raw(t.store, NOW_US / 1000 + 2000, 1, &left, &error));
	assert_true(left);
	assert_null(message_raw(t.store, one->id));
	assert_true(message_forget_raw(t.store, NOW_US / 1000 + 1000, 10, &left, &error));
	assert_false(left);
	g_autofree char *still = message_raw(t.store, two->id);
	assert_non_null(still);
	tempstore_end(&t);
}

/* What was damaged on the disk is not shown, or is text; and nothing worse. */
static void
test_raw_that_is_damaged(void **state)
{
	static const char xml[] = "<message xmlns='jabber:client'><body>h\xc3\xa9 h\xc3\xa9 h\xc3\xa9</body></message>";
	struct message_arrival a = { .chat = t.chat, .author = YOU, .body = "h", .raw = xml };
	enum message_fate fate;
	sqlite3_stmt *stmt;
	int shown = 0;

	(void)state;
	ROW one = tempstore_arrive(&t, &a, &fate);
	stmt = db_ask(t.store, "SELECT xml FROM raw WHERE message = ?1", "i", one->id);
	assert_true(db_row(t.store, stmt, NULL));
	g_autoptr(GByteArray) good = g_byte_array_new();
	g_byte_array_append(good, sqlite3_column_blob(stmt, 0), (guint)sqlite3_column_bytes(stmt, 0));
	db_done(stmt);
	for (guint i = 0; i <= good->len; i++) {
		for (unsigned to = 0; to < (i < good->len ? 256 : 1); to++) {
			guint8 was = i < good->len ? good->data[i] : 0;

			if (i < good->len)
				good->data[i] = (guint8)to;
			tempstore_begin(&t);
			/* Each length too, once. */
			assert_true(db_change(t.store, NULL, "UPDATE raw SET xml = ?2 WHERE message = ?1", "ib",
			    one->id, good->data, (size_t)(to == 0 ? i : good->len)));
			tempstore_end(&t);
			g_autofree char *got = message_raw(t.store, one->id);
			shown += got != NULL;
			assert_true(got == NULL || (g_utf8_validate(got, -1, NULL) && strlen(got) <= 4 * LIMIT_STANZA));
			if (i < good->len)
				good->data[i] = was;
		}
	}
	assert_in_range(shown, good->len, 255 * good->len);	/* each byte was once what it was */
}

static void
test_raw_of_what_is_sent_again(void **state)
{
	(void)state;
	tempstore_begin(&t);
	ROW one = message_queue(t.store, t.chat, ME, NULL, "again", "h", ENCRYPTION_NONE, NULL);
	ROW first = message_mark_sent(t.store, one->id, 1, 0, "<message id='1'/>", NULL);
	assert_non_null(first);
	ROW back = message_requeue(t.store, one->id, NULL);
	assert_non_null(back);
	ROW second = message_mark_sent(t.store, one->id, 2, 0, "<message id='2'/>", NULL);
	assert_non_null(second);
	tempstore_end(&t);
	g_autofree char *raw = message_raw(t.store, one->id);
	assert_string_equal(raw, "<message id='2'/>");
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_order_is_arrival_whatever_the_clock_does),
		TEST(test_server_clock_places_but_cannot_overflow),
		TEST(test_claimed_time_is_shown_and_orders_nothing),
		TEST(test_copy_by_server_id),
		TEST(test_copy_by_origin_id_learns_server_id_once),
		TEST(test_disputed_server_id_hides_nothing_and_makes_no_endless_rows),
		TEST(test_disputed_without_origin_id_is_one_row_also_when_repeated),
		TEST(test_forged_origin_id_of_another_author_or_text),
		TEST(test_without_ids_each_row_is_claimed_once),
		TEST(test_ids_that_cannot_be_used),
		TEST(test_edited_row_is_known_by_id_and_author),
		TEST(test_no_body_equals_no_body),
		TEST(test_flood_with_one_id_stays_quick_and_loses_nothing),
		TEST(test_own_message_from_another_device),
		TEST(test_chat_with_oneself_is_one_row),
		TEST(test_somebody_else_cannot_move_our_state),
		TEST(test_outgoing_gets_its_place_when_sent),
		TEST(test_given_up_before_sent_gets_a_place),
		TEST(test_states_only_go_forward),
		TEST(test_what_is_acknowledged),
		TEST(test_pages),
		TEST(test_page_of_another_chat_is_empty),
		TEST(test_changed_since),
		TEST(test_by_stanza_id),
		TEST(test_raw_is_kept_and_forgotten),
		TEST(test_raw_that_is_damaged),
		TEST(test_raw_of_what_is_sent_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
