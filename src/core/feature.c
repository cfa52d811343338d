/* feature.c: the list of features.def walked for each hook. */
#include "core/feature.h"

#include <string.h>

enum verdict
features_in(struct incoming *in, enum message_stage stage)
{
	enum verdict verdict = GO_ON;

	for (const struct feature *const *f = features; *f != NULL && verdict == GO_ON; f++)
		if ((*f)->in[stage] != NULL)
			verdict = (*f)->in[stage](in);
	return verdict;
}

void
features_outgoing(struct outgoing *out)
{
	for (const struct feature *const *f = features; *f != NULL; f++)
		if ((*f)->out != NULL)
			(*f)->out(out);
}

enum leave
features_leave(struct account *account, const struct chat_row *chat, bool sealed, char **why)
{
	for (const struct feature *const *f = features; *f != NULL; f++)
		if ((*f)->leave != NULL)
			return (*f)->leave(account, chat, sealed, why);
	if (!sealed)
		return LEAVE_PLAIN;
	*why = g_strdup("This confab was made without what encrypts.");
	return LEAVE_NEVER;
}

bool
features_seal(struct outgoing *out, char **why)
{
	for (const struct feature *const *f = features; *f != NULL; f++)
		if ((*f)->seal != NULL)
			return (*f)->seal(out, why);
	return false;
}

void
features_revise(struct outgoing *out, enum revision_kind kind)
{
	for (const struct feature *const *f = features; *f != NULL; f++)
		if ((*f)->revise != NULL)
			(*f)->revise(out, kind);
}

void
features_presence(struct account *account, struct stanza *presence)
{
	for (const struct feature *const *f = features; *f != NULL; f++)
		if ((*f)->presence != NULL)
			(*f)->presence(account, presence);
}

static bool
is_one_of(const char *words, const char *ns)
{
	g_auto(GStrv) all = g_strsplit(words, " ", -1);

	return g_strv_contains((const char *const *)all, ns);
}

bool
features_iq(struct account *account, const struct stanza *iq)
{
	const struct stanza *child = stanza_first(iq);

	for (const struct feature *const *f = features; child != NULL && *f != NULL; f++) {
		if ((*f)->iq != NULL && is_one_of((*f)->iq_ns, stanza_ns(child))) {
			(*f)->iq(account, iq);
			return true;
		}
	}
	return false;
}

void
features_online(struct account *account)
{
	for (const struct feature *const *f = features; *f != NULL; f++)
		if ((*f)->online != NULL)
			(*f)->online(account);
}

void
features_known(struct account *account)
{
	for (const struct feature *const *f = features; *f != NULL; f++)
		if ((*f)->known != NULL)
			(*f)->known(account);
}

void
features_attention(struct account *account)
{
	for (const struct feature *const *f = features; *f != NULL; f++)
		if ((*f)->attention != NULL)
			(*f)->attention(account);
}

void
features_seen(struct account *account, const char *jid, int64_t chat, int64_t after, int64_t ord)
{
	for (const struct feature *const *f = features; *f != NULL; f++)
		if ((*f)->seen != NULL)
			(*f)->seen(account, jid, chat, after, ord);
}

void
features_read(struct account *account, const char *jid)
{
	for (const struct feature *const *f = features; *f != NULL; f++)
		if ((*f)->read != NULL)
			(*f)->read(account, jid);
}
