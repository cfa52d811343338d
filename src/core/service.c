/* service.c: see service.h.  All are asked at a time; the first in the server's own order that fits is taken. */
#include "core/service.h"

#include <string.h>

#include "base/jid.h"
#include "base/limits.h"
#include "xmpp/ns.h"

struct finding {
	struct account	*account;
	char		*feature, *category;
	GPtrArray	*jids;		/* whom to ask; the server itself is the last */
	bool		*fits;		/* for each of them */
	unsigned	 waiting;
	void		(*done)(void *ctx, const char *jid);
	void		*ctx;
};

struct asking {
	struct finding	*finding;
	guint		 which;
};

static void
finish(struct finding *f)
{
	const char *found = NULL;

	for (guint i = 0; found == NULL && i < f->jids->len; i++)
		if (f->fits[i])
			found = f->jids->pdata[i];
	f->done(f->ctx, found);
	g_ptr_array_unref(f->jids);
	g_free(f->fits);
	g_free(f->feature);
	g_free(f->category);
	g_free(f);
}

static bool
fits(const struct finding *f, const struct stanza *query)
{
	bool has = false, is = f->category == NULL;

	for (struct stanza *c = query != NULL ? stanza_first(query) : NULL; c != NULL; c = stanza_next(c)) {
		if (stanza_is(c, "feature", NS_DISCO_INFO) && g_strcmp0(stanza_get(c, "var"), f->feature) == 0)
			has = true;
		if (stanza_is(c, "identity", NS_DISCO_INFO) && g_strcmp0(stanza_get(c, "category"), f->category) == 0)
			is = true;
	}
	return has && is;
}

static void
told(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct asking *asking = ctx;
	struct finding *f = asking->finding;

	f->fits[asking->which] = end == IQ_RESULT && fits(f, stanza_child(answer, "query", NS_DISCO_INFO));
	g_free(asking);
	if (--f->waiting == 0)
		finish(f);
}

static void
ask_each(struct finding *f)
{
	f->fits = g_new0(bool, f->jids->len);
	f->waiting = f->jids->len;
	for (guint i = 0, n = f->jids->len; i < n; i++) {
		struct stanza *iq = stanza_iq("get", f->jids->pdata[i]);
		struct asking *asking = g_new(struct asking, 1);

		stanza_add(iq, "query", NS_DISCO_INFO);
		asking->finding = f;
		asking->which = i;
		account_request(f->account, iq, told, asking);
	}
}

static void
listed(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct finding *f = ctx;
	const struct stanza *query = end == IQ_RESULT ? stanza_child(answer, "query", NS_DISCO_ITEMS) : NULL;

	for (struct stanza *c = query != NULL ? stanza_first(query) : NULL; c != NULL; c = stanza_next(c)) {
		const char *said = stanza_is(c, "item", NS_DISCO_ITEMS) && stanza_get(c, "node") == NULL ?
		    stanza_get(c, "jid") : NULL;
		char *jid = said != NULL && f->jids->len < LIMIT_SERVICES ? jid_normalise(said, NULL) : NULL;

		if (jid != NULL)
			g_ptr_array_add(f->jids, jid);
	}
	g_ptr_array_add(f->jids, jid_domain(account_jid(f->account)));
	ask_each(f);
}

void
service_find(struct account *account, const char *feature, const char *category,
    void (*done)(void *ctx, const char *jid), void *ctx)
{
	struct finding *f = g_new0(struct finding, 1);
	g_autofree char *domain = jid_domain(account_jid(account));
	struct stanza *iq = stanza_iq("get", domain);

	stanza_add(iq, "query", NS_DISCO_ITEMS);
	f->account = account;
	f->feature = g_strdup(feature);
	f->category = g_strdup(category);
	f->jids = g_ptr_array_new_with_free_func(g_free);
	f->done = done;
	f->ctx = ctx;
	account_request(account, iq, listed, f);
}
