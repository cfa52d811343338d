/*
 * caps.c: see caps.h.  What is in memory, by key: an array of names that is sorted; or ASKED while the question is
 * under way.
 */
#include "core/caps.h"

#include <string.h>

#include "base/jid.h"
#include "base/limits.h"
#include "base/log.h"
#include "core/feature.h"
#include "core/roster.h"
#include "core/turn.h"
#include "store/caps.h"
#include "xmpp/ns.h"

/*
 * Between the parts of a piece while it is sorted: XML text cannot hold them, and they come before everything it can.
 */
#define PART "\1"
#define SLASH "\2"

static char *const asked[] = { NULL };

static void
list_free(void *list)
{
	if (list != asked)
		g_strfreev(list);
}

GHashTable *
caps_new(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, list_free);
}

static gint
by_text(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* --- the hash --- */

/* Nothing that is a sign of the hash's own text. */
static bool
is_plain(const char *text, bool slash)
{
	return strchr(text, '<') == NULL && (slash || strchr(text, '/') == NULL);
}

static const char *
attribute(const struct stanza *s, const char *name)
{
	const char *value = stanza_get(s, name);

	return value != NULL ? value : "";
}

static char *
identity(const struct stanza *s)
{
	const char *category = attribute(s, "category"), *type = attribute(s, "type"), *lang = attribute(s, "xml:lang");
	const char *name = attribute(s, "name");

	if (!is_plain(category, false) || !is_plain(type, false) || !is_plain(lang, false) || !is_plain(name, true))
		return NULL;
	return g_strconcat(category, SLASH, type, SLASH, lang, SLASH, name, NULL);
}

static char *
values(const struct stanza *field)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new();
	GString *text = g_string_new(stanza_get(field, "var"));

	for (struct stanza *v = stanza_first(field); v != NULL; v = stanza_next(v))
		if (stanza_is(v, "value", NS_DATA))
			g_ptr_array_add(all, (gpointer)(uintptr_t)stanza_text(v));
	g_ptr_array_sort(all, by_text);
	for (guint i = 0; i < all->len; i++)
		g_string_append_printf(text, PART "%s", (const char *)all->pdata[i]);
	return g_string_free(text, FALSE);
}

/* A form's type, and then its fields; "" for a form without a type, which does not count; NULL: not good. */
static char *
form(const struct stanza *x)
{
	g_autoptr(GPtrArray) fields = g_ptr_array_new_with_free_func(g_free);
	const char *type = NULL;
	g_autoptr(GString) text = g_string_new(NULL);

	for (struct stanza *f = stanza_first(x); f != NULL; f = stanza_next(f)) {
		g_autofree char *one = NULL;

		if (!stanza_is(f, "field", NS_DATA) || stanza_get(f, "var") == NULL)
			continue;
		if (strcmp(stanza_get(f, "var"), "FORM_TYPE") == 0) {
			if (type != NULL || stanza_count(f, "value", NS_DATA) != 1)
				return NULL;
			type = g_strcmp0(stanza_get(f, "type"), "hidden") == 0 ?
			    stanza_text(stanza_child(f, "value", NS_DATA)) : "";
			continue;
		}
		one = values(f);
		if (!is_plain(one, true))
			return NULL;
		g_ptr_array_add(fields, g_steal_pointer(&one));
	}
	if (type == NULL || *type == '\0')
		return g_strdup("");
	if (!is_plain(type, true))
		return NULL;
	g_string_append(text, type);
	g_ptr_array_sort(fields, by_text);
	for (guint i = 0; i < fields->len; i++)
		g_string_append_printf(text, PART "%s", (const char *)fields->pdata[i]);
	return g_strdup(text->str);
}

/* Sorted, each once, and each ended.  False: one is there twice. */
static bool
append_sorted(GString *text, GPtrArray *pieces)
{
	g_ptr_array_sort(pieces, by_text);
	for (guint i = 0; i < pieces->len; i++) {
		if (i > 0 && strcmp(pieces->pdata[i - 1], pieces->pdata[i]) == 0)
			return false;
		g_string_append_printf(text, "%s" PART, (const char *)pieces->pdata[i]);
	}
	return true;
}

