/* invite.c: see invite.h. */
#include "core/invite.h"

#include <string.h>

#include "base/clock.h"
#include "base/jid.h"
#include "base/limits.h"
#include "base/log.h"
#include "core/bookmark.h"
#include "core/prompt.h"
#include "core/room.h"
#include "core/room_about.h"
#include "core/roster.h"
#include "core/turn.h"
#include "store/invites.h"
#include "xmpp/ns.h"

struct invite {
	struct core	*core;
	struct invite_row *row;
	int64_t		 prompt;	/* 0: the room is asked what it is first */
};

static void
invite_free(void *p)
{
	struct invite *invite = p;

	invite_row_free(invite->row);
	g_free(invite);
}

GPtrArray *
invites_new(void)
{
	return g_ptr_array_new_with_free_func(invite_free);
}

static struct invite *
find(struct core *core, int64_t account, const char *room)
{
	for (guint i = 0; i < core->invites->len; i++) {
		struct invite *invite = core->invites->pdata[i];

		if (invite->row->account == account && strcmp(invite->row->room, room) == 0)
			return invite;
	}
	return NULL;
}

/* --- the answer --- */

static void
settle(struct invite *invite)
{
	struct core *core = invite->core;
	g_autoptr(GError) error = NULL;

	invite->row->settled_ms = clock_real_us() / 1000;
	g_clear_pointer(&invite->row->password, g_free);
	if (turn_begin(core->turn)) {
		if (!invite_save(core->store, invite->row, &error))
			log_error("store", "%s", error->message);
		turn_end(core->turn, error == NULL);
	}
	g_ptr_array_remove(core->invites, invite);
}

static void
entered(void *ctx, struct room *room, const GError *error)
{
	struct account *account = ctx;

	if (error == NULL)
		bookmark_joined(account, room->jid, room->nick);
	else
		account_notice(account, SEVERITY_WARNING, "%s /join %s tries again.", error->message, room->jid);
}

static void
decline(struct account *account, const struct invite_row *row)
{
	struct stanza *message = stanza_message(NULL, row->room);
	struct stanza *declined = stanza_add(stanza_add(message, "x", NS_MUC_USER), "decline", NULL);

	stanza_set(declined, "to", row->inviter);
	account_send(account, message, true);
}

static void ask(struct invite *invite, const struct stanza *info);

static void
answered(void *ctx, const char *value, bool keep)
{
	struct invite *invite = ctx;
	struct account *account = account_find_id(invite->core, invite->row->account);

	(void)keep;
	invite->prompt = 0;
	if (account == NULL)
		return;
	if (value == NULL || (strcmp(value, "ignore") != 0 && !account_online(account))) {
		if (value != NULL)
			account_notice(account, SEVERITY_WARNING, "%s is not on line. The invitation to %s stays open.",
			    account_name(account), invite->row->room);
		ask(invite, NULL);
		return;
	}
	if (strcmp(value, "join") == 0)
		room_join(account, invite->row->room, NULL, invite->row->password, false, entered, account);
	else if (strcmp(value, "decline") == 0)
		decline(account, invite->row);
	turn_wake(invite->core->turn);
	settle(invite);
}

/* --- the question --- */

static json_t *
facts_of(const struct account *account, const struct invite_row *row, const struct stanza *info)
{
	json_t *facts = json_pack("[[s,s],[s,s]]", "room", row->room, "from", row->inviter != NULL ? row->inviter :
	    "somebody whom the room does not name"), *more;
	g_autofree char *bare = row->inviter != NULL ? jid_bare(row->inviter) : NULL;
	struct room_about about;

	json_array_append_new(facts, json_pack("[s,s]", "the way it came", row->mediated ?
	    "the room sent it, and says from whom" : "they sent it themselves"));
	json_array_append_new(facts, json_pack("[s,s]", "are they known", bare != NULL &&
	    roster_has(account->roster, bare) ? "a contact of yours" : "no contact of yours"));
	if (row->reason != NULL)
		json_array_append_new(facts, json_pack("[s,s]", "their words", row->reason));
	if (row->password != NULL)
		json_array_append_new(facts, json_pack("[s,s]", "password", "is in the invitation"));
	if (info != NULL) {
		room_about_read(info, &about);
		more = room_about_facts(&about);
		json_array_extend(facts, more);
		json_decref(more);
		room_about_clear(&about);
	}
	return facts;
}

