/*
 * bookmark.c: see bookmark.h.  A bookmark is its element with what others put into it; the fields are read from it.  A
 * change that the server does not have yet is a debt, which is also a row: it is newer than what the server says.
 */
#include "core/bookmark.h"

#include <string.h>

#include "base/jid.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "core/chat.h"
#include "core/pep.h"
#include "core/room.h"
#include "core/setting.h"
#include "core/turn.h"
#include "proto/error.h"
#include "store/bookmarks.h"
#include "xmpp/ns.h"

struct own {
	struct bookmark	 shown;
	struct stanza	*xml;		/* the <conference/>, of either standard */
	enum bookmark_debt debt;
	unsigned	 version;	/* of what is here */
};

struct change {
	struct account	*account;
	char		*jid;
	unsigned	 version;
	struct stanza	*before;	/* how it was, when a person waits for the end; NULL: not there */
	iq_done		 done;
	void		*ctx;
};

struct bookmarks {
	struct account	*account;
	GHashTable	*all;		/* jid → struct own */
	enum { KEPT_HERE, KEPT_AS_ITEMS, KEPT_AS_TEXT } kept;
	bool		 fetched;	/* in this session */
	bool		 refetch;	/* what came meanwhile is not known */
	bool		 lost;		/* an answer, with the link */
	GHashTable	*fetching;	/* jid → struct stanza, while the items come in; else NULL */
	bool		 writing;	/* the text is being read and written */
	GPtrArray	*changes;	/* that wait for the next writing of it */
};

/* --- one bookmark --- */

static void
clear_shown(struct bookmark *b)
{
	g_free(b->name);
	g_free(b->nick);
	g_free(b->password);
	b->name = b->nick = b->password = NULL;
}

static void
own_free(void *p)
{
	struct own *own = p;

	clear_shown(&own->shown);
	g_free(own->shown.jid);
	stanza_free(own->xml);
	g_free(own);
}

static void
change_free(struct change *change)
{
	g_free(change->jid);
	stanza_free(change->before);
	g_free(change);
}

static char *
clean(const char *text)
{
	g_autofree char *line = text != NULL ? text_clean(text, -1, TEXT_LINE, LIMIT_NAME) : NULL;

	return line != NULL && *line != '\0' ? g_steal_pointer(&line) : NULL;
}

/* How near to us a setting of XEP-0492 is: for consoles, for clients, for everybody; 0: for others. */
static int
nearness(const struct stanza *s)
{
	const char *category = stanza_get(s, "identity-category"), *type = stanza_get(s, "identity-type");

	if (category == NULL)
		return type == NULL ? 1 : 0;
	if (strcmp(category, "client") != 0)
		return 0;
	return type == NULL ? 2 : strcmp(type, "console") == 0 ? 3 : 0;
}

static enum bookmark_notify
notify_of(const struct stanza *s)
{
	return stanza_is(s, "always", NS_NOTIFY) ? BOOKMARK_NOTIFY_ALWAYS : stanza_is(s, "on-mention", NS_NOTIFY) ?
	    BOOKMARK_NOTIFY_MENTION : stanza_is(s, "never", NS_NOTIFY) ? BOOKMARK_NOTIFY_NEVER : BOOKMARK_NOTIFY_UNSET;
}

/* The element in force, or NULL. */
static struct stanza *
find_notify(const struct stanza *conference)
{
	const struct stanza *notify = stanza_child(stanza_child(conference, "extensions", NS_BOOKMARKS), "notify",
	    NS_NOTIFY);
	struct stanza *best = NULL;

	for (struct stanza *c = notify != NULL ? stanza_first(notify) : NULL; c != NULL; c = stanza_next(c))
		if (notify_of(c) != BOOKMARK_NOTIFY_UNSET && nearness(c) > (best != NULL ? nearness(best) : 0))
			best = c;
	return best;
}

