/*
 * face.h: the parts of the terminal face, and what they call each other for.  One struct face holds it all; each file
 * named below owns its part of it.  Handlers only mark what must be drawn; the loop in tui.c draws.
 */
#ifndef TUI_FACE_H
#define TUI_FACE_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "face/tui/canvas.h"
#include "face/tui/input.h"
#include "face/tui/keys.h"
#include "face/tui/layout.h"
#include "face/tui/model.h"
#include "face/tui/split.h"
#include "face/tui/status.h"
#include "face/tui/view_chat.h"
#include "proto/client.h"

struct term;
struct face;

enum { DIRTY_CHAT = 1, DIRTY_INPUT = 2, DIRTY_BARS = 4, DIRTY_ALL = 7 };

enum { SECRET_BYTES = 1024, LINGER_MS = 1000, PRESENT_MS = 60000, CLOCK_MS = 300000 };

/* ask.c: the input line becomes the answer to a question.  value NULL: left without an answer. */
typedef void (*ask_done)(struct face *, const char *value, int64_t id);
struct ask {
	bool		 open, secret;
	char		*title;
	ask_done	 done;
	int64_t		 id;			/* the prompt's number, or whatever done wants */
	struct input_draft *draft;		/* not secret: edited as any line */
	char		 text[SECRET_BYTES], held[SECRET_BYTES];	/* secret; wiped */
	size_t		 len;
};

/* complete.c: candidates for the word at the cursor. */
struct complete {
	bool		 open;
	char		*before;		/* the line as it was typed */
	size_t		 point, from, to;
	GPtrArray	*words, *helps;		/* char * */
	int		 at;
	int64_t		 request;
	int		 step;			/* forwards or back */
	bool		 stepped;		/* the key at hand moved it */
};

/* paste.c: text that waits for a decision. */
struct paste {
	char		*text;			/* NULL: none */
	int		 lines, removed;
	bool		 cut;
};

/* select.c */
struct select {
	struct rows_select rows;		/* at 0: nothing is selected */
	bool		 menu;
	char		*said;			/* what the last key did */
	char		*forward;		/* what goes to the chat that is asked for; or NULL */
	char		*how;			/* how a question in the console is turned to; NULL: there was none */
};

/* page.c */
struct view_row {
	const char	*name, *keys, *hint, *help;
	int		 kind;			/* enum page_kind */
};
enum view_action {
#define VIEW(constant, name, kind, keys, hint, help) VIEW_##constant,
#include "face/tui/views.def"
#undef VIEW
	VIEWS
};
enum page_kind {
	PAGE_HELP, PAGE_LEGEND, PAGE_CONTACTS, PAGE_SEARCH, PAGE_DIGEST, PAGE_TEXT, PAGE_INFO, PAGE_FORM, PAGE_LINKS,
	    PAGE_ANY
};
enum { BIND_SELECT = PAGE_ANY + 1 };	/* the selection, beside the views, where keys are bound */
struct page {
	bool		 on, filtering;
	bool		 passive;		/* letters are no keys of it: they go on into the line */
	enum page_kind	 kind;
	char		*subject;		/* what it is about; NULL: all */
	char		*at;			/* the target under the cursor */
	int		 top;			/* the first line shown */
	bool		 online_only;		/* contacts: without those who are not there */
	char		*asked;			/* contacts: the row that a question is about */
	GHashTable	*folded;		/* contacts: groups that are folded, as targets; NULL: none ever was */
	GString		*filter;		/* NULL, or what the lines must hold */
	json_t		*commands;		/* what the core says of its commands; NULL: not asked yet */
	char		*hint;			/* what its keys do */
	GPtrArray	*text;			/* PAGE_TEXT: its lines; NULL: they are on their way */
};

/* page_form.c: the form that is being filled in. */
struct form_view {
	int64_t		 id;			/* of the question; 0: none */
	GHashTable	*typed;			/* field → what was typed, wiped */
	char		*editing;		/* the field whose value is in the line */
	char		*trouble;		/* why the answer was not taken */
};

