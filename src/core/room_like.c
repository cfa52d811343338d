/*
 * room_like.c: nicks that can be mixed up.  Each is reduced to what it looks like: without case, marks, blanks and what
 * is not seen, and letters of other scripts as the Latin ones that they look like.  Two that are the same then are told
 * of each other.
 */
#include <string.h>

#include <glib.h>

#include "base/jid.h"
#include "core/room_private.h"

/* Small letters; sorted. */
static const struct { gunichar c; char looks; } looks[] = {
	{ '0', 'o' }, { '1', 'l' }, { '|', 'l' },
	{ 0x131, 'i' },		/* dotless i */
	{ 0x251, 'a' }, { 0x261, 'g' }, { 0x269, 'i' },
	{ 0x3b1, 'a' }, { 0x3b9, 'i' }, { 0x3ba, 'k' }, { 0x3bd, 'v' }, { 0x3bf, 'o' }, { 0x3c1, 'p' }, { 0x3c3, 'o' },
	{ 0x3c4, 't' }, { 0x3c5, 'u' }, { 0x3c7, 'x' }, { 0x3c9, 'w' },
	{ 0x430, 'a' }, { 0x432, 'b' }, { 0x435, 'e' }, { 0x43a, 'k' }, { 0x43c, 'm' }, { 0x43d, 'h' }, { 0x43e, 'o' },
	{ 0x440, 'p' }, { 0x441, 'c' }, { 0x442, 't' }, { 0x443, 'y' }, { 0x445, 'x' }, { 0x455, 's' }, { 0x456, 'i' },
	{ 0x458, 'j' }, { 0x461, 'w' }, { 0x475, 'v' }, { 0x4bb, 'h' }, { 0x4cf, 'l' }, { 0x501, 'd' }, { 0x51b, 'q' },
	{ 0x51d, 'w' },
	{ 0x566, 'q' }, { 0x570, 'h' }, { 0x578, 'n' }, { 0x57d, 'u' }, { 0x581, 'g' }, { 0x585, 'o' },
	{ 0x10ff, 'o' },
};

static gunichar
look_of(gunichar c)
{
	size_t from = 0, to = G_N_ELEMENTS(looks);

	while (from < to) {
		size_t middle = (from + to) / 2;

		if (looks[middle].c == c)
			return (gunichar)looks[middle].looks;
		if (looks[middle].c < c)
			from = middle + 1;
		else
			to = middle;
	}
	return c;
}

char *
room_skeleton(const char *nick)
{
	g_autofree char *fold = g_utf8_casefold(nick, -1), *plain = g_utf8_normalize(fold, -1, G_NORMALIZE_NFKD);
	GString *out = g_string_new(NULL);

	for (const char *at = plain != NULL ? plain : ""; *at != '\0'; at += g_utf8_skip[*(const guchar *)at]) {
		gunichar c = g_utf8_get_char(at);

		if (g_unichar_ismark(c) || g_unichar_isspace(c) || g_unichar_iszerowidth(c))
			continue;
		g_string_append_unichar(out, look_of(c));
	}
	return g_string_free(out, FALSE);
}

static bool
same_person(const struct occupant *a, const struct occupant *b)
{
	return (a->id != NULL && g_strcmp0(a->id, b->id) == 0) || jid_same_bare(a->real, b->real);
}

const struct occupant *
room_like_add(struct room *room, struct occupant *o)
{
	struct occupant *other;

	g_free(o->skeleton);
	o->skeleton = room_skeleton(o->nick);
	other = g_hash_table_lookup(room->skeletons, o->skeleton);
	if (other == NULL || other == o) {
		g_hash_table_replace(room->skeletons, o->skeleton, o);
		return NULL;
	}
	if (same_person(o, other))
		return NULL;
	g_free(o->like);
	o->like = g_strdup(other->nick);
	if (other->like == NULL) {
		other->like = g_strdup(o->nick);
		room_occupant_changed(room, other->nick);
	}
	return other;
}

void
room_like_remove(struct room *room, struct occupant *o)
{
	struct occupant *other = o->like != NULL ? room_occupant(room, o->like) : NULL;

	if (o->skeleton != NULL && g_hash_table_lookup(room->skeletons, o->skeleton) == o)
		g_hash_table_remove(room->skeletons, o->skeleton);
	if (other == NULL || g_strcmp0(other->like, o->nick) != 0)
		return;
	g_clear_pointer(&other->like, g_free);
	room_occupant_changed(room, other->nick);
	/* There may be a third one. */
	if (other->skeleton != NULL && g_hash_table_lookup(room->skeletons, other->skeleton) == NULL)
		g_hash_table_replace(room->skeletons, other->skeleton, other);
}
