/*
 * format.h: the language of title, status line and prompt, as ui.title and its like hold it; parsed once, rendered by
 * faces.  Pure.
 *
 *	#{item}  #{item:12}  #{item:-12}  #{item:=12}	its value; cut to 12 columns; padded on the left; cut and padded
 *	#{?item,A,B}  #{?item=value,A,B}		A if it is not empty and not 0 (or is that), else B
 *	#[slot]  #[]					a slot of the theme; back to that of the line
 *	#(N text)					a group of rank N; the highest gives way first
 *	#>						what follows stands right
 *	##  #,  #)  #}					the sign itself
 */
#ifndef PROTO_FORMAT_H
#define PROTO_FORMAT_H

#include <glib.h>
#include <stdbool.h>

enum item {
#define ITEM(constant, name, help) ITEM_##constant,
#include "proto/item.def"
#undef ITEM
	ITEMS
};

enum format_kind { FORMAT_TEXT, FORMAT_ITEM, FORMAT_IF, FORMAT_SLOT, FORMAT_GROUP, FORMAT_RIGHT };
enum format_width { FORMAT_AS_IS, FORMAT_CUT, FORMAT_LEFT, FORMAT_FIT };

enum { FORMAT_BASE = -1 };

struct format_node {
	enum format_kind kind;
	char		*text;		/* TEXT: what stands there; IF: what the item must be, or NULL */
	enum item	 item;		/* ITEM, IF */
	enum format_width width;	/* ITEM */
	int		 columns;
	int		 slot;		/* SLOT: which row of slot.def, or FORMAT_BASE */
	int		 rank;		/* GROUP */
	GPtrArray	*yes, *no;	/* struct format_node *; IF: both; GROUP: yes */
};

/* A prompt has one colour and no right side. */
enum format_use { FORMAT_BAR, FORMAT_PROMPT };

/*
 * An array of struct format_node *, freed by g_ptr_array_unref(); NULL with an error of RPC_ERROR_USAGE that says where
 * and what.
 */
GPtrArray *format_parse(const char *text, enum format_use, GError **error);
/* The same without a result, as settings are checked. */
bool	 format_is_bar(const char *text, GError **error);
bool	 format_is_prompt(const char *text, GError **error);

const char *item_name(enum item);

/* What the settings are without a line: the core keeps them, and a face begins with them. */
#define STANDARD_PROMPT "#{?size=tiny,,#{chat.name}#{?chat.whose, (#{chat.whose}),}}> "
/* The right part of both. */
#define STANDARD_STATUS_END \
	"#>#(3   #{?asking,#[status.mode]asking#[],})#(4   #[status.typing]#{?hint,#{hint},#{typing}}#[])" \
	"#(5   #{?size=wide,#{account.ping},}) "
#define STANDARD_STATUS \
	"#(5 #[status.clock] #{time}#[])#(1  #[status.direct]#{untitled}#[])#(2   #{accounts})" \
	"#(3   #{?outbox,Out #{outbox},})#(2   #{?requests,#[status.request]Req #{requests}#[],})" \
	"#(1   #{?activity,Act #{activity},})" STANDARD_STATUS_END
#define STANDARD_STATUS_NARROW \
	"#(5 #[status.clock] #{time}#[])#(1  #[status.direct]#{untitled}#[])#(2  #{accounts.short})" \
	"#(3   #{?outbox,Out #{outbox},})#(2   #{?requests,#[status.request]Req #{requests}#[],})" \
	"#(1  #{?activity.short,Act #{activity.short},})" STANDARD_STATUS_END
/* How safe the next message is; with two blanks before it, or nothing. */
#define STANDARD_SAFETY(item) \
	"#{?chat.encryption,  #{?chat.encryption=no TLS,#[title.warning],#[title.plain]}#{" item "}#[],} "
#define STANDARD_TITLE \
	" #{chat.number} #(2 #[title.name]#{chat.name}#[])#(3   #{chat.presence})#(3   #{room.here} here)" \
	"#(6   #{chat.address})#(4   #[title.topic]#{room.topic}#[])#>#(1   #[title.warning]#{chat.warning}#[])#(2   #{chat.account})" STANDARD_SAFETY("chat.encryption")
#define STANDARD_TITLE_NARROW \
	" #{chat.number} #(1 #[title.name]#{chat.name}#[])#(2   #{chat.presence.sign})#(2   #{room.here} here)" \
	"#>#(1   #[title.warning]#{chat.warning:16}#[])" STANDARD_SAFETY("chat.encryption:15")

#endif