/* action.c: Alt-a from chat to chat. */
struct walk {
	uint64_t	 number;
	struct chat	*from, *at;		/* where it began, and where it has led; at NULL: it is over */
	bool		 mine;			/* only to what is for us */
};

/* view_digest.c */
struct digest {
	json_t		*data;			/* what the core said last; NULL: nothing */
	char		*error;
};

/*
 * view_search.c: what was looked for last stays when the view is left, so that the selection can go on from hit to hit.
 */
struct search {
	char		*words;			/* of what is shown; NULL: nothing yet */
	char		*account, *jid;		/* where; NULL: everywhere */
	char		*asked;			/* the words under way */
	int64_t		 request;		/* the search under way; 0: none */
	bool		 older;			/* it asks for older ones than are shown */
	GPtrArray	*hits;			/* struct hit, newest first */
	bool		 more, partial;
	int64_t		 took_us, from;		/* from: ms, when what is here begins; 0: nothing is here */
	json_t		*holes;
	char		*error;			/* why nothing was found, in words */
	bool		 fetching;		/* the archive is asked: search again when it has answered */
	bool		 walking;		/* letters are keys; else the words are being typed */
	GPtrArray	*lines;			/* what was looked for before: char *, oldest first */
	GPtrArray	*around;		/* requests for more context, see view_search.c */
};

/* links.c */
struct links {
	char		*command;		/* that opens one; NULL: what the desktop has */
	GPtrArray	*all;			/* of what the list shows; NULL: none was ever looked for */
	GPtrArray	*openers;		/* programs that have not ended; NULL: none ever began */
};

/* palette.c */
struct palette {
	bool		 on, chats_only;
	GString		*text;			/* what was typed */
	int		 at;			/* the choice under the cursor */
	GPtrArray	*recent;		/* char *: what was taken lately, the last one first */
};

/* attention.c */
struct attention {
	bool		 focus_known, focused;
	int64_t		 key_ms;		/* boot clock; the last key */
	struct clock_timer *linger, *minute, *title_timer;
	int64_t		 linger_id;		/* the message that is about to be seen */
	int64_t		 bell_ms, title_ms;
	int64_t		 session;		/* ours */
	bool		 elsewhere;		/* somebody sits in front of another face: that one rings */
	char		*title;
	bool		 told, told_focused;	/* what the core knows */
};

/* start.c: the first questions, where there is no account. */
struct start {
	bool		 on;
	int		 step;			/* 1 address, 2 name, 3 password, 4 waiting */
	char		*jid, *name, *trouble;
};

/* info_pane.c */
struct info_pane {
	enum list_wish	 wish[LAYOUT_SIZES];
	struct area	 area;			/* rows 0: not shown */
	const struct chat *of;			/* whose */
	int		 top;			/* the first line shown */
};

/* preference.c */
enum { PREFERENCES = 11 };
struct preferences {
	int64_t		 revs[PREFERENCES];	/* of the settings that they were taken from */
	struct rows_style style;
	int		 list_width;		/* 0: not told yet */
	bool		 silent;		/* no bell */
	bool		 interrupt, all_states;	/* of linear mode */
	bool		 ascii, unicode;	/* ui.signs; neither: auto */
	struct status_formats formats;
	int64_t		 line_revs[STATUS_LINES], binds_rev;
	json_t		*binds;			/* keys of people's own and what they do */
};

/* reattach.c: while there is no core. */
struct reattach {
	struct watch	*watch;			/* for its socket */
	bool		 lost;			/* until one greeted us again */
	bool		 first;			/* none was here yet, and ours is being started */
	struct clock_timer *retry;
	int		 tries;
	int64_t		 looked_ms;		/* boot clock; a key made us look */
	GThread		*starter;
};

