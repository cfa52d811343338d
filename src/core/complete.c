/* complete.c: what could stand at the cursor, from the same rows as the parser. */
#include <string.h>

#include "base/jid.h"
#include "base/limits.h"
#include "base/text.h"
#include "core/alias.h"
#include "core/bookmark.h"
#include "core/chat.h"
#include "core/command.h"
#include "core/form_json.h"
#include "core/room.h"
#include "core/room_form.h"
#include "core/roster.h"
#include "core/rule.h"
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
		g_autoptr(GPtrArray) jids = NULL, chats = NULL, kept = NULL;

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
		kept = bookmark_list(a);
		for (guint j = 0; j < kept->len; j++) {
			const struct bookmark *b = kept->pdata[j];

			if (g_hash_table_add(seen, g_strdup(b->jid)))
				add(words, prefix, b->jid, b->name);
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
static struct room *
room_of(const struct core *core, const char *account, const char *chat)
{
	struct account *a = account_find(core, account);
	g_autofree char *bare = a != NULL && chat != NULL ? jid_bare(chat) : NULL;
	struct room *room = bare != NULL ? room_find(a, bare) : NULL;

	return room != NULL && room->state == ROOM_IN ? room : NULL;
}

/* Who spoke last comes first. */
static gint
by_speaking(gconstpointer a, gconstpointer b)
{
	const struct occupant *x = *(const struct occupant *const *)a, *y = *(const struct occupant *const *)b;

	return x->spoke_ms != y->spoke_ms ? (x->spoke_ms < y->spoke_ms) - (x->spoke_ms > y->spoke_ms) :
	    strcmp(x->nick, y->nick);
}

/* A word that the parser reads as this text. */
static char *
quoted(const char *text)
{
	if (strpbrk(text, " \t'\"\\") == NULL)
		return g_strdup(text);
	return strchr(text, '\'') == NULL ? g_strconcat("'", text, "'", NULL) : g_strconcat("\"", text, "\"", NULL);
}

/* Nicks that begin so, whatever the case; after: what stands behind them.  whole: blanks need no quotes. */
static void
add_nicks(const struct room *room, json_t *words, const char *prefix, const char *after, bool whole)
{
	g_autoptr(GPtrArray) all = room != NULL ? room_occupants(room) : g_ptr_array_new();
	g_autofree char *wanted = g_utf8_casefold(prefix, -1);

	g_ptr_array_sort(all, by_speaking);
	for (guint i = 0; i < all->len && json_array_size(words) < LIMIT_NICKS; i++) {
		const struct occupant *o = all->pdata[i];
		g_autofree char *fold = g_utf8_casefold(o->nick, -1), *word = whole ?
		    g_strconcat(o->nick, after, NULL) : quoted(o->nick);

		if (g_str_has_prefix(fold, wanted) && strcmp(o->nick, room->nick) != 0)
			json_array_append_new(words, json_pack("{s:s, s:s}", "word", word, "help",
			    o->status != NULL ? o->status : ""));
	}
}

static void
add_fields(struct room *room, json_t *words, const char *prefix)
{
	const struct form *form = room != NULL ? room_form_recent(room) : NULL;

	for (guint i = 0; form != NULL && i < form->fields->len; i++) {
		const struct form_field *field = form->fields->pdata[i];
		g_autofree char *text = NULL, *help = NULL;

		if (!form_is_asked(field) || strchr(field->var, ' ') != NULL)
			continue;
		text = form_field_text(field);
		help = g_strdup_printf("%s: %s", field->label, g_strdelimit(text, "\n", ' '));
		add(words, prefix, field->var, help);
	}
}

static void
add_field_values(struct room *room, json_t *words, const char *prefix, const char *name)
{
	const struct form *form = room != NULL ? room_form_recent(room) : NULL;
	const struct form_field *field = form != NULL ? form_json_find(form, name) : NULL;

	if (field != NULL && field->type == FORM_BOOLEAN) {
		add(words, prefix, "yes", form_is(form, field->var) ? "as it is" : NULL);
		add(words, prefix, "no", form_is(form, field->var) ? NULL : "as it is");
	}
	for (guint i = 0; field != NULL && i < field->options->len; i++) {
		const struct form_option *option = field->options->pdata[i];
		g_autofree char *value = text_clean(option->value, -1, TEXT_LINE, LIMIT_NAME);

		add(words, prefix, value, option->label);
	}
}

/* Where the line stands. */
struct place {
	struct core	*core;
	const char	*account, *chat;	/* or NULL */
	const struct command *row;
	const char	*before;		/* the word before this one */
};

/* Candidates for one place of a row's args. */
static void
add_for(const struct place *place, const char *spec, json_t *words, const char *prefix)
{
	struct core *core = place->core;
	const char *account = place->account, *chat = place->chat, *before = place->before;
	g_autofree char *name = *spec == '[' ? g_strndup(spec + 1, strlen(spec) - 2) : g_strdup(spec);

	if (strchr(name, '|') != NULL || g_ascii_islower(*name)) {
		g_auto(GStrv) alternatives = g_strsplit(name, "|", -1);

		for (char **a = alternatives; *a != NULL; a++)
			add(words, prefix, *a, NULL);
	} else if (strcmp(name, "ACCOUNT") == 0) {
		for (guint i = 0; i < core->accounts->len; i++)
			add(words, prefix, account_name(core->accounts->pdata[i]),
			    account_jid(core->accounts->pdata[i]));
	} else if (strcmp(name, "NICK") == 0 || strcmp(name, "NICK...") == 0) {
		add_nicks(room_of(core, account, chat), words, prefix, "", strcmp(name, "NICK...") == 0);
	} else if (strcmp(name, "FIELD") == 0) {
		add_fields(room_of(core, account, chat), words, prefix);
	} else if (strcmp(name, "VALUE...") == 0 && strcmp(place->row->name, "room set") == 0) {
		add_field_values(room_of(core, account, chat), words, prefix, before);
	} else if (strcmp(name, "JID") == 0 || strcmp(name, "WHO") == 0) {
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
	} else if (strcmp(name, "EVENT") == 0) {
		g_autofree const char **events = rule_events();

		for (const char **event = events; *event != NULL; event++)
			add(words, prefix, *event, NULL);
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
command_complete(struct core *core, const char *line, size_t cursor, const char *account, const char *chat,
    size_t *from, size_t *to)
{
	json_t *words = json_array();
	struct place at = { .core = core, .account = account, .chat = chat };
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

		if (place < g_strv_length(specs)) {
			at.row = row;
			at.before = parts[n - 2];
			add_for(&at, specs[place], words, prefix);
		}
	}
	return words;
}
