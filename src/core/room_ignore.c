/*
 * room_ignore.c: see room_ignore.h.  Kept is one text for each room, a line "KEY NICK" for each of them: KEY is "#"
 * and the occupant-id, or "/"; an id holds no blank, and a nick no newline.
 */
#include "core/room_ignore.h"

#include <string.h>

#include "base/jid.h"
#include "base/limits.h"
#include "core/chat.h"
#include "proto/error.h"
#include "store/store.h"

static char *
key_of(const struct room *room)
{
	return g_strdup_printf("room.ignored:%s %s", account_jid(room->account), room->jid);
}

static void
load(struct room *room)
{
	g_autofree char *key = NULL, *text = NULL;

	if (room->ignored != NULL)
		return;
	key = key_of(room);
	text = store_get_text(room->account->core->store, key);
	room->ignored = g_strsplit(text != NULL ? text : "", "\n", -1);
}

static bool
save(struct room *room, char **lines, GError **error)
{
	g_autofree char *key = key_of(room), *text = g_strjoinv("\n", lines);
	bool ok;

	if (!chat_begin_change(room->account->core, error))
		return false;
	ok = store_set_text(room->account->core->store, key, *text != '\0' ? text : NULL, error);
	if (!chat_end_change(room->account->core, ok, error))
		return false;
	g_strfreev(room->ignored);
	room->ignored = g_strdupv(lines);
	return true;
}

/* A line's key is this one: "#ID", or "/" with that nick. */
static bool
is(const char *line, const char *id, const char *nick)
{
	size_t n = strcspn(line, " ");

	if (id != NULL && *line == '#' && strlen(id) == n - 1 && strncmp(line + 1, id, n - 1) == 0)
		return true;
	return nick != NULL && *line == '/' && line[n] == ' ' && strcmp(line + n + 1, nick) == 0;
}

bool
room_ignores(const struct room *room, const char *author)
{
	const char *nick = *author != '#' ? jid_resource(author) : NULL;

	load((struct room *)(uintptr_t)room);
	for (char **line = room->ignored; *line != NULL; line++)
		if (is(*line, *author == '#' ? author + 1 : NULL, nick))
			return true;
	return false;
}

bool
room_ignore(struct room *room, const char *nick, GError **error)
{
	const struct occupant *o = room_occupant(room, nick);
	g_auto(GStrv) lines = NULL;
	guint n;

	if (o == NULL) {
		g_set_error(error, RPC_ERROR, RPC_ERROR_NOT_FOUND, "Nobody in %s is called \"%s\". Nothing was done.",
		    room->jid, nick);
		return false;
	}
	if (strcmp(nick, room->nick) == 0) {
		g_set_error(error, RPC_ERROR, RPC_ERROR_USAGE, "That is you.");
		return false;
	}
	load(room);
	for (char **line = room->ignored; *line != NULL; line++)
		if (is(*line, o->id, o->id == NULL ? nick : NULL))
			return true;
	n = g_strv_length(room->ignored);
	if (n >= LIMIT_IGNORED) {
		g_set_error(error, RPC_ERROR, RPC_ERROR_USAGE, "You ignore %u in %s, which is as many as can be.", n,
		    room->jid);
		return false;
	}
	lines = g_new0(char *, n + 2);
	for (guint i = 0, to = 0; i < n; i++)
		if (*room->ignored[i] != '\0')
			lines[to++] = g_strdup(room->ignored[i]);
	lines[g_strv_length(lines)] = o->id != NULL && strpbrk(o->id, " \n") == NULL ? g_strdup_printf("#%s %s",
	    o->id, nick) :
	    g_strdup_printf("/ %s", nick);
	return save(room, lines, error);
}

bool
room_unignore(struct room *room, const char *nick, GError **error)
{
	const struct occupant *o = room_occupant(room, nick);
	g_auto(GStrv) lines = NULL;
	guint n, to = 0;

	load(room);
	n = g_strv_length(room->ignored);
	lines = g_new0(char *, n + 1);
	/* Under the nick that they have, or had when they were ignored. */
	for (guint i = 0; i < n; i++) {
		const char *then = strchr(room->ignored[i], ' ');

		if (!is(room->ignored[i], o != NULL ? o->id : NULL, nick) && (then == NULL || strcmp(then + 1,
		    nick) != 0))
			lines[to++] = g_strdup(room->ignored[i]);
	}
	if (to == n) {
		g_set_error(error, RPC_ERROR, RPC_ERROR_NOT_FOUND, "You ignore nobody called \"%s\" in %s.", nick,
		    room->jid);
		return false;
	}
	return save(room, lines, error);
}

GPtrArray *
room_ignored(const struct room *room)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

	load((struct room *)(uintptr_t)room);
	for (char **line = room->ignored; *line != NULL; line++) {
		const char *nick = strchr(*line, ' ');
		const struct occupant *o;
		g_autofree char *id = nick != NULL && **line == '#' ? g_strndup(*line + 1,
		    (gsize)(nick - *line - 1)) : NULL;

		if (nick == NULL)
			continue;
		o = id != NULL ? room_occupant_by_id(room, id) : NULL;
		g_ptr_array_add(names, o != NULL && strcmp(o->nick, nick + 1) != 0 ? g_strdup_printf("%s, now called %s", nick + 1,
		    o->nick) : g_strdup(nick + 1));
	}
	return names;
}