/* typing.c: what the core was told of the line in front. */
struct typing {
	bool		 on;
	int64_t		 told_ms;		/* boot clock; 0: that nobody types */
	struct clock_timer *rest;
};

struct face {
	struct model	*model;
	struct input	*input;
	struct canvas	*canvas;
	struct term	*term;			/* NULL in tests, and in linear mode */
	struct linear	*linear;		/* NULL: there is a screen */
	struct client	*client;		/* NULL in tests, and when the core is gone */
	char		*socket;		/* where the core listens */
	/* waits until it listens; not in the main thread */
	bool		(*start_core)(void *ctx, GError **error);
	void		*start_ctx;
	struct reattach	 reattach;
	struct chat	*front, *before;
	struct layout	 layout;
	enum list_wish	 list[LAYOUT_SIZES];
	int		 list_columns[LAYOUT_SIZES];	/* 0: as the setting says */
	/* the tree, and its leaf that has the keys and shows the chat in front */
	struct split	*splits, *focus;
	bool		 split, zoomed;		/* all of it is drawn; one leaf of it is to be */
	char		*name;			/* what its layout is kept under */
	char		*theme;			/* what /theme chose; NULL: what suits the terminal */
	char		*themes;		/* the folder of people's own */
	char		*theme_path;		/* the file that is shown; NULL: what is built in */
	struct watch	*theme_watch;
	bool		 lit;			/* a light terminal was seen */
	bool		 kept;			/* the kept layout was asked for and is here */
	struct view_shown shown;
	int		 dirty;
	bool		 urgent;		/* a key: draw at once */
	bool		 greeted;		/* the console says how the accounts stand */
	bool		 ready;			/* there is something to show */
	bool		 settled;		/* somebody typed, or we are where they were last */
	bool		 blocked;		/* the terminal takes no frame now */
	struct clock_timer *first;		/* then something is shown in any case */
	bool		 arriving;		/* the front's page is on its way: put the view in place then */
	int		 digits, digit;		/* M-j: digits still to come, and those that came */
	int		 detaches;		/* C-d on the empty line */
	int		 running;		/* lines without an answer */
	GPtrArray	*sending;		/* struct sending, send.c */
	GPtrArray	*recalls;		/* what is under way, recall.c */
	GPtrArray	*asked;			/* pages under way, link.c */
	const char	*synced;		/* inside link_sync(): the account */
	struct clock_timer *draft_timer;
	struct ask	 ask;
	struct complete	 complete;
	struct paste	 paste;
	struct select	 select;
	struct page	 page;
	struct form_view form;
	struct search	 search;
	struct links	 links;
	const char	*uri;			/* what it was started with, until it is a line; not the face's */
	struct info_pane info;
	struct digest	 digest;
	struct walk	 walk;
	int64_t		 jump;			/* the message that the view goes to once it is here; 0: none */
	bool		 describing;		/* the next key is not done but described */
	struct palette	 palette;
	struct attention attention;
	struct typing	 typing;
	struct preferences preferences;
	struct start	 start;
	GMainLoop	*loop;
	bool		 ending, quitting;	/* leave the loop; because the core was asked to end */
	char		*farewell;		/* said after the screen is put back */
	int		 status;
};

/* tui.c */
void	 face_mark(struct face *, int dirty);
/* What was typed. */
void	 face_token(struct face *, const struct key_token *);
/* A core is there: where it was left is shown in one go, if that comes soon. */
void	 face_attached(struct face *);
/* Ends the loop; text may be NULL. */
void	 face_end(struct face *, int status, const char *text);
/* Gives the terminal to $VISUAL with the line in a file. */
void	 face_edit(struct face *);
/* In place, for tests too: no terminal and no core.  Takes the canvas. */
void	 face_init(struct face *, struct canvas *);
void	 face_clear(struct face *);