static void
ask(struct invite *invite, const struct stanza *info)
{
	struct account *account = account_find_id(invite->core, invite->row->account);
	const struct invite_row *row = invite->row;
	g_autofree char *title = g_strdup_printf("you are invited to %s", row->room);
	g_autofree char *text = g_strdup_printf("%s invites you to the room %s.%s%s%s",
	    row->inviter != NULL ? row->inviter : "Somebody", row->room, row->reason != NULL ? " The words: \"" : "",
	    row->reason != NULL ? row->reason : "", row->reason != NULL ? "\"" : "");
	struct prompt_question question = { .kind = PROMPT_CHOICE, .scope = SCOPE_EVERYONE, .title = title,
	    .text = text, .default_choice = "ignore" };

	question.account = account_name(account);
	question.chat = row->room;
	question.facts = facts_of(account, row, info);
	question.choices = json_pack("[[s,s]]", "join", "enter the room");
	if (row->mediated && row->inviter != NULL)
		json_array_append_new(question.choices, json_pack("[s,s]", "decline", "refuse; they are told"));
	json_array_append_new(question.choices, json_pack("[s,s]", "ignore", "nobody is told"));
	invite->prompt = prompt_open(invite->core->prompts, &question, answered, invite);
	turn_wake(invite->core->turn);
}

struct looking {
	struct core	*core;
	int64_t		 account;
	char		*room;
};

static void
looked(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct looking *looking = ctx;
	struct invite *invite = find(looking->core, looking->account, looking->room);

	if (invite != NULL && invite->prompt == 0 && account_find_id(looking->core, looking->account) != NULL)
		ask(invite, end == IQ_RESULT ? stanza_child(answer, "query", NS_DISCO_INFO) : NULL);
	g_free(looking->room);
	g_free(looking);
}

static void
look(struct account *account, const char *room)
{
	struct stanza *iq = stanza_iq("get", room);
	struct looking *looking = g_new(struct looking, 1);

	looking->core = account->core;
	looking->account = account->id;
	looking->room = g_strdup(room);
	stanza_add(iq, "query", NS_DISCO_INFO);
	account_request(account, iq, looked, looking);
}

/* --- what comes in --- */

/* So many that one more is not looked at. */
static bool
is_too_much(const struct account *account, const struct invitation *i)
{
	const GPtrArray *all = account->core->invites;
	g_autofree char *theirs = i->inviter != NULL ? jid_domain(i->inviter) : NULL, *service = jid_domain(i->room);
	unsigned same = 0, known = 0;

	for (guint n = 0; n < all->len; n++) {
		const struct invite_row *row = ((struct invite *)all->pdata[n])->row;
		g_autofree char *domain = row->inviter != NULL ? jid_domain(row->inviter) : NULL,
		    *at = jid_domain(row->room);

		if (row->account != account->id)
			continue;
		known++;
		/* A server makes as many addresses as it likes. */
		same += strcmp(at, service) == 0 || g_strcmp0(domain, theirs) == 0;
	}
	return known >= LIMIT_INVITES || same >= LIMIT_INVITES_FROM;
}

void
invite_came(struct account *account, const struct invitation *i)
{
	struct core *core = account->core;
	const struct room *room = room_find(account, i->room);
	struct invite_row *before = invite_load(core->store, account->id, i->room);
	bool answered_before = before != NULL && before->settled_ms >= i->said_ms;
	g_autofree char *bare = i->inviter != NULL ? jid_bare(i->inviter) : NULL;
	g_autoptr(GError) error = NULL;
	struct invite *invite;

	invite_row_free(before);
	if (answered_before || find(core, account->id, i->room) != NULL || (room != NULL && room->wanted))
		return;
	if (is_too_much(account, i)) {
		log_warning("rooms", "%s: too many invitations are open; one more is ignored", account_name(account));
		return;
	}
	invite = g_new0(struct invite, 1);
	invite->core = core;
	invite->row = g_new0(struct invite_row, 1);
	*invite->row = (struct invite_row){ .account = account->id, .room = g_strdup(i->room),
	    .inviter = g_strdup(i->inviter), .reason = g_strdup(i->reason),
	    .password = g_strdup(i->password), .mediated = i->mediated, .came_ms = i->said_ms };
	if (!invite_save(core->store, invite->row, &error)) {
		turn_failed(core->turn, error);
		invite_free(invite);
		return;
	}
	g_ptr_array_add(core->invites, invite);
	if (bare != NULL && roster_has(account->roster, bare) && account_online(account))
		look(account, i->room);
	else
		ask(invite, NULL);
}

void
invites_restore(struct core *core)
{
	g_autoptr(GPtrArray) rows = invite_list(core->store);

	while (rows->len > 0) {
		struct invite_row *row = g_ptr_array_steal_index(rows, 0);
		struct invite *invite;

		if (account_find_id(core, row->account) == NULL) {
			invite_row_free(row);
			continue;
		}
		invite = g_new0(struct invite, 1);
		invite->core = core;
		invite->row = row;
		g_ptr_array_add(core->invites, invite);
		ask(invite, NULL);
	}
}

void
invites_forget(struct account *account)
{
	GPtrArray *invites = account->core->invites;

	for (guint i = invites->len; i-- > 0;) {
		struct invite *invite = invites->pdata[i];

		if (invite->row->account != account->id)
			continue;
		if (invite->prompt != 0)
			prompt_withdraw(account->core->prompts, invite->prompt);
		g_ptr_array_remove_index(invites, i);
	}
}
