/* form_json.h: forms (xmpp/form.h) as faces and scripts see them, and what these answer. */
#ifndef CORE_FORM_JSON_H
#define CORE_FORM_JSON_H

#include <jansson.h>

#include "xmpp/form.h"

/*
 * What a person sees of it, as the prompt event describes it: the fields to fill in, of which a secret has no values,
 * and text between them (type fixed, without var).  A new reference.
 */
json_t	*form_json(const struct form *);
/*
 * An answer: an object FIELD: value, or lines FIELD=VALUE; "" changes nothing.  False with a sentence
 * (RPC_ERROR_USAGE), and the form may then be changed in part.
 */
bool	 form_json_fill(struct form *, const char *answer, GError **error);
/* A field by what a person calls it: its name, what stands behind its "#" or "_", or its label.  NULL. */
struct form_field *form_json_find(const struct form *, const char *word);

#endif