/* What can be a nick; else NULL. */
static char *
nick_of(const char *jid, const char *text)
{
	g_autofree char *line = clean(text), *full = line != NULL ? g_strconcat(jid, "/", line, NULL) : NULL;
	g_autofree char *normal = full != NULL ? jid_normalise(full, NULL) : NULL;

	return normal != NULL ? g_strdup(jid_resource(normal)) : NULL;
}

static void
read_fields(struct own *own)
{
	const struct stanza *x = own->xml, *notify = find_notify(x);
	const char *autojoin = stanza_get(x, "autojoin"), *password = stanza_text(stanza_child(x, "password",
	    stanza_ns(x)));

	clear_shown(&own->shown);
	own->shown.name = clean(stanza_get(x, "name"));
	own->shown.nick = nick_of(own->shown.jid, stanza_text(stanza_child(x, "nick", stanza_ns(x))));
	own->shown.password = password != NULL && *password != '\0' ? g_strdup(password) : NULL;
	own->shown.autojoin = g_strcmp0(autojoin, "true") == 0 || g_strcmp0(autojoin, "1") == 0;
	own->shown.notify = notify != NULL ? notify_of(notify) : BOOKMARK_NOTIFY_UNSET;
}

static struct own *
own_new(const char *jid, struct stanza *xml)
{
	struct own *own = g_new0(struct own, 1);

	own->shown.jid = g_strdup(jid);
	own->xml = xml;
	read_fields(own);
	return own;
}

const char *
bookmark_notify_word(enum bookmark_notify notify)
{
	static const char *const words[] = { "", "all", "mentions", "none" };

	return words[notify];
}

/* --- writing an element --- */

static void
set_child(struct stanza *x, const char *name, const char *text)
{
	struct stanza *child;

	while ((child = stanza_child(x, name, stanza_ns(x))) != NULL)
		stanza_remove(x, child);
	if (text != NULL)
		stanza_add_with_text(x, name, NULL, text);
}

/* What other kinds of clients are told stays. */
static void
set_notify(struct stanza *x, enum bookmark_notify wanted)
{
	static const char *const names[] = { NULL, "always", "on-mention", "never" };
	struct stanza *extensions = stanza_child(x, "extensions", NS_BOOKMARKS), *notify, *old;

	if (extensions == NULL)
		extensions = stanza_add(x, "extensions", NS_BOOKMARKS);
	notify = stanza_child(extensions, "notify", NS_NOTIFY);
	if (notify == NULL)
		notify = stanza_add(extensions, "notify", NS_NOTIFY);
	while ((old = find_notify(x)) != NULL)
		stanza_remove(notify, old);
	if (wanted != BOOKMARK_NOTIFY_UNSET)
		stanza_add(notify, names[wanted], NULL);
}

static void
set_key(struct stanza *x, const struct bookmark_edit *edit)
{
	const char *value = edit->value;

	switch (edit->key) {
	case BOOKMARK_NAME:
		stanza_set(x, "name", value);
		return;
	case BOOKMARK_NICK:
		set_child(x, "nick", value);
		return;
	case BOOKMARK_PASSWORD:
		set_child(x, "password", value);
		return;
	case BOOKMARK_AUTOJOIN:
		stanza_set(x, "autojoin", g_strcmp0(value, "on") == 0 ? "true" : NULL);
		return;
	case BOOKMARK_NOTIFY:
		for (int i = BOOKMARK_NOTIFY_UNSET; i <= BOOKMARK_NOTIFY_NEVER; i++)
			if (strcmp(value != NULL ? value : "", bookmark_notify_word((enum bookmark_notify)i)) == 0)
				set_notify(x, (enum bookmark_notify)i);
		return;
	}
}

/* The same bookmark as the other standard writes it; the caller's. */
static struct stanza *
as_element(const struct own *own, const char *ns)
{
	const struct stanza *extensions = stanza_child(own->xml, "extensions", NS_BOOKMARKS);
	struct stanza *x;

	if (strcmp(stanza_ns(own->xml), ns) == 0)
		return stanza_copy(own->xml);
	x = stanza_new("conference", ns);
	if (strcmp(ns, NS_BOOKMARKS_TEXT) == 0)
		stanza_set(x, "jid", own->shown.jid);
	stanza_set(x, "name", own->shown.name);
	stanza_set(x, "autojoin", own->shown.autojoin ? "true" : NULL);
	set_child(x, "nick", own->shown.nick);
	set_child(x, "password", own->shown.password);
	if (extensions != NULL)
		stanza_take(x, stanza_copy(extensions));
	return x;
}