/* go.c */
void	 face_go(struct face *, struct chat *);
struct view_chat face_view(struct face *);
void	 face_note(struct face *, struct chat *, enum severity, const char *format, ...) G_GNUC_PRINTF(4, 5);
/* The chat's draft, made when there is none. */
struct input_draft *face_draft(struct face *, struct chat *);
/* The core's word on a chat's draft: another face typed in it. */
void	 face_draft_told(struct face *, struct chat *);
void	 face_scroll(struct face *, int rows);
void	 face_bottom(struct face *);
void	 face_unread_line(struct face *);
void	 face_close(struct face *, struct chat *);

/* Before and after another chat gets in front; face_go() does both. */
void	 face_leave(struct face *, struct chat *next);
void	 face_bring(struct face *, struct chat *);
/* Where the reader left: the line that stays until the chat is left. */
void	 face_unread_from(struct chat *);

/* splits.c */
void	 splits_init(struct face *);
void	 splits_free(struct face *);
/* Another chat is in front. */
void	 splits_went(struct face *);
/* The chat is on the screen, with the keys or without. */
bool	 splits_show(const struct face *, const struct chat *);
/* The layout with all splits, where there is room. */
void	 splits_layout(struct face *, int rows, int columns, int input_rows, int box_rows);
/* What is beside the chat in front. */
void	 splits_draw(struct face *);
void	 splits_draw_titles(struct face *, struct status);
void	 splits_focus(struct face *, struct split *leaf);
/* False: it is no action of splits. */
bool	 splits_action(struct face *, enum action, int count);
bool	 splits_run_split(struct face *, const char *argument);
bool	 splits_run_focus(struct face *, const char *argument);
void	 splits_write(const struct face *, GString *);
void	 splits_take(struct face *, char *const *lines);
/* If a split shows the chat, it gets the keys; before the chat gets in front. */
void	 splits_prefer(struct face *, const struct chat *);
int	 face_list_columns(const struct face *, int columns);

/* link.c: the core */
struct client *link_connect(struct face *, const char *socket, GError **error);
/* The same on a socket that is open already; takes fd. */
struct client *link_adopt(struct face *, int fd);
/* Introduces itself, subscribes, and asks for what is shown. */
void	 link_attach(struct face *);
void	 link_close(struct face *);
void	 link_free(struct face *);
void	 link_page(struct face *, struct chat *, enum window_side);
/*
 * The chat comes to the front, and its view to this message, which may be anywhere in its history; it is then selected.
 */
void	 link_jump(struct face *, struct chat *, int64_t id);
/* Asks who is in the room, unless that is known or it is none. */
void	 link_room(struct face *, struct chat *);
/* A sync event: the archive was asked. */
void	 link_sync(struct face *, const struct event *);
/* Asks for the whole of a message that came cut. */
void	 link_message(struct face *, struct chat *, int64_t id);
void	 link_seen(struct face *, struct chat *, int64_t id);
void	 link_active(struct face *, bool focused, int64_t idle_s);
void	 link_draft(struct face *, struct chat *);
void	 link_chat_closed(struct face *, struct chat *);
/* Keeps what this face keeps. */
void	 link_keep(struct face *);
void	 link_answer(struct face *, int64_t id, const char *value, bool keep);
/* An event, or an element of a list, into the model and onto the screen. */
void	 link_take(struct face *, const struct event *, bool live);
/* A page of history that was asked for by this side; result NULL: it was refused. */
void	 link_took_page(struct face *, struct chat *, enum window_side, json_t *result);

/* reattach.c */
/* The core hung up. */
void	 reattach_lost(struct face *);
/* The core answered to our hello. */
void	 reattach_greeted(struct face *);
/* A key came: look for a core, if there is none. */
void	 reattach_key(struct face *);
/* Starts a core; the first one of this face, without which it ends. */
void	 reattach_start(struct face *);
void	 reattach_first(struct face *);
void	 reattach_free(struct face *);

