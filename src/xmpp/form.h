/*
 * form.h: data forms (XEP-0004) with what XEP-0122 says about their values: read, filled in, and sent back.  Everything
 * that the other side sent goes back as it came, also what nobody here understands, unless a person changed it.
 */
#ifndef XMPP_FORM_H
#define XMPP_FORM_H

#include <glib.h>
#include <stdbool.h>

#include "xmpp/stanza.h"

enum form_type {
	FORM_TEXT_SINGLE,	/* also what is not known */
	FORM_TEXT_MULTI, FORM_TEXT_PRIVATE, FORM_BOOLEAN, FORM_FIXED, FORM_HIDDEN, FORM_JID_SINGLE, FORM_JID_MULTI,
	FORM_LIST_SINGLE, FORM_LIST_MULTI,
};

struct form_option {
	char		*label;		/* safe to show, never NULL */
	char		*value;		/* as it came */
};

struct form_field {
	char		*var;		/* as it came; NULL in some FORM_FIXED */
	char		*label;		/* safe to show; var where there is none */
	char		*meaning;	/* its <desc/>, safe to show, or NULL */
	enum form_type	 type;
	bool		 required;
	bool		 open;		/* a list that other values may be added to */
	char		*datatype;	/* XEP-0122, such as "xs:integer", or NULL */
	char		*min, *max;	/* or NULL */
	GPtrArray	*values;	/* char *, as they came */
	GPtrArray	*options;	/* struct form_option * */
	bool		 changed;
};

struct form {
	char		*title, *instructions;	/* safe to show, or NULL */
	GPtrArray	*fields;	/* struct form_field *, in the order of the form */
};

/* x: an element x of jabber:x:data.  NULL with a sentence when it is none, or passes LIMIT_FORM_FIELDS. */
struct form *form_parse(const struct stanza *x, GError **error);
/* The first form of this FORM_TYPE among the children (XEP-0068), unparsed; NULL.  Forms with two types have none. */
const struct stanza *form_among(const struct stanza *parent, const char *form_type);
void	 form_free(struct form *);

const char *form_type_name(enum form_type);
/* By var, in either case, whole; NULL. */
struct form_field *form_find(const struct form *, const char *var);
/* The first value of a field, as it came; NULL: no such field, or no value. */
const char *form_value(const struct form *, const char *var);
/* What a boolean says; false when it is not there. */
bool	 form_is(const struct form *, const char *var);
/* A person may fill it in. */
bool	 form_is_asked(const struct form_field *);

/* The values as one reads them: yes and no, the words of a list; a secret is not shown.  Safe; the caller's. */
char	*form_field_text(const struct form_field *);
/* What may be typed, in words: "yes or no", "one of: a, b", "a number from 1 to 9".  The caller's. */
char	*form_field_range(const struct form_field *);
/*
 * As a person types it: of several values, lines of a text, or addresses and words of a list with commas between; a
 * word of a list by its value or its label; "" takes the values away.  RPC_ERROR_USAGE in words, and nothing is
 * changed.
 */
bool	 form_field_set(struct form_field *, const char *text, GError **error);
/* False with a sentence that names what must be filled in and is not. */
bool	 form_check(const struct form *, GError **error);
/* What is sent: <x type='submit'/>.  The caller's. */
struct stanza *form_submit(const struct form *);

#endif