/* --- the rows --- */

static bool
save(struct bookmarks *bs, struct own *own, GError **error)
{
	g_autofree char *xml = stanza_to_xml(own->xml);
	const struct bookmark_row row = { .jid = own->shown.jid, .xml = xml, .debt = own->debt };
	bool ok;

	if (!chat_begin_change(bs->account->core, error))
		return false;
	ok = bookmark_save(bs->account->core->store, bs->account->id, &row, error);
	return chat_end_change(bs->account->core, ok, error);
}

static bool
delete(struct bookmarks *bs, const char *jid, GError **error)
{
	bool ok;

	if (!chat_begin_change(bs->account->core, error))
		return false;
	ok = bookmark_delete(bs->account->core->store, bs->account->id, jid, error);
	return chat_end_change(bs->account->core, ok, error);
}

static void
log_failure(const struct bookmarks *bs, const GError *error)
{
	if (error != NULL)
		log_error("bookmarks", "%s: %s", account_name(bs->account), error->message);
}

struct bookmarks *
bookmarks_new(struct account *account)
{
	struct bookmarks *bs = g_new0(struct bookmarks, 1);
	g_autoptr(GPtrArray) rows = bookmark_rows(account->core->store, account->id);

	bs->account = account;
	bs->all = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, own_free);
	bs->changes = g_ptr_array_new();
	for (guint i = 0; i < rows->len; i++) {
		const struct bookmark_row *row = rows->pdata[i];
		struct stanza *xml = stanza_parse(row->xml, -1, NULL);
		struct own *own;

		if (xml == NULL)
			continue;
		own = own_new(row->jid, xml);
		own->debt = row->debt;
		g_hash_table_insert(bs->all, own->shown.jid, own);
	}
	return bs;
}

/* The requests under way ended before, with IQ_LOST. */
void
bookmarks_free(struct bookmarks *bs)
{
	g_assert(bs->changes->len == 0);
	g_ptr_array_unref(bs->changes);
	g_clear_pointer(&bs->fetching, g_hash_table_unref);
	g_hash_table_unref(bs->all);
	g_free(bs);
}

/* --- telling the server --- */

/* The server does not take it, and somebody is told so: it is as it was. */
static void
take_back(struct bookmarks *bs, struct change *change)
{
	struct own *old = change->before != NULL ? own_new(change->jid, g_steal_pointer(&change->before)) : NULL;
	g_autoptr(GError) error = NULL;

	if (old != NULL ? save(bs, old, &error) : delete(bs, change->jid, &error)) {
		if (old != NULL)
			g_hash_table_replace(bs->all, old->shown.jid, old);
		else
			g_hash_table_remove(bs->all, change->jid);
	} else if (old != NULL) {
		own_free(old);
	}
	log_failure(bs, error);
}

static void
change_ended(struct change *change, enum iq_end end, const struct stanza *answer)
{
	struct bookmarks *bs = change->account->bookmarks;
	struct own *own = g_hash_table_lookup(bs->all, change->jid);
	g_autoptr(GError) error = NULL;

	if (end == IQ_RESULT && own != NULL && own->version == change->version) {
		bool gone = own->debt == BOOKMARK_TO_REMOVE;

		own->debt = BOOKMARK_SETTLED;
		if (gone ? delete(bs, change->jid, &error) : save(bs, own, &error)) {
			if (gone)
				g_hash_table_remove(bs->all, change->jid);
		}
		log_failure(bs, error);
	} else if (end == IQ_LOST) {
		bs->lost = true;
	} else if (end == IQ_ERROR && change->done != NULL && own != NULL && own->version == change->version) {
		take_back(bs, change);
	} else if (end == IQ_ERROR && change->done == NULL) {
		struct stanza_fault fault;

		if (stanza_fault_read(answer, &fault)) {
			g_autofree char *text = stanza_fault_text(&fault);

			account_notice(change->account, SEVERITY_WARNING,
			    "The bookmark of %s is kept here alone; the server refused it: %s.", change->jid, text);
			stanza_fault_clear(&fault);
		}
	}
	if (change->done != NULL)
		change->done(change->ctx, end, answer);
	change_free(change);
}

