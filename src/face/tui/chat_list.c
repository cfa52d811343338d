/* chat_list.c: see chat_list.h. */
#include "face/tui/chat_list.h"

#include <string.h>

#include "face/tui/status.h"

/* Two cells for what is wrong, what is begun, what keeps quiet and what is encrypted; the first two of them. */
static void
draw_flags(const struct event_chat *object, struct canvas *canvas, int row, int column)
{
	int end = column + 2;

	if (object->failed > 0)
		column = canvas_text(canvas, row, column, end, SLOT_LIST_FAILED, "!", -1);
	if (object->draft != NULL && *object->draft != '\0')
		column = canvas_text(canvas, row, column, end, SLOT_LIST_DRAFT,
		    text_ascii_signs(canvas_policy(canvas)) ? "d" : "✎", -1);
	if (object->muted)
		column = canvas_text(canvas, row, column, end, SLOT_LIST_MUTED, "-", -1);
	if (object->encryption != ENCRYPTION_NONE)
		canvas_text(canvas, row, column, end, SLOT_LIST_ENCRYPTED, "=", -1);
}

/*
 * Where we are not, the sign says so, and is no brighter than who is off line; why stands in the title.  Where it
 * ends.
 */
static int
draw_room_sign(const struct model *model, const struct chat *chat, struct canvas *canvas, int row, int column, int end)
{
	bool ascii = text_ascii_signs(canvas_policy(canvas));
	enum room_state state = model_room_state(model, chat);

	if (state == ROOM_IN)
		return canvas_text(canvas, row, column, end, SLOT_LIST_NAME, "#", -1) + 1;
	column = canvas_text(canvas, row, column, end, SLOT_PRESENCE_OFFLINE, "#", -1);
	return canvas_text(canvas, row, column, end, state == ROOM_FAILED ? SLOT_LIST_FAILED : SLOT_PRESENCE_OFFLINE,
	    state == ROOM_FAILED ? "!" : state == ROOM_JOINING ? ascii ? "~" : "…" : ascii ? "." : "○", -1);
}

static void
draw_chat(struct model *model, const struct chat *chat, bool front, struct canvas *canvas, int row,
    const struct area *area)
{
	const struct event_chat *object = &chat->object.chat;
	bool ascii = text_ascii_signs(canvas_policy(canvas));
	enum presence_show show = SHOW_OFFLINE;
	const char *status = NULL, *sign = ":";
	enum slot slot = SLOT_LIST_NAME, sign_slot = SLOT_LIST_NAME;
	int end = area->column + area->columns, column = area->column, flags = end - 6;
	bool known;

	if (object->kind == CHAT_PRIVATE)
		sign = ">";
	else if (object->kind == CHAT_PERSON && !chat_is_console(chat)) {
		known = model_presence(model, chat->account, chat->jid, &show, &status);
		if (!known) {
			const struct event_contact *contact = model_contact(model, chat->account, chat->jid);

			known = contact != NULL && (contact->subscription == SUBSCRIPTION_TO ||
			    contact->subscription == SUBSCRIPTION_BOTH);
		}
		sign = status_sign(show, known, ascii, &sign_slot);
	}
	if (object->muted)
		slot = SLOT_LIST_MUTED;
	else if (object->unread > 0)
		slot = object->kind != CHAT_ROOM || object->mentions > 0 ? SLOT_LIST_MENTION : SLOT_LIST_UNREAD;
	column = canvas_printf(canvas, row, column, end, SLOT_LIST_NUMBER, "%3" G_GINT64_FORMAT, object->number);
	column = canvas_text(canvas, row, column, end, SLOT_LIST_NAME, front ? ">" : " ", -1);
	if (object->kind == CHAT_ROOM && !chat_is_console(chat))
		column = draw_room_sign(model, chat, canvas, row, column, end);
	else
		column = canvas_text(canvas, row, column, end, sign_slot, sign, -1) + 1;
	canvas_text_cut(canvas, row, column, flags, slot, chat_name(model, chat));
	draw_flags(object, canvas, row, flags);
	if (object->unread > 0) {
		g_autofree char *count = object->unread >= 100 ? g_strdup("99+") :
		    g_strdup_printf("%" G_GINT64_FORMAT, object->unread);

		/* In a room: how many are for you, where any are. */
		if (object->kind == CHAT_ROOM && object->mentions > 0) {
			g_free(count);
			count = object->mentions >= 100 ? g_strdup("@99+") :
			    g_strdup_printf("@%" G_GINT64_FORMAT, object->mentions);
		}
		canvas_text(canvas, row, end - (int)strlen(count), end, slot, count, -1);
	}
	if (front)
		canvas_paint(canvas, row, area->column, area->columns, SLOT_LIST_CURRENT);
}

