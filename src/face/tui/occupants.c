/* occupants.c: see occupants.h. */
#include "face/tui/occupants.h"

#include <string.h>

struct one {
	struct event	 event;
	char		*sort;			/* the name, folded */
};

struct occupants {
	GHashTable	*by_nick;		/* struct one, which it owns */
	GPtrArray	*sorted;
	guint		 count[STANDINGS];
};

static void
one_free(void *data)
{
	struct one *one = data;

	event_clear(&one->event);
	g_free(one->sort);
	g_free(one);
}

struct occupants *
occupants_new(void)
{
	struct occupants *all = g_new0(struct occupants, 1);

	all->by_nick = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, one_free);
	all->sorted = g_ptr_array_new();
	return all;
}

void
occupants_free(struct occupants *all)
{
	if (all == NULL)
		return;
	g_ptr_array_unref(all->sorted);
	g_hash_table_unref(all->by_nick);
	g_free(all);
}

enum standing
occupants_standing(const struct event_occupant *occupant)
{
	switch (occupant->affiliation) {
	case AFFILIATION_OWNER:
		return STANDING_OWNER;
	case AFFILIATION_ADMIN:
		return STANDING_ADMIN;
	default:
		break;
	}
	if (occupant->role == ROLE_VISITOR)
		return STANDING_VISITOR;
	return occupant->affiliation == AFFILIATION_MEMBER ? STANDING_MEMBER : STANDING_PARTICIPANT;
}

static int
compare(const struct one *a, const struct one *b)
{
	enum standing x = occupants_standing(&a->event.occupant), y = occupants_standing(&b->event.occupant);
	int order;

	if (x != y)
		return x < y ? -1 : 1;
	order = strcmp(a->sort, b->sort);
	return order != 0 ? order : strcmp(a->event.occupant.nick, b->event.occupant.nick);
}

/* Where it is, or would go. */
static guint
place_of(const struct occupants *all, const struct one *one)
{
	guint low = 0, high = all->sorted->len;

	while (low < high) {
		guint middle = low + (high - low) / 2;

		if (compare(all->sorted->pdata[middle], one) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void
take_out(struct occupants *all, struct one *one)
{
	g_ptr_array_remove_index(all->sorted, place_of(all, one));
	all->count[occupants_standing(&one->event.occupant)]--;
	g_hash_table_remove(all->by_nick, one->event.occupant.nick);
}

bool
occupants_take(struct occupants *all, const struct event *event)
{
	const char *nick = event->occupant.nick;
	struct one *one = nick != NULL ? g_hash_table_lookup(all->by_nick, nick) : NULL;

	if (nick == NULL || (one == NULL && event->gone))
		return false;
	if (one != NULL && event->rev <= one->event.rev)
		return false;
	if (one != NULL)
		take_out(all, one);
	if (event->gone)
		return true;
	one = g_new0(struct one, 1);
	event_copy(&one->event, event);
	one->sort = g_utf8_casefold(nick, -1);
	g_hash_table_insert(all->by_nick, one->event.occupant.nick, one);
	g_ptr_array_insert(all->sorted, (int)place_of(all, one), one);
	all->count[occupants_standing(&one->event.occupant)]++;
	return true;
}

guint
occupants_count(const struct occupants *all, enum standing standing)
{
	return all->count[standing];
}

guint
occupants_all(const struct occupants *all)
{
	return all->sorted->len;
}

const struct event_occupant *
occupants_at(const struct occupants *all, guint i)
{
	return &((struct one *)all->sorted->pdata[i])->event.occupant;
}

const struct event_occupant *
occupants_find(const struct occupants *all, const char *nick)
{
	const struct one *one = g_hash_table_lookup(all->by_nick, nick);

	return one != NULL ? &one->event.occupant : NULL;
}