/* send.c */
void	 send_line(struct face *);
/* line goes to the core as if typed in chat; what comes of it is said there, and the line given back if refused. */
void	 send_run(struct face *, struct chat *, const char *line, const char *typed, bool pasted);
/* The same for a key: nothing goes into the history, and nothing is given back. */
void	 send_quietly(struct face *, struct chat *, const char *line);
/* The same for an account and no chat; goes to the chat that it opens. */
void	 send_for_account(struct face *, const char *account, const char *line);
/* Lines whose fate is not known: said after the screen is put back.  The caller's, NULL when there are none. */
char	*send_left(struct face *);
/* How many answers are waited for so long that it is worth a word. */
int	 send_waiting(const struct face *);
/* Where the line of this request was entered; NULL: it is not known any more. */
struct chat *send_chat(const struct face *, int64_t request);
void	 send_free(struct face *);

/* recall.c: asks for what was typed in a chat before, the first time; and keeps what was just typed. */
void	 recall_load(struct face *, struct chat *);
void	 recall_keep(struct face *, struct chat *, const char *line);
void	 recall_free(struct face *);

/* command.c */
bool	 command_run(struct face *, const char *line);
/* An open chat by number, name or address, or by a beginning that only one has; NULL: none, or many. */
struct chat *face_find_chat(struct face *, const char *text, bool *many);
/* Adds the face's own commands that begin with prefix. */
void	 command_complete(const char *prefix, GPtrArray *words, GPtrArray *helps);
/* The rows of commands.def; false behind the last one. */
bool	 command_row(int i, const char **name, const char **arguments, const char **help);
/* Its own commands and keys, as text for help; the caller's. */
char	*command_help(void);

/* bind.c */
/* All that is bound, as the core keeps it. */
void	 bind_take(struct face *, const json_t *);
bool	 bind_run(struct face *, const char *argument);
bool	 unbind_run(struct face *, const char *argument);
/* The key that a command is bound to, NULL: none.  Lives until the next change. */
const char *bind_of(const struct face *, const char *command);
/* A key that a line was bound to. */
void	 bind_line(struct face *, const char *line);

/* bind_view.c: keys of a view (enum page_kind, or BIND_SELECT) */
/* What was bound to it there or for all views: an action, "none", a line that begins with '/'.  NULL: nothing was. */
const char *bind_view_find(const struct face *, int view, const char *bytes, size_t len);
/* The view that a name begins with, such as "contacts C-r", and what follows; -1: none. */
int	 bind_view_of(const char *name, const char **key);
/* What the key does there; NULL: nothing.  The caller's. */
char	*bind_view_bound(const struct face *, int view, const char *key);
/* Why it cannot be bound so, NULL: it can.  The caller's. */
char	*bind_view_wrong(int view, const char *key, const char *what);
/* The keys that do this now, of which these are the standard.  The caller's. */
char	*bind_view_keys(const struct face *, int view, const char *action, const char *keys);

/* keep.c: what a face keeps between attaching and attaching: a text of lines "word value" */
char	*keep_text(const struct face *);
/* Lines that are not understood are passed over: another version may have written them. */
void	 keep_take(struct face *, const char *text);

/* theme_choice.c */
/* Says what is wrong and changes nothing, or shows it from now on. */
bool	 theme_use(struct face *, const char *name);
/* The terminal told what it is: where nobody chose, the theme follows. */
void	 theme_suit(struct face *);
/* Reads the file that is shown again; what is wrong in it is said. */
void	 theme_again(struct face *);
void	 theme_forget(struct face *);
/* What /theme knows; the caller's, sorted. */
GPtrArray *theme_names(const struct face *);

/* action.c */
void	 face_action(struct face *, enum action, int count);