static void
draw_account(const struct event *event, struct canvas *canvas, int row, const struct area *area)
{
	const struct event_account *account = &event->account;
	int end = area->column + area->columns, column = area->column + 1;
	enum slot slot;
	const char *sign = status_sign(account->state == ACCOUNT_ONLINE ?
	    (account->show == SHOW_OFFLINE ? SHOW_ONLINE : account->show) : SHOW_OFFLINE, true,
	    text_ascii_signs(canvas_policy(canvas)), &slot);

	column = canvas_text(canvas, row, column, end - 4, SLOT_LIST_HEADER, event->account_name, -1) + 1;
	column = canvas_text(canvas, row, column, end, slot, sign, -1) + 1;
	if (account->jid != NULL)
		canvas_text_cut(canvas, row, column, end, SLOT_LIST_HEADER, account->jid);
}

/* The list is longer than its area: begin so that the chat in front is in it. */
static int
first_line(struct model *model, const struct chat *front, const GPtrArray *accounts, int rows)
{
	const GPtrArray *chats = model_chats(model);
	int line = 1, at = 0;

	for (guint i = 0; i < accounts->len; i++) {
		const struct event *event = accounts->pdata[i];

		line++;
		for (guint j = 1; j < chats->len; j++) {
			const struct chat *chat = chats->pdata[j];

			if (strcmp(chat->account, event->account_name) != 0)
				continue;
			if (chat == front)
				at = line;
			line++;
		}
	}
	return line <= rows ? 0 : CLAMP(at - rows / 2, 0, line - rows);
}

struct chat *
chat_list_at(struct model *model, const struct chat *front, const struct area *area, int wanted)
{
	const GPtrArray *chats = model_chats(model), *accounts = model_accounts(model);
	int row = area->row - first_line(model, front, accounts, area->rows);

	if (row++ == wanted)
		return chats->pdata[0];
	for (guint i = 0; i < accounts->len; i++) {
		row++;
		for (guint j = 1; j < chats->len; j++) {
			struct chat *chat = chats->pdata[j];

			if (strcmp(chat->account, ((const struct event *)accounts->pdata[i])->account_name) == 0 &&
			    row++ == wanted)
				return chat;
		}
	}
	return NULL;
}

void
chat_list_draw(struct model *model, const struct chat *front, struct canvas *canvas, const struct area *area,
    const struct area *border)
{
	const GPtrArray *chats = model_chats(model), *accounts = model_accounts(model);
	bool ascii = text_ascii_signs(canvas_policy(canvas));
	int row, end = area->row + area->rows;

	if (area->rows == 0)
		return;
	for (row = area->row; row < end; row++)
		canvas_text(canvas, row, border->column, border->column + 1, SLOT_LINE_BORDER, ascii ? "|" : "│", -1);
	canvas_clear(canvas, area->row, area->column, area->rows, area->columns, SLOT_LIST_NAME);
	row = area->row - first_line(model, front, accounts, area->rows);
	if (row >= area->row)
		draw_chat(model, chats->pdata[0], front == chats->pdata[0], canvas, row, area);
	row++;
	for (guint i = 0; i < accounts->len && row < end; i++) {
		const struct event *event = accounts->pdata[i];

		if (row >= area->row)
			draw_account(event, canvas, row, area);
		row++;
		for (guint j = 1; j < chats->len && row < end; j++) {
			const struct chat *chat = chats->pdata[j];

			if (strcmp(chat->account, event->account_name) != 0)
				continue;
			if (row >= area->row)
				draw_chat(model, chat, chat == front, canvas, row, area);
			row++;
		}
	}
}
