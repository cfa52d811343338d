/*
 * reactions.c: what people put beside a message instead of an answer (XEP-0444).  Each stanza has all that its sender
 * reacts with, so the last one counts; only single emoji are reactions, whatever else stands there.
 */
#include <string.h>

#include "base/jid.h"
#include "base/limits.h"
#include "base/text.h"
#include "core/chat.h"
#include "core/feature.h"
#include "core/revise.h"
#include "xmpp/ns.h"

extern const struct feature feature_reactions;

/* For those whose keyboard has none. */
static const struct { const char *word, *emoji; } words[] = {
	{ "+1", "👍" }, { "-1", "👎" }, { "eyes", "👀" }, { "heart", "❤️" }, { "joy", "😂" }, { "ok", "👌" }, { "party",
	    "🎉" },
	{ "sad", "😢" }, { "smile", "🙂" }, { "thanks", "🙏" }, { "wow", "😮" }, { "yes", "✅" },
};

/*
 * Adds one to a set of lines, which has it once and at most LIMIT_REACTIONS_EACH.  False: it is no emoji, or one too
 * many.
 */
static bool
add(GString *set, const char *text)
{
	g_autofree char *clean = text_clean(text, -1, TEXT_LINE, LIMIT_CLUSTER);
	g_auto(GStrv) all = g_strsplit(set->str, "\n", -1);

	g_strstrip(clean);
	if (!text_is_emoji(clean) || (set->len > 0 && g_strv_length(all) >= LIMIT_REACTIONS_EACH))
		return false;
	if (!g_strv_contains((const char *const *)all, clean))
		g_string_append_printf(set, "%s%s", set->len > 0 ? "\n" : "", clean);
	return true;
}

static enum verdict
reactions_in(struct incoming *in)
{
	const struct stanza *reactions = stanza_count(in->message, "reactions", NS_REACTIONS) == 1 ?
	    stanza_child(in->message, "reactions", NS_REACTIONS) : NULL;
	const char *id = reactions != NULL ? stanza_get(reactions, "id") : NULL;
	g_autofree char *target = NULL;
	g_autoptr(GString) set = g_string_new(NULL);
	struct revise_claim claim = { .kind = REVISION_REACTION };

	/* A room does not react, and a nick is somebody's only there. */
	if (id == NULL || *id == '\0' || strlen(id) > LIMIT_NAME || (in->kind == CHAT_ROOM &&
	    jid_resource(in->from) == NULL))
		return GO_ON;
	for (const struct stanza *c = stanza_first(reactions); c != NULL; c = stanza_next(c))
		if (stanza_is(c, "reaction", NS_REACTIONS))
			add(set, stanza_text(c));
	claim.target = target = text_clean(id, -1, TEXT_LINE, 0);
	claim.text = set->str;
	claim.nick = in->kind == CHAT_ROOM ? jid_resource(in->from) : NULL;
	if (revise_take(in, &claim))
		revise_drop_fallback(in, NS_REACTIONS);
	return GO_ON;
}

static void
reactions_out(struct outgoing *out, enum revision_kind kind)
{
	g_autofree char *set = NULL;
	g_auto(GStrv) all = NULL;
	struct stanza *reactions;

	if (kind != REVISION_REACTION)
		return;
	set = message_reactions_of(out->account->core->store, out->row->id, account_jid(out->account));
	all = g_strsplit(set, "\n", -1);
	reactions = stanza_add(out->stanza, "reactions", NS_REACTIONS);
	stanza_set(reactions, "id", out->kind == CHAT_ROOM ? out->row->server_id : out->row->origin_id);
	for (char **one = all; *set != '\0' && *one != NULL; one++)
		stanza_add_with_text(reactions, "reaction", NULL, *one);
}

/* "+1 🎉" as a set; NULL with an error. */
static char *
parse(const char *text, GError **error)
{
	g_auto(GStrv) all = g_strsplit_set(text != NULL ? text : "", " \t\n", -1);
	g_autoptr(GString) set = g_string_new(NULL);

	for (char **one = all; *one != NULL; one++) {
		const char *emoji = *one;

		for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
			if (strcmp(words[i].word, *one) == 0)
				emoji = words[i].emoji;
		if (*emoji == '\0' || add(set, emoji))
			continue;
		g_set_error(error, RPC_ERROR, RPC_ERROR_USAGE, "\"%s\" is no emoji, or one too many: +1, heart, joy, "
		    "party and others stand for some, see /help react. Nothing was done.", *one);
		return NULL;
	}
	return g_string_free(g_steal_pointer(&set), FALSE);
}

static void
react_run(struct command_call *call)
{
	g_autoptr(GError) error = NULL;
	int64_t chat = chat_find(call->core->store, call->account->id, call->chat, CHAT_PERSON, false, NULL);
	g_autofree char *set = parse(call->argv[1], &error);
	struct message_row *row = set != NULL ? chat_find_message(call->core, chat, call->argv[0], &error) : NULL;

	if (row == NULL)
		command_fail_with(call, error);
	else if (row->chat != chat || (row->flags & MESSAGE_RETRACTED) != 0 || row->state < MESSAGE_SENT ||
	    row->state == MESSAGE_CANCELLED || row->state == MESSAGE_FAILED)
		command_fail(call, RPC_ERROR_USAGE, "To message %" G_GINT64_FORMAT " nobody reacts: %s. Nothing was "
		    "done.", row->id,
		    row->chat != chat ? "it is not of this chat" : (row->flags & MESSAGE_RETRACTED) != 0 ? "it was "
		    "taken back" :
		    "it has not arrived");
	else if (!revise_send(call->account, row, REVISION_REACTION, set, &error))
		command_fail_with(call, error);
	else {
		command_message(call, row->id);
		command_done(call);
	}
	message_row_free(row);
}

static const struct command commands[] = {
	{ "react", "MSG [EMOJI...]", "talking", "puts emoji beside a message, in place of those that you put there",
	  "Without EMOJI yours are taken away. For those whose keyboard has none, these words stand for some: +1, -1, "
	  "eyes, heart, joy, ok, party, sad, smile, thanks, wow, yes. Reactions are not encrypted, also where messages "
	  "are.",
	  NEEDS_ACCOUNT | NEEDS_CHAT, react_run },
	{ NULL, NULL, NULL, NULL, NULL, 0, NULL }
};

static const char *const disco[] = { NS_REACTIONS, NULL };

const struct feature feature_reactions = {
	.name = "reactions",
	.standard = "XEP-0444: Message Reactions",
	.in[STAGE_REVISE] = reactions_in,
	.revise = reactions_out,
	.disco = disco,
	.commands = commands,
};
