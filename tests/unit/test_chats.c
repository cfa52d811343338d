/* Chats, and the small tables: streams, requests, texts. */
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
#include "store/requests.h"
#include "store/streams.h"
#include "tempstore.h"

static struct tempstore t;

static int
setup(void **state)
{
	(void)state;
	clock_fake_start(1795200000000000);
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
row_clear(struct chat_row **row)
{
	chat_row_free(*row);
}
#define CHAT __attribute__((cleanup(row_clear), unused)) struct chat_row *

static int64_t
make(const char *jid)
{
	GError *error = NULL;

	tempstore_begin(&t);
	int64_t id = chat_find(t.store, t.account, jid, CHAT_PERSON, true, &error);
	assert_null(error);
	tempstore_end(&t);
	return id;
}

static void
set_open(int64_t id, bool open)
{
	tempstore_begin(&t);
	assert_true(chat_set_open(t.store, id, open, NULL));
	tempstore_end(&t);
}

static void
set_read(int64_t id, int64_t ord)
{
	tempstore_begin(&t);
	assert_true(chat_set_read(t.store, id, ord, NULL));
	tempstore_end(&t);
}

static void
hear(int64_t chat, const char *body, bool counts)
{
	struct message_arrival a = { .chat = chat, .author = "x@example.net", .counts = counts, .body = body };
	enum message_fate fate;

	message_row_free(tempstore_arrive(&t, &a, &fate));
}

static void
test_find_and_make(void **state)
{
	(void)state;
	assert_int_equal(chat_find(t.store, t.account, "new@example.net", CHAT_PERSON, false, NULL), 0);
	int64_t id = make("new@example.net");
	assert_true(id > 0);
	assert_int_equal(make("new@example.net"), id);
	assert_int_equal(chat_find(t.store, t.account, "new@example.net", CHAT_ROOM, true, NULL), id);
	assert_int_equal(chat_find(t.store, t.account + 1, "new@example.net", CHAT_PERSON, false, NULL), 0);
	CHAT chat = chat_load(t.store, id);
	assert_string_equal(chat->jid, "new@example.net");
	assert_int_equal(chat->kind, CHAT_PERSON);
	assert_false(chat->open);
	assert_int_equal(chat->number, 0);
	assert_int_equal(chat->last, 0);
	assert_string_equal(chat->draft, "");
	assert_true(chat->rev > 0);
	assert_null(chat_load(t.store, 999));
}

static void
test_chat_of_no_account_is_an_error(void **state)
{
	GError *error = NULL;

	(void)state;
	tempstore_begin(&t);
	assert_int_equal(chat_find(t.store, 999, "a@example.net", CHAT_PERSON, true, &error), 0);
	assert_non_null(error);
	g_clear_error(&error);
	/* what failed in a savepoint cannot be kept by mistake */
	assert_false(store_end(t.store, true, &error));
	assert_non_null(error);
	g_clear_error(&error);
	assert_false(store_dirty(t.store));
}

static void
test_numbers_are_lowest_free_and_stay(void **state)
{
	static const char *const jids[] = { "a@x", "b@x", "c@x", "d@x" };
	int64_t id[4];

	(void)state;
	for (int i = 0; i < 4; i++) {
		id[i] = make(jids[i]);
		set_open(id[i], true);
		CHAT chat = chat_load(t.store, id[i]);
		assert_int_equal(chat->number, 2 + i);
	}
	set_open(id[1], false);
	CHAT c = chat_load(t.store, id[2]);
	assert_int_equal(c->number, 4);
	int64_t rev = store_rev(t.store);
	set_open(id[2], true);				/* it is: nothing changes */
	assert_int_equal(store_rev(t.store), rev);
	int64_t e = make("e@x");
	set_open(e, true);
	CHAT five = chat_load(t.store, e);
	assert_int_equal(five->number, 3);
	set_open(id[0], false);
	set_open(id[1], true);
	CHAT b = chat_load(t.store, id[1]);
	assert_int_equal(b->number, 2);
	tempstore_commit(&t);
	tempstore_reopen(&t);
	CHAT again = chat_load(t.store, id[3]);
	assert_int_equal(again->number, 5);
	assert_true(again->open);
}

static void
test_list_is_open_or_with_messages(void **state)
{
	g_autoptr(GString) got = g_string_new(NULL);

	(void)state;
	int64_t a = make("a@x"), b = make("b@x"), c = make("c@x"), d = make("d@x"), e = make("e@x");
	hear(a, "old", true);
	hear(b, "new", true);
	set_open(c, true);
	set_open(d, true);
	(void)e;
	g_autoptr(GPtrArray) rows = chat_list(t.store, 0);
	for (guint i = 0; i < rows->len; i++)
		g_string_append_printf(got, "%s ", ((struct chat_row *)rows->pdata[i])->jid);
	assert_string_equal(got->str, "c@x d@x b@x a@x ");
	g_autoptr(GPtrArray) none = chat_list(t.store, t.account + 1);
	assert_int_equal(none->len, 0);
	/* what only waits to be sent counts too */
	message_row_free(tempstore_say(&t, "o", "x"));
	g_autoptr(GPtrArray) more = chat_list(t.store, t.account);
	assert_int_equal(more->len, 5);
}

static void
test_unread_and_read(void **state)
{
	(void)state;
	int64_t a = make("a@x"), b = make("b@x");
	for (int i = 0; i < 3; i++)
		hear(a, "x", true);
	hear(a, "quiet", false);
	CHAT one = chat_load(t.store, a);
	assert_int_equal(one->unread, 3);
	assert_int_equal(one->mentions, 0);
	assert_true(one->last > 0);
	set_read(a, one->last);
	CHAT read = chat_load(t.store, a);
	assert_int_equal(read->unread, 0);
	assert_int_equal(read->read, one->last);
	assert_true(read->rev > one->rev);
	set_read(a, one->last - 1);			/* only grows */
	CHAT still = chat_load(t.store, a);
	assert_int_equal(still->read, one->last);
	assert_int_equal(still->rev, read->rev);
	set_read(999, 5);				/* no such chat: nothing */
	for (int i = 0; i < 130; i++)
		hear(b, "x", true);
	CHAT many = chat_load(t.store, b);
	assert_int_equal(many->unread, 100);
	tempstore_begin(&t);
	assert_true(db_change(t.store, NULL, "UPDATE message SET flags = flags | 4 WHERE chat = ?1 AND id > 120", "i",
	    b));
	tempstore_end(&t);
	CHAT told = chat_load(t.store, b);
	assert_int_equal(told->mentions, 14);		/* also those beyond the hundredth */
}

static int
failed(int64_t chat)
{
	CHAT row = chat_load(t.store, chat);

	return row->failed;
}

/* What moves a message into failing or out of it says that its chat counts anew. */
static void
test_failed(void **state)
{
	int64_t a = make("a@x"), b = make("b@x"), ids[120];
	struct message_row *row;

	(void)state;
	tempstore_begin(&t);
	for (int i = 0; i < 120; i++) {
		row = message_queue(t.store, i == 0 ? b : a, "me@x", NULL, NULL, "x", ENCRYPTION_NONE, NULL);
		assert_false(row->recount);
		ids[i] = row->id;
		message_row_free(row);
		row = message_advance(t.store, ids[i], MESSAGE_FAILED, "no", NULL);
		assert_true(row->recount);
		message_row_free(row);
	}
	tempstore_end(&t);
	assert_int_equal(failed(a), 100);		/* and no more are counted */
	assert_int_equal(failed(b), 1);
	tempstore_begin(&t);
	row = message_requeue(t.store, ids[0], NULL);
	assert_true(row->recount);
	message_row_free(row);
	row = message_advance(t.store, ids[1], MESSAGE_CANCELLED, NULL, NULL);
	assert_true(row->recount);
	message_row_free(row);
	tempstore_end(&t);
	assert_int_equal(failed(b), 0);
	assert_int_equal(failed(a), 100);
}

static void
test_notify(void **state)
{
	(void)state;
	int64_t rev = store_rev(t.store);
	tempstore_begin(&t);
	assert_true(chat_set_notify(t.store, t.chat, 1 + NOTIFY_NONE, NULL));
	assert_int_equal(store_rev(t.store), rev + 1);
	/* No change is no new revision. */
	assert_true(chat_set_notify(t.store, t.chat, 1 + NOTIFY_NONE, NULL));
	assert_int_equal(store_rev(t.store), rev + 1);
	tempstore_end(&t);
	tempstore_commit(&t);
	tempstore_reopen(&t);
	CHAT chat = chat_load(t.store, t.chat);
	assert_int_equal(chat->notify, 1 + NOTIFY_NONE);
}

static void
test_draft_and_touch(void **state)
{
	(void)state;
	int64_t rev = store_rev(t.store);
	tempstore_begin(&t);
	assert_true(chat_set_draft(t.store, t.chat, "half a sent", NULL));
	assert_int_equal(store_rev(t.store), rev + 1);
	assert_true(chat_set_draft(t.store, t.chat, "half a sent", NULL));
	assert_int_equal(store_rev(t.store), rev + 1);
	tempstore_end(&t);
	tempstore_commit(&t);
	tempstore_reopen(&t);
	CHAT chat = chat_load(t.store, t.chat);
	assert_string_equal(chat->draft, "half a sent");
	assert_int_equal(chat->notify, 0);
	g_autoptr(GPtrArray) before = chat_changed_since(t.store, chat->rev);
	assert_int_equal(before->len, 0);
	tempstore_begin(&t);
	assert_true(chat_touch(t.store, t.chat, NULL));
	tempstore_end(&t);
	g_autoptr(GPtrArray) after = chat_changed_since(t.store, chat->rev);
	assert_int_equal(after->len, 1);
}

static void
test_stream_row(void **state)
{
	struct stream_row row = { (char *)(uintptr_t)"id", NULL, 0xffffffff, 7, 9, (char *)(uintptr_t)"me@x/y", 1234 },
	    got;

	(void)state;
	assert_false(stream_row_load(t.store, t.account, &got));
	assert_null(got.resume);
	tempstore_begin(&t);
	assert_true(stream_row_save(t.store, t.account, &row, NULL));
	row.h = 0xfffffffe;
	assert_true(stream_row_save(t.store, t.account, &row, NULL));
	tempstore_end(&t);
	tempstore_commit(&t);
	tempstore_reopen(&t);
	assert_true(stream_row_load(t.store, t.account, &got));
	assert_string_equal(got.resume, "id");
	assert_null(got.location);
	assert_int_equal(got.h, 0xfffffffe);
	assert_int_equal(got.acked, 7);
	assert_int_equal(got.sent, 9);
	assert_string_equal(got.bound, "me@x/y");
	assert_int_equal(got.since_ms, 1234);
	stream_row_clear(&got);
	assert_null(got.bound);
	tempstore_begin(&t);
	assert_true(stream_row_delete(t.store, t.account, NULL));
	assert_true(stream_row_delete(t.store, t.account, NULL));
	tempstore_end(&t);
	assert_false(stream_row_load(t.store, t.account, &got));
}

static void
test_requests(void **state)
{
	struct request_row row = { .account = t.account, .jid = (char *)(uintptr_t)"a@x", .asked_ms = 5 };

	(void)state;
	tempstore_begin(&t);
	assert_true(request_save(t.store, &row, NULL));
	row.words = (char *)(uintptr_t)"it is me";
	row.asked_ms = 10;
	assert_true(request_save(t.store, &row, NULL));
	row.jid = (char *)(uintptr_t)"b@x";
	row.asked_ms = 7;
	assert_true(request_save(t.store, &row, NULL));
	g_autoptr(GPtrArray) two = request_list(t.store);
	assert_int_equal(two->len, 2);
	assert_string_equal(((struct request_row *)two->pdata[0])->jid, "b@x");
	assert_string_equal(((struct request_row *)two->pdata[1])->words, "it is me");
	/* a flood ends at the limit, and who is there may still ask again */
	for (int i = 0; i < LIMIT_REQUESTS + 10; i++) {
		g_autofree char *jid = g_strdup_printf("flood%d@x", i);

		row.jid = jid;
		assert_true(request_save(t.store, &row, NULL));
	}
	row.jid = (char *)(uintptr_t)"a@x";
	row.words = NULL;
	assert_true(request_save(t.store, &row, NULL));
	g_autoptr(GPtrArray) many = request_list(t.store);
	assert_int_equal(many->len, LIMIT_REQUESTS);
	assert_true(request_delete(t.store, t.account, "a@x", NULL));
	g_autoptr(GPtrArray) less = request_list(t.store);
	assert_int_equal(less->len, LIMIT_REQUESTS - 1);
	tempstore_end(&t);
}

static void
test_texts(void **state)
{
	(void)state;
	assert_null(store_get_text(t.store, "layout"));
	tempstore_begin(&t);
	assert_true(store_set_text(t.store, "layout", "{}", NULL));
	assert_true(store_set_text(t.store, "layout", "{\"a\":1}", NULL));
	assert_true(store_set_text(t.store, "gone", "x", NULL));
	assert_true(store_set_text(t.store, "gone", NULL, NULL));
	tempstore_end(&t);
	g_autofree char *got = store_get_text(t.store, "layout");
	assert_string_equal(got, "{\"a\":1}");
	assert_null(store_get_text(t.store, "gone"));
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_find_and_make),
		TEST(test_chat_of_no_account_is_an_error),
		TEST(test_numbers_are_lowest_free_and_stay),
		TEST(test_list_is_open_or_with_messages),
		TEST(test_unread_and_read),
		TEST(test_failed),
		TEST(test_draft_and_touch), TEST(test_notify),
		TEST(test_stream_row),
		TEST(test_requests),
		TEST(test_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
