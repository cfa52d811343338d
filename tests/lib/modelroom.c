/* modelroom.c: see modelroom.h. */
#include "modelroom.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/jid.h"
#include "xmpp/ns.h"

enum { PAGE_MAX = 3 };

struct said {
	int64_t	 stamp_ms;
	char	*xml;		/* as it came from the room, without its ids */
};

struct modelroom {
	struct modelserver *m;
	bool		 in;
	GPtrArray	*archive;	/* of struct said; the n-th has the id r<n> */
	GPtrArray	*bodies;
};

static void
said_free(void *p)
{
	struct said *said = p;

	g_free(said->xml);
	g_free(said);
}

struct modelroom *
modelroom_new(struct modelserver *m)
{
	struct modelroom *room = g_new0(struct modelroom, 1);

	room->m = m;
	room->archive = g_ptr_array_new_with_free_func(said_free);
	room->bodies = g_ptr_array_new_with_free_func(g_free);
	return room;
}

void
modelroom_free(struct modelroom *room)
{
	g_ptr_array_unref(room->archive);
	g_ptr_array_unref(room->bodies);
	g_free(room);
}

void
modelroom_out(struct modelroom *room)
{
	room->in = false;
}

bool
modelroom_is_in(const struct modelroom *room)
{
	return room->in;
}

const GPtrArray *
modelroom_said(const struct modelroom *room)
{
	return room->bodies;
}

static void
give(struct modelroom *room, const char *xml)
{
	model_tells(room->m, xml);
}

/* To the archive, and to the account when it is there. */
static void
say(struct modelroom *room, const char *nick, const char *id, const char *body)
{
	struct said *said = g_new0(struct said, 1);
	g_autofree char *live = NULL;

	said->stamp_ms = clock_real_us() / 1000;
	said->xml = g_strdup_printf("<message xmlns='jabber:client' type='groupchat' from='" MODEL_ROOM "/%s' id='%s'>"
	    "<body>%s</body><occupant-id xmlns='" NS_OCCUPANT_ID "' id='i-%s'/>", nick, id, body, nick);
	g_ptr_array_add(room->archive, said);
	g_ptr_array_add(room->bodies, g_strdup(body));
	live = g_strdup_printf("%s<stanza-id xmlns='" NS_SID "' by='" MODEL_ROOM "' id='r%u'/></message>", said->xml,
	    room->archive->len);
	if (room->in)
		give(room, live);
}

void
modelroom_says(struct modelroom *room, const char *id, const char *body)
{
	say(room, "anna", id, body);
}

static void
presence(struct modelroom *room, const char *nick, const char *affiliation, const char *type, const char *id, bool self)
{
	g_autofree char *xml = g_strdup_printf("<presence%s from='" MODEL_ROOM "/%s' to='" MODEL_ME "/here'%s%s%s>"
	    "<occupant-id xmlns='" NS_OCCUPANT_ID "' id='i-%s'/><x xmlns='" NS_MUC_USER "'><item affiliation='%s' role='%s'/>%s</x>"
	    "</presence>", type, nick, id != NULL ? " id='" : "", id != NULL ? id : "", id != NULL ? "'" : "", nick,
	    affiliation,
	    *type != '\0' ? "none" : "participant", self ? "<status code='110'/>" : "");

	give(room, xml);
}

static void
take_presence(struct modelroom *room, const struct stanza *stanza)
{
	const char *id = stanza_get(stanza, "id");

	if (g_strcmp0(stanza_get(stanza, "type"), "unavailable") == 0) {
		if (room->in)
			presence(room, "me", "none", " type='unavailable'", id, true);
		room->in = false;
		return;
	}
	if (stanza_child(stanza, "x", NS_MUC) == NULL && !room->in)
		return;
	if (stanza_child(stanza, "x", NS_MUC) != NULL)
		presence(room, "anna", "owner", "", NULL, false);
	presence(room, "me", "none", "", id, true);
	if (stanza_child(stanza, "x", NS_MUC) != NULL)
		give(room, "<message type='groupchat' from='" MODEL_ROOM "' to='" MODEL_ME "/here'><subject/></message>");
	room->in = true;
}

static void
take_message(struct modelroom *room, const struct stanza *stanza)
{
	const char *body = stanza_text(stanza_child(stanza, "body", NULL)), *id = stanza_get(stanza, "id");
	g_autofree char *error = NULL;

	if (body == NULL)
		return;
	if (room->in) {
		say(room, "me", id, body);
		return;
	}
	error = g_strdup_printf("<message type='error' from='" MODEL_ROOM "' to='" MODEL_ME "/here' id='%s'><error type='modify'>"
	    "<not-acceptable xmlns='" NS_STANZAS "'/></error></message>", id);
	give(room, error);
}

static unsigned
number_of(const char *id)
{
	return id != NULL && *id == 'r' ? (unsigned)atoi(id + 1) : 0;
}

