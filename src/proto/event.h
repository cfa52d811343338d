/*
 * event.h: events as C, made from event.def and enum.def.
 *
 * An event owns all its strings and JSON.  Enumerations have names: account_state_name(ACCOUNT_ONLINE) is
 * "online", account_state_find("online", &value) is true.
 */
#ifndef PROTO_EVENT_H
#define PROTO_EVENT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define V(constant, word) constant,
#define ENUM(type, values) enum type { values };
#include "proto/enum.def"
#undef ENUM
#undef V

#define ENUM(type, values) \
	const char *type##_name(enum type); \
	bool type##_find(const char *word, enum type *value);
#define V(constant, word)
#include "proto/enum.def"
#undef ENUM
#undef V

enum event_type {
#define EVENT(name, nature, when, ...) EVENT_##name,
#include "proto/event.def"
#undef EVENT
	EVENT_TYPES
};

#define STR(field, meaning) char *field;
#define INT(field, meaning) int64_t field;
#define FLAG(field, meaning) bool field;
#define TIME(field, meaning) int64_t field;
#define WORD(field, type, meaning) enum type field;
#define JSON(field, meaning) json_t *field;
#define EVENT(name, nature, when, ...) struct event_##name { __VA_ARGS__ char end_of_##name; };
#include "proto/event.def"
#undef EVENT
#undef JSON
#undef WORD
#undef TIME
#undef FLAG
#undef INT
#undef STR

struct event {
	enum event_type	 type;
	int64_t		 time;		/* ms, when the core knew it */
	char		*account_name;	/* its name in the accounts file */
	char		*chat_jid;	/* JID */
	int64_t		 rev;		/* objects only */
	bool		 gone;		/* objects only: only the key is set */
	union {
#define EVENT(name, nature, when, ...) struct event_##name name;
#include "proto/event.def"
#undef EVENT
	};
};

/* Frees what the event owns, not the event. */
void	 event_clear(struct event *);
void	 event_copy(struct event *to, const struct event *from);

const char *event_type_name(enum event_type);
bool	 event_type_find(const char *name, enum event_type *);
bool	 event_is_object(enum event_type);

/* The JSON of confab-protocol(7); a new reference.  event_from_json ignores what it does not know. */
json_t	*event_to_json(const struct event *);
bool	 event_from_json(const json_t *, struct event *);

/* One row of the tables, for manuals and tests. */
struct event_field {
	const char	*name;
	enum event_kind { KIND_STR, KIND_INT, KIND_FLAG, KIND_TIME, KIND_WORD, KIND_JSON } kind;
	const char	*meaning;
	const char	*word_type;	/* KIND_WORD: the enumeration */
	size_t		 offset;	/* in struct event_NAME */
	const char	*(*word_name)(int);
	bool		(*word_find)(const char *, int *);
};
const struct event_field *event_fields(enum event_type, size_t *n);
const char *event_meaning(enum event_type);

#endif
