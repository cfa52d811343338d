/*
 * bind.c: /bind and /unbind.  What is bound is kept in the config file, by the core, as one setting that all faces are
 * told of; what keys and actions there are only faces know, so what is wrong in the file is said here.
 */
#include <string.h>

#include "face/tui/face.h"
#include "face/tui/keyname.h"

static void
apply(struct face *face, bool say)
{
	const char *key;
	json_t *what;

	input_unbind_all(face->input);
	json_object_foreach(face->preferences.binds, key, what) {
		const char *in_view, *value = json_string_value(what);
		int view = bind_view_of(key, &in_view);
		g_autofree char *wrong = value == NULL ? NULL : view >= 0 ? bind_view_wrong(view, in_view, value) :
		    input_bind(face->input, key, value);

		if (wrong != NULL && say)
			face_note(face, face->front, SEVERITY_ERROR,
			    "[bind] of the config file, %s: %s It is passed over.", key, wrong);
	}
	face_mark(face, DIRTY_ALL);
}

void
bind_take(struct face *face, const json_t *binds)
{
	json_decref(face->preferences.binds);
	face->preferences.binds = json_deep_copy(binds);
	apply(face, true);
}

static void
list(struct face *face)
{
	g_autoptr(GString) text =
	    g_string_new("Keys that you bound; /keys lists all, and /bind KEY tells what one does.");
	const char *key;
	json_t *what;

	json_object_foreach(face->preferences.binds, key, what)
		g_string_append_printf(text, "\n%-12s %s", key, json_string_value(what));
	if (json_object_size(face->preferences.binds) == 0)
		g_string_assign(text,
		    "You bound no keys. /bind KEY ACTION or /bind KEY /COMMAND does; /keys lists the actions.");
	face_note(face, face->front, SEVERITY_INFO, "%s", text->str);
}

const char *
bind_of(const struct face *face, const char *command)
{
	size_t n = strlen(command);
	const char *key;
	json_t *what;

	json_object_foreach(face->preferences.binds, key, what) {
		const char *line = json_string_value(what);

		if (line != NULL && line[0] == '/' && strncmp(line + 1, command, n) == 0 && (line[n + 1] == '\0' ||
		    line[n + 1] == ' '))
			return key;
	}
	return NULL;
}

/* In quotes for a command line. */
static char *
quoted(const char *text)
{
	GString *out = g_string_new("\"");

	for (; *text != '\0'; text++) {
		if (strchr("\"\\", *text) != NULL)
			g_string_append_c(out, '\\');
		g_string_append_c(out, *text);
	}
	g_string_append_c(out, '"');
	return g_string_free(out, FALSE);
}

/* what NULL: the default again. */
static void
tell(struct face *face, const char *key, const char *what)
{
	g_autofree char *name = g_strconcat("bind.", key, NULL), *quoted_name = quoted(name);
	g_autofree char *quoted_what = what != NULL ? quoted(what) : NULL;
	g_autofree char *line = what != NULL ? g_strdup_printf("/set %s %s", quoted_name, quoted_what) :
	    g_strdup_printf("/unset %s", quoted_name);

	send_quietly(face, face->front, line);
}

/*
 * KEY may be several words, and what it is bound to too: a command begins with a slash and a letter behind a blank, in
 * quotes or not; an action is the last word.  False: there is no such part.
 */
static bool
cut(const char *argument, char **keys, char **what)
{
	const char *at, *last = strrchr(argument, ' ');

	for (at = argument; (at = strchr(at, ' ')) != NULL; at++) {
		const char *command = strchr("'\"", at[1]) != NULL && at[1] != '\0' ? at + 2 : at + 1;
		size_t n = strlen(command);

		if (command[0] != '/' || !g_ascii_isalpha(command[1]))
			continue;
		/* The quotes keep a blank at its end. */
		if (command == at + 2 && command[n - 1] == at[1])
			n--;
		*what = g_strndup(command, n);
		*keys = g_strndup(argument, (gsize)(at - argument));
		return true;
	}
	if (last == NULL)
		return false;
	*what = g_strdup(last + 1);
	*keys = g_strndup(argument, (gsize)(last - argument));
	return true;
}