static bool
is_type_twice(const GPtrArray *forms)
{
	for (guint i = 1; i < forms->len; i++) {
		size_t len = strcspn(forms->pdata[i], PART);

		if (len == strcspn(forms->pdata[i - 1], PART) && strncmp(forms->pdata[i], forms->pdata[i - 1],
		    len) == 0)
			return true;
	}
	return false;
}

char *
caps_hash(const struct stanza *query, GChecksumType type)
{
	g_autoptr(GPtrArray) identities = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) forms = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GChecksum) sum = g_checksum_new(type);
	guint8 digest[64];
	gsize len = sizeof digest;

	for (struct stanza *c = stanza_first(query); c != NULL; c = stanza_next(c)) {
		GPtrArray *to = stanza_is(c, "identity", NS_DISCO_INFO) ? identities :
		    stanza_is(c, "feature", NS_DISCO_INFO) ? names : stanza_is(c, "x", NS_DATA) ? forms : NULL;
		char *piece;

		if (to == NULL)
			continue;
		piece = to == identities ? identity(c) : to == forms ? form(c) :
		    is_plain(attribute(c, "var"), true) ? g_strdup(attribute(c, "var")) : NULL;
		if (piece == NULL)
			return NULL;
		if (*piece != '\0')
			g_ptr_array_add(to, piece);
		else
			g_free(piece);
	}
	if (!append_sorted(text, identities) || !append_sorted(text, names) || !append_sorted(text, forms) ||
	    is_type_twice(forms))
		return NULL;
	g_strdelimit(text->str, PART, '<');
	g_strdelimit(text->str, SLASH, '/');
	g_checksum_update(sum, (const guchar *)text->str, (gssize)text->len);
	g_checksum_get_digest(sum, digest, &len);
	return g_base64_encode(digest, len);
}

/* --- our own --- */

void
caps_describe(struct stanza *query)
{
	struct stanza *who = stanza_add(query, "identity", NULL);

	stanza_set(who, "category", "client");
	stanza_set(who, "type", "console");
	stanza_set(who, "name", "confab");
	for (const struct feature *const *f = features; *f != NULL; f++) {
		for (const char *const *name = (*f)->disco; name != NULL && *name != NULL; name++)
			stanza_set(stanza_add(query, "feature", NULL), "var", *name);
		if ((*f)->own_node != NULL) {
			g_autofree char *notify = g_strconcat((*f)->own_node, "+notify", NULL);

			stanza_set(stanza_add(query, "feature", NULL), "var", notify);
		}
	}
}

const char *
caps_own_node(void)
{
	return "confab";
}

const char *
caps_own_hash(void)
{
	static char *hash;

	if (hash == NULL) {
		struct stanza *query = stanza_new("query", NS_DISCO_INFO);

		caps_describe(query);
		hash = caps_hash(query, G_CHECKSUM_SHA1);
		stanza_free(query);
		g_assert(hash != NULL);
	}
	return hash;
}

/* --- theirs --- */

static bool
find_type(const char *name, GChecksumType *type)
{
	static const struct { const char *name; GChecksumType type; } types[] = {
		{ "sha-1", G_CHECKSUM_SHA1 }, { "sha-256", G_CHECKSUM_SHA256 }, { "sha-512", G_CHECKSUM_SHA512 },
	};

	for (size_t i = 0; name != NULL && i < G_N_ELEMENTS(types); i++) {
		if (strcmp(types[i].name, name) == 0) {
			*type = types[i].type;
			return true;
		}
	}
	return false;
}

char *
caps_key(const struct stanza *presence)
{
	const struct stanza *c = stanza_child(presence, "c", NS_CAPS);
	const char *hash = c != NULL ? stanza_get(c, "hash") : NULL, *ver = c != NULL ? stanza_get(c, "ver") : NULL;
	GChecksumType type;

	/* Base64 of at most 64 bytes. */
	if (ver == NULL || *ver == '\0' || strlen(ver) > 88 || !find_type(hash, &type) ||
	    stanza_count(presence, "c", NS_CAPS) != 1)
		return NULL;
	return g_strconcat(hash, " ", ver, NULL);
}

