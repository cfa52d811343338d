/*
 * term_env.c: see term_env.h.
 *
 * Two things are missing on many machines that one logs in to: the terminfo entry of a modern terminal, and a locale.
 * Neither says anything about what the terminal can do, so both are replaced by what is true of nearly all of them.
 */
#include "face/tui/term_env.h"

#include <langinfo.h>
#include <locale.h>
#include <string.h>

#include "base/text.h"

static void
add_notice(struct term_env *env, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void
add_notice(struct term_env *env, const char *format, ...)
{
	g_autofree char *before = env->notice, *sentence = NULL;
	va_list args;

	va_start(args, format);
	sentence = g_strdup_vprintf(format, args);
	va_end(args);
	env->notice = before == NULL ? g_steal_pointer(&sentence) : g_strconcat(before, "  ", sentence, NULL);
}

static bool
is_utf8(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

/* What the environment asks for, as setlocale() looks. */
static const char *
asked_locale(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		const char *value = g_getenv(names[i]);

		if (value != NULL && *value != '\0')
			return value;
	}
	return NULL;
}

static bool
choose_locale(struct term_env *env, GError **error)
{
	static const char *const replacements[] = { "C.UTF-8", "C.utf8", "en_US.UTF-8", "POSIX.UTF-8" };
	const char *asked = asked_locale();
	g_autofree char *quoted = text_clean(asked != NULL ? asked : "", -1, TEXT_LINE, 100);
	bool known = setlocale(LC_CTYPE, "") != NULL;

	if (known && is_utf8())
		return true;
	for (size_t i = 0; i < G_N_ELEMENTS(replacements); i++) {
		if (setlocale(LC_CTYPE, replacements[i]) == NULL || !is_utf8())
			continue;
		/* readline asks the environment again, and would go back to what is there. */
		g_setenv("LC_CTYPE", replacements[i], TRUE);
		if (g_strcmp0(g_getenv("LC_ALL"), "") != 0 && g_getenv("LC_ALL") != NULL)
			g_setenv("LC_ALL", replacements[i], TRUE);
		if (asked == NULL)
			add_notice(env, "LANG is not set; confab uses %s.", replacements[i]);
		else
			add_notice(env, "The locale \"%s\" %s; confab uses %s.", quoted,
			    known ? "is not UTF-8" : "does not exist on this machine", replacements[i]);
		return true;
	}
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOSYS,
	    "This machine has no locale with UTF-8: neither \"%s\" nor C.UTF-8.", quoted);
	return false;
}

static bool
is_set(const char *name)
{
	const char *value = g_getenv(name);

	return value != NULL && *value != '\0';
}

static bool
begins_with(const char *text, const char *const *beginnings)
{
	for (; *beginnings != NULL; beginnings++)
		if (g_str_has_prefix(text, *beginnings))
			return true;
	return false;
}

bool
term_env_read(struct term_env *env, GError **error)
{
	static const char *const multiplexers[] = { "screen", "tmux", NULL };
	static const char *const untitled[] = { "linux", "vt", "cons", NULL };
	const char *type = g_getenv("TERM");

	*env = (struct term_env){ .type = NULL };
	if (type == NULL || *type == '\0') {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
		    "TERM is not set, so there is no knowing what the terminal can do.  \"confab do\" works without it.");
		return false;
	}
	env->type = g_strdup(type);
	env->multiplexer = is_set("TMUX") || is_set("STY") || begins_with(type, multiplexers);
	env->ssh = is_set("SSH_CONNECTION");
	env->colours = !is_set("NO_COLOR");
	env->titles = !begins_with(type, untitled);
	return choose_locale(env, error);
}

void
term_env_clear(struct term_env *env)
{
	g_clear_pointer(&env->type, g_free);
	g_clear_pointer(&env->notice, g_free);
}

struct term_curses *
term_env_curses(struct term_env *env, GError **error)
{
	/* What terminals of today call themselves; all of them understand what xterm does. */
	static const char *const modern[] = {
		"xterm", "kitty", "foot", "alacritty", "wezterm", "ghostty", "contour", "rio", "st-", "konsole", "vte",
		    "gnome",
		"rxvt", "iterm", "mintty", "putty", "ms-terminal", "nsterm", "mlterm", "terminology", NULL
	};
	static const char *const like_xterm[] = { "xterm-256color", "xterm", "vt100", NULL };
	static const char *const like_screen[] = { "screen-256color", "screen", "vt100", NULL };
	const char *const *types = env->multiplexer ? like_screen : begins_with(env->type, modern) ? like_xterm : NULL;
	g_autofree char *quoted = text_clean(env->type, -1, TEXT_LINE, 60);
	GError *fault = NULL;
	struct term_curses *curses = term_curses_open(env->type, env->colours, &fault);

	if (curses != NULL)
		return curses;
	if (fault != NULL) {
		g_propagate_error(error, fault);
		return NULL;
	}
	for (; types != NULL && *types != NULL; types++) {
		curses = term_curses_open(*types, env->colours, NULL);
		if (curses != NULL) {
			add_notice(env, "This machine does not know the terminal \"%s\"; confab takes it for %s.",
			    quoted, *types);
			return curses;
		}
	}
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
	    "This machine does not know the terminal \"%s\" (TERM).  TERM=xterm-256color fits most; \"confab do\" works without.",
	    quoted);
	return NULL;
}