static void
item_told(void *ctx, enum iq_end end, const struct stanza *answer)
{
	change_ended(ctx, end, answer);
}

static void write_text(struct bookmarks *bs);

static void
tell(struct bookmarks *bs, const struct own *own, struct stanza *before, iq_done done, void *ctx)
{
	struct change *change = g_new0(struct change, 1);

	change->account = bs->account;
	change->jid = g_strdup(own->shown.jid);
	change->version = own->version;
	change->before = before;
	change->done = done;
	change->ctx = ctx;
	if (!bs->fetched || bs->kept == KEPT_HERE || !account_online(bs->account)) {
		change_ended(change, IQ_LOST, NULL);
	} else if (bs->kept == KEPT_AS_TEXT) {
		g_ptr_array_add(bs->changes, change);
		write_text(bs);
	} else if (own->debt == BOOKMARK_TO_REMOVE) {
		pep_retract(bs->account, NS_BOOKMARKS, own->shown.jid, item_told, change);
	} else {
		pep_publish(bs->account, NS_BOOKMARKS, own->shown.jid, as_element(own, NS_BOOKMARKS), item_told,
		    change);
	}
}

static gint
by_jid(gconstpointer a, gconstpointer b)
{
	return strcmp((*(const struct own *const *)a)->shown.jid, (*(const struct own *const *)b)->shown.jid);
}

static void
tell_all(struct bookmarks *bs)
{
	g_autoptr(GPtrArray) owing = g_ptr_array_new();
	GHashTableIter iter;
	void *value;

	g_hash_table_iter_init(&iter, bs->all);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		if (((struct own *)value)->debt != BOOKMARK_SETTLED)
			g_ptr_array_add(owing, value);
	g_ptr_array_sort(owing, by_jid);
	for (guint i = 0; i < owing->len; i++)
		tell(bs, owing->pdata[i], NULL, NULL, NULL);
}

/* --- the text in private storage: read, change what is ours to change, write --- */

struct writing {
	struct account	*account;
	GPtrArray	*changes;
};

static void
writing_ended(struct writing *writing, enum iq_end end, const struct stanza *answer)
{
	struct bookmarks *bs = writing->account->bookmarks;
	GPtrArray *changes = writing->changes;

	g_free(writing);
	bs->writing = false;
	for (guint i = 0; i < changes->len; i++)
		change_ended(changes->pdata[i], end, answer);
	g_ptr_array_unref(changes);
	if (bs->changes->len > 0)
		write_text(bs);
}

static void
text_written(void *ctx, enum iq_end end, const struct stanza *answer)
{
	writing_ended(ctx, end, answer);
}

/* The bare address of a room; NULL: it is none.  The caller's. */
static char *
room_jid(const char *text)
{
	g_autofree char *jid = text != NULL ? jid_normalise(text, NULL) : NULL;
	g_autofree char *local = jid != NULL ? jid_local(jid) : NULL;

	return local != NULL && jid_resource(jid) == NULL ? g_steal_pointer(&jid) : NULL;
}

static struct stanza *
find_in_text(const struct stanza *storage, const char *jid)
{
	for (struct stanza *c = stanza_first(storage); c != NULL; c = stanza_next(c)) {
		g_autofree char *its = stanza_is(c, "conference", NS_BOOKMARKS_TEXT) ? room_jid(stanza_get(c, "jid")) :
		    NULL;

		if (g_strcmp0(its, jid) == 0)
			return c;
	}
	return NULL;
}

