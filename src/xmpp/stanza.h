/*
 * stanza.h: one element and what is in it; how stanzas are read and built.
 *
 * A tree of our own: libstrophe's are five times the size, not thread-safe, and cannot be had without a connection.
 * Names and namespaces are already resolved: a prefix does not exist here, and an attribute that had one was dropped
 * by the guard, except xml:lang, which keeps that name.
 */
#ifndef XMPP_STANZA_H
#define XMPP_STANZA_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

struct stanza;

/* --- building; texts are copied and made valid XML text --- */
struct stanza *stanza_new(const char *name, const char *ns);
void	 stanza_free(struct stanza *);		/* a root, with everything in it */
struct stanza *stanza_copy(const struct stanza *);
/* value NULL removes it. */
void	 stanza_set(struct stanza *, const char *attribute, const char *value);
/* Appends a new child, which is returned and belongs to the parent; ns NULL: the parent's. */
struct stanza *stanza_add(struct stanza *, const char *name, const char *ns);
/* Same, with text in it; returns the parent, so that calls can be nested. */
struct stanza *stanza_add_with_text(struct stanza *, const char *name, const char *ns, const char *text);
/* Appends a root as child and owns it. */
void	 stanza_take(struct stanza *, struct stanza *child);
void	 stanza_add_text(struct stanza *, const char *text, gssize len);
/* Takes a child out again and frees it. */
void	 stanza_remove(struct stanza *, struct stanza *child);

/* --- reading; strings live in the stanza --- */
const char *stanza_name(const struct stanza *);
const char *stanza_ns(const struct stanza *);
bool	 stanza_is(const struct stanza *, const char *name, const char *ns);
const char *stanza_get(const struct stanza *, const char *attribute);	/* NULL when not there */
/* All text directly in it; "" when there is none.  s may be NULL: then NULL. */
const char *stanza_text(const struct stanza *);
/* The first child so named; ns NULL: any.  s may be NULL, so that look-ups can be nested. */
struct stanza *stanza_child(const struct stanza *, const char *name, const char *ns);
/* Number of children so named; two where one is allowed is a forgery. */
unsigned stanza_count(const struct stanza *, const char *name, const char *ns);
/* Walking all child elements: for (c = stanza_first(s); c != NULL; c = stanza_next(c)). */
struct stanza *stanza_first(const struct stanza *);
struct stanza *stanza_next(const struct stanza *child);

/* Bytes of memory that a root and all in it take, about. */
size_t	 stanza_weight(const struct stanza *root);

/* --- as text --- */
/* UTF-8 without declaration.  jabber:client is taken as the default namespace and not written.  The caller's. */
char	*stanza_to_xml(const struct stanza *);
/* One element, by the same parser limits as a connection.  NULL with an error.  The caller's. */
struct stanza *stanza_parse(const char *xml, gssize len, GError **error);

/* --- stanzas (RFC 6120 §8) --- */
/* <name type= to=> in jabber:client; type and to may be NULL. */
struct stanza *stanza_message(const char *type, const char *to);
struct stanza *stanza_presence(const char *type, const char *to);
struct stanza *stanza_iq(const char *type, const char *to);
/* An iq result for this iq (id, and to from its from). */
struct stanza *stanza_result(const struct stanza *iq);
/* Type error with a defined condition such as "service-unavailable", RFC 6120 §8.3. */
struct stanza *stanza_error(const struct stanza *, const char *type, const char *condition);

/* What an <error/> says, made safe to show. */
struct stanza_fault {
	char	*type;		/* "cancel", "wait", ...; "" when not given */
	char	*condition;	/* the defined condition; "undefined-condition" when there is none */
	char	*application;	/* the application-specific condition's name, or NULL */
	char	*words;		/* its text, or NULL */
	char	*by;		/* who made it, or NULL */
};
bool	 stanza_fault_read(const struct stanza *, struct stanza_fault *);
void	 stanza_fault_clear(struct stanza_fault *);
/* "\"words\" (condition)" or "condition" in readable form; the caller's. */
char	*stanza_fault_text(const struct stanza_fault *);

/* A fresh id: 128 random bits as a version 4 UUID.  The caller's. */
char	*stanza_new_id(void);

#endif
