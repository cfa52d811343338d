/* search_private.h: what was found, shared by view_search.c, search_hits.c, search_rows.c and search_place.c. */
#ifndef TUI_SEARCH_PRIVATE_H
#define TUI_SEARCH_PRIVATE_H

#include "face/tui/face.h"

struct hit {
	struct entry	 entry;
	GArray		*found;			/* of size_t: from, to, from, to ... */
	GPtrArray	*around;		/* struct entry *, in order, without itself */
	int		 context;		/* how many rows of it were asked for, each side */
};

/* A request that is under way. */
struct asked {
	struct face	*face;
	int64_t		 id;			/* the hit, for more of what is around it */
	int64_t		 request;
};

/* Lives until its answer takes it from search.around. */
struct asked *search_asked(struct face *, int64_t id);

/* search_hits.c.  NULL: none of this number is held. */
struct hit *search_hit(const struct face *, int64_t id);
/* The hits of an answer, behind those that are held. */
void	 search_take_hits(struct face *, const json_t *result);
/* One message beside a hit; NULL or what is none: nothing. */
void	 search_add_around(struct hit *, const json_t *object);
void	 search_forget(struct search *);

#endif
