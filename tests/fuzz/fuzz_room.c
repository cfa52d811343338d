/*
 * fuzz_room.c: what a room that we are in sends, line by line, each a stanza: presences, messages, subjects,
 * codes.  Each input finds us newly in the room; what it leaves on disk is taken back, what it leaves in memory goes
 * with the room.
 */
#include <string.h>

#include <glib.h>

#include "base/limits.h"
#include "core/message.h"
#include "core/room.h"
#include "core/turn.h"
#include "faketransport.h"
#include "fuzz.h"
#include "onecore.h"
#include "store/store.h"

#define ROOM "cave@rooms.example.org"

enum { LINES_MAX = 64 };

static void
route(const char *xml)
{
	struct stanza *stanza = stanza_parse(xml, -1, NULL);

	if (stanza != NULL)
		message_route(onecore_account(), stanza);
	stanza_free(stanza);
}

/* What follows from it leaves; the id of the last thing that was sent, the caller's; NULL. */
static char *
finish(bool keep)
{
	struct turn *turn = onecore_get()->turn;
	char *sent, *id = NULL;

	turn_end(turn, keep);
	turn_finish(turn);
	g_assert_false(turn_is_stuck(turn));
	while ((sent = fake_take_sent(ONECORE_ME)) != NULL) {
		const char *at = strstr(sent, " id='");

		g_free(id);
		id = at != NULL ? g_strndup(at + 5, strcspn(at + 5, "'")) : NULL;
		g_free(sent);
	}
	return id;
}

static struct room *
enter(void)
{
	struct account *account = onecore_account();
	struct turn *turn = onecore_get()->turn;
	struct room *room = room_find(account, ROOM);
	g_autofree char *id = NULL, *join = NULL, *xml = NULL, *presence = NULL;

	g_assert_true(turn_begin(turn));
	if (room != NULL)
		room_leave(room, NULL);
	room_join(account, ROOM, "me", NULL, false, NULL, NULL);
	id = finish(true);
	xml = g_strdup_printf("<iq type='result' from='" ROOM "' id='%s'><query xmlns='http://jabber.org/protocol/disco#info'><identity "
	    "category='conference' type='text'/><feature var='http://jabber.org/protocol/muc'/><feature var='urn:xmpp:mam:2'/><feature "
	    "var='urn:xmpp:occupant-id:0'/></query></iq>", id);
	g_assert_true(turn_begin(turn));
	route(xml);
	join = finish(true);
	presence = g_strdup_printf("<presence from='" ROOM "/me' id='%s'><occupant-id xmlns='urn:xmpp:occupant-id:0' id='i-me'/>"
	    "<x xmlns='http://jabber.org/protocol/muc#user'><item affiliation='none' role='moderator'/><status code='110'/></x>"
	    "</presence>", join);
	g_assert_true(turn_begin(turn));
	route("<presence from='" ROOM "/anna'><x xmlns='http://jabber.org/protocol/muc#user'><item affiliation='owner' "
	    "role='moderator'/></x></presence>");
	route(presence);
	g_free(finish(true));
	room = room_find(account, ROOM);
	g_assert_true(room->state == ROOM_IN && g_hash_table_size(room->occupants) == 2);
	return room;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	g_auto(GStrv) lines = g_strsplit(text, "\n", LINES_MAX);
	struct room *room = enter();
	g_autoptr(GPtrArray) all = NULL;

	g_assert_true(turn_begin(onecore_get()->turn));
	for (char **line = lines; *line != NULL; line++)
		route(*line);
	all = room_occupants(room);
	g_assert_cmpuint(all->len, <=, LIMIT_OCCUPANTS + 1);
	for (guint i = 0; i < all->len; i++) {
		struct event event = room_occupant_event(room, all->pdata[i]);

		event_clear(&event);
	}
	g_assert_true(room->state == ROOM_IN || all->len == 0);
	g_free(finish(false));
	return 0;
}