static void
text_read(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct writing *writing = ctx;
	struct bookmarks *bs = writing->account->bookmarks;
	const struct stanza *old = end == IQ_RESULT ?
	    stanza_child(stanza_child(answer, "query", NS_PRIVATE), "storage", NS_BOOKMARKS_TEXT) : NULL;
	struct stanza *iq, *storage, *there;
	GHashTableIter iter;
	void *value;

	/* What was changed while it was read goes with it, into it or to nowhere. */
	writing->changes = bs->changes;
	bs->changes = g_ptr_array_new();
	if (end != IQ_RESULT) {
		writing_ended(writing, end, answer);
		return;
	}
	storage = old != NULL ? stanza_copy(old) : stanza_new("storage", NS_BOOKMARKS_TEXT);
	g_hash_table_iter_init(&iter, bs->all);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const struct own *own = value;

		if (own->debt == BOOKMARK_SETTLED)
			continue;
		while ((there = find_in_text(storage, own->shown.jid)) != NULL)
			stanza_remove(storage, there);
		if (own->debt == BOOKMARK_TO_PUBLISH)
			stanza_take(storage, as_element(own, NS_BOOKMARKS_TEXT));
	}
	iq = stanza_iq("set", NULL);
	stanza_take(stanza_add(iq, "query", NS_PRIVATE), storage);
	account_request(bs->account, iq, text_written, writing);
}

static void
ask_text(struct account *account, iq_done done, void *ctx)
{
	struct stanza *iq = stanza_iq("get", NULL);

	stanza_add(stanza_add(iq, "query", NS_PRIVATE), "storage", NS_BOOKMARKS_TEXT);
	account_request(account, iq, done, ctx);
}

static void
write_text(struct bookmarks *bs)
{
	struct writing *writing;

	if (bs->writing)
		return;
	bs->writing = true;
	writing = g_new0(struct writing, 1);
	writing->account = bs->account;
	ask_text(bs->account, text_read, writing);
}

/* --- what the server says --- */

static bool
follows(const struct bookmarks *bs)
{
	return setting_get(bs->account->core->settings, SETTING_ROOM_BOOKMARKS);
}

static void
follow(struct bookmarks *bs, const struct bookmark *b, bool was)
{
	struct room *room = room_find(bs->account, b->jid);

	if (!follows(bs))
		return;
	if (b->autojoin && (room == NULL || !room->wanted))
		room_join(bs->account, b->jid, NULL, NULL, false, NULL, NULL);
	else if (was && !b->autojoin && room != NULL && room->wanted)
		room_leave(room, NULL);
}

static bool
same(const struct own *own, const struct stanza *conference)
{
	g_autofree char *a = stanza_to_xml(own->xml), *b = stanza_to_xml(conference);

	return strcmp(a, b) == 0;
}

/* The server has this; a debt of ours is newer. */
static void
take(struct bookmarks *bs, const char *jid, const struct stanza *conference, bool now)
{
	struct own *own = g_hash_table_lookup(bs->all, jid);
	bool was = own != NULL && own->shown.autojoin;
	g_autoptr(GError) error = NULL;

	if (own != NULL && own->debt != BOOKMARK_SETTLED)
		return;
	if (own == NULL && g_hash_table_size(bs->all) >= LIMIT_BOOKMARKS) {
		log_warning("bookmarks", "%s: more than %d; one more is ignored", account_name(bs->account),
		    LIMIT_BOOKMARKS);
		return;
	}
	if (own == NULL || !same(own, conference)) {
		enum bookmark_notify before = own != NULL ? own->shown.notify : BOOKMARK_NOTIFY_UNSET;

		own = own_new(jid, stanza_copy(conference));
		if (!save(bs, own, &error)) {
			log_failure(bs, error);
			own_free(own);
			return;
		}
		/* The key lives in the value. */
		g_hash_table_replace(bs->all, own->shown.jid, own);
		if (own->shown.notify != before)
			bookmark_apply(bs->account, jid);
	}
	if (now || own->shown.autojoin != was)
		follow(bs, &own->shown, was);
}

