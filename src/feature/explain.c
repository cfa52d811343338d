/*
 * explain.c: /explain: everything that is known of one message: how it came, when it got how far, what times were
 * claimed and what was made of them, and the stanza itself.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "core/chat.h"
#include "core/feature.h"
#include "core/when.h"
#include "crypto/fingerprint.h"
#include "store/sealed.h"
#include "xmpp/ns.h"

extern const struct feature feature_explain;

static const char *const ways[] = {
	[VIA_LIVE] = "directly, as it was said",
	[VIA_CARBON] = "as a copy of what another device of yours got or sent",
	[VIA_ARCHIVE] = "from an archive, later",
	[VIA_ROOM_HISTORY] = "from the room's history",
	[VIA_OFFLINE] = "from your server, which had kept it while you were away",
};

/* With seconds: here they matter. */
static char *
exact(const struct command_call *call, int64_t ms)
{
	g_autofree char *minute = when_text(ms, call->caller != NULL ? call->caller->tz : NULL);

	return g_strdup_printf("%s:%02d.%03d", minute, (int)(ms / 1000 % 60), (int)(ms % 1000));
}

static void
say_text(struct command_call *call, const char *label, const char *text)
{
	if (text != NULL && *text != '\0')
		command_say(call, "%-12s %s", label, text);
}

/* Which device wrote what was encrypted, and how far it was trusted then. */
static void
say_device(struct command_call *call, int64_t message)
{
	struct sealed_row *sealed = sealed_load(call->core->store, message);
	g_autofree char *blocks = NULL;
	struct key key;

	if (sealed == NULL)
		return;
	blocks = sealed->key != NULL && fingerprint_parse(&key, sealed->key) ? fingerprint_blocks(&key) : NULL;
	command_say(call, "%-12s %" G_GINT64_FORMAT ", then %s", "device", sealed->device, trust_name(sealed->trust));
	say_text(call, "key", blocks);
	sealed_row_free(sealed);
}

static void
say_time(struct command_call *call, const char *label, int64_t ms)
{
	g_autofree char *text = exact(call, ms);

	if (ms != 0)
		command_say(call, "%-12s %s", label, text);
}

/* --- times that were claimed --- */

static void
say_delays(struct command_call *call, const struct stanza *element, int64_t said_ms, json_t *list)
{
	int64_t stamp;

	for (struct stanza *c = stanza_first(element); c != NULL; c = stanza_next(c)) {
		if (stanza_is(c, "delay", NS_DELAY) && clock_parse_utc(stanza_get(c, "stamp"), &stamp)) {
			bool believed = llabs(stamp - said_ms) < 1000;
			g_autofree char *time = exact(call, stamp);
			g_autofree char *by = text_clean(stanza_get(c, "from") != NULL ? stanza_get(c, "from") :
			    "nobody in particular", -1, TEXT_LINE, 0);

			command_say(call, "%-12s %s by %s: %s", "claimed", time, by, believed ? "believed" :
			    "not believed, only shown here");
			json_array_append_new(list, json_pack("{s:s, s:s?, s:b}", "stamp", stanza_get(c, "stamp"),
			    "from", stanza_get(c, "from"), "believed", believed));
		}
		say_delays(call, c, said_ms, list);
	}
}

/* --- the stanza, one element a line --- */

struct printer {
	struct command_call *call;
	GString	*line;
	int	 depth;
};

static void
end_line(struct printer *p)
{
	g_autofree char *safe = text_clean(p->line->str, (gssize)p->line->len, TEXT_LINE, 0);

	if (*safe != '\0')
		command_say(p->call, "  %s", safe);
	g_string_truncate(p->line, 0);
	for (int i = 0; i < 2 * p->depth; i++)
		g_string_append_c(p->line, ' ');
}