/* ask.c */
void	 ask_open(struct face *, const char *title, bool secret, const char *initial, ask_done, int64_t id);
void	 ask_close(struct face *);
/* The same, and whoever asked is told that there is no answer. */
void	 ask_leave(struct face *);
/* A key while a secret is asked for; false: it is not for the question. */
bool	 ask_key(struct face *, const char *bytes, size_t len);
void	 ask_paste(struct face *, const char *text);
void	 ask_line(struct face *, const char *line);
/* Asks what the open prompt of this number asks; 0: the oldest. */
void	 ask_prompt(struct face *, int64_t id);
/* A prompt came or went. */
void	 ask_prompt_changed(struct face *, const struct event *);

/* complete.c */
void	 complete_step(struct face *, int by);
bool	 complete_close(struct face *, bool as_typed);
int	 complete_rows(const struct face *);
void	 complete_draw(const struct face *, const struct area *);
void	 complete_take(struct face *, json_t *result);

/* paste.c */
void	 paste_take(struct face *, const char *bytes, size_t len, bool cut);
/* A key while a paste waits: everything but its letters is ignored. */
void	 paste_key(struct face *, const char *bytes, size_t len);
int	 paste_rows(const struct face *);
void	 paste_draw(const struct face *, const struct area *);

/* Puts text into the line as a paste, or says that it is too long. */
void	 paste_insert(struct face *, const char *text);
/* The text with "> " before each line; the caller's. */
char	*paste_quoted(const char *text);

/* select.c: the rows of select.def */
const struct action_row *select_row(int i);	/* NULL behind the last one */
void	 select_begin(struct face *);
/* The same, with this one, which is held. */
void	 select_at(struct face *, int64_t id);
/* The same with an open question. */
void	 select_prompt(struct face *, int64_t id);
/* The same with an entry that is on the screen, which stays as it is. */
void	 select_click(struct face *, int64_t id);
void	 select_leave(struct face *);
/* A key while something is selected; false: nothing is. */
bool	 select_key(struct face *, const char *bytes, size_t len);
/* What the status line says of it; NULL: nothing is selected. */
const char *select_hint(const struct face *);
/* Makes select.how, as keys are bound now. */
void	 select_how(struct face *);
int	 select_rows(const struct face *);
void	 select_draw(struct face *, const struct area *);

/* select.c: what it says, and whose it is in words ("--" where it is no message). */
const char *entry_text(const struct entry *);
const char *entry_name(struct face *, const struct entry *);

/* links.c: addresses of the web in messages */
bool	 links_in(const struct entry *);
/* Opens the only one of these entries, or lists them.  What came of it, the caller's; NULL: it shows. */
char	*links_open(struct face *, const GPtrArray *entries);
/* Lists those of the chat in front, from the bottom of the view up. */
void	 links_of_chat(struct face *);
/* A file that was fetched, by the same program. */
void	 links_open_file(struct face *, const char *path);
/*
 * What confab was started with, once the accounts are known: face->uri as a line of the console, for somebody to send.
 */
void	 links_started(struct face *);
void	 links_free(struct face *);

/* page.c, page_help.c: a view in the chat's place, see page.h */
void	 page_open(struct face *, enum page_kind, const char *subject);
void	 page_help_open(struct face *, const char *subject);
/* Asks the core for its commands, once: face->page.commands. */
void	 page_help_load(struct face *);
void	 page_close(struct face *);
void	 page_free(struct face *);
/* A key while a page is open; false: it is not for the page. */
bool	 page_key(struct face *, const char *bytes, size_t len);
/* page_text.c: what a line that the core runs in the chat in front answers, as a page. */
void	 page_text_open(struct face *, const char *title, const char *line);
/* The rows of views.def, NULL behind the last one. */
const struct view_row *view_row(int i);
/* The page stands in the place of the line too. */
bool	 page_covers_line(const struct face *);
/* What stands in the place of the prompt, the caller's, and of the hint; NULL: no page is open. */
char	*page_prompt(const struct face *);
const char *page_hint(const struct face *);
/* The title and the lines. */
void	 page_draw(struct face *);
void	 describe_begin(struct face *);
/* The key that is to be described; false: none is. */
bool	 describe_key(struct face *, const char *bytes, size_t len);