/* The server has it no more.  leaves: somebody took away just this one. */
static void
forget(struct bookmarks *bs, const char *jid, bool leaves)
{
	struct own *own = g_hash_table_lookup(bs->all, jid);
	g_autoptr(GError) error = NULL;
	bool was;

	if (own == NULL || own->debt != BOOKMARK_SETTLED)
		return;
	was = own->shown.autojoin;
	if (!delete(bs, jid, &error)) {
		log_failure(bs, error);
		return;
	}
	own->shown.autojoin = false;
	if (leaves)
		follow(bs, &own->shown, was);
	g_hash_table_remove(bs->all, jid);
}

/* The whole of what the server has came; jid → element. */
static void
take_all(struct bookmarks *bs, GHashTable *there)
{
	g_autoptr(GPtrArray) gone = g_ptr_array_new_with_free_func(g_free);
	GHashTableIter iter;
	void *key, *value;

	g_hash_table_iter_init(&iter, bs->all);
	while (g_hash_table_iter_next(&iter, &key, NULL))
		if (!g_hash_table_contains(there, key))
			g_ptr_array_add(gone, g_strdup(key));
	/* A list that is empty of a sudden was lost, and nobody left all the rooms. */
	for (guint i = 0; i < gone->len; i++)
		forget(bs, gone->pdata[i], g_hash_table_size(there) > 0);
	g_hash_table_iter_init(&iter, there);
	while (g_hash_table_iter_next(&iter, &key, &value))
		take(bs, key, value, true);
	bs->fetched = true;
	tell_all(bs);
}

static void
fetched(struct bookmarks *bs, enum iq_end end)
{
	GHashTable *there = g_steal_pointer(&bs->fetching);

	if (end == IQ_RESULT && !bs->refetch)
		take_all(bs, there);
	else if (end == IQ_LOST)
		bs->lost = true;
	else if (end != IQ_RESULT)
		account_notice(bs->account, SEVERITY_WARNING,
		    "The server does not give the bookmarks of %s; those that are known here stay.",
		    account_name(bs->account));
	g_hash_table_unref(there);
	if (bs->refetch && end == IQ_RESULT)
		bookmarks_known(bs->account);
}

static void
add_there(struct bookmarks *bs, const char *jid, const struct stanza *conference)
{
	g_autofree char *room = room_jid(jid);

	if (room != NULL && !g_hash_table_contains(bs->fetching, room))
		g_hash_table_insert(bs->fetching, g_steal_pointer(&room), stanza_copy(conference));
}

static void
on_item(void *ctx, const char *id, const struct stanza *payload)
{
	if (stanza_is(payload, "conference", NS_BOOKMARKS))
		add_there(((struct account *)ctx)->bookmarks, id, payload);
}

static void
items_fetched(void *ctx, enum iq_end end, const struct stanza *answer)
{
	(void)answer;
	fetched(((struct account *)ctx)->bookmarks, end);
}

static void
text_fetched(void *ctx, enum iq_end end, const struct stanza *answer)
{
	struct bookmarks *bs = ((struct account *)ctx)->bookmarks;
	const struct stanza *storage = end == IQ_RESULT ?
	    stanza_child(stanza_child(answer, "query", NS_PRIVATE), "storage", NS_BOOKMARKS_TEXT) : NULL;

	for (struct stanza *c = storage != NULL ? stanza_first(storage) : NULL; c != NULL; c = stanza_next(c))
		if (stanza_is(c, "conference", NS_BOOKMARKS_TEXT))
			add_there(bs, stanza_get(c, "jid"), c);
	fetched(bs, end);
}

