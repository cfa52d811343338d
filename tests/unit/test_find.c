/* Searching: words, phrases and letters; whatever is typed is no syntax; pages; time that is up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <poll.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/limits.h"
#include "store/chats.h"
#include "store/find.h"
#include "tempstore.h"

static struct tempstore t;
static struct finder *finder;

static int
setup(void **state)
{
	static const char *const said[] = {
		"the old NAS hums", "a new NAS, at last", "Grüße aus Köln", "我今天去北京大学", "see https://example.org/nas",
		"quotes \"are\" no AND syntax", "nasal",
	};

	(void)state;
	tempstore_open(&t);
	for (size_t i = 0; i < G_N_ELEMENTS(said); i++)
		message_row_free(tempstore_hear(&t, said[i]));
	tempstore_commit(&t);
	finder = finder_open(t.path, NULL);
	assert_non_null(finder);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	finder_close(finder);
	tempstore_clear(&t);
	return 0;
}

static struct find_answer *
wait_answer(void)
{
	struct pollfd fd = { .fd = finder_fd(finder), .events = POLLIN };

	assert_int_equal(poll(&fd, 1, 20000), 1);
	return finder_take(finder);
}

/* words separated by "|"; NULL: none. */
static struct find_question *
question(const char *words)
{
	struct find_question *q = g_new0(struct find_question, 1);
	g_auto(GStrv) each = words != NULL ? g_strsplit(words, "|", -1) : NULL;
	GString *text = g_string_new(NULL);

	for (char **word = each; word != NULL && *word != NULL; word++)
		find_words(text, *word);
	q->words = g_string_free(text, words == NULL);
	q->high = INT64_MAX;
	q->limit = 100;
	return q;
}

/* How many, and no error. */
static unsigned
hits(struct find_question *q)
{
	struct find_answer *a;
	unsigned n;

	assert_true(finder_ask(finder, q));
	a = wait_answer();
	assert_null(a->error);
	assert_false(a->partial);
	n = a->hits->len;
	find_answer_free(a);
	return n;
}

static void
words(void **state)
{
	(void)state;
	assert_int_equal(hits(question("nas")), 3);
	assert_int_equal(hits(question("nas*")), 4);
	assert_int_equal(hits(question("nas|old")), 1);
	assert_int_equal(hits(question("new nas")), 1);
	assert_int_equal(hits(question("nas new")), 0);
	assert_int_equal(hits(question("grusse")), 0);
	assert_int_equal(hits(question("koln")), 1);
	assert_int_equal(hits(question("北京")), 1);
	assert_int_equal(hits(question("京北")), 0);
	assert_int_equal(hits(question("大学")), 1);
}

/* Where it stands, as the index cuts words. */
static void
assert_found(const char *words, unsigned hit, const char *text, const char *const *wanted)
{
	struct find_question *q = question(words);
	struct find_answer *a;
	const struct find_hit *one;
	unsigned n = 0;

	assert_true(finder_ask(finder, q));
	a = wait_answer();
	assert_true(a->hits->len > hit);
	one = &g_array_index(a->hits, struct find_hit, hit);
	assert_non_null(one->found);
	for (; wanted[n] != NULL; n++) {
		unsigned from = g_array_index(one->found, unsigned, 2 * n),
		    to = g_array_index(one->found, unsigned, 2 * n + 1);

		assert_int_equal(to - from, strlen(wanted[n]));
		assert_memory_equal(text + from, wanted[n], to - from);
	}
	assert_int_equal(one->found->len, 2 * n);
	find_answer_free(a);
}

static void
places(void **state)
{
	(void)state;
	assert_found("nas", 2, "the old NAS hums", (const char *const[]){ "NAS", NULL });
	assert_found("hum*|the", 0, "the old NAS hums", (const char *const[]){ "the", "hums", NULL });
	assert_found("old nas", 0, "the old NAS hums", (const char *const[]){ "old NAS", NULL });
	assert_found("koln", 0, "Grüße aus Köln", (const char *const[]){ "Köln", NULL });
	assert_found("北京", 0, "我今天去北京大学", (const char *const[]){ "北京", NULL });
}

