/*
 * room_ping.c: are we still there (XEP-0410)?  A room that fell silent may have lost us without a word: its server
 * began anew, or a link between servers broke.  We ask ourselves through it; only "you are not in" is an answer that
 * counts against it.
 */
#include "base/clock.h"
#include "core/room_private.h"
#include "core/turn.h"
#include "xmpp/ns.h"

enum {
	SILENT_MS = 900000,	/* XEP-0410 §3.1 */
	UNSURE_MS = 60000,	/* between two questions that nobody answered */
};

static void quiet(void *ctx);

static void
arm(struct room *room, int64_t ms)
{
	clock_timer_cancel(&room->silence);
	room->silence = clock_timer_start(ms, quiet, room);
}

void
room_ping_begin(struct room *room)
{
	room->heard_ms = clock_boot_ms();
	room->unsure = 0;
	arm(room, SILENT_MS);
}

static bool
says(const struct stanza *answer, const char *condition)
{
	const struct stanza *error = stanza_child(answer, "error", NULL);

	return error != NULL && stanza_child(error, condition, NS_STANZAS) != NULL;
}

static void
told(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct room *room = ctx;

	if (!room->pinging || room->state != ROOM_IN)
		return;
	room->pinging = false;
	if (end == IQ_ERROR && says(answer, "not-acceptable")) {
		room_again(room, "You had fallen out of it; confab enters it again.");
	} else if (end == IQ_TIMEOUT || (end == IQ_ERROR && (says(answer, "remote-server-timeout") ||
	    says(answer, "remote-server-not-found")))) {
		/* Its server may be gone for a moment, or for good. */
		if (++room->unsure >= 2)
			room_again(room, "It does not answer any more; confab enters it again.");
		else
			arm(room, UNSURE_MS);
	} else if (end != IQ_LOST) {
		room_ping_begin(room);
	}
}

void
room_ping(struct room *room)
{
	g_autofree char *to = room_address(room, room->nick);
	struct stanza *iq;

	/* While our nick changes the answer would be about the wrong one. */
	if (room->pinging || room->state != ROOM_IN || room->nick_id != NULL)
		return;
	room->pinging = true;
	clock_timer_cancel(&room->silence);
	iq = stanza_iq("get", to);
	stanza_add(iq, "ping", NS_PING);
	account_request(room->account, iq, told, room);
	turn_wake(room->account->core->turn);
}

static void
quiet(void *ctx)
{
	struct room *room = ctx;
	int64_t left_ms = room->heard_ms + SILENT_MS - clock_boot_ms();

	room->silence = NULL;
	if (left_ms > 0 && room->unsure == 0)
		arm(room, left_ms);
	else
		room_ping(room);
}
