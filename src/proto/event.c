/* event.c: event.def turned into tables, and one loop over a table for each thing done with events. */
#include "proto/event.h"

#include <glib.h>
#include <stddef.h>
#include <string.h>

#include "base/clock.h"

/* Each enumeration: its words, and look-ups both typed (for C) and untyped (for the tables). */
#define V(constant, word) [constant] = word,
#define ENUM(type, values) \
	static const char *const type##_words[] = { values }; \
	static const char *type##_word(int value) \
	{ \
		return value >= 0 && (size_t)value < G_N_ELEMENTS(type##_words) ? type##_words[value] : "?"; \
	} \
	static bool type##_value(const char *word, int *value) \
	{ \
		for (size_t i = 0; word != NULL && i < G_N_ELEMENTS(type##_words); i++) { \
			if (strcmp(word, type##_words[i]) == 0) { \
				*value = (int)i; \
				return true; \
			} \
		} \
		return false; \
	} \
	const char *type##_name(enum type value) \
	{ \
		return type##_word((int)value); \
	} \
	bool type##_find(const char *word, enum type *value) \
	{ \
		int found; \
		if (!type##_value(word, &found)) \
			return false; \
		*value = (enum type)found; \
		return true; \
	}
#include "proto/enum.def"
#undef ENUM
#undef V

#define STR(field, meaning) { #field, KIND_STR, meaning, NULL, offsetof(self, field), NULL, NULL },
#define INT(field, meaning) { #field, KIND_INT, meaning, NULL, offsetof(self, field), NULL, NULL },
#define FLAG(field, meaning) { #field, KIND_FLAG, meaning, NULL, offsetof(self, field), NULL, NULL },
#define TIME(field, meaning) { #field, KIND_TIME, meaning, NULL, offsetof(self, field), NULL, NULL },
#define WORD(field, type, meaning) \
	{ #field, KIND_WORD, meaning, #type, offsetof(self, field), type##_word, type##_value },
#define JSON(field, meaning) { #field, KIND_JSON, meaning, NULL, offsetof(self, field), NULL, NULL },
#define EVENT(name, nature, when, ...) \
	static const struct event_field *fields_of_##name(size_t *n) \
	{ \
		typedef struct event_##name self; \
		static const struct event_field fields[] = { \
			__VA_ARGS__ { NULL, KIND_STR, NULL, NULL, offsetof(self, end_of_##name), NULL, NULL } \
		}; \
		*n = G_N_ELEMENTS(fields) - 1; \
		return fields; \
	}
#include "proto/event.def"
#undef EVENT
#undef JSON
#undef WORD
#undef TIME
#undef FLAG
#undef INT
#undef STR

enum nature { MOMENT, OBJECT };

static const struct {
	const char	*name;
	enum nature	 nature;
	const char	*meaning;
	size_t		 offset;	/* of the struct in struct event */
	const struct event_field *(*fields)(size_t *);
} types[EVENT_TYPES] = {
#define EVENT(name, nature, when, ...) { #name, nature, when, offsetof(struct event, name), fields_of_##name },
#include "proto/event.def"
#undef EVENT
};

const char *
event_type_name(enum event_type type)
{
	return types[type].name;
}

bool
event_type_find(const char *name, enum event_type *type)
{
	for (size_t i = 0; name != NULL && i < EVENT_TYPES; i++) {
		if (strcmp(name, types[i].name) == 0) {
			*type = (enum event_type)i;
			return true;
		}
	}
	return false;
}

bool
event_is_object(enum event_type type)
{
	return types[type].nature == OBJECT;
}

const struct event_field *
event_fields(enum event_type type, size_t *n)
{
	return types[type].fields(n);
}

const char *
event_meaning(enum event_type type)
{
	return types[type].meaning;
}

/* The member that a row of a table means. */
static void *
member(const struct event *event, const struct event_field *field)
{
	return (char *)(uintptr_t)event + types[event->type].offset + field->offset;
}

void
event_clear(struct event *event)
{
	size_t n;
	const struct event_field *fields = event_fields(event->type, &n);

	for (size_t i = 0; i < n; i++) {
		if (fields[i].kind == KIND_STR)
			g_clear_pointer((char **)member(event, &fields[i]), g_free);
		else if (fields[i].kind == KIND_JSON)
			g_clear_pointer((json_t **)member(event, &fields[i]), json_decref);
	}
	g_clear_pointer(&event->account_name, g_free);
	g_clear_pointer(&event->chat_jid, g_free);
}

void
event_copy(struct event *to, const struct event *from)
{
	size_t n;
	const struct event_field *fields = event_fields(from->type, &n);

	*to = *from;
	to->account_name = g_strdup(from->account_name);
	to->chat_jid = g_strdup(from->chat_jid);
	for (size_t i = 0; i < n; i++) {
		if (fields[i].kind == KIND_STR)
			*(char **)member(to, &fields[i]) = g_strdup(*(char **)member(from, &fields[i]));
		else if (fields[i].kind == KIND_JSON)
			*(json_t **)member(to, &fields[i]) = json_incref(*(json_t **)member(from, &fields[i]));
	}
}

static void
put_time(json_t *object, const char *name, int64_t ms)
{
	g_autofree char *text = clock_format_utc(ms);

	json_object_set_new(object, name, json_string(text));
}

static void
put_field(json_t *object, const struct event *event, const struct event_field *field)
{
	const void *value = member(event, field);

	switch (field->kind) {
	case KIND_STR:
		if (*(char *const *)value != NULL)
			json_object_set_new(object, field->name, json_string(*(char *const *)value));
		break;
	case KIND_INT:
		json_object_set_new(object, field->name, json_integer(*(const int64_t *)value));
		break;
	case KIND_FLAG:
		json_object_set_new(object, field->name, json_boolean(*(const bool *)value));
		break;
	case KIND_TIME:
		if (*(const int64_t *)value != 0)
			put_time(object, field->name, *(const int64_t *)value);
		break;
	case KIND_WORD:
		json_object_set_new(object, field->name, json_string(field->word_name(*(const int *)value)));
		break;
	case KIND_JSON:
		if (*(json_t *const *)value != NULL)
			json_object_set(object, field->name, *(json_t *const *)value);
		break;
	}
}

/* What names the object: these are sent also when it is gone. */
static bool
is_key(const struct event_field *field)
{
	return strcmp(field->name, "id") == 0 || strcmp(field->name, "jid") == 0 || strcmp(field->name, "nick") == 0;
}

json_t *
event_to_json(const struct event *event)
{
	json_t *object = json_object();
	size_t n;
	const struct event_field *fields = event_fields(event->type, &n);

	json_object_set_new(object, "type", json_string(types[event->type].name));
	put_time(object, "time", event->time != 0 ? event->time : clock_real_us() / 1000);
	if (event->account_name != NULL)
		json_object_set_new(object, "account", json_string(event->account_name));
	if (event->chat_jid != NULL)
		json_object_set_new(object, "chat", json_string(event->chat_jid));
	if (event_is_object(event->type))
		json_object_set_new(object, "rev", json_integer(event->rev));
	if (event->gone)
		json_object_set_new(object, "gone", json_true());
	for (size_t i = 0; i < n; i++)
		if (!event->gone || is_key(&fields[i]))
			put_field(object, event, &fields[i]);
	return object;
}

static void
take_field(const json_t *value, struct event *event, const struct event_field *field)
{
	void *to = member(event, field);
	int word;

	switch (field->kind) {
	case KIND_STR:
		*(char **)to = g_strdup(json_string_value(value));
		break;
	case KIND_INT:
		*(int64_t *)to = json_integer_value(value);
		break;
	case KIND_FLAG:
		*(bool *)to = json_is_true(value);
		break;
	case KIND_TIME:
		clock_parse_utc(json_string_value(value), to);
		break;
	case KIND_WORD:
		if (field->word_find(json_string_value(value), &word))
			*(int *)to = word;
		break;
	case KIND_JSON:
		*(json_t **)to = json_deep_copy(value);
		break;
	}
}

bool
event_from_json(const json_t *object, struct event *event)
{
	const struct event_field *fields;
	const json_t *value;
	size_t n;

	memset(event, 0, sizeof *event);
	if (!event_type_find(json_string_value(json_object_get(object, "type")), &event->type))
		return false;
	clock_parse_utc(json_string_value(json_object_get(object, "time")), &event->time);
	event->account_name = g_strdup(json_string_value(json_object_get(object, "account")));
	event->chat_jid = g_strdup(json_string_value(json_object_get(object, "chat")));
	event->rev = json_integer_value(json_object_get(object, "rev"));
	event->gone = json_is_true(json_object_get(object, "gone"));
	fields = event_fields(event->type, &n);
	for (size_t i = 0; i < n; i++)
		if ((value = json_object_get(object, fields[i].name)) != NULL && !json_is_null(value))
			take_field(value, event, &fields[i]);
	return true;
}
