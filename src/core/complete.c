/* complete.c: what could stand at the cursor, from the same rows as the parser. */
#include <string.h>

#include "base/jid.h"
#include "base/limits.h"
#include "core/alias.h"
#include "core/chat.h"
#include "core/command.h"
#include "core/room.h"
#include "core/roster.h"
#include "core/setting.h"
#include "core/words.h"

static void
add(json_t *words, const char *prefix, const char *word, const char *help)
{
	if (g_str_has_prefix(word, prefix))
		json_array_append_new(words, json_pack("{s:s, s:s}", "word", word, "help", help != NULL ? help : ""));
}

static void
add_commands(const struct core *core, json_t *words, const char *prefix, const char *before)
{
	g_autoptr(GArray) aliases = alias_list(core);
	char *last = NULL;

	for (const struct command *const *c = command_list(); *c != NULL; c++) {
		g_autofree char *full = g_strconcat(before, (*c)->name, NULL);

		/* Rows of two words are offered once the first one stands there. */
		if (strchr((*c)->name, ' ') == NULL) {
			add(words, prefix, full, (*c)->help);
		} else {
			g_autofree char *first = g_strndup(full, strcspn(full, " "));

			if (g_strcmp0(first, last) != 0 && command_find(first + strlen(before)) == NULL)
				add(words, prefix, first, NULL);
			g_free(last);
			last = g_steal_pointer(&first);
		}
	}
	g_free(last);
	for (guint i = 0; i < aliases->len; i++) {
		const struct alias *a = &g_array_index(aliases, struct alias, i);
		g_autofree char *full = g_strconcat(before, a->name, NULL);

		add(words, prefix, full, a->line);
	}
}

static void
add_jids(struct core *core, const char *account, json_t *words, const char *prefix)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = 0; i < core->accounts->len; i++) {
		struct account *a = core->accounts->pdata[i];
		g_autoptr(GPtrArray) jids = NULL, chats = NULL;

		if (account != NULL && strcmp(account, account_name(a)) != 0)
			continue;
		jids = roster_jids(a->roster);
		for (guint j = 0; j < jids->len; j++)
			if (g_hash_table_add(seen, g_strdup(jids->pdata[j])))
				add(words, prefix, jids->pdata[j], roster_name(a->roster, jids->pdata[j]));
		chats = chat_list(core->store, a->id);
		for (guint j = 0; j < chats->len; j++) {
			const struct chat_row *row = chats->pdata[j];

			if (row->open && g_hash_table_add(seen, g_strdup(row->jid)))
				add(words, prefix, row->jid, NULL);
		}
	}
}

/* What a setting may be, where that is a few words; else what it is. */
static void
add_values(const struct core *core, json_t *words, const char *prefix, const char *name)
{
	enum setting setting;

	if (!setting_find(name, &setting, NULL))
		return;
	g_auto(GStrv) values = setting_words(setting);
	for (char **value = values; value != NULL && *value != NULL; value++)
		add(words, prefix, *value, strcmp(*value, setting_default(setting)) == 0 ? "the default" : NULL);
	if (values == NULL)
		add(words, prefix, setting_text(core->settings, setting), setting_meaning(setting));
}

static void
add_own_aliases(const struct core *core, json_t *words, const char *prefix)
{
	g_autoptr(GArray) aliases = alias_list(core);

	for (guint i = 0; i < aliases->len; i++) {
		const struct alias *a = &g_array_index(aliases, struct alias, i);

		if (a->own)
			add(words, prefix, a->name, a->line);
	}
}

/* The room of a chat, where we are in it; NULL: none. */
static const struct room *
room_of(const struct core *core, const char *account, const char *chat)
{
	struct account *a = account_find(core, account);
	g_autofree char *bare = a != NULL && chat != NULL ? jid_bare(chat) : NULL;
	const struct room *room = bare != NULL ? room_find(a, bare) : NULL;

	return room != NULL && room->state == ROOM_IN ? room : NULL;
}

/* Who spoke last comes first. */
static gint
by_speaking(gconstpointer a, gconstpointer b)
{
	const struct occupant *x = *(const struct occupant *const *)a, *y = *(const struct occupant *const *)b;

	return x->spoke_ms != y->spoke_ms ? (x->spoke_ms < y->spoke_ms) - (x->spoke_ms > y->spoke_ms) : strcmp(x->nick, y->nick);
}