/* The list in memory, from the disk if need be; NULL: not known. */
static char **
find_list(struct core *core, const char *key)
{
	char **list = g_hash_table_lookup(core->caps, key);
	g_autofree char *text = list == NULL ? caps_row_load(core->store, key) : NULL;

	if (text != NULL) {
		list = g_strsplit(text, "\n", -1);
		g_hash_table_insert(core->caps, g_strdup(key), list);
	}
	return list;
}

struct question {
	struct core	*core;
	char		*key;
};

/* The features as lines; NULL when they are more than is kept. */
static char *
read_features(const struct stanza *query)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (struct stanza *c = stanza_first(query); c != NULL; c = stanza_next(c))
		if (stanza_is(c, "feature", NS_DISCO_INFO))
			g_string_append_printf(text, "%s%s", text->len > 0 ? "\n" : "", attribute(c, "var"));
	return text->len <= LIMIT_CAPS_LIST ? g_strdup(text->str) : NULL;
}

static void
take_list(struct core *core, const char *key, const struct stanza *query)
{
	g_auto(GStrv) parts = g_strsplit(key, " ", 2);
	GChecksumType type = G_CHECKSUM_SHA1;
	g_autofree char *hash = NULL, *text = read_features(query);
	g_autoptr(GError) error = NULL;

	find_type(parts[0], &type);
	hash = caps_hash(query, type);
	/* Who lies about the hash would lie for all who tell the truth. */
	if (text == NULL || g_strcmp0(hash, parts[1]) != 0) {
		log_debug("caps", "the features do not fit their hash %s", key);
		return;
	}
	if (!turn_begin(core->turn))
		return;
	if (caps_row_save(core->store, key, text, &error)) {
		if (g_hash_table_size(core->caps) >= LIMIT_CAPS)
			g_hash_table_remove_all(core->caps);
		g_hash_table_insert(core->caps, g_strdup(key), g_strsplit(text, "\n", -1));
	}
	turn_end(core->turn, error == NULL);
	turn_failed(core->turn, error);
}

static void
answered(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct question *question = ctx;
	const struct stanza *query = end == IQ_RESULT ? stanza_child(answer, "query", NS_DISCO_INFO) : NULL;

	g_hash_table_remove(question->core->caps, question->key);
	if (query != NULL)
		take_list(question->core, question->key, query);
	g_free(question->key);
	g_free(question);
}

static bool
is_busy(struct core *core)
{
	GHashTableIter iter;
	void *list;
	unsigned n = 0;

	g_hash_table_iter_init(&iter, core->caps);
	while (g_hash_table_iter_next(&iter, NULL, &list))
		n += list == asked;
	return n >= LIMIT_CAPS_ASKED;
}

void
caps_announced(struct account *account, const char *full, const struct stanza *presence)
{
	struct core *core = account->core;
	g_autofree char *key = caps_key(presence), *bare = jid_bare(full), *node = NULL;
	const char *name = key != NULL ? stanza_get(stanza_child(presence, "c", NS_CAPS), "node") : NULL;
	struct question *question;
	struct stanza *iq, *query;

	/* The question itself says that we are there. */
	if (key == NULL || name == NULL || strlen(name) > LIMIT_NAME || !account_online(account) ||
	    !roster_sees_us(account, bare) || find_list(core, key) != NULL || is_busy(core))
		return;
	g_hash_table_insert(core->caps, g_strdup(key), (gpointer)(uintptr_t)asked);
	question = g_new(struct question, 1);
	question->core = core;
	question->key = g_strdup(key);
	iq = stanza_iq("get", full);
	query = stanza_add(iq, "query", NS_DISCO_INFO);
	node = g_strconcat(name, "#", strchr(key, ' ') + 1, NULL);
	stanza_set(query, "node", node);
	account_request(account, iq, answered, question);
}

bool
caps_supports(const struct account *account, const char *full, const char *feature)
{
	const char *key = roster_caps(account->roster, full);
	char **list = key != NULL ? find_list(account->core, key) : NULL;

	return list != NULL && g_strv_contains((const char *const *)list, feature);
}

bool
caps_any_supports(const struct account *account, const char *bare, const char *feature)
{
	g_auto(GStrv) resources = roster_resources(account->roster, bare);

	for (char **full = resources; *full != NULL; full++)
		if (caps_supports(account, *full, feature))
			return true;
	return false;
}