/* A message that is nothing but the word names so many places and no more. */
static void
many_places(void **state)
{
	GString *text = g_string_new(NULL);
	struct find_answer *a;

	(void)state;
	for (int i = 0; i < LIMIT_FOUND + 50; i++)
		g_string_append(text, "again, ");
	message_row_free(tempstore_hear(&t, text->str));
	g_string_free(text, TRUE);
	tempstore_commit(&t);
	assert_true(finder_ask(finder, question("again")));
	a = wait_answer();
	assert_int_equal(a->hits->len, 1);
	assert_int_equal(g_array_index(a->hits, struct find_hit, 0).found->len, 2 * LIMIT_FOUND);
	find_answer_free(a);
}

/* Each question is answered, or it was dropped before its turn; whichever it is, it is said. */
static void
dropping(void **state)
{
	unsigned answers = 0, dropped = 0;

	(void)state;
	for (intptr_t i = 1; i <= LIMIT_SEARCHES; i++) {
		struct find_question *q = question("nas");

		q->ctx = (void *)i;
		assert_true(finder_ask(finder, q));
	}
	for (intptr_t i = LIMIT_SEARCHES; i > 1; i--)
		dropped += finder_drop(finder, (void *)i);
	assert_false(finder_drop(finder, (void *)(intptr_t)1000));
	while (answers + dropped < LIMIT_SEARCHES) {
		struct find_answer *a = wait_answer();

		assert_null(a->error);
		answers++;
		find_answer_free(a);
	}
	/* The next one is whole. */
	assert_int_equal(hits(question("koln")), 1);
}

static void
no_syntax(void **state)
{
	static const char *const typed[] = {
		"AND", "OR", "NOT", "NEAR(a b)", "\"", "\"\"", "a\"b", "body:x", "-nas", "^nas", "a*b*", "(", "{}",
		    "nas AND", "*",
		"nas\"*", "'; DROP TABLE message; --", "a + b", "\\", "\xf0\x9f\x98\x80 x", "message_text MATCH",
	};
	GString *empty = g_string_new(NULL);

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(typed); i++) {
		struct find_question *q = question(typed[i]);

		if (*q->words != '\0')
			hits(q);
		else
			find_question_free(q);
	}
	assert_false(find_words(empty, "!?"));
	assert_false(find_words(empty, "*"));
	assert_false(find_words(empty, ""));
	assert_int_equal(empty->len, 0);
	g_string_free(empty, TRUE);
	assert_int_equal(hits(question("\"are\" no AND")), 1);
}

static void
filters(void **state)
{
	struct find_question *q = question(NULL);

	(void)state;
	q->link = true;
	assert_int_equal(hits(q), 1);
	q = question("nas");
	q->own = true;
	assert_int_equal(hits(q), 0);
	q = question("nas");
	q->from = g_strdup("you@");
	assert_int_equal(hits(q), 3);
	q = question(NULL);
	q->chat = t.chat;
	assert_int_equal(hits(q), 7);
	q = question(NULL);
	q->account = t.account + 1;
	assert_int_equal(hits(q), 0);
	q = question(NULL);
	q->in = g_strdup("nobody");
	assert_int_equal(hits(q), 0);
}

/* Links are found by the index of words, and are no words. */
static void
links(void **state)
{
	static const char *const said[] = {
		"(http://one.example/)", "\xe7\x9c\x8bhttps://two.example", "three:https://three.example,",
		    "<https://four.example>",
		"they say http and https, and http: too", "ftp://five.example", "http:/six.example",
	};
	struct find_question *q;
	struct find_answer *a;

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(said); i++)
		message_row_free(tempstore_hear(&t, said[i]));
	tempstore_commit(&t);
	q = question(NULL);
	q->link = true;
	assert_true(finder_ask(finder, q));
	a = wait_answer();
	assert_int_equal(a->hits->len, 5);
	for (guint i = 0; i < a->hits->len; i++) {
		const struct find_hit *hit = &g_array_index(a->hits, struct find_hit, i);
		struct message_row *row = message_load(t.store, hit->id);

		assert_null(hit->found);
		assert_string_equal(row->body, i < 4 ? said[3 - i] : "see https://example.org/nas");
		message_row_free(row);
	}
	find_answer_free(a);
	q = question(NULL);
	q->link = true;
	q->chat = t.chat;
	assert_int_equal(hits(q), 5);
	q = question(NULL);
	q->link = true;
	q->chat = t.chat + 1;
	assert_int_equal(hits(q), 0);
}

