/*
 * store_bench [ROWS [FOLDER]]: what the store costs with a long history: size, opening, a chat's last page, paging,
 * unread counts, searching, and 20,000 messages that come in groups of 64 a commit.  The file is removed at the end.
 *
 * store_bench --make ROWS FILE ACCOUNT CHAT: a database of one account that has one chat with so many messages, all
 * read.
 */
#include <glib.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "store/chats.h"
#include "store/find.h"
#include "store/messages.h"
#include "store/store.h"

enum { CHATS = 200, LIVE = 20000, GROUP = 64 };

static struct store *store;
static int64_t chats[CHATS];
static guint32 seed = 1;

static guint32
dice(guint32 n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

static void
must(bool ok, GError *error)
{
	if (!ok) {
		fprintf(stderr, "store_bench: %s\n", error != NULL ? error->message : "a call failed");
		exit(1);
	}
}

static double
now_ms(void)
{
	return (double)g_get_monotonic_time() / 1000;
}

/* 60 bytes on average, of a language of 5,000 words of which some are frequent. */
static char *
sentence(void)
{
	GString *text = g_string_new(NULL);
	guint32 words = 3 + dice(14);

	if (dice(500) == 0)
		g_string_append(text, "https://example.org/ ");
	for (guint32 i = 0; i < words; i++)
		g_string_append_printf(text, "%sw%x", i > 0 ? " " : "", dice(1 + dice(5000)));
	return g_string_free(text, FALSE);
}

static void
hear(int64_t chat, const char *prefix, guint32 number, bool raw, bool counts)
{
	g_autofree char *body = sentence(), *origin = g_strdup_printf("%s-%08x-4f2b-9a51-7d1c2e3f4a5b", prefix, number),
	    *server = g_strdup_printf("%08x%s", number, prefix), *xml = NULL;
	struct message_arrival a = { .chat = chat, .author = number % 50000 == 7 ? "rarely@example.net" :
	    "you@example.net", .resource = "phone", .counts = counts, .origin_id = origin, .server_id = server,
	    .body = body };
	struct message_row *row;
	GError *error = NULL;

	if (raw)
		a.raw = xml = g_strdup_printf("<message xmlns='jabber:client' from='you@example.net/phone' "
		    "to='me@example.net/x' type='chat' id='%s'><body>%s</body><active xmlns='http://jabber.org/protocol/chatstates'/>"
		    "<origin-id xmlns='urn:xmpp:sid:0' id='%s'/><stanza-id xmlns='urn:xmpp:sid:0' by='me@example.net' id='%s'/>"
		    "<request xmlns='urn:xmpp:receipts'/></message>", origin, body, origin, server);
	must(store_begin(store, &error), error);
	must(message_arrive(store, &a, &row, &error) == MESSAGE_FATE_NEW, error);
	must(store_end(store, true, &error), error);
	message_row_free(row);
}

static int
make_one_chat(guint32 rows, const char *path, const char *account, const char *chat)
{
	GError *error = NULL;

	store = store_open(path, NULL, &error);
	must(store != NULL, error);
	must(store_begin(store, &error), error);
	chats[0] = chat_find(store, store_account(store, account, &error), chat, CHAT_PERSON, true, &error);
	must(chats[0] != 0, error);
	must(store_end(store, true, &error), error);
	for (guint32 i = 0; i < rows; i++) {
		hear(chats[0], "made", i, false, false);
		if (i % 5000 == 4999)
			must(store_commit(store, &error), error);
	}
	must(store_commit(store, &error), error);
	store_close(store);
	return 0;
}

/* Chat 0 gets 60 of 100. */
static void
fill(guint32 rows)
{
	GError *error = NULL;

	must(store_begin(store, &error), error);
	int64_t account = store_account(store, "me@example.net", &error);
	for (int i = 0; i < CHATS; i++) {
		g_autofree char *jid = g_strdup_printf("friend%d@example.net", i);

		chats[i] = chat_find(store, account, jid, CHAT_PERSON, true, &error);
		must(chats[i] != 0, error);
	}
	must(store_end(store, true, &error), error);
	for (guint32 i = 0; i < rows; i++) {
		hear(dice(100) < 60 ? chats[0] : chats[1 + dice(CHATS - 1)], "old", i, false, dice(10) == 0);
		if (i % 5000 == 4999)
			must(store_commit(store, &error), error);
	}
	must(store_commit(store, &error), error);
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void
report(const char *what, double *ms, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += ms[i];
	qsort(ms, n, sizeof *ms, by_size);
	printf("%-46s median %8.3f ms   p99 %8.3f ms   sum %8.1f ms\n", what, ms[n / 2], ms[n * 99 / 100], sum);
}

static void
bench_pages(const char *what, int64_t chat, enum page_place place, guint32 rows)
{
	double ms[200];
	bool more;

	for (size_t i = 0; i < G_N_ELEMENTS(ms); i++) {
		struct message_row *row = NULL;
		double start;

		while (place != PAGE_END && (row == NULL || row->chat != chat)) {
			message_row_free(row);
			row = message_load(store, 1 + dice(rows));
		}
		start = now_ms();
		g_ptr_array_unref(message_page(store, chat, place, row != NULL ? row->id : 0, 100, &more));
		ms[i] = now_ms() - start;
		message_row_free(row);
	}
	report(what, ms, G_N_ELEMENTS(ms));
}

static void
bench_chats(void)
{
	double one[100], all[100];

	for (size_t i = 0; i < G_N_ELEMENTS(one); i++) {
		double start = now_ms();

		chat_row_free(chat_load(store, chats[0]));
		one[i] = now_ms() - start;
		start = now_ms();
		g_ptr_array_unref(chat_list(store, 0));
		all[i] = now_ms() - start;
	}
	report("one chat with its counts", one, G_N_ELEMENTS(one));
	report("200 chats with their counts", all, G_N_ELEMENTS(all));
}

static void
bench_changed(int64_t newest)
{
	double ms[100];
	bool more;

	for (size_t i = 0; i < G_N_ELEMENTS(ms); i++) {
		double start = now_ms();

		g_ptr_array_unref(message_changed_since(store, newest - 600, 500, &more));
		ms[i] = now_ms() - start;
	}
	report("changed since a revision, 500 rows", ms, G_N_ELEMENTS(ms));
}

static void
bench_live(const char *what, const char *prefix, unsigned group, bool raw)
{
	g_autofree double *commits = g_new0(double, LIVE / group + 2);
	GError *error = NULL;
	double start = now_ms();
	size_t n = 0;

	for (guint32 i = 0; i < LIVE; i++) {
		hear(chats[0], prefix, i, raw, dice(10) == 0);
		if (i % group == group - 1) {
			double before = now_ms();

			must(store_commit(store, &error), error);
			commits[n++] = now_ms() - before;
		}
	}
	must(store_commit(store, &error), error);
	printf("%-46s %.2f s\n", what, (now_ms() - start) / 1000);
	report("  each commit", commits, n);
}

/* The newest 50 of each kind of question, asked as people ask: on the thread, and waited for. */
static void
bench_search(const char *path)
{
	static const struct { const char *what, *words, *in, *from; bool link; } each[] = {
		{ "search: a frequent word", "w0", NULL, NULL, false },
		{ "search: a rare word", "w1380", NULL, NULL, false },
		{ "search: a word in a small chat", "w0", "friend7@", NULL, false },
		{ "search: two words", "w0 w1", NULL, NULL, false },
		{ "search: a beginning", "w1*", NULL, NULL, false },
		{ "search: nothing has it", "nowhere", NULL, NULL, false },
		{ "search: has:link, where one of 500 has one", NULL, NULL, NULL, true },
		{ "search: no word but from:, who said most", NULL, NULL, "you@", false },
		{ "search: no word but from:, one of 50,000", NULL, NULL, "rarely@", false },
		{ "search: no word but from:, nobody", NULL, NULL, "nobody@", false },
		{ "search: no word but in:, a small chat", NULL, "friend7@", NULL, false },
	};
	struct finder *finder = finder_open(path, NULL);

	must(finder != NULL, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(each); i++) {
		g_auto(GStrv) words = each[i].words != NULL ? g_strsplit(each[i].words, " ", -1) : NULL;
		double ms[10];
		unsigned found = 0;
		bool partial = false;

		for (size_t k = 0; k < G_N_ELEMENTS(ms); k++) {
			struct find_question *q = g_new0(struct find_question, 1);
			struct pollfd fd = { .fd = finder_fd(finder), .events = POLLIN };
			GString *text = g_string_new(NULL);
			struct find_answer *a;
			double start = now_ms();

			for (char **word = words; word != NULL && *word != NULL; word++)
				find_words(text, *word);
			q->words = g_string_free(text, words == NULL);
			q->in = g_strdup(each[i].in);
			q->link = each[i].link;
			q->from = g_strdup(each[i].from);
			q->high = INT64_MAX;
			q->limit = 50;
			must(finder_ask(finder, q), NULL);
			poll(&fd, 1, -1);
			a = finder_take(finder);
			ms[k] = now_ms() - start;
			found = a->hits->len;
			partial = a->partial;
			find_answer_free(a);
		}
		report(each[i].what, ms, G_N_ELEMENTS(ms));
		printf("  found %u%s\n", found, partial ? ", the time was up" : "");
	}
	finder_close(finder);
}

static void
bench_open(const char *path)
{
	double ms[20];
	GError *error = NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(ms); i++) {
		store_close(store);
		double start = now_ms();
		store = store_open(path, NULL, &error);
		must(store != NULL, error);
		ms[i] = now_ms() - start;
	}
	report("opening the database", ms, G_N_ELEMENTS(ms));
}

int
main(int argc, char **argv)
{
	if (argc == 6 && strcmp(argv[1], "--make") == 0)
		return make_one_chat((guint32)strtoul(argv[2], NULL, 10), argv[3], argv[4], argv[5]);

	guint32 rows = argc > 1 ? (guint32)strtoul(argv[1], NULL, 10) : 1000000;
	g_autofree char *folder = argc > 2 ? g_strdup(argv[2]) : g_dir_make_tmp("confab-bench-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, "bench.db", NULL);
	GError *error = NULL;
	GStatBuf st = { 0 };
	int64_t newest;

	g_remove(path);
	store = store_open(path, NULL, &error);
	must(store != NULL, error);
	double start = now_ms();
	fill(rows);
	newest = store_rev(store);
	bench_open(path);
	g_stat(path, &st);
	printf("%u messages in %d chats, made in %.1f s: %.1f MiB\n", rows, CHATS, (now_ms() - start) / 1000,
	    (double)st.st_size / 1048576);
	bench_pages("open the largest chat, last 100", chats[0], PAGE_END, rows);
	bench_pages("open a small chat, last 100", chats[7], PAGE_END, rows);
	bench_pages("page back from anywhere", chats[0], PAGE_BEFORE, rows);
	bench_pages("page forward from anywhere", chats[0], PAGE_AFTER, rows);
	bench_pages("page around anywhere", chats[0], PAGE_AROUND, rows);
	bench_chats();
	bench_changed(newest);
	bench_search(path);
	bench_live("20,000 come, 64 a commit", "live", GROUP, false);
	bench_live("20,000 come, 64 a commit, with their stanzas", "raws", GROUP, true);
	bench_live("20,000 come, one a commit", "ones", 1, false);
	must(store_check(store, &error), error);
	store_close(store);
	g_remove(path);
	if (argc <= 2)
		g_rmdir(folder);
	return 0;
}