/* Why these are no keys, in the line or behind the name of a view; NULL: they are. */
static char *
wrong_keys(const char *plain)
{
	const char *key = plain;
	g_autoptr(GPtrArray) known = NULL;

	bind_view_of(plain, &key);
	known = keyname_parse(key);
	return known != NULL && *key != '\0' ? NULL : keyname_wrong(key);
}

/* What they do now, NULL: nothing. */
static char *
bound(struct face *face, const char *plain)
{
	const char *key;
	int view = bind_view_of(plain, &key);

	return view >= 0 ? bind_view_bound(face, view, key) : input_bound(face->input, plain);
}

/* Why they cannot be bound to that; NULL: they can.  It is tried here, and taken when the core says that it is kept. */
static char *
wrong_bind(struct face *face, const char *plain, const char *what)
{
	const char *key;
	int view = bind_view_of(plain, &key);
	char *wrong = view >= 0 ? bind_view_wrong(view, key, what) : input_bind(face->input, plain, what);

	apply(face, false);
	return wrong;
}

static bool
refuse(struct face *face, const char *why)
{
	face_note(face, face->front, SEVERITY_ERROR, "%s Nothing was done.", why);
	return true;
}

bool
bind_run(struct face *face, const char *argument)
{
	g_autofree char *keys = NULL, *what = NULL, *plain = NULL, *wrong = NULL, *now = NULL;
	g_autofree char *whole = keyname_plain(argument), *no_keys = wrong_keys(whole);

	if (*argument == '\0') {
		list(face);
		return true;
	}
	/* A key alone: what it does. */
	if (no_keys == NULL) {
		now = bound(face, whole);
		face_note(face, face->front, SEVERITY_INFO, "%s%s%s.", whole, now != NULL ? " is " : " does nothing",
		    now != NULL ? now : "");
		return true;
	}
	if (!cut(argument, &keys, &what))
		return refuse(face, no_keys);
	plain = keyname_plain(keys);
	now = bound(face, plain);
	wrong = wrong_bind(face, plain, what);
	if (wrong != NULL)
		return refuse(face, wrong);
	if (now != NULL && strcmp(now, what) != 0)
		face_note(face, face->front, SEVERITY_INFO, "%s was %s.", plain, now);
	tell(face, plain, what);
	return true;
}

bool
unbind_run(struct face *face, const char *argument)
{
	g_autofree char *plain = keyname_plain(argument), *wrong = wrong_keys(plain);
	g_autofree char *now = wrong == NULL ? bound(face, plain) : NULL;

	if (wrong != NULL)
		return refuse(face, wrong);
	if (json_object_get(face->preferences.binds, plain) != NULL) {
		tell(face, plain, NULL);
		face_note(face, face->front, SEVERITY_INFO, "%s does again what it does by itself.", plain);
		return true;
	}
	if (now == NULL)
		wrong = g_strdup_printf("%s does nothing.", plain);
	else
		wrong = wrong_bind(face, plain, "none");
	if (wrong != NULL)
		return refuse(face, wrong);
	tell(face, plain, "none");
	face_note(face, face->front, SEVERITY_INFO, "%s was %s and does nothing now; /unbind %s once more gives it "
	    "back.", plain, now, plain);
	return true;
}

void
bind_line(struct face *face, const char *line)
{
	/* A blank at its end: something is to be typed behind it. */
	if (g_str_has_suffix(line, " ")) {
		if (*input_line(face->input) != '\0')
			input_kill(face->input);
		input_insert(face->input, line, false);
	} else if (!command_run(face, line))
		send_quietly(face, face->front, line);
	face_mark(face, DIRTY_ALL);
}