/* page_form.c */
/* Shows the form of that prompt; what was filled in of it before is still there. */
void	 form_open(struct face *, const struct event *);
/* The question is answered, or moot. */
void	 form_gone(struct face *, int64_t id);
void	 form_forget(struct face *);

/* view_digest.c */
/* After attaching: it is shown where there is something to tell. */
void	 digest_first(struct face *);
void	 digest_open(struct face *);
void	 digest_free(struct face *);

/* view_search.c */
/* everywhere: in all chats, else in the one in front. */
void	 search_open(struct face *, bool everywhere);
/* The line that is typed changed. */
void	 search_typed(struct face *);
/*
 * From the message that is selected to the next one that was found in this chat: 1 older, -1 newer.  What came of it.
 */
char	*search_step(struct face *, int by);
/* A sync event: the archive has answered. */
void	 search_synced(struct face *, const struct event *);
/* search_place.c: /goto, C-x g: a date or a message. */
void	 search_place(struct face *, const char *where);
void	 search_ask_place(struct face *);
void	 search_free(struct face *);

/* palette.c */
void	 palette_open(struct face *, bool chats_only);
void	 palette_close(struct face *);
void	 palette_free(struct face *);
/* A key while it is open; false: it is not. */
bool	 palette_key(struct face *, const char *bytes, size_t len);
void	 palette_draw(struct face *);
/* What stands before what is typed in it; NULL: it is not open.  The caller's. */
char	*palette_prompt(const struct face *);
/* This was taken: it comes first the next time. */
void	 palette_used(struct face *, const char *target);

/* attention.c */
void	 attention_key(struct face *);
void	 attention_focus(struct face *, bool in);
void	 attention_message(struct face *, const struct event *);
/* At most every few seconds, and where people want it. */
void	 attention_ring(struct face *);
/* After each frame: what is seen, the terminal's title, the clock. */
void	 attention_update(struct face *);
bool	 attention_present(const struct face *);
bool	 attention_clock(const struct face *);
void	 attention_free(struct face *);

/* correct.c */
/* The last message of ours in front comes into the line, to be sent as a correction. */
void	 correct_last(struct face *);
/* The same with this one, which is ours, whole and has a text. */
void	 correct_one(struct face *, const struct entry *);
/* The same for an answer to a message, a reaction, and taking it back; name: whose it is. */
void	 correct_reply(struct face *, const struct entry *, const char *name);
void	 correct_react(struct face *, const struct entry *, const char *name);
void	 correct_retract(struct face *, const struct entry *);
/* What Enter does; NULL: the line is about no message. */
const char *correct_hint(const struct face *);
int	 correct_rows(const struct face *);
void	 correct_draw(const struct face *, const struct area *);

/* mouse.c: the bytes of a KEY_MOUSE. */
void	 mouse_take(struct face *, const char *bytes);

/* typing.c */
/* The line of the chat in front changed. */
void	 typing_changed(struct face *);
/* The chat in front is left, or what stands in its line is no message any more. */
void	 typing_left(struct face *);
/* The line was sent, which says it all. */
void	 typing_forget(struct face *);

/* start.c */
void	 start_begin(struct face *);
void	 start_free(struct face *);
/* The page goes; an account that was made stays. */
void	 start_leave(struct face *);
void	 start_changed(struct face *, const struct event *);
void	 start_draw(const struct face *, const struct area *);

/* screen.c: the whole screen on the canvas, as far as it is dirty. */
void	 screen_draw(struct face *);
/* Where everything will stand, for who places something before the first frame, or on one that is not the last. */
void	 screen_layout(struct face *);
/* What stands in the input line, and where the cursor is; the caller's. */
char	*screen_line(const struct face *, size_t *point);
/* The prompt before the input now; the caller's. */
char	*screen_prompt(const struct face *);

#endif
