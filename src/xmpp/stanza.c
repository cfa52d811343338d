/*
 * stanza.c: the tree.  Everything that belongs to one root is in one arena, so that a stanza costs a few
 * allocations however many attributes it has, and freeing does not walk what a peer built.
 *
 * Text is kept as nodes between the elements, because mixed content has an order; stanza_text() joins them when
 * there are several.  What is removed stays in the arena until the root goes.
 */
#include "xmpp/stanza.h"

#include <string.h>

#include "xmpp/ns.h"

enum { CHUNK_FIRST = 2048, CHUNK_MAX = 65536 };

struct chunk {
	struct chunk	*next;
	size_t		 used, size;
	max_align_t	 data[];
};

struct arena {
	struct chunk	*chunks;	/* the newest first */
	struct arena	*taken;		/* arenas of roots that became children */
	struct arena	*next;
};

struct attribute {
	struct attribute *next;
	const char	*name;
	char		*value;
};

struct stanza {
	struct arena	*arena;
	struct stanza	*parent, *next, *first, *last;
	const char	*name;		/* NULL: a text node */
	const char	*ns;
	struct attribute *attributes;	/* in the order of setting */
	char		*text;		/* of a text node; of an element the joined text, or NULL when not known */
	size_t		 len, size;	/* of a text node */
};

/* --- the arena --- */

static struct chunk *
chunk_new(size_t size)
{
	struct chunk *chunk = g_malloc(sizeof *chunk + size);

	chunk->next = NULL;
	chunk->used = 0;
	chunk->size = size;
	return chunk;
}

static void *
arena_alloc(struct arena *arena, size_t size)
{
	struct chunk *chunk = arena->chunks;
	void *p;

	size = (size + sizeof(void *) - 1) & ~(sizeof(void *) - 1);
	if (chunk->size - chunk->used < size) {
		chunk = chunk_new(MAX(size, MIN(chunk->size * 2, CHUNK_MAX)));
		chunk->next = arena->chunks;
		arena->chunks = chunk;
	}
	p = (char *)chunk->data + chunk->used;
	chunk->used += size;
	return p;
}

static void
arena_free(struct arena *arena)
{
	struct arena *taken, *next;
	struct chunk *chunk = arena->chunks, *older;

	for (taken = arena->taken; taken != NULL; taken = next) {
		next = taken->next;
		arena_free(taken);
	}
	for (; chunk != NULL; chunk = older) {	/* the arena itself is in the oldest */
		older = chunk->next;
		g_free(chunk);
	}
}

static size_t
arena_weight(const struct arena *arena)
{
	size_t weight = 0;

	for (const struct chunk *chunk = arena->chunks; chunk != NULL; chunk = chunk->next)
		weight += chunk->used;
	for (const struct arena *taken = arena->taken; taken != NULL; taken = taken->next)
		weight += arena_weight(taken);
	return weight;
}

static char *
arena_strndup(struct arena *arena, const char *text, size_t len)
{
	char *copy = arena_alloc(arena, len + 1);

	memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

/* --- valid XML text --- */

/* XML 1.0 §2.2 beyond UTF-8: no controls but TAB, LF and CR, and not the last two of the basic plane. */
static bool
char_is_xml(gunichar c)
{
	return c >= 0x20 ? c != 0xFFFE && c != 0xFFFF : c == '\t' || c == '\n' || c == '\r';
}

static bool
text_is_xml(const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *)text, *end = p + len;

	if (!g_utf8_validate_len(text, len, NULL))
		return false;
	for (; p < end; p++) {
		if (*p < 0x20 && !char_is_xml(*p))
			return false;
		if (*p == 0xEF && p[1] == 0xBF && p[2] >= 0xBE)
			return false;
	}
	return true;
}

/* len is set to that of the result. */
static char *
arena_xml_text(struct arena *arena, const char *text, size_t *len)
{
	g_autoptr(GString) good = NULL;
	const char *p = text, *end = text + *len;

	if (text_is_xml(text, *len))
		return arena_strndup(arena, text, *len);
	good = g_string_sized_new(*len + 16);
	while (p < end) {
		gunichar c = *p == '\0' ? 0 : g_utf8_get_char_validated(p, end - p);
		size_t n = c >= (gunichar)-2 || c == 0 ? 1 : (size_t)g_utf8_skip[(unsigned char)*p];

		if (c < (gunichar)-2 && char_is_xml(c))
			g_string_append_len(good, p, n);
		else
			g_string_append(good, "\xEF\xBF\xBD");
		p += n;
	}
	*len = good->len;
	return arena_strndup(arena, good->str, good->len);
}

/* --- building --- */

static struct stanza *
node_new(struct arena *arena)
{
	struct stanza *node = arena_alloc(arena, sizeof *node);

	memset(node, 0, sizeof *node);
	node->arena = arena;
	return node;
}

