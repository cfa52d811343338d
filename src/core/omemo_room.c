/* omemo_room.c: see omemo_room.h. */
#include "core/omemo_room.h"

#include <string.h>

#include "base/clock.h"
#include "base/jid.h"
#include "base/limits.h"
#include "core/room.h"
#include "core/turn.h"
#include "xmpp/ns.h"

/* The members of one room, as last told: those who are not there are in no presence. */
struct hall {
	struct omemo	*omemo;
	char		*jid;
	GHashTable	*members, *coming;	/* bare addresses; coming: of the answers so far */
	unsigned	 waiting;
	bool		 known, failed;
	int64_t		 asked_ms;		/* boot clock */
};

static const char *const lists[] = { "owner", "admin", "member" };

static GHashTable *
set_new(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

void
omemo_hall_free(void *ctx)
{
	struct hall *hall = ctx;

	g_hash_table_unref(hall->members);
	g_hash_table_unref(hall->coming);
	g_free(hall->jid);
	g_free(hall);
}

static struct hall *
find_hall(struct omemo *o, const char *jid)
{
	struct hall *hall = g_hash_table_lookup(o->halls, jid);

	if (hall != NULL)
		return hall;
	hall = g_new0(struct hall, 1);
	hall->omemo = o;
	hall->jid = g_strdup(jid);
	hall->members = set_new();
	hall->coming = set_new();
	g_hash_table_insert(o->halls, hall->jid, hall);
	return hall;
}

void
omemo_rooms_forget(struct omemo *o)
{
	GHashTableIter iter;
	struct hall *hall;

	g_hash_table_iter_init(&iter, o->halls);
	while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&hall))
		hall->known = false;
}

char *
omemo_room_unfit(const struct account *account, const char *jid)
{
	const struct room *room = room_find(account, jid);

	if (room == NULL || room->state != ROOM_IN)
		return g_strdup_printf("You are not in %s.", jid);
	if ((room->features & ROOM_MEMBERS) == 0)
		return g_strdup_printf("%s is open to everybody, so who can read there is not known.", jid);
	if ((room->features & ROOM_NON_ANONYMOUS) == 0)
		return g_strdup_printf("%s does not show who its members are, so their keys are not known.", jid);
	return NULL;
}

static void
told(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct hall *hall = ctx;
	const struct stanza *query = end == IQ_RESULT ? stanza_child(answer, "query", NS_MUC_ADMIN) : NULL;

	for (struct stanza *i = query != NULL ? stanza_first(query) : NULL; i != NULL; i = stanza_next(i)) {
		g_autofree char *jid = stanza_get(i, "jid") != NULL ? jid_normalise(stanza_get(i, "jid"), NULL) : NULL;

		if (jid != NULL && strchr(jid, '@') != NULL && g_hash_table_size(hall->coming) < LIMIT_AFFILIATIONS)
			g_hash_table_add(hall->coming, jid_bare(jid));
	}
	hall->failed |= query == NULL;
	if (--hall->waiting > 0)
		return;
	hall->known = !hall->failed;
	if (hall->known) {
		g_hash_table_remove_all(hall->members);
		GHashTable *empty = hall->members;
		hall->members = hall->coming;
		hall->coming = empty;
	}
	if (end != IQ_LOST)
		omemo_flush(hall->omemo->account);
}

static void
ask_members(struct hall *hall)
{
	struct account *account = hall->omemo->account;

	hall->asked_ms = clock_boot_ms();
	hall->failed = false;
	g_hash_table_remove_all(hall->coming);
	hall->waiting = G_N_ELEMENTS(lists);
	for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
		struct stanza *iq = stanza_iq("get", hall->jid);

		stanza_set(stanza_add(stanza_add(iq, "query", NS_MUC_ADMIN), "item", NULL), "affiliation", lists[i]);
		iq_expect(account->iqs, iq, LIMIT_OMEMO_WAIT, told, hall);
		account_send(account, iq, false);
	}
	turn_wake(account->core->turn);
}