static void
pages(void **state)
{
	struct find_question *q = question("nas");
	struct find_answer *a;
	struct message_row *row;
	const struct find_hit *hit;
	int64_t ord;

	(void)state;
	q->limit = 2;
	q->ctx = &t;
	assert_true(finder_ask(finder, q));
	a = wait_answer();
	assert_ptr_equal(a->ctx, &t);
	assert_int_equal(a->hits->len, 2);
	assert_true(a->more);
	hit = &g_array_index(a->hits, struct find_hit, 0);
	row = message_load(t.store, hit->id);
	assert_string_equal(row->body, "see https://example.org/nas");
	message_row_free(row);
	assert_int_equal(hit->previous, hit->id - 1);
	assert_int_equal(hit->next, hit->id + 1);
	row = message_load(t.store, g_array_index(a->hits, struct find_hit, 1).id);
	ord = row->ord;
	message_row_free(row);
	find_answer_free(a);
	q = question("nas");
	q->high = ord;
	assert_true(finder_ask(finder, q));
	a = wait_answer();
	assert_int_equal(a->hits->len, 1);
	assert_false(a->more);
	assert_int_equal(g_array_index(a->hits, struct find_hit, 0).previous, 0);
	assert_true(a->oldest > 0);
	find_answer_free(a);
}

/*
 * Every message is looked at and none fits: with a clock that runs out of time at the first look it ends early, and
 * says so.
 */
static void
time_up(void **state)
{
	struct find_question *q = question(NULL);
	struct find_answer *a;

	(void)state;
	for (int i = 0; i < 20000; i++)
		message_row_free(tempstore_hear(&t, "filler"));
	tempstore_commit(&t);
	q->from = g_strdup("nobody at all");
	clock_fake_start(clock_real_us());
	clock_fake_step(LIMIT_SEARCH_TIME + 1);
	assert_true(finder_ask(finder, q));
	a = wait_answer();
	clock_fake_stop();
	assert_null(a->error);
	assert_true(a->partial);
	assert_int_equal(a->hits->len, 0);
	find_answer_free(a);
	/* The next one has its own time. */
	assert_int_equal(hits(question("koln")), 1);
}

static bool
fits(const struct find_question *q, const struct message_row *row, int64_t account, const char *chat)
{
	return row->body != NULL && row->ord >= q->low && row->ord < q->high &&
	    (q->chat == 0 || row->chat == q->chat) &&
	    (q->account == 0 || q->account == account) && (q->in == NULL || strstr(chat, q->in) != NULL) &&
	    (q->from == NULL || strstr(row->author, q->from) != NULL) && (!q->own || (row->flags & MESSAGE_OUT) != 0);
}

static const char *const chats[] = { TEMPSTORE_YOU, "garden@rooms.example", "bob@example.com" };
struct there { int64_t account[2], chat[3]; };

/* The answer is what is found by looking at each one, newest first. */
static void
assert_as_by_looking(struct find_question *q, const struct there *there, int64_t newest)
{
	struct find_question copy = *q;
	g_autofree char *from = g_strdup(q->from), *in = g_strdup(q->in);
	struct find_answer *a;
	unsigned n = 0;
	bool more = false;

	copy.from = from;
	copy.in = in;
	assert_true(finder_ask(finder, q));
	a = wait_answer();
	assert_null(a->error);
	assert_false(a->partial);
	for (int64_t id = newest; id > 0 && !more; id--) {
		struct message_row *row = message_load(t.store, id);
		int which = row->chat == there->chat[2] ? 2 : row->chat == there->chat[1];

		if (fits(&copy, row, there->account[which / 2], chats[which])) {
			more = n == copy.limit;
			assert_true(more || n < a->hits->len);
			if (!more)
				assert_int_equal(g_array_index(a->hits, struct find_hit, n++).id, id);
		}
		message_row_free(row);
	}
	assert_int_equal(a->hits->len, n);
	assert_int_equal(a->more, more);
	find_answer_free(a);
}