static void
node_append(struct stanza *parent, struct stanza *node)
{
	node->parent = parent;
	if (parent->last != NULL)
		parent->last->next = node;
	else
		parent->first = node;
	parent->last = node;
}

struct stanza *
stanza_new(const char *name, const char *ns)
{
	struct chunk *chunk = chunk_new(CHUNK_FIRST);
	struct arena seed = { .chunks = chunk }, *arena;
	struct stanza *root;

	arena = arena_alloc(&seed, sizeof *arena);
	*arena = seed;
	root = node_new(arena);
	root->name = arena_strndup(arena, name, strlen(name));
	root->ns = ns == NULL || strcmp(ns, NS_CLIENT) == 0 ? NS_CLIENT : arena_strndup(arena, ns, strlen(ns));
	return root;
}

void
stanza_free(struct stanza *s)
{
	if (s == NULL)
		return;
	g_assert(s->parent == NULL);
	arena_free(s->arena);
}

static void
copy_into(struct stanza *to, const struct stanza *from)
{
	const struct attribute *a;
	const struct stanza *c;

	for (a = from->attributes; a != NULL; a = a->next)
		stanza_set(to, a->name, a->value);
	for (c = from->first; c != NULL; c = c->next)
		if (c->name != NULL)
			copy_into(stanza_add(to, c->name, c->ns), c);
		else
			stanza_add_text(to, c->text, (gssize)c->len);
}

struct stanza *
stanza_copy(const struct stanza *s)
{
	struct stanza *copy = stanza_new(s->name, s->ns);

	copy_into(copy, s);
	return copy;
}

void
stanza_set(struct stanza *s, const char *attribute, const char *value)
{
	struct attribute **link = &s->attributes, *a;
	size_t len;

	while (*link != NULL && strcmp((*link)->name, attribute) != 0)
		link = &(*link)->next;
	if (value == NULL) {
		if (*link != NULL)
			*link = (*link)->next;
		return;
	}
	if (*link == NULL) {
		a = arena_alloc(s->arena, sizeof *a);
		a->next = NULL;
		a->name = arena_strndup(s->arena, attribute, strlen(attribute));
		*link = a;
	}
	len = strlen(value);
	(*link)->value = arena_xml_text(s->arena, value, &len);
}

struct stanza *
stanza_add(struct stanza *s, const char *name, const char *ns)
{
	struct stanza *child = node_new(s->arena);

	child->name = arena_strndup(s->arena, name, strlen(name));
	/* Nearly every child has its parent's namespace: share the string. */
	child->ns = ns == NULL || strcmp(ns, s->ns) == 0 ? s->ns : arena_strndup(s->arena, ns, strlen(ns));
	node_append(s, child);
	return child;
}

struct stanza *
stanza_add_with_text(struct stanza *s, const char *name, const char *ns, const char *text)
{
	stanza_add_text(stanza_add(s, name, ns), text, -1);
	return s;
}

void
stanza_take(struct stanza *s, struct stanza *child)
{
	g_assert(child->parent == NULL && child->arena != s->arena);
	child->arena->next = s->arena->taken;
	s->arena->taken = child->arena;
	node_append(s, child);
}

/* Grows by doubling, so that a text which comes in many pieces costs what it is long. */
static void
text_append(struct stanza *node, const char *text, size_t len)
{
	if (node->len + len + 1 > node->size) {
		size_t size = (node->len + len + 1) * 2;
		char *more = arena_alloc(node->arena, size);

		memcpy(more, node->text, node->len);
		node->text = more;
		node->size = size;
	}
	memcpy(node->text + node->len, text, len);
	node->len += len;
	node->text[node->len] = '\0';
}

void
stanza_add_text(struct stanza *s, const char *text, gssize length)
{
	size_t len = length < 0 ? strlen(text) : (size_t)length;
	struct stanza *node = s->last;
	char *good;

	if (len == 0)
		return;
	s->text = NULL;
	if (node != NULL && node->name == NULL && text_is_xml(text, len)) {
		text_append(node, text, len);
		return;
	}
	good = arena_xml_text(s->arena, text, &len);
	if (node != NULL && node->name == NULL) {
		text_append(node, good, len);
		return;
	}
	node = node_new(s->arena);
	node->text = good;
	node->len = len;
	node->size = len + 1;
	node_append(s, node);
}

void
stanza_remove(struct stanza *s, struct stanza *child)
{
	struct stanza *before = NULL, *c;

	for (c = s->first; c != child; c = c->next)
		before = c;
	if (before != NULL)
		before->next = child->next;
	else
		s->first = child->next;
	if (s->last == child)
		s->last = before;
	child->parent = child->next = NULL;
	s->text = NULL;
}