/* Those on the lists, and who is there now. */
static GHashTable *
readers(struct account *account, const char *jid)
{
	struct omemo *o = omemo_of(account);
	const struct hall *hall = g_hash_table_lookup(o->halls, jid);
	const struct room *room = room_find(account, jid);
	GHashTable *all = set_new();
	GHashTableIter iter;
	struct occupant *occupant;
	char *member;

	if (hall != NULL) {
		g_hash_table_iter_init(&iter, hall->members);
		while (g_hash_table_iter_next(&iter, (gpointer *)&member, NULL))
			g_hash_table_add(all, g_strdup(member));
	}
	if (room != NULL) {
		g_hash_table_iter_init(&iter, room->occupants);
		while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&occupant))
			if (occupant->real != NULL)
				g_hash_table_add(all, jid_bare(occupant->real));
	}
	g_hash_table_remove(all, account_jid(account));
	return all;
}

static gint
by_text(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

char **
omemo_room_readers(struct account *account, const char *jid)
{
	g_autoptr(GHashTable) all = readers(account, jid);
	GPtrArray *array = g_ptr_array_new();
	GHashTableIter iter;
	char *member;

	g_hash_table_iter_init(&iter, all);
	while (g_hash_table_iter_next(&iter, (gpointer *)&member, NULL))
		g_ptr_array_add(array, g_strdup(member));
	g_ptr_array_sort(array, by_text);
	g_ptr_array_add(array, NULL);
	return (char **)g_ptr_array_free(array, FALSE);
}

/* Each of them: all that can be asked is asked at once. */
static enum leave
all_ready(struct omemo *o, char **members, char **why)
{
	g_autoptr(GString) without = g_string_new(NULL);
	g_autofree char *first = NULL;
	bool later = false;

	for (char **jid = members; *jid != NULL; jid++) {
		g_autofree char *reason = NULL;
		enum leave leave = person_ready(omemo_person(o, *jid), &reason);

		later |= leave == LEAVE_LATER;
		if (leave == LEAVE_PLAIN)
			g_string_append_printf(without, "%s%s", without->len > 0 ? ", " : "", *jid);
		if (leave == LEAVE_NEVER && first == NULL)
			first = g_steal_pointer(&reason);
	}
	if (later)
		return LEAVE_LATER;
	if (without->len > 0) {
		*why = g_strdup_printf("Members without an OMEMO device could not read it: %s. An admin can take them "
		    "off the members (/affiliation WHO none); /omemo off sends without encryption.", without->str);
		return LEAVE_NEVER;
	}
	if (first != NULL) {
		*why = g_steal_pointer(&first);
		return LEAVE_NEVER;
	}
	return person_ready(omemo_person(o, account_jid(o->account)), why);
}

enum leave
omemo_room_leave(struct omemo *o, const char *jid, char **why)
{
	struct hall *hall = find_hall(o, jid);
	g_autofree char *unfit = omemo_room_unfit(o->account, jid);
	g_auto(GStrv) members = NULL;

	if (unfit != NULL) {
		*why = g_strdup_printf("%s It cannot be encrypted; /omemo off sends without encryption.", unfit);
		return LEAVE_NEVER;
	}
	if (hall->waiting == 0 && hall->failed) {
		hall->failed = false;
		*why = g_strdup_printf("%s does not say who its members are, so it is not known for whom to encrypt. "
		    "/retry asks again.",
		    jid);
		return LEAVE_NEVER;
	}
	if (hall->waiting == 0 && (!hall->known || clock_boot_ms() >= hall->asked_ms + LIMIT_OMEMO_MEMBERS))
		ask_members(hall);
	if (hall->waiting > 0)
		return LEAVE_LATER;
	members = omemo_room_readers(o->account, jid);
	return all_ready(o, members, why);
}

char *
omemo_room_writer(const struct incoming *in)
{
	const struct stanza *x = in->via == VIA_ARCHIVE ? stanza_child(in->message, "x", NS_MUC_USER) : NULL;
	const char *told_jid = stanza_child(x, "item", NS_MUC_USER) != NULL ?
	    stanza_get(stanza_child(x, "item", NS_MUC_USER), "jid") : NULL;
	g_autofree char *real = told_jid != NULL ? jid_normalise(told_jid, NULL) : NULL;
	const char *nick = jid_resource(in->from);
	const struct occupant *occupant = in->room != NULL && nick != NULL ? room_occupant(in->room, nick) : NULL;

	if (in->out)
		return g_strdup(account_jid(in->account));
	if (real == NULL && occupant != NULL)
		real = g_strdup(occupant->real);
	return real != NULL && (in->room == NULL || (in->room->features & ROOM_NON_ANONYMOUS) != 0) ?
	    jid_bare(real) : NULL;
}
