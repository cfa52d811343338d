/* tokenizer.c: see tokenizer.h.  A wrapper: runs of other letters go to unicode61, with their offsets put right. */
#include "store/tokenizer.h"

#include <glib.h>
#include <stdbool.h>

/* The letters and marks of the scripts above, sorted; digits and punctuation of theirs are left to unicode61. */
static const gunichar scripts[][2] = {
	{ 0x0e01, 0x0e3a }, { 0x0e40, 0x0e4e },						/* Thai */
	{ 0x0e81, 0x0ebd }, { 0x0ec0, 0x0ece }, { 0x0edc, 0x0edf },			/* Lao */
	{ 0x1100, 0x11ff },								/* Hangul Jamo */
	{ 0x1780, 0x17d3 }, { 0x17d7, 0x17d7 }, { 0x17dc, 0x17dd },			/* Khmer */
	{ 0x2e80, 0x2fd5 }, { 0x3005, 0x3007 }, { 0x3021, 0x3029 }, { 0x3038, 0x303b },	/* Han */
	/* Kana */
	{ 0x3041, 0x3096 }, { 0x3099, 0x309a }, { 0x309d, 0x309f }, { 0x30a1, 0x30fa }, { 0x30fc, 0x30ff },
	{ 0x3131, 0x318e },								/* Hangul */
	{ 0x31f0, 0x31ff },								/* Kana */
	{ 0x3400, 0x4dbf }, { 0x4e00, 0x9fff },						/* Han */
	{ 0xa960, 0xa97c }, { 0xac00, 0xd7a3 }, { 0xd7b0, 0xd7fb },			/* Hangul */
	{ 0xf900, 0xfad9 },								/* Han */
	{ 0xff66, 0xff9f },								/* Kana */
	{ 0xffa0, 0xffdc },								/* Hangul */
	{ 0x1aff0, 0x1b167 },								/* Kana */
	{ 0x20000, 0x3fffd },								/* Han */
};

struct wrapper {
	fts5_tokenizer	 base;
	Fts5Tokenizer	*words;
};

static bool
stands_alone(gunichar c)
{
	size_t low = 0, high = G_N_ELEMENTS(scripts);

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (c < scripts[middle][0])
			high = middle;
		else if (c > scripts[middle][1])
			low = middle + 1;
		else
			return true;
	}
	return false;
}

static int
create(void *data, const char **args, int n, Fts5Tokenizer **out)
{
	static const char *options[] = { "remove_diacritics", "2" };
	fts5_api *api = data;
	struct wrapper *wrapper;
	void *user;
	int rc;

	(void)args;
	(void)n;
	wrapper = g_new0(struct wrapper, 1);
	rc = api->xFindTokenizer(api, "unicode61", &user, &wrapper->base);
	if (rc == SQLITE_OK)
		rc = wrapper->base.xCreate(user, options, G_N_ELEMENTS(options), &wrapper->words);
	if (rc != SQLITE_OK) {
		g_free(wrapper);
		return rc;
	}
	*out = (Fts5Tokenizer *)wrapper;
	return SQLITE_OK;
}

static void
destroy(Fts5Tokenizer *tokenizer)
{
	struct wrapper *wrapper = (struct wrapper *)tokenizer;

	wrapper->base.xDelete(wrapper->words);
	g_free(wrapper);
}

struct run {
	void	*ctx;
	int	(*token)(void *, int, const char *, int, int, int);
	int	 offset;
};

static int
shift(void *data, int flags, const char *token, int n, int start, int end)
{
	struct run *run = data;

	return run->token(run->ctx, flags, token, n, run->offset + start, run->offset + end);
}

static int
tokenize(Fts5Tokenizer *tokenizer, void *ctx, int flags, const char *text, int n,
    int (*token)(void *, int, const char *, int, int, int))
{
	struct wrapper *wrapper = (struct wrapper *)tokenizer;
	struct run run = { ctx, token, 0 };
	int at = 0, rc = SQLITE_OK;

	while (at < n && rc == SQLITE_OK) {
		gunichar c = g_utf8_get_char_validated(text + at, n - at);
		/* What is not UTF-8 (c is then huge) is walked bytewise and left to unicode61, which copes. */
		int len = c > 0x10ffff ? 1 : (int)g_unichar_to_utf8(c, NULL);

		if (!stands_alone(c)) {
			at += len;
			if (at < n)
				continue;
		}
		int end = stands_alone(c) ? at : n;
		if (end > run.offset)
			rc = wrapper->base.xTokenize(wrapper->words, &run, flags, text + run.offset, end - run.offset,
			    shift);
		if (rc == SQLITE_OK && stands_alone(c)) {
			rc = token(ctx, 0, text + at, len, at, at + len);
			at += len;
			run.offset = at;
		}
	}
	return rc;
}

int
tokenizer_register(sqlite3 *db)
{
	static fts5_tokenizer ours = { create, destroy, tokenize };
	sqlite3_stmt *stmt = NULL;
	fts5_api *api = NULL;
	int rc;

	rc = sqlite3_prepare_v2(db, "SELECT fts5(?1)", -1, &stmt, NULL);
	if (rc != SQLITE_OK)
		return rc;
	sqlite3_bind_pointer(stmt, 1, &api, "fts5_api_ptr", NULL);
	sqlite3_step(stmt);
	rc = sqlite3_finalize(stmt);
	if (rc == SQLITE_OK && api == NULL)
		rc = SQLITE_ERROR;
	return rc == SQLITE_OK ? api->xCreateTokenizer(api, "confab", api, &ours, NULL) : rc;
}