void
bookmarks_known(struct account *account)
{
	struct bookmarks *bs = account->bookmarks;

	bs->fetched = bs->refetch = bs->lost = false;
	/* Only where both kinds are one; else other devices would not see ours. */
	bs->kept = pep_keeps(account) && (account_has(account, NS_BOOKMARKS "#compat") ||
	    account_has(account, NS_BOOKMARKS "#compat-pep")) ? KEPT_AS_ITEMS :
	    account_has(account, "pubsub/pep") || account_has(account, "account/registered") ? KEPT_AS_TEXT : KEPT_HERE;
	if (bs->kept == KEPT_HERE || bs->fetching != NULL)
		return;
	bs->fetching = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)stanza_free);
	if (bs->kept == KEPT_AS_ITEMS)
		pep_fetch(account, NS_BOOKMARKS, on_item, items_fetched, account);
	else
		ask_text(account, text_fetched, account);
}

void
bookmarks_again(struct account *account)
{
	struct bookmarks *bs = account->bookmarks;

	if (!bs->lost || !account_online(account) || account->features == NULL)
		return;
	bs->lost = false;
	if (bs->fetched)
		tell_all(bs);
	else
		bookmarks_known(account);
}

static void
forget_all(struct bookmarks *bs)
{
	g_autoptr(GPtrArray) gone = g_ptr_array_new_with_free_func(g_free);
	GHashTableIter iter;
	void *key;

	g_hash_table_iter_init(&iter, bs->all);
	while (g_hash_table_iter_next(&iter, &key, NULL))
		g_ptr_array_add(gone, g_strdup(key));
	for (guint i = 0; i < gone->len; i++)
		forget(bs, gone->pdata[i], false);
}

void
bookmarks_event(struct account *account, const struct stanza *change)
{
	struct bookmarks *bs = account->bookmarks;

	if (bs->kept != KEPT_AS_ITEMS)
		return;
	if (!bs->fetched) {
		/* What is being fetched may be from before. */
		bs->refetch = bs->fetching != NULL;
		return;
	}
	if (!stanza_is(change, "items", NULL)) {
		forget_all(bs);
		return;
	}
	for (struct stanza *i = stanza_first(change); i != NULL; i = stanza_next(i)) {
		const struct stanza *conference = stanza_child(i, "conference", NS_BOOKMARKS);
		g_autofree char *jid = room_jid(stanza_get(i, "id"));

		if (jid == NULL)
			continue;
		if (stanza_is(i, "retract", NS_PUBSUB_EVENT))
			forget(bs, jid, true);
		else if (stanza_is(i, "item", NS_PUBSUB_EVENT) && conference != NULL)
			take(bs, jid, conference, false);
	}
	turn_wake(account->core->turn);
}

/* --- what people do --- */

static struct own *
find(const struct account *account, const char *jid)
{
	struct own *own = g_hash_table_lookup(account->bookmarks->all, jid);

	return own != NULL && own->debt != BOOKMARK_TO_REMOVE ? own : NULL;
}

const struct bookmark *
bookmark_find(const struct account *account, const char *jid)
{
	const struct own *own = find(account, jid);

	return own != NULL ? &own->shown : NULL;
}

static gint
by_name(gconstpointer a, gconstpointer b)
{
	const struct bookmark *x = *(const struct bookmark *const *)a, *y = *(const struct bookmark *const *)b;
	int order = g_utf8_collate(x->name != NULL ? x->name : x->jid, y->name != NULL ? y->name : y->jid);

	return order != 0 ? order : strcmp(x->jid, y->jid);
}

GPtrArray *
bookmark_list(const struct account *account)
{
	GPtrArray *list = g_ptr_array_new();
	GHashTableIter iter;
	void *value;

	g_hash_table_iter_init(&iter, account->bookmarks->all);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		if (((struct own *)value)->debt != BOOKMARK_TO_REMOVE)
			g_ptr_array_add(list, &((struct own *)value)->shown);
	g_ptr_array_sort(list, by_name);
	return list;
}

bool
bookmarks_shared(const struct account *account)
{
	return account->bookmarks->kept != KEPT_HERE;
}