/* Nicks that begin so, whatever the case; after: what stands behind them.  whole: blanks may be in them. */
static void
add_nicks(const struct room *room, json_t *words, const char *prefix, const char *after, bool whole)
{
	g_autoptr(GPtrArray) all = room != NULL ? room_occupants(room) : g_ptr_array_new();
	g_autofree char *wanted = g_utf8_casefold(prefix, -1);

	g_ptr_array_sort(all, by_speaking);
	for (guint i = 0; i < all->len && json_array_size(words) < LIMIT_NICKS; i++) {
		const struct occupant *o = all->pdata[i];
		g_autofree char *fold = g_utf8_casefold(o->nick, -1), *word = g_strconcat(o->nick, after, NULL);

		if (g_str_has_prefix(fold, wanted) && strcmp(o->nick, room->nick) != 0 && (whole || strchr(o->nick, ' ') == NULL))
			json_array_append_new(words, json_pack("{s:s, s:s}", "word", word, "help", o->status != NULL ? o->status : ""));
	}
}

/* Candidates for one place of a row's args; before: the word before it. */
static void
add_for(struct core *core, const char *account, const char *chat, const char *spec, json_t *words, const char *prefix,
    const char *before)
{
	g_autofree char *name = *spec == '[' ? g_strndup(spec + 1, strlen(spec) - 2) : g_strdup(spec);

	if (strchr(name, '|') != NULL || g_ascii_islower(*name)) {
		g_auto(GStrv) alternatives = g_strsplit(name, "|", -1);

		for (char **a = alternatives; *a != NULL; a++)
			add(words, prefix, *a, NULL);
	} else if (strcmp(name, "ACCOUNT") == 0) {
		for (guint i = 0; i < core->accounts->len; i++)
			add(words, prefix, account_name(core->accounts->pdata[i]), account_jid(core->accounts->pdata[i]));
	} else if (strcmp(name, "NICK") == 0 || strcmp(name, "NICK...") == 0) {
		add_nicks(room_of(core, account, chat), words, prefix, "", strcmp(name, "NICK...") == 0);
	} else if (strcmp(name, "JID") == 0) {
		add_nicks(room_of(core, account, chat), words, prefix, "", false);
		add_jids(core, account, words, prefix);
	} else if (strcmp(name, "KEY") == 0) {
		for (const struct account_key *k = account_keys; k->name != NULL; k++)
			if (!k->secret)
				add(words, prefix, k->name, k->meaning);
	} else if (strcmp(name, "COMMAND") == 0) {
		add_commands(core, words, prefix, "");
	} else if (strcmp(name, "SETTING") == 0) {
		for (unsigned i = 0; i < SETTINGS; i++)
			add(words, prefix, setting_name((enum setting)i), setting_meaning((enum setting)i));
	} else if (strcmp(name, "VALUE...") == 0 && before != NULL) {
		add_values(core, words, prefix, before);
	} else if (strcmp(name, "ALIAS") == 0) {
		add_own_aliases(core, words, prefix);
	}
}

/* Second words of rows such as "account add". */
static void
add_second_words(const char *first, json_t *words, const char *prefix)
{
	g_autofree char *before = g_strdup_printf("%s ", first);

	for (const struct command *const *c = command_list(); *c != NULL; c++)
		if (g_str_has_prefix((*c)->name, before))
			add(words, prefix, (*c)->name + strlen(before), (*c)->help);
}

json_t *
command_complete(struct core *core, const char *line, size_t cursor, const char *account, const char *chat, size_t *from,
    size_t *to)
{
	json_t *words = json_array();
	g_autofree char *head = g_strndup(line, MIN(cursor, strlen(line)));
	g_auto(GStrv) parts = NULL;
	g_autofree char *two = NULL, *expanded = NULL;
	const struct command *row;
	guint n, used = 1;
	const char *prefix;

	*to = strlen(head);
	prefix = strrchr(head, ' ') != NULL ? strrchr(head, ' ') + 1 : head;
	*from = (size_t)(prefix - head);
	/* In a room: whom one speaks to, or of. */
	if ((*head != '/' || head[1] == '/') && *prefix != '\0' && strchr(prefix, '\n') == NULL)
		add_nicks(room_of(core, account, chat), words, prefix, *from == 0 ? ":" : "", true);
	if (*head != '/' || head[1] == '/' || strchr(head, '\n') != NULL)
		return words;
	if (*from == 0) {
		add_commands(core, words, prefix, "/");
		return words;
	}
	expanded = alias_expand(core, head + 1);
	parts = g_strsplit_set(expanded != NULL ? expanded : head + 1, " \t", -1);
	n = g_strv_length(parts);
	two = n > 2 ? g_strdup_printf("%s %s", parts[0], parts[1]) : NULL;
	row = two != NULL ? command_find(two) : NULL;
	if (row != NULL)
		used = 2;
	else
		row = command_find(parts[0]);
	if (n == 2)
		add_second_words(parts[0], words, prefix);
	if (row != NULL && *row->args != '\0') {
		g_auto(GStrv) specs = g_strsplit(row->args, " ", -1);
		guint place = n - used - 1;

		if (place < g_strv_length(specs))
			add_for(core, account, chat, specs[place], words, prefix, parts[n - 2]);
	}
	return words;
}