/* --- reading --- */

const char *
stanza_name(const struct stanza *s)
{
	return s->name;
}

const char *
stanza_ns(const struct stanza *s)
{
	return s->ns;
}

bool
stanza_is(const struct stanza *s, const char *name, const char *ns)
{
	return strcmp(s->name, name) == 0 && (ns == NULL || strcmp(s->ns, ns) == 0);
}

const char *
stanza_get(const struct stanza *s, const char *attribute)
{
	const struct attribute *a;

	for (a = s->attributes; a != NULL; a = a->next)
		if (strcmp(a->name, attribute) == 0)
			return a->value;
	return NULL;
}

const char *
stanza_text(const struct stanza *s)
{
	struct stanza *self;
	const struct stanza *c;
	size_t len = 0;
	unsigned runs = 0;
	char *p;

	if (s == NULL)
		return NULL;
	if (s->text != NULL)
		return s->text;
	for (c = s->first; c != NULL; c = c->next)
		if (c->name == NULL) {
			len += c->len;
			runs++;
		}
	if (runs == 0)
		return "";
	if (runs == 1 && s->first->name == NULL)
		return s->first->text;
	self = s->first->parent;	/* s without its const: the joined text is no change that anybody can see */
	self->text = p = arena_alloc(self->arena, len + 1);
	for (c = s->first; c != NULL; c = c->next)
		if (c->name == NULL) {
			memcpy(p, c->text, c->len);
			p += c->len;
		}
	*p = '\0';
	return self->text;
}

struct stanza *
stanza_child(const struct stanza *s, const char *name, const char *ns)
{
	struct stanza *c;

	if (s == NULL)
		return NULL;
	for (c = s->first; c != NULL; c = c->next)
		if (c->name != NULL && stanza_is(c, name, ns))
			return c;
	return NULL;
}

unsigned
stanza_count(const struct stanza *s, const char *name, const char *ns)
{
	const struct stanza *c;
	unsigned n = 0;

	for (c = s->first; c != NULL; c = c->next)
		if (c->name != NULL && stanza_is(c, name, ns))
			n++;
	return n;
}

static struct stanza *
next_element(struct stanza *node)
{
	while (node != NULL && node->name == NULL)
		node = node->next;
	return node;
}

struct stanza *
stanza_first(const struct stanza *s)
{
	return next_element(s->first);
}

struct stanza *
stanza_next(const struct stanza *child)
{
	return next_element(child->next);
}

/* --- as text --- */

static void
escape(GString *out, const char *text, size_t len, bool in_attribute)
{
	const char *from = text, *p, *end = text + len, *name;

	for (p = text; p < end; p++) {
		switch (*p) {
		case '&': name = "&amp;"; break;
		case '<': name = "&lt;"; break;
		case '>': name = "&gt;"; break;
		case '\r': name = "&#13;"; break;
		case '\'': name = in_attribute ? "&apos;" : NULL; break;
		case '\n': name = in_attribute ? "&#10;" : NULL; break;
		case '\t': name = in_attribute ? "&#9;" : NULL; break;
		default: name = NULL;
		}
		if (name == NULL)
			continue;
		g_string_append_len(out, from, p - from);
		g_string_append(out, name);
		from = p + 1;
	}
	g_string_append_len(out, from, end - from);
}

static void
write_element(GString *out, const struct stanza *s, const char *outer_ns)
{
	const struct attribute *a;
	const struct stanza *c;

	g_string_append_c(out, '<');
	g_string_append(out, s->name);
	if (s->ns != outer_ns && strcmp(s->ns, outer_ns) != 0) {
		g_string_append(out, " xmlns='");
		escape(out, s->ns, strlen(s->ns), true);
		g_string_append_c(out, '\'');
	}
	for (a = s->attributes; a != NULL; a = a->next) {
		g_string_append_c(out, ' ');
		g_string_append(out, a->name);
		g_string_append(out, "='");
		escape(out, a->value, strlen(a->value), true);
		g_string_append_c(out, '\'');
	}
	if (s->first == NULL) {
		g_string_append(out, "/>");
		return;
	}
	g_string_append_c(out, '>');
	for (c = s->first; c != NULL; c = c->next)
		if (c->name != NULL)
			write_element(out, c, s->ns);
		else
			escape(out, c->text, c->len, false);
	g_string_append(out, "</");
	g_string_append(out, s->name);
	g_string_append_c(out, '>');
}

char *
stanza_to_xml(const struct stanza *s)
{
	GString *out = g_string_sized_new(512);

	write_element(out, s, NS_CLIENT);
	return g_string_free(out, FALSE);
}

size_t
stanza_weight(const struct stanza *root)
{
	return arena_weight(root->arena);
}
