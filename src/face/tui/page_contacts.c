/*
 * page_contacts.c: everybody who is in a contact list, by account and group, those who are there first.  What is done
 * is a command of the core, for the account that the row is of.
 */
#include <string.h>

#include "face/tui/page.h"
#include "face/tui/status.h"

struct person {
	const struct event_contact *contact;
	const char	*account;
	char		*name;			/* folded, to sort by */
	enum presence_show show;
	const char	*status;
	bool		 known;
};

static void
person_free(void *data)
{
	struct person *person = data;

	g_free(person->name);
	g_free(person);
}

static const char *
name_of(const struct event_contact *contact)
{
	return contact->name != NULL && *contact->name != '\0' ? contact->name : contact->jid;
}

static bool
is_there(const struct person *person)
{
	return person->known && person->show != SHOW_OFFLINE;
}

static int
by_presence(const void *a, const void *b)
{
	const struct person *x = *(struct person *const *)a, *y = *(struct person *const *)b;
	bool p = is_there(x), q = is_there(y);
	int order;

	if (p != q)
		return p ? -1 : 1;
	order = strcmp(x->name, y->name);
	return order != 0 ? order : strcmp(x->contact->jid, y->contact->jid);
}

/* The contacts of one account, sorted. */
static GPtrArray *
people_of(struct face *face, const char *account)
{
	g_autoptr(GPtrArray) contacts = model_contacts(face->model);
	GPtrArray *people = g_ptr_array_new_with_free_func(person_free);

	for (guint i = 0; i < contacts->len; i++) {
		const struct event *event = contacts->pdata[i];
		struct person *person;

		if (g_strcmp0(event->account_name, account) != 0)
			continue;
		person = g_new0(struct person, 1);
		person->contact = &event->contact;
		person->account = account;
		person->name = g_utf8_casefold(name_of(&event->contact), -1);
		person->known = model_presence(face->model, account, event->contact.jid, &person->show,
		    &person->status) || event->contact.subscription == SUBSCRIPTION_TO ||
		    event->contact.subscription == SUBSCRIPTION_BOTH;
		g_ptr_array_add(people, person);
	}
	g_ptr_array_sort(people, by_presence);
	return people;
}

static const char *
subscription_words(const struct event_contact *contact)
{
	if (contact->ask)
		return "asked, no answer yet";
	switch (contact->subscription) {
	case SUBSCRIPTION_TO:
		return "does not see you";
	case SUBSCRIPTION_FROM:
		return "sees you; you do not see them";
	case SUBSCRIPTION_NONE:
		return "neither sees the other";
	default:
		return NULL;
	}
}

static void
add_person(struct page_lines *page, const struct person *person, const char *group)
{
	g_autofree char *target = g_strdup_printf("%s\n%s\n%s", person->account, person->contact->jid,
	    group != NULL ? group : "");
	bool told = person->status != NULL && *person->status != '\0' && person->known && person->show != SHOW_OFFLINE;
	const char *words = person->known ? status_words(person->show) : "";
	enum slot slot;
	g_autofree char *name = g_strndup(name_of(person->contact), text_fit(name_of(person->contact), 24,
	    page->policy));
	int blanks = MAX(0, 12 - text_columns(name, page->policy));
	const char *sign = status_sign(person->show, person->known, text_ascii_signs(page->policy), &slot);
	char *text = g_strdup_printf("   %s %s%*s %s%s%s%s   %s", sign, name, blanks, "", words, told ? "  \"" : "",
	    told ? person->status : "", told ? "\"" : "", strcmp(name, person->contact->jid) != 0 ?
	    person->contact->jid : "");

	page_add(page, person->known && person->show != SHOW_OFFLINE ? SLOT_TEXT : SLOT_TEXT_DIM, g_strchomp(text),
	    target, subscription_words(person->contact));
}

/* The account and the address of a target, and the group that its row is in; to be freed as one vector. */
static char **
parts(const char *target)
{
	return g_strsplit(target, "\n", 3);
}

