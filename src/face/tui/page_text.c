/* page_text.c: what the core answers to a line, as a page to read; and what is known of a person. */
#include <string.h>

#include "face/tui/page.h"
#include "face/tui/status.h"

void
page_text_free(struct face *face)
{
	g_clear_pointer(&face->page.text, g_ptr_array_unref);
}

static void
took(void *ctx, json_t *result, const GError *error, json_t *data)
{
	struct face *face = ctx;
	json_t *line;
	size_t i;

	(void)data;
	page_text_free(face);
	face->page.text = g_ptr_array_new_with_free_func(g_free);
	if (error != NULL)
		g_ptr_array_add(face->page.text, g_strdup(error->message));
	json_array_foreach(json_object_get(result, "output"), i, line)
		if (json_string_value(line) != NULL)
			g_ptr_array_add(face->page.text, text_clean(json_string_value(line), -1, TEXT_BODY, 0));
	face_mark(face, DIRTY_ALL);
}

void
page_text_open(struct face *face, const char *title, const char *line)
{
	json_t *params = json_pack("{s:s}", "line", line);

	if (!chat_is_console(face->front)) {
		json_object_set_new(params, "account", json_string(face->front->account));
		json_object_set_new(params, "chat", json_string(face->front->jid));
	}
	page_text_free(face);
	page_open(face, PAGE_TEXT, title);
	if (face->client != NULL)
		client_request(face->client, "run", params, took, face);
	else
		json_decref(params);
}

void
page_text_make(struct face *face, struct page_lines *page)
{
	page->title = g_strdup(face->page.subject);
	for (guint i = 0; face->page.text != NULL && i < face->page.text->len; i++) {
		const char *text = face->page.text->pdata[i];

		if (*text == '\0')
			page_add(page, SLOT_TEXT, g_strdup(""), NULL, NULL);
		else
			page_add_wrapped(page, SLOT_TEXT, 1, text);
	}
}

/* --- a person --- */

static void
add_field(struct page_lines *page, const char *label, const char *value)
{
	g_autofree char *text = value == NULL || *value == '\0' ? NULL : g_strdup_printf("%-12s %s", label, value);

	if (text != NULL)
		page_add_wrapped(page, SLOT_TEXT, 3, text);
}

static const char *
sees_whom(const struct event_contact *contact)
{
	if (contact == NULL)
		return "not in your contact list";
	switch (contact->subscription) {
	case SUBSCRIPTION_BOTH:
		return "you see each other";
	case SUBSCRIPTION_TO:
		return "you see them; they do not see you";
	case SUBSCRIPTION_FROM:
		return "they see you; you do not see them";
	default:
		return contact->ask ? "you asked; no answer yet" : "neither sees the other";
	}
}

static void
add_resources(struct face *face, struct page_lines *page, const char *account, const char *jid)
{
	g_autoptr(GPtrArray) all = model_resources(face->model, account, jid);

	page_add(page, SLOT_TEXT, g_strdup(""), NULL, NULL);
	page_add(page, SLOT_HELP_HEADING, g_strdup(all->len > 0 ? "where they are" :
	    "not there, as far as we are told"), NULL, NULL);
	for (guint i = 0; i < all->len; i++) {
		const struct event_presence *one = all->pdata[i];
		const char *slash = strchr(one->jid, '/');
		g_autofree char *text = g_strdup_printf("%-20s %s%s%s%s  priority %" G_GINT64_FORMAT,
		    slash != NULL ? slash + 1 : "", status_words(one->show), one->status != NULL ? "  \"" : "",
		    one->status != NULL ? one->status : "", one->status != NULL ? "\"" : "", one->priority);

		page_add_wrapped(page, SLOT_TEXT, 3, text);
	}
}

void
page_info_make(struct face *face, struct page_lines *page)
{
	g_auto(GStrv) part = g_strsplit(face->page.subject, "\n", 3);
	const char *account = part[0], *jid = part[1];
	const struct event_contact *contact = model_contact(face->model, account, jid);
	const struct chat *chat = model_chat(face->model, account, jid);
	g_autoptr(GString) groups = g_string_new(NULL);
	json_t *one;
	size_t i;

	json_array_foreach(contact != NULL ? contact->groups : NULL, i, one)
		g_string_append_printf(groups, "%s%s", i > 0 ? ", " : "",
		    json_string_value(one) != NULL ? json_string_value(one) : "");
	page->title = g_strdup(contact != NULL && contact->name != NULL ? contact->name : jid);
	add_field(page, "address", jid);
	add_field(page, "account", account);
	add_field(page, "name", contact != NULL ? contact->name : NULL);
	add_field(page, "groups", groups->str);
	add_field(page, "sees", sees_whom(contact));
	if (chat != NULL && chat->object.chat.open) {
		g_autofree char *number = g_strdup_printf("%" G_GINT64_FORMAT ", %" G_GINT64_FORMAT " unread",
		    chat_number(chat), chat->object.chat.unread);

		add_field(page, "chat", number);
	}
	add_resources(face, page, account, jid);
	page_add(page, SLOT_TEXT, g_strdup(""), NULL, NULL);
	page_add_wrapped(page, SLOT_TEXT_DIM, 3,
	    "/version, /last and /time with the address ask the other side for more.");
}