/* Puts a new state of one in the place of the old. */
static bool
replace(struct bookmarks *bs, struct own *now, enum bookmark_debt debt, iq_done done, void *ctx, GError **error)
{
	const struct own *old = g_hash_table_lookup(bs->all, now->shown.jid);
	struct stanza *before = old != NULL ? stanza_copy(old->xml) : NULL;

	now->debt = debt;
	now->version = old != NULL ? old->version + 1 : 1;
	if (!save(bs, now, error)) {
		own_free(now);
		stanza_free(before);
		return false;
	}
	g_hash_table_replace(bs->all, now->shown.jid, now);
	tell(bs, now, before, done, ctx);
	return true;
}

bool
bookmark_change(struct account *account, const char *jid, const struct bookmark_edit *edits, size_t n, iq_done done,
    void *ctx, GError **error)
{
	struct bookmarks *bs = account->bookmarks;
	const struct own *old = find(account, jid);
	struct own *now;

	if (old == NULL && g_hash_table_size(bs->all) >= LIMIT_BOOKMARKS) {
		g_set_error(error, RPC_ERROR, RPC_ERROR_FAILED, "There are %d bookmarks, and no more are kept.",
		    LIMIT_BOOKMARKS);
		return false;
	}
	now = own_new(jid, old != NULL ? stanza_copy(old->xml) : stanza_new("conference", NS_BOOKMARKS));
	for (size_t i = 0; i < n; i++)
		set_key(now->xml, &edits[i]);
	read_fields(now);
	if (!replace(bs, now, BOOKMARK_TO_PUBLISH, done, ctx, error))
		return false;
	bookmark_apply(account, jid);
	return true;
}

bool
bookmark_drop(struct account *account, const char *jid, iq_done done, void *ctx, GError **error)
{
	const struct own *old = find(account, jid);

	if (old == NULL) {
		g_set_error(error, RPC_ERROR, RPC_ERROR_NOT_FOUND,
		    "%s is not among the bookmarks of %s. Nothing was done.", jid, account_name(account));
		return false;
	}
	return replace(account->bookmarks, own_new(jid, stanza_copy(old->xml)), BOOKMARK_TO_REMOVE, done, ctx, error);
}

static void
change_alone(struct account *account, const char *jid, const struct bookmark_edit *edits, size_t n)
{
	g_autoptr(GError) error = NULL;

	if (!bookmark_change(account, jid, edits, n, NULL, NULL, &error))
		account_notice(account, SEVERITY_WARNING, "The bookmark of %s was not changed: %s", jid,
		    error->message);
}

void
bookmark_joined(struct account *account, const char *jid, const char *nick)
{
	const struct bookmark *b = bookmark_find(account, jid);
	const struct bookmark_edit edits[] = { { BOOKMARK_AUTOJOIN, "on" }, { BOOKMARK_NICK, nick } };
	g_autofree char *standard = room_standard_nick(account);
	bool other_nick = strcmp(nick, b != NULL && b->nick != NULL ? b->nick : standard) != 0;

	if (follows(account->bookmarks) && (b == NULL || !b->autojoin || other_nick))
		change_alone(account, jid, edits, other_nick ? 2 : 1);
}

void
bookmark_left(struct account *account, const char *jid)
{
	const struct bookmark *b = bookmark_find(account, jid);
	const struct bookmark_edit edit = { BOOKMARK_AUTOJOIN, "off" };

	if (follows(account->bookmarks) && b != NULL && b->autojoin)
		change_alone(account, jid, &edit, 1);
}

void
bookmark_noted(struct account *account, const char *jid, enum notify_level level)
{
	const struct bookmark *b = bookmark_find(account, jid);
	const struct bookmark_edit edit = { BOOKMARK_NOTIFY, notify_level_name(level) };

	if (follows(account->bookmarks) && b != NULL && strcmp(bookmark_notify_word(b->notify), edit.value) != 0)
		change_alone(account, jid, &edit, 1);
}

void
bookmark_apply(struct account *account, const char *jid)
{
	const struct bookmark *b = bookmark_find(account, jid);
	enum notify_level level;

	/* Without a chat there is nothing to set; once there is one, this comes again. */
	if (b != NULL && follows(account->bookmarks) && notify_level_find(bookmark_notify_word(b->notify), &level))
		chat_set_attention(account, jid, level, NULL);
}