/* A group leads somewhere too: Enter and Space fold it.  Its target has no address in it. */
static void
add_group(struct face *face, struct page_lines *page, const GPtrArray *people, const char *account, const char *group)
{
	g_autofree char *target = g_strdup_printf("%s\n\n%s", account, group != NULL ? group : "");
	bool folded = face->page.folded != NULL && g_hash_table_contains(face->page.folded, target) &&
	    !page_is_filtered(face);
	const char *name = group != NULL ? group : "no group";
	int there = 0;

	if (people == NULL)
		return;
	for (guint i = 0; i < people->len && folded; i++)
		there += is_there(people->pdata[i]);
	page_add(page, SLOT_LIST_HEADER, folded ? g_strdup_printf("  %s (%u)  %d online", name, people->len, there) :
	    g_strdup_printf("  %s (%u)", name, people->len), target, folded ? "folded" : NULL);
	page_last(page)->later = true;
	for (guint i = 0; i < people->len && !folded; i++)
		if (!face->page.online_only || is_there(people->pdata[i]))
			add_person(page, people->pdata[i], group);
}

static void
fold(struct face *face, const char *target)
{
	g_auto(GStrv) part = parts(target);
	g_autofree char *group = g_strdup_printf("%s\n\n%s", part[0], part[2]);

	if (face->page.folded == NULL)
		face->page.folded = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	if (!g_hash_table_remove(face->page.folded, group))
		g_hash_table_add(face->page.folded, g_strdup(group));
	g_free(face->page.at);
	face->page.at = g_steal_pointer(&group);
}

static int
by_text(const void *a, const void *b)
{
	return g_utf8_collate(*(const char *const *)a, *(const char *const *)b);
}

static void
free_people(void *people)
{
	g_ptr_array_unref(people);
}

static void
put_into(GHashTable *groups, const char *name, struct person *person)
{
	GPtrArray *people = g_hash_table_lookup(groups, name);

	if (people == NULL) {
		people = g_ptr_array_new();
		g_hash_table_insert(groups, (char *)(uintptr_t)name, people);
	}
	/* Named twice it is in it once. */
	if (people->len == 0 || people->pdata[people->len - 1] != person)
		g_ptr_array_add(people, person);
}

/* Who is in which group, in their order; "" has those who are in none.  The names are those of the contacts. */
static GHashTable *
groups_of(const GPtrArray *people)
{
	GHashTable *groups = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_people);
	json_t *one;
	size_t k;

	for (guint i = 0; i < people->len; i++) {
		struct person *person = people->pdata[i];
		bool any = false;

		json_array_foreach(person->contact->groups, k, one)
			if (json_string_value(one) != NULL && *json_string_value(one) != '\0') {
				put_into(groups, json_string_value(one), person);
				any = true;
			}
		if (!any)
			put_into(groups, "", person);
	}
	return groups;
}

static void
add_groups(struct face *face, struct page_lines *page, const GPtrArray *people, const char *account)
{
	g_autoptr(GHashTable) groups = groups_of(people);
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	GHashTableIter iter;
	gpointer name;

	g_hash_table_iter_init(&iter, groups);
	while (g_hash_table_iter_next(&iter, &name, NULL))
		if (*(const char *)name != '\0')
			g_ptr_array_add(names, name);
	g_ptr_array_sort(names, by_text);
	for (guint i = 0; i < names->len; i++)
		add_group(face, page, g_hash_table_lookup(groups, names->pdata[i]), account, names->pdata[i]);
	add_group(face, page, g_hash_table_lookup(groups, ""), account, NULL);
}

