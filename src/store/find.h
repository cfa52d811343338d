/*
 * find.h: searching, on a thread of its own with a connection of its own that only reads: no question holds up the main
 * loop, and none takes longer than LIMIT_SEARCH_TIME.  What is found is what was committed when the question's turn
 * came.
 *
 * Answers come in the order of the questions; poll finder_fd() and take until NULL.
 */
#ifndef STORE_FIND_H
#define STORE_FIND_H

#include "store/store.h"

struct find_question {
	char	*words;		/* of find_words(); NULL: any message */
	char	*from;		/* part of the sender's address, or NULL */
	char	*in;		/* part of the chat's address, or NULL */
	bool	 own, link;	/* only what we said; only with a web address in it */
	int64_t	 account, chat;	/* 0: all */
	int64_t	 low, high;	/* orders: from low to before high */
	unsigned limit;
	void	*ctx;		/* comes back with the answer */
};
void	 find_question_free(struct find_question *);

struct find_hit {
	int64_t	 id;
	int64_t	 previous, next;	/* its neighbours in the chat; 0: none */
	/*
	 * Where the words are in its body: from, to, from, to ..., in bytes, at most LIMIT_FOUND pairs; NULL: nowhere.
	 */
	GArray	*found;			/* of unsigned */
};
struct find_answer {
	void	*ctx;
	GArray	*hits;		/* of struct find_hit, newest first */
	bool	 more;		/* there are older ones */
	bool	 partial;	/* the time was up: there may be older ones */
	int64_t	 took_us;
	/* the place of the first message that the question could have found; 0: there is none */
	int64_t	 oldest;
	GError	*error;		/* or NULL */
};
void	 find_answer_free(struct find_answer *);

/*
 * Adds a word (or, with blanks in it, a phrase) to what is looked for, as FTS5 wants it.  A * at its end stands for any
 * end of the last word.  Whatever people type is no syntax.  False when there is nothing in it that the index has.
 */
bool	 find_words(GString *, const char *word);

struct finder;
struct finder *finder_open(const char *path, GError **error);
/* Breaks off what is under way; questions without an answer are dropped, their ctx is the caller's affair. */
void	 finder_close(struct finder *);
/* Takes the question.  False, and nothing is taken, when LIMIT_SEARCHES wait already. */
bool	 finder_ask(struct finder *, struct find_question *);
/* Nobody wants the answer to the question with this ctx.  True: it had to wait and is gone; else it is broken off. */
bool	 finder_drop(struct finder *, const void *ctx);
int	 finder_fd(const struct finder *);
struct find_answer *finder_take(struct finder *);

#endif