static const char *
form_value(const struct stanza *query, const char *var)
{
	const struct stanza *form = stanza_child(query, "x", NS_DATA);

	for (struct stanza *c = form != NULL ? stanza_first(form) : NULL; c != NULL; c = stanza_next(c))
		if (g_strcmp0(stanza_get(c, "var"), var) == 0)
			return stanza_text(stanza_child(c, "value", NULL));
	return NULL;
}

/* A page forwards (after, or by time) or backwards (before). */
static void
answer_archive(struct modelroom *room, const struct stanza *iq, const struct stanza *query)
{
	const struct stanza *set = stanza_child(query, "set", NS_RSM);
	const char *before = stanza_text(stanza_child(set, "before", NS_RSM)), *after = stanza_text(stanza_child(set, "after", NS_RSM)),
	    *start = form_value(query, "start"), *end = form_value(query, "end");
	int64_t from_ms = 0, to_ms = G_MAXINT64;
	unsigned fit[1000], n = 0, low, high;
	g_autofree char *fin = NULL, *edges = NULL;

	if ((start != NULL && !clock_parse_utc(start, &from_ms)) || (end != NULL && !clock_parse_utc(end, &to_ms)))
		model_fail(room->m, "a time is none");
	for (unsigned i = 1; i <= room->archive->len && n < G_N_ELEMENTS(fit); i++) {
		const struct said *one = room->archive->pdata[i - 1];

		if (one->stamp_ms >= from_ms && one->stamp_ms <= to_ms && (after == NULL || i > number_of(after)) &&
		    (before == NULL || *before == '\0' || i < number_of(before)))
			fit[n++] = i;
	}
	low = before != NULL && n > PAGE_MAX ? n - PAGE_MAX : 0;
	high = before != NULL ? n : MIN(n, PAGE_MAX);
	for (unsigned i = low; i < high; i++) {
		const struct said *one = room->archive->pdata[fit[i] - 1];
		g_autofree char *stamp = clock_format_utc(one->stamp_ms);
		g_autofree char *xml = g_strdup_printf("<message from='" MODEL_ROOM "' to='" MODEL_ME "/here'><result xmlns='" NS_MAM
		    "' queryid='%s' id='r%u'><forwarded xmlns='" NS_FORWARD "'><delay xmlns='" NS_DELAY "' stamp='%s'/>%s</message>"
		    "</forwarded></result></message>", stanza_get(query, "queryid"), fit[i], stamp, one->xml);

		give(room, xml);
	}
	edges = high == low ? g_strdup("") : g_strdup_printf("<first>r%u</first><last>r%u</last>", fit[low],
	    fit[high - 1]);
	fin = g_strdup_printf("<iq type='result' from='" MODEL_ROOM "' id='%s'><fin xmlns='" NS_MAM "'%s><set xmlns='" NS_RSM "'>%s"
	    "</set></fin></iq>", stanza_get(iq, "id"), high - low == n ? " complete='true'" : "", edges);
	give(room, fin);
}

static void
take_iq(struct modelroom *room, const struct stanza *iq)
{
	const struct stanza *asked = stanza_first(iq);
	const char *ns = asked != NULL ? stanza_ns(asked) : "", *id = stanza_get(iq, "id"), *to = stanza_get(iq, "to");
	g_autofree char *xml = NULL;

	if (g_strcmp0(stanza_get(iq, "type"), "get") != 0 && g_strcmp0(stanza_get(iq, "type"), "set") != 0)
		return;
	if (strcmp(ns, NS_MAM) == 0) {
		answer_archive(room, iq, asked);
		return;
	}
	if (strcmp(ns, NS_DISCO_INFO) == 0)
		xml = g_strdup_printf("<iq type='result' id='%s' from='%s'><query xmlns='" NS_DISCO_INFO "'><identity "
		    "category='conference' type='text' name='Hall'/><feature var='" NS_MUC "'/><feature var='" NS_MAM "'/>"
		    "<feature var='" NS_SID "'/><feature var='" NS_OCCUPANT_ID "'/></query></iq>", id, to);
	else if (strcmp(ns, NS_PING) == 0 && room->in)
		xml = g_strdup_printf("<iq type='result' id='%s' from='%s'/>", id, to);
	else
		xml = g_strdup_printf("<iq type='error' id='%s' from='%s'><error type='cancel'><not-acceptable xmlns='" NS_STANZAS
		    "'/></error></iq>", id, to);
	give(room, xml);
}

bool
modelroom_take(struct modelroom *room, const struct stanza *stanza)
{
	const char *to = stanza_get(stanza, "to");

	if (to == NULL || !jid_same_bare(to, MODEL_ROOM))
		return false;
	if (strcmp(stanza_name(stanza), "presence") == 0)
		take_presence(room, stanza);
	else if (strcmp(stanza_name(stanza), "message") == 0)
		take_message(room, stanza);
	else
		take_iq(room, stanza);
	return true;
}