void
page_contacts_make(struct face *face, struct page_lines *page)
{
	const GPtrArray *accounts = model_accounts(face->model);
	int all = 0, online = 0;

	page->title = g_strdup(face->page.online_only ? "contacts  those who are there" :
	    "contacts  by account and group");
	for (guint i = 0; i < accounts->len; i++) {
		const struct event *event = accounts->pdata[i];
		g_autoptr(GPtrArray) people = people_of(face, event->account_name);
		g_autofree char *count = NULL;
		int there = 0;

		for (guint k = 0; k < people->len; k++)
			there += is_there(people->pdata[k]);
		count = g_strdup_printf("%u %s, %d online", people->len, people->len == 1 ? "contact" : "contacts",
		    there);
		page_add(page, SLOT_HELP_HEADING, g_strdup_printf("%s  %s", event->account_name,
		    event->account.jid != NULL ? event->account.jid : ""), NULL, count);
		add_groups(face, page, people, event->account_name);
		all += (int)people->len;
		online += there;
	}
	page->count = g_strdup_printf("%d, %d online", all, online);
}

/* --- what is done --- */

void
page_contacts_follow(struct face *face, const char *target)
{
	g_auto(GStrv) part = parts(target);
	struct chat *chat = *part[1] != '\0' ? model_chat(face->model, part[0], part[1]) : NULL;
	g_autofree char *line = g_strdup_printf("/msg %s", part[1]);

	if (*part[1] == '\0')
		fold(face, target);
	else if (chat != NULL && chat->object.chat.open)
		face_go(face, chat);
	else
		send_for_account(face, part[0], line);
}

/* Runs command, about the contact that was asked about, with what was typed behind it. */
static void
answered(struct face *face, const char *value, const char *command)
{
	g_auto(GStrv) part = parts(face->page.asked);
	g_autofree char *line = NULL;

	if (value == NULL || *value == '\0')
		return;
	line = g_strdup_printf("/%s %s %s", command, part[1], value);
	send_for_account(face, part[0], line);
}

static void
renamed(struct face *face, const char *value, int64_t id)
{
	(void)id;
	answered(face, value, "roster name");
}

static void
grouped(struct face *face, const char *value, int64_t id)
{
	(void)id;
	/* A minus takes it out of the group. */
	if (value != NULL && *value == '-')
		answered(face, value + 1, "roster group remove");
	else
		answered(face, value, "roster group add");
}

static void
added(struct face *face, const char *value, int64_t id)
{
	g_auto(GStrv) part = parts(face->page.asked);
	g_autofree char *line = NULL;

	(void)id;
	if (value == NULL || *value == '\0')
		return;
	line = g_strdup_printf("/roster add %s", value);
	send_for_account(face, part[0], line);
}

void
page_contacts_act(struct face *face, enum view_action action, const char *target)
{
	g_auto(GStrv) part = NULL;
	g_autofree char *line = NULL;

	if (action == VIEW_CONTACTS_OFFLINE)
		face->page.online_only = !face->page.online_only;
	if (action == VIEW_CONTACTS_OFFLINE || target == NULL)
		return;
	part = parts(target);
	if (action == VIEW_CONTACTS_FOLD) {
		fold(face, target);
		return;
	}
	/* Of a group only this can be asked: who is to be added. */
	if (*part[1] == '\0' && action != VIEW_CONTACTS_ADD)
		return;
	g_free(face->page.asked);
	face->page.asked = g_strdup(target);
	switch (action) {
	case VIEW_CONTACTS_INFO:
		page_open(face, PAGE_INFO, target);
		break;
	case VIEW_CONTACTS_ADD:
		line = g_strdup_printf("address of a new contact of %s", part[0]);
		ask_open(face, line, false, "", added, 0);
		break;
	case VIEW_CONTACTS_RENAME:
		line = g_strdup_printf("name for %s", part[1]);
		ask_open(face, line, false, "", renamed, 0);
		break;
	case VIEW_CONTACTS_GROUPS:
		ask_open(face, "group, or -group to leave it", false, "", grouped, 0);
		break;
	default:
		line = g_strdup_printf("/roster remove %s", part[1]);
		send_for_account(face, part[0], line);
		break;
	}
}
