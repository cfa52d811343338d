/*
 * model.h: the face's mirror of the core: accounts, chats, contacts, presences, questions, and for the chats that were
 * shown lately a window of messages.
 *
 * One rule keeps it right: an object is taken only if its revision is greater than that of the one held.  What is gone
 * is remembered while a list is under way, since the list may be older.
 */
#ifndef TUI_MODEL_H
#define TUI_MODEL_H

#include <glib.h>
#include <stdbool.h>

#include "face/tui/occupants.h"
#include "face/tui/window.h"
#include "proto/event.h"

struct input_draft;

struct chat {
	char		*account, *jid;	/* "" both: the console */
	struct event	 object;	/* the core's own record; rev 0 while it told nothing */
	bool		 stale;
	bool		 typing;	/* somebody types there */
	char		*typist;	/* in a room: who does, the last who began; NULL: nobody, or it is none */
	uint64_t	 walk;		/* the walk of Alt-a that came by last, and what was the newest here then */
	int64_t		 walked;
	bool		 kept_unread;	/* was made unread again by hand: not seen before it is left */
	struct event	 room;		/* a room: the core's record of it; rev 0 while it told nothing */
	struct occupants *occupants;	/* who is in it; NULL: nobody asked, or we are not there */
	int64_t		 room_asked;	/* the request for them; 0: none is under way; -1: it was refused */
	struct window	*window;	/* NULL: never shown, or forgotten */
	struct input_draft *draft;	/* the face's line for it; owned by whoever owns the input */
	char		*told;		/* what the core knows of that line; NULL: nothing */
	uint64_t	 used;		/* grows each time it comes to the front */
	int64_t		 heard;		/* the order of the newest message that attention was drawn to */
	/* The last row of the view: row `bottom_row` (from 1) of entry `bottom`; 0: the end. */
	int64_t		 bottom;
	int		 bottom_row;
	/* The unread line stands before the first incoming message after this order; 0: there is none. */
	int64_t		 unread_after;
	int		 unread_count, unread_mentions;
	bool		 recalled;	/* the core was asked for what was typed in it before */
	bool		 arrived;	/* the view was put in its place since the chat came to the front */
};

enum model_change {
	MODEL_LIST = 1,		/* accounts, chats, contacts, presence */
	MODEL_FRONT = 2,	/* messages of a window */
	MODEL_PROMPTS = 4,
};

struct model;

struct model *model_new(void);
void	 model_free(struct model *);

/* Folds an event in; live: it came by itself, not in a list.  What changed, as a set of enum model_change. */
int	 model_take(struct model *, const struct event *, bool live);
/* A message came: its chat, of which nothing was told yet, is known from now on. */
void	 model_know(struct model *, const struct event *);
/* Around each request for a list: while one is under way, what is gone is remembered. */
void	 model_list_begins(struct model *);
void	 model_list_ended(struct model *);
/*
 * Events were dropped: every object of these types is doubted until it is seen again, and model_drop_doubted() takes
 * away those that were not.
 */
void	 model_doubt(struct model *);
void	 model_drop_doubted(struct model *, enum event_type);
/*
 * The core is gone: accounts are off line, of presences and questions nothing is known; no answer will come any more.
 */
void	 model_lost(struct model *);

/* Each lives until the next change. */
const struct event_account *model_account(const struct model *, const char *name);
/* Sorted by name; the array is the model's. */
const GPtrArray *model_accounts(struct model *);	/* const struct event * */
const GPtrArray *model_prompts(struct model *);		/* const struct event *, by number */
const struct event *model_prompt(struct model *, int64_t id);
/* Of all accounts, in no order; the array is the caller's, what is in it the model's. */
GPtrArray *model_contacts(const struct model *);		/* const struct event * */
const struct event_contact *model_contact(const struct model *, const char *account, const char *jid);
/* What a contact's best resource says; false when nothing is known. */
bool	 model_presence(const struct model *, const char *account, const char *jid, enum presence_show *,
	    const char **status);

/* What the contact's resources say, the best first; the array is the caller's, what is in it the model's. */
/* const struct event_presence * */
GPtrArray *model_resources(const struct model *, const char *account, const char *jid);

/* The console, which is always there. */
struct chat *model_console(struct model *);
struct chat *model_chat(struct model *, const char *account, const char *jid);
/* The chats that are open, by number, the console first; the array is the model's. */
const GPtrArray *model_chats(struct model *);		/* struct chat * */
struct chat *model_chat_number(struct model *, int64_t number);
/* Every chat ever told, for whoever keeps something in it. */
void	 model_each_chat(struct model *, void (*fn)(struct chat *, void *ctx), void *ctx);
int64_t	 chat_number(const struct chat *);
/* What it is called; lives as long as the model's next change. */
const char *chat_name(const struct model *, const struct chat *);
bool	 chat_is_console(const struct chat *);

/* A typing event. */
void	 model_typing(struct chat *, const struct event *);
/* All rooms were listed: of those of which nothing was told we are in none. */
void	 model_rooms_told(struct model *);
/* Where we stand in a room; while that is not known, in. */
enum room_state model_room_state(const struct model *, const struct chat *);

/*
 * Alt-a's route (people first, the longest waiting first): the next chat with something unread that is not `from`, and
 * of which nothing was shown on this walk that is not older; NULL: there is none.  mine: only what is for us.
 */
struct chat *model_next_unread(struct model *, const struct chat *from, uint64_t walk, bool mine);
/* The route itself, for the status line: an array of struct chat *, the caller's. */
GPtrArray *model_activity(struct model *);

/* The chat's window, made if there is none; the windows of chats that were not in front for long are forgotten. */
struct window *model_window(struct model *, struct chat *);

#endif
