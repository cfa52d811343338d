/* faketransport.c: see faketransport.h. */
#include "faketransport.h"

#include <string.h>

/* One account's side of the server. */
struct side {
	struct stream	*stream;	/* the newest that is there; NULL */
	unsigned	 opened;
	GQueue		 sent;		/* of char * */
	bool		 mute;
};

struct stream {
	struct side	*side;
	struct stream_config config;
	char		*strings[9];	/* what config points to */
	const struct stream_handler *handler;
	void		*ctx;
	bool		 up, held, closing, down;
};

static GHashTable *sides;	/* bare JID → struct side */
static void (*at_send)(void *);
static void *at_send_ctx;

static void
side_free(void *p)
{
	struct side *side = p;

	g_queue_clear_full(&side->sent, g_free);
	g_free(side);
}

static struct side *
side_of(const char *jid)
{
	struct side *side;

	if (sides == NULL)
		sides = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, side_free);
	side = g_hash_table_lookup(sides, jid);
	if (side == NULL) {
		side = g_new0(struct side, 1);
		g_queue_init(&side->sent);
		g_hash_table_insert(sides, g_strdup(jid), side);
	}
	return side;
}

static struct stream *
fake_open(const struct stream_config *config, const struct stream_handler *handler, void *ctx)
{
	struct stream *s = g_new0(struct stream, 1);
	struct side *side = side_of(config->jid);

	g_assert(side->stream == NULL);	/* one at a time */
	s->config = *config;
	s->config.jid = s->strings[0] = g_strdup(config->jid);
	s->config.password = s->strings[1] = g_strdup(config->password);
	s->config.resource = s->strings[2] = g_strdup(config->resource);
	s->config.host = s->strings[3] = g_strdup(config->host);
	s->config.ca_file = s->strings[4] = g_strdup(config->ca_file);
	s->config.pin = s->strings[5] = g_strdup(config->pin);
	s->config.mechanism = s->strings[8] = g_strdup(config->mechanism);
	s->config.resume_id = s->strings[6] = g_strdup(config->resume_id);
	s->config.resume_jid = s->strings[7] = g_strdup(config->resume_jid);
	s->handler = handler;
	s->ctx = ctx;
	s->side = side;
	side->stream = s;
	side->opened++;
	return s;
}

static void
fake_send(struct stream *s, const char *xml, size_t len)
{
	void (*fn)(void *) = at_send;

	g_assert(s->up && !s->down);
	at_send = NULL;
	if (fn != NULL)
		fn(at_send_ctx);
	else if (!s->closing && !s->side->mute)
		g_queue_push_tail(&s->side->sent, g_strndup(xml, len));
}

static void
fake_hold(struct stream *s, bool hold)
{
	s->held = hold;
}

static void
fake_close(struct stream *s)
{
	s->closing = true;
}

static void
fake_free(struct stream *s)
{
	if (s->side->stream == s)
		s->side->stream = NULL;
	for (size_t i = 0; i < G_N_ELEMENTS(s->strings); i++)
		g_free(s->strings[i]);
	g_free(s);
}

static char *gone_address;

static bool
fake_has_address(const char *address)
{
	return g_strcmp0(address, gone_address) != 0;
}

void
fake_gone(const char *address)
{
	g_free(gone_address);
	gone_address = g_strdup(address);
}

const struct transport transport_fake = {
	.open = fake_open, .send = fake_send, .hold = fake_hold, .has_address = fake_has_address, .close = fake_close,
	    .free = fake_free,
};

const struct stream_config *
fake_config(const char *jid)
{
	struct stream *s = side_of(jid)->stream;

	return s != NULL ? &s->config : NULL;
}

unsigned
fake_opened(const char *jid)
{
	return side_of(jid)->opened;
}

bool
fake_is_up(const char *jid)
{
	struct stream *s = side_of(jid)->stream;

	return s != NULL && s->up;
}

bool
fake_is_held(const char *jid)
{
	struct stream *s = side_of(jid)->stream;

	return s != NULL && s->held;
}

bool
fake_is_closing(const char *jid)
{
	struct stream *s = side_of(jid)->stream;

	return s != NULL && s->closing;
}

void
fake_step(const char *jid, const char *text)
{
	struct stream *s = side_of(jid)->stream;

	s->handler->step(s->ctx, text);
}

void
fake_up(const char *jid, const struct stream_up *up)
{
	struct stream *s = side_of(jid)->stream;

	s->up = true;
	s->handler->up(s->ctx, up);
}

bool
fake_stanza(const char *jid, const char *xml, GError **error)
{
	struct stream *s = side_of(jid)->stream;
	struct stanza *stanza = stanza_parse(xml, -1, error);

	if (stanza == NULL)
		return false;
	s->handler->stanza(s->ctx, stanza);
	return true;
}

void
fake_down(const char *jid, struct stream_failure *failure)
{
	struct stream *s = side_of(jid)->stream;

	s->down = true;
	s->handler->down(s->ctx, failure);
}

char *
fake_take_sent(const char *jid)
{
	return g_queue_pop_head(&side_of(jid)->sent);
}

unsigned
fake_mute(const char *jid)
{
	side_of(jid)->mute = true;
	return side_of(jid)->sent.length;
}

void
fake_at_send(void (*fn)(void *ctx), void *ctx)
{
	at_send = fn;
	at_send_ctx = ctx;
}

void
fake_reset(void)
{
	GHashTableIter iter;
	struct side *side;

	at_send = NULL;
	fake_gone(NULL);
	if (sides == NULL)
		return;
	g_hash_table_iter_init(&iter, sides);
	while (g_hash_table_iter_next(&iter, NULL, (gpointer *)&side)) {
		g_assert(side->stream == NULL);
		g_queue_clear_full(&side->sent, g_free);
		side->opened = 0;
		side->mute = false;
	}
}