/* Bytes of the tag that text begins with; a '>' in quotes does not end it. */
static size_t
tag_length(const char *text)
{
	char quote = '\0';
	size_t n;

	for (n = 0; text[n] != '\0'; n++) {
		if (quote != '\0') {
			if (text[n] == quote)
				quote = '\0';
		} else if (text[n] == '\'' || text[n] == '"') {
			quote = text[n];
		} else if (text[n] == '>') {
			return n + 1;
		}
	}
	return n;
}

static void
say_xml(struct command_call *call, const char *xml)
{
	struct printer p = { call, g_string_new(NULL), 0 };
	enum { OPENED, CLOSED, NOTHING } last = NOTHING;

	while (*xml != '\0') {
		size_t n = *xml == '<' ? tag_length(xml) : strcspn(xml, "<");

		if (*xml != '<') {
			g_string_append_len(p.line, xml, (gssize)n);
		} else if (xml[1] == '/') {
			p.depth--;
			if (last == CLOSED)
				end_line(&p);
			g_string_append_len(p.line, xml, (gssize)n);
			last = CLOSED;
		} else {
			if (last != NOTHING)
				end_line(&p);
			g_string_append_len(p.line, xml, (gssize)n);
			last = xml[n - 2] == '/' ? CLOSED : OPENED;
			p.depth += last == OPENED;
		}
		xml += n;
	}
	p.depth = 0;
	end_line(&p);
	g_string_free(p.line, TRUE);
}

/* --- what others told of it --- */

static const struct { const char *word, *label; } tellings[] = {
	[TRACE_COPY] = { "copy", "A copy came" }, [TRACE_RECEIPT] = { "receipt", "A receipt came" },
	[TRACE_MARKER] = { "marker", "It was looked at" }, [TRACE_ERROR] = { "error", "An error came" },
	[TRACE_CORRECTION] = { "correction", "A correction came" }, [TRACE_RETRACTION] = { "retraction",
	    "It was taken back" },
	[TRACE_REACTION] = { "reaction", "Somebody reacted" },
};

/* Each stanza that came about it later: from which device, which way. */
static json_t *
say_traces(struct command_call *call, const struct message_row *row)
{
	g_autoptr(GPtrArray) all = message_traces(call->core->store, row->id);
	json_t *list = json_array();

	for (guint i = 0; i < all->len; i++) {
		const struct trace_row *trace = all->pdata[i];
		struct stanza *stanza = trace->xml != NULL ? stanza_parse(trace->xml, -1, NULL) : NULL;
		g_autofree char *time = exact(call, trace->at_ms), *utc = clock_format_utc(trace->at_ms);
		g_autofree char *canonical = stanza != NULL ? stanza_to_xml(stanza) : NULL;

		if ((size_t)trace->what < G_N_ELEMENTS(tellings) && (size_t)trace->via < G_N_ELEMENTS(ways)) {
			command_say(call, "%s, %s from %s, %s:", tellings[trace->what].label, time, trace->by,
			    ways[trace->via]);
			json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:s?}", "what",
			    tellings[trace->what].word, "at", utc, "from", trace->by, "via",
			    message_via_name(trace->via), "stanza", trace->xml));
		}
		if (canonical != NULL)
			say_xml(call, canonical);
		stanza_free(stanza);
	}
	return list;
}

/* --- the command --- */

static json_t *
say_states(struct command_call *call, const struct message_row *row)
{
	g_autoptr(GArray) all = message_happenings(call->core->store, row->id);
	json_t *list = json_array();

	for (guint i = 0; i < all->len; i++) {
		const struct happening *h = &g_array_index(all, struct happening, i);
		g_autofree char *time = exact(call, h->at_ms), *utc = clock_format_utc(h->at_ms);

		command_say(call, "%-12s %s %s", i == 0 ? "states" : "", time, message_state_name(h->state));
		json_array_append_new(list, json_pack("{s:s, s:s}", "state", message_state_name(h->state), "at", utc));
	}
	return list;
}

