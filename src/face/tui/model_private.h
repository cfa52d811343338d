/* model_private.h: what the files of the model share. */
#ifndef TUI_MODEL_PRIVATE_H
#define TUI_MODEL_PRIVATE_H

#include "face/tui/model.h"

struct object {
	struct event	 event;
	bool		 stale;
};

struct model {
	GHashTable	*accounts, *contacts, *prompts;	/* key: struct object */
	GHashTable	*presences;			/* account and bare address: GPtrArray of struct object */
	GHashTable	*chats;				/* struct chat */
	struct chat	*console;
	GPtrArray	*account_list, *prompt_list, *chat_list;	/* made when asked for */
	GHashTable	*gone;				/* type and key of what is gone: its revision */
	int		 lists;				/* under way */
	uint64_t	 clock;
	bool		 rooms_told;			/* all rooms were listed */
};

/* The key of two names, either may be NULL; the caller's. */
char	*model_key(const char *a, const char *b);

#endif