/* However much was said since. */
static void
far_back(void **state)
{
	enum { ROWS = 8000 };
	static const char *const who[] = {
		TEMPSTORE_YOU, "bob@example.com", "garden@rooms.example/bob", "rare@example.com",
	};
	static const struct {
		const char *from, *in; bool own; int chat, account, low, high; unsigned limit;
	} asked[] = {
		{ .from = "rare", .limit = 50 }, { .from = "rare", .limit = 2 }, { .from = "bob", .limit = 100 },
		{ .from = "bob", .chat = 1, .limit = 1000 }, { .from = "nobody", .limit = 5 },
		{ .in = "bob@", .limit = 5 }, { .in = "bob@", .limit = 1000 },
		{ .in = "garden", .from = "rare", .limit = 10 }, { .account = 1, .limit = 7 },
		{ .account = 2, .limit = 1000 }, { .from = "rare", .own = true, .limit = 10 },
		{ .from = "bob", .low = 500, .high = 4000, .limit = 1000 },
		{ .in = "you", .high = 1000, .limit = 3 },
	};
	g_autofree int64_t *ids = g_new(int64_t, ROWS);
	struct there there = { { t.account }, { t.chat } };
	GError *error = NULL;
	guint32 dice = 7;

	(void)state;
	tempstore_begin(&t);
	there.account[1] = store_account(t.store, "me@work.example", &error);
	for (int i = 1; i < 3; i++)
		there.chat[i] = chat_find(t.store, there.account[i - 1], chats[i],
		    i == 1 ? CHAT_ROOM : CHAT_PERSON, true, &error);
	tempstore_end(&t);
	for (int i = 0; i < ROWS; i++) {
		struct message_arrival a = { .body = i % 97 == 0 ? NULL : "filler", .resource = "x" };
		struct message_row *row;
		enum message_fate fate;

		dice = dice * 1664525 + 1013904223;
		/* The first quarter is of all sorts, then it is one long talk. */
		a.chat = there.chat[i < ROWS / 4 ? (dice >> 8) % 3 : 0];
		a.author = who[i < ROWS / 4 && (dice >> 16) % 40 == 0 ? 3 : i < ROWS / 4 ? (dice >> 16) % 3 : 0];
		a.out = i < ROWS / 4 && (dice >> 24) % 5 == 0;
		row = tempstore_arrive(&t, &a, &fate);
		ids[i] = row->id;
		message_row_free(row);
	}
	tempstore_commit(&t);
	for (size_t i = 0; i < G_N_ELEMENTS(asked); i++) {
		struct find_question *q = question(NULL);

		q->from = g_strdup(asked[i].from);
		q->in = g_strdup(asked[i].in);
		q->own = asked[i].own;
		q->chat = asked[i].chat > 0 ? there.chat[asked[i].chat] : 0;
		q->account = asked[i].account > 0 ? there.account[asked[i].account - 1] : 0;
		q->limit = asked[i].limit;
		for (int at = 0; at < 2; at++) {
			struct message_row *row = message_load(t.store, ids[at == 0 ? asked[i].low : asked[i].high]);

			if (at == 0 && asked[i].low > 0)
				q->low = row->ord;
			else if (at == 1 && asked[i].high > 0)
				q->high = row->ord;
			message_row_free(row);
		}
		assert_as_by_looking(q, &there, ids[ROWS - 1]);
	}
}

static void
closing(void **state)
{
	struct find_question *q;
	unsigned n = 0;

	(void)state;
	while (finder_ask(finder, q = question("nas")))
		if (++n > 100000)
			fail_msg("no end of questions is taken");
	find_question_free(q);
	finder_close(finder);
	finder = finder_open(t.path, NULL);
	assert_int_equal(hits(question("koln")), 1);
	assert_null(finder_open("/nowhere/at/all", NULL));
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(words), TEST(places), TEST(many_places), TEST(dropping), TEST(no_syntax), TEST(filters),
		    TEST(links), TEST(pages), TEST(time_up), TEST(far_back),
		TEST(closing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