static void
explain(struct command_call *call, const struct message_row *row, const struct event *event)
{
	const struct event_message *m = &event->message;
	g_autofree char *xml = message_raw(call->core->store, row->id);
	struct stanza *stanza = xml != NULL ? stanza_parse(xml, -1, NULL) : NULL;
	json_t *data = json_object(), *delays = json_array();
	int64_t came = message_raw_came(call->core->store, row->id);

	command_say(call, "Message %" G_GINT64_FORMAT " in the chat with %s, account %s", m->id, event->chat_jid,
	    event->account_name);
	say_text(call, "from", m->from);
	say_text(call, "nick", m->nick);
	say_text(call, "came", (size_t)m->via < G_N_ELEMENTS(ways) && m->direction == DIRECTION_IN ? ways[m->via] :
	    m->via == VIA_LIVE ? "from here" : ways[m->via]);
	say_time(call, "said", m->said);
	if (stanza != NULL)
		say_delays(call, stanza, m->said, delays);
	say_time(call, "placed", m->order / 1000);
	say_time(call, m->direction == DIRECTION_OUT ? "left" : "arrived", came);
	say_text(call, "state", message_state_name(m->state));
	say_text(call, "reason", m->reason);
	json_object_set_new(data, "states", say_states(call, row));
	say_text(call, "encryption", m->encryption == ENCRYPTION_NONE ? "none: servers on the way could read it" :
	    encryption_name(m->encryption));
	say_device(call, m->id);
	say_text(call, "id", m->origin_id);
	say_text(call, "archive id", m->stanza_id);
	say_text(call, "answers", row->reply);
	say_text(call, "thread", m->thread);
	if ((row->flags & MESSAGE_DISPUTED) != 0)
		command_say(call, "%-12s another message claims the same archive id; neither is believed", "");
	if (xml != NULL)
		command_say(call, "The stanza as it %s:", m->direction == DIRECTION_OUT && m->via == VIA_LIVE ? "left" :
		    "came");
	else
		command_say(call, "The stanza is not kept: it has not left, or history.raw_days have passed.");
	if (stanza != NULL) {
		g_autofree char *canonical = stanza_to_xml(stanza);

		say_xml(call, canonical);
		stanza_free(stanza);
	}
	json_object_set_new(data, "later", say_traces(call, row));
	json_object_set_new(data, "message", event_to_json(event));
	json_object_set_new(data, "delays", delays);
	json_object_set_new(data, "disputed", json_boolean(row->flags & MESSAGE_DISPUTED));
	if (came != 0) {
		g_autofree char *utc = clock_format_utc(came);

		json_object_set_new(data, "came", json_string(utc));
	}
	if (xml != NULL)
		json_object_set_new(data, "stanza", json_string(xml));
	command_data(call, data);
}

static void
explain_run(struct command_call *call)
{
	g_autoptr(GError) error = NULL;
	int64_t chat = call->chat != NULL && call->account != NULL ?
	    chat_find(call->core->store, call->account->id, call->chat, CHAT_PERSON, false, NULL) : 0;
	struct message_row *row = chat_find_message(call->core, chat, call->argv[0] != NULL ? call->argv[0] : "-1",
	    &error);
	struct event event;

	if (row == NULL) {
		command_fail_with(call, error);
		return;
	}
	if (chat_message_event(call->core, row, true, &event)) {
		explain(call, row, &event);
		event_clear(&event);
		command_done(call);
	} else {
		command_fail(call, RPC_ERROR_NOT_FOUND, "The account of this message is not in use any more.");
	}
	message_row_free(row);
}

static const struct command commands[] = {
	{ "explain", "[MSG]", "history", "tells everything that is known of a message",
	  "How it came, its ids, when it got how far, which times were claimed for it and which one is believed, the "
	  "stanza itself, and those that told more of it later: copies, receipts and markers with the device, errors, "
	  "corrections; stanzas as long as history.raw_days keep them. Without MSG it is the last one of the "
	  "chat.", 0, explain_run },
	{ NULL, NULL, NULL, NULL, NULL, 0, NULL }
};

const struct feature feature_explain = { .name = "explain", .commands = commands };
