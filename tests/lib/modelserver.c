/* modelserver.c: see modelserver.h. */
#include "modelserver.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "faketransport.h"
#include "modelroom.h"
#include "xmpp/ns.h"
#include "xmpp/stream.h"

enum { PAGE_MAX = 3 };

struct archived {
	unsigned	 id;
	int64_t		 stamp_ms;
	char		*xml;		/* as it came */
};

/* What is on its way to the account in the session: sent and not acknowledged, or (from given on) not sent yet. */
struct session {
	unsigned	 number;	/* its name is s<number> */
	bool		 there, present;
	unsigned	 in;		/* stanzas that came from the account */
	unsigned	 acked;		/* of those sent to it */
	GQueue		 out;		/* of char *, from acked + 1 on */
	unsigned	 given;		/* so many of out went into the present link */
};

struct modelserver {
	GRand		*chance;
	char		*context;
	struct session	 session;
	bool		 linked;	/* a stream is up */
	bool		 knows_count;	/* of the session that is gone */
	unsigned	 last_count, last_number;
	GPtrArray	*archive;	/* of struct archived */
	unsigned	 stanza_ids;
	GString		*roster;	/* of <item/> */
	char		*requests;	/* who asks to be a contact, or NULL */
	GPtrArray	*bob_got;	/* of char *, bodies */
	GHashTable	*bob_displayed;	/* ids */
	GPtrArray	*acknowledged;	/* of char * */
	GQueue		 now;		/* of char *: elements of stream management for the link */
	bool		*answered;
	struct modelroom *room;
};

void
model_fail(const struct modelserver *m, const char *format, ...)
{
	va_list ap;

	fprintf(stderr, "%s: ", m->context != NULL ? m->context : "");
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	fflush(stderr);
	_exit(1);
}

static void
archived_free(void *p)
{
	struct archived *archived = p;

	g_free(archived->xml);
	g_free(archived);
}

struct modelserver *
model_new(unsigned seed)
{
	struct modelserver *m = g_new0(struct modelserver, 1);

	m->chance = g_rand_new_with_seed(seed);
	m->archive = g_ptr_array_new_with_free_func(archived_free);
	m->bob_got = g_ptr_array_new_with_free_func(g_free);
	m->acknowledged = g_ptr_array_new_with_free_func(g_free);
	m->bob_displayed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	m->roster = g_string_new("<item jid='" MODEL_BOB "' name='Bob' subscription='both'/>");
	g_queue_init(&m->session.out);
	g_queue_init(&m->now);
	m->room = modelroom_new(m);
	return m;
}

void
model_free(struct modelserver *m)
{
	modelroom_free(m->room);
	g_rand_free(m->chance);
	g_free(m->context);
	g_ptr_array_unref(m->archive);
	g_ptr_array_unref(m->bob_got);
	g_ptr_array_unref(m->acknowledged);
	g_hash_table_unref(m->bob_displayed);
	g_queue_clear_full(&m->session.out, g_free);
	g_queue_clear_full(&m->now, g_free);
	g_string_free(m->roster, TRUE);
	g_free(m->requests);
	g_free(m);
}

void
model_context(struct modelserver *m, const char *text)
{
	g_free(m->context);
	m->context = g_strdup(text);
}

static void
give(struct modelserver *m, char *xml)
{
	if (m->session.there)
		g_queue_push_tail(&m->session.out, xml);
	else
		g_free(xml);
}

/* Everything that has a body is kept; its number there. */
static unsigned
keep(struct modelserver *m, const char *xml)
{
	struct archived *archived = g_new0(struct archived, 1);

	archived->id = ++m->stanza_ids;
	archived->stamp_ms = clock_real_us() / 1000;
	archived->xml = g_strdup(xml);
	g_ptr_array_add(m->archive, archived);
	return archived->id;
}

void
model_says(struct modelserver *m, const char *id, const char *body, const char *extra)
{
	g_autofree char *inside = g_strdup_printf("<body>%s</body><request xmlns='" NS_RECEIPTS "'/>"
	    "<markable xmlns='" NS_MARKERS "'/>%s", body, extra);
	g_autofree char *plain = g_strdup_printf("<message xmlns='jabber:client' type='chat' from='" MODEL_BOB "/desk' "
	    "to='" MODEL_ME "' id='%s'>%s</message>", id, inside);
	unsigned number = keep(m, plain);

	/* Who is not there gets it from the archive. */
	if (!m->session.present)
		return;
	give(m, g_strdup_printf("<message type='chat' from='" MODEL_BOB "/desk' to='" MODEL_ME "' id='%s'>%s"
	    "<stanza-id xmlns='" NS_SID "' by='" MODEL_ME "' id='a%u'/></message>", id, inside, number));
}

void
model_tells(struct modelserver *m, const char *xml)
{
	give(m, g_strdup(xml));
}

void
model_lists(struct modelserver *m, const char *item)
{
	static unsigned pushes;

	g_string_append(m->roster, item);
	give(m, g_strdup_printf("<iq type='set' id='push%u'><query xmlns='" NS_ROSTER "'>%s</query></iq>", ++pushes,
	    item));
}

static void
give_request(struct modelserver *m)
{
	if (m->requests != NULL)
		give(m, g_strdup_printf("<presence type='subscribe' from='%s' to='" MODEL_ME "'/>", m->requests));
}

void
model_requests(struct modelserver *m, const char *jid)
{
	m->requests = g_strdup(jid);
	give_request(m);
}

void
model_asks(struct modelserver *m, bool *answered)
{
	m->answered = answered;
	*answered = false;
	g_queue_push_tail(&m->now, g_strdup("<r xmlns='" NS_SM "'/>"));
}

/* --- links and sessions --- */

static void
unlink_stream(struct modelserver *m)
{
	m->linked = false;
	m->session.given = 0;
	g_queue_clear_full(&m->now, g_free);
}

void
model_forget_session(struct modelserver *m, bool told)
{
	if (!m->session.there)
		return;
	m->knows_count = told;
	m->last_count = m->session.in;
	m->last_number = m->session.number;
	m->session.there = m->session.present = false;
	g_queue_clear_full(&m->session.out, g_free);
	modelroom_out(m->room);
}

static void
start_session(struct modelserver *m, const char *resume_id)
{
	g_autofree char *last = g_strdup_printf("s%u", m->last_number);
	struct stream_up up = { .jid = MODEL_ME "/here", .sm = true, .mechanism = "SCRAM-SHA-256",
	    .peer = "example.org:5222", .tls = "TLSv1.3" };
	g_autofree char *id = NULL;

	/* A session that nobody resumes is over; the same resource is bound again. */
	model_forget_session(m, false);
	m->session.number++;
	m->session.there = true;
	m->session.present = false;
	m->session.in = m->session.acked = 0;
	up.sm_id = id = g_strdup_printf("s%u", m->session.number);
	up.resume_failed = resume_id != NULL;
	up.has_failed_h = up.resume_failed && m->knows_count && strcmp(resume_id, last) == 0;
	up.failed_h = m->last_count;
	fake_up(MODEL_ME, &up);
}

static void
take_ack(struct modelserver *m, unsigned h)
{
	if (h < m->session.acked || h > m->session.acked + m->session.out.length)
		model_fail(m, "%u acknowledged, of %u to %u", h, m->session.acked,
		    m->session.acked + m->session.out.length);
	for (; m->session.acked < h; m->session.acked++) {
		g_ptr_array_add(m->acknowledged, g_queue_pop_head(&m->session.out));
		if (m->session.given > 0)
			m->session.given--;
	}
}

static void
log_in(struct modelserver *m)
{
	const struct stream_config *config = fake_config(MODEL_ME);
	g_autofree char *id = g_strdup_printf("s%u", m->session.number);
	struct stream_up up = { .jid = MODEL_ME "/here", .resumed = true, .mechanism = "SCRAM-SHA-256",
	    .peer = "example.org:5222", .tls = "TLSv1.3" };

	unlink_stream(m);
	m->linked = true;
	if (config->resume_id == NULL || !m->session.there || strcmp(config->resume_id, id) != 0) {
		g_autofree char *resume = g_strdup(config->resume_id);

		start_session(m, resume);
		return;
	}
	if (g_strcmp0(config->resume_jid, MODEL_ME "/here") != 0)
		model_fail(m, "the resumed session is taken for %s", config->resume_jid);
	take_ack(m, config->resume_h);
	up.acked = m->session.in;
	fake_up(MODEL_ME, &up);
}

/* --- what the account sends --- */

static const char *
form_value(const struct stanza *query, const char *var)
{
	const struct stanza *form = stanza_child(query, "x", NS_DATA);

	for (struct stanza *c = form != NULL ? stanza_first(form) : NULL; c != NULL; c = stanza_next(c))
		if (g_strcmp0(stanza_get(c, "var"), var) == 0)
			return stanza_text(stanza_child(c, "value", NULL));
	return NULL;
}

static unsigned
archive_number(const char *id)
{
	return id != NULL && *id == 'a' ? (unsigned)atoi(id + 1) : 0;
}

/* XEP-0313 with XEP-0059: a page forwards (after, or by time) or backwards (before). */
static void
answer_archive(struct modelserver *m, const struct stanza *iq, const struct stanza *query)
{
	const struct stanza *set = stanza_child(query, "set", NS_RSM);
	const char *before = stanza_text(stanza_child(set, "before", NS_RSM)), *after =
	    stanza_text(stanza_child(set, "after", NS_RSM)), *with = form_value(query, "with"),
	    *start = form_value(query, "start"), *end = form_value(query, "end");
	g_autoptr(GPtrArray) fit = g_ptr_array_new();
	int64_t from_ms = 0, to_ms = G_MAXINT64;
	guint low, high;

	if (start != NULL && !clock_parse_utc(start, &from_ms))
		model_fail(m, "start is %s", start);
	if (end != NULL && !clock_parse_utc(end, &to_ms))
		model_fail(m, "end is %s", end);
	for (guint i = 0; i < m->archive->len; i++) {
		struct archived *one = m->archive->pdata[i];

		if (one->stamp_ms >= from_ms && one->stamp_ms <= to_ms &&
		    (with == NULL || strcmp(with, MODEL_BOB) == 0) && (after == NULL ||
		    one->id > archive_number(after)) && (before == NULL || *before == '\0' ||
		    one->id < archive_number(before)))
			g_ptr_array_add(fit, one);
	}
	low = before != NULL && fit->len > PAGE_MAX ? fit->len - PAGE_MAX : 0;
	high = before != NULL ? fit->len : MIN(fit->len, PAGE_MAX);
	for (guint i = low; i < high; i++) {
		const struct archived *one = fit->pdata[i];
		g_autofree char *stamp = clock_format_utc(one->stamp_ms);

		give(m, g_strdup_printf("<message to='" MODEL_ME "/here'><result xmlns='" NS_MAM "' queryid='%s' id='a%u'>"
		    "<forwarded xmlns='" NS_FORWARD "'><delay xmlns='" NS_DELAY "' stamp='%s'/>%s</forwarded></result></message>",
		    stanza_get(query, "queryid"), one->id, stamp, one->xml));
	}
	g_autofree char *edges = high == low ? g_strdup("") : g_strdup_printf("<first>a%u</first><last>a%u</last>",
	    ((struct archived *)fit->pdata[low])->id, ((struct archived *)fit->pdata[high - 1])->id);
	give(m, g_strdup_printf("<iq type='result' id='%s'><fin xmlns='" NS_MAM "'%s><set xmlns='" NS_RSM "'>%s</set></fin></iq>",
	    stanza_get(iq, "id"), high - low == fit->len ? " complete='true'" : "", edges));
}

static void
answer(struct modelserver *m, const struct stanza *iq)
{
	const struct stanza *asked = stanza_first(iq);
	const char *ns = asked != NULL ? stanza_ns(asked) : "", *to = stanza_get(iq, "to"), *id = stanza_get(iq, "id");
	g_autofree char *from = to != NULL ? g_strdup_printf(" from='%s'", to) : g_strdup("");
	g_autofree char *now = clock_format_utc(clock_real_us() / 1000);

	if (g_strcmp0(stanza_get(iq, "type"), "get") != 0 && g_strcmp0(stanza_get(iq, "type"), "set") != 0)
		return;
	if (strcmp(ns, NS_MAM) == 0 && strcmp(stanza_name(asked), "query") == 0)
		answer_archive(m, iq, asked);
	else if (strcmp(ns, NS_MAM) == 0)
		give(m, g_strdup_printf("<iq type='result' id='%s'><prefs xmlns='" NS_MAM "' default='always'/></iq>",
		    id));
	else if (strcmp(ns, NS_CARBONS) == 0)
		give(m, g_strdup_printf("<iq type='result' id='%s'/>", id));
	else if (strcmp(ns, NS_ROSTER) == 0)
		give(m, g_strdup_printf("<iq type='result' id='%s'><query xmlns='" NS_ROSTER "'>"
		    "%s</query></iq>", id, m->roster->str));
	else if (strcmp(ns, NS_TIME) == 0)
		give(m, g_strdup_printf("<iq type='result' id='%s'%s><time xmlns='" NS_TIME "'><tzo>Z</tzo><utc>%s</utc></time>"
		    "</iq>", id, from, now));
	else if (strcmp(ns, NS_DISCO_INFO) == 0)
		give(m, g_strdup_printf("<iq type='result' id='%s'%s><query xmlns='" NS_DISCO_INFO "'>"
		    "<feature var='" NS_MAM "'/>"
		    "<feature var='" NS_SID "'/></query></iq>", id, from));
	else
		give(m, g_strdup_printf("<iq type='error' id='%s'%s><error type='cancel'><service-unavailable "
		    "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>", id, from));
}

static void
route_message(struct modelserver *m, const struct stanza *message, const char *xml)
{
	const char *body = stanza_text(stanza_child(message, "body", NULL)), *id = stanza_get(message, "id");
	const struct stanza *displayed = stanza_child(message, "displayed", NS_MARKERS);

	if (!g_str_has_prefix(stanza_get(message, "to"), MODEL_BOB))
		model_fail(m, "for whom is this? %s", xml);
	if (displayed != NULL)
		g_hash_table_add(m->bob_displayed, g_strdup(stanza_get(displayed, "id")));
	if (body == NULL)
		return;
	g_autofree char *stamped = g_strdup_printf("<message xmlns='jabber:client' from='" MODEL_ME "/here'%s",
	    xml + strlen("<message"));
	keep(m, stamped);
	g_ptr_array_add(m->bob_got, g_strdup(body));
	if (stanza_child(message, "request", NS_RECEIPTS) != NULL)
		give(m, g_strdup_printf("<message type='chat' from='" MODEL_BOB "/desk' to='" MODEL_ME "/here'>"
		    "<received xmlns='" NS_RECEIPTS "' id='%s'/></message>", id));
}

static void
take(struct modelserver *m, const char *xml)
{
	struct stanza *element = stanza_parse(xml, -1, NULL);

	if (element == NULL)
		model_fail(m, "this is no element: %s", xml);
	if (stanza_is(element, "r", NS_SM)) {
		g_queue_push_tail(&m->now, g_strdup_printf("<a xmlns='" NS_SM "' h='%u'/>", m->session.in));
	} else if (stanza_is(element, "a", NS_SM)) {
		take_ack(m, (unsigned)strtoul(stanza_get(element, "h"), NULL, 10));
		if (m->answered != NULL)
			*m->answered = true;
		m->answered = NULL;
	} else if (strcmp(stanza_ns(element), NS_CLIENT) == 0) {
		m->session.in++;
		if (modelroom_take(m->room, element))
			;
		else if (strcmp(stanza_name(element), "iq") == 0)
			answer(m, element);
		else if (strcmp(stanza_name(element), "message") == 0)
			route_message(m, element, xml);
		else if (stanza_get(element, "type") == NULL && !m->session.present) {
			m->session.present = true;
			give_request(m);
		}
	} else if (!stanza_is(element, "active", NS_CSI) && !stanza_is(element, "inactive", NS_CSI)) {
		model_fail(m, "the core sent %s", xml);
	}
	stanza_free(element);
}

/* The first so many of what was sent and not taken got here, the rest did not. */
static void
lose_sent(struct modelserver *m, unsigned reached)
{
	char *sent;

	while ((sent = fake_take_sent(MODEL_ME)) != NULL) {
		if (reached > 0 && m->linked && m->session.there) {
			take(m, sent);
			reached--;
		}
		g_free(sent);
	}
	unlink_stream(m);
}

void
model_cut(struct modelserver *m)
{
	struct stream_failure *failure;

	if (fake_config(MODEL_ME) == NULL)
		return;
	lose_sent(m, (unsigned)g_rand_int_range(m->chance, 0, 4));
	failure = g_new0(struct stream_failure, 1);
	failure->fault = STREAM_LOST;
	failure->text = g_strdup("The connection broke.");
	fake_down(MODEL_ME, failure);
}

void
model_died(struct modelserver *m, unsigned reached)
{
	lose_sent(m, reached);
}

static void
hand_over(struct modelserver *m, const char *xml)
{
	g_autoptr(GError) error = NULL;

	if (!fake_stanza(MODEL_ME, xml, &error))
		model_fail(m, "%s: %s", error->message, xml);
}

/* While the core does not read, what comes is what was read before: one. */
static bool
deliver(struct modelserver *m, unsigned stanzas)
{
	bool some = false;
	char *xml;

	if (fake_is_held(MODEL_ME))
		stanzas = stanzas > 0 && g_rand_int_range(m->chance, 0, 8) == 0;
	while (stanzas-- > 0 && m->linked && m->session.given < m->session.out.length) {
		some = true;
		hand_over(m, g_queue_peek_nth(&m->session.out, m->session.given++));
		/* It may have left us. */
		if (!fake_is_up(MODEL_ME))
			return true;
	}
	while (m->linked && !fake_is_held(MODEL_ME) && fake_is_up(MODEL_ME) &&
	    (xml = g_queue_pop_head(&m->now)) != NULL) {
		some = true;
		hand_over(m, xml);
		g_free(xml);
	}
	return some;
}

bool
model_step(struct modelserver *m, unsigned stanzas)
{
	bool some = false;
	char *sent;

	/* Left without a word: the session stays. */
	if (m->linked && !fake_is_up(MODEL_ME))
		unlink_stream(m);
	if (!m->linked && fake_config(MODEL_ME) != NULL && !fake_is_closing(MODEL_ME)) {
		log_in(m);
		return true;
	}
	while (m->linked && (sent = fake_take_sent(MODEL_ME)) != NULL) {
		take(m, sent);
		g_free(sent);
		some = true;
	}
	if (m->linked && fake_is_closing(MODEL_ME)) {
		struct stream_failure *failure = g_new0(struct stream_failure, 1);

		failure->text = g_strdup("The connection was closed as asked.");
		unlink_stream(m);
		model_forget_session(m, false);
		fake_down(MODEL_ME, failure);
		return true;
	}
	return (m->linked && deliver(m, stanzas)) || some;
}

struct modelroom *
model_room(struct modelserver *m)
{
	return m->room;
}

unsigned
model_session(const struct modelserver *m)
{
	return m->session.number;
}

unsigned
model_got(const struct modelserver *m, const char *body)
{
	unsigned n = 0;

	for (guint i = 0; i < m->bob_got->len; i++)
		n += strcmp(m->bob_got->pdata[i], body) == 0;
	return n;
}

int
model_place(const struct modelserver *m, const char *body)
{
	for (guint i = 0; i < m->bob_got->len; i++)
		if (strcmp(m->bob_got->pdata[i], body) == 0)
			return (int)i;
	return -1;
}

bool
model_displayed(const struct modelserver *m, const char *id)
{
	return g_hash_table_contains(m->bob_displayed, id);
}

const GPtrArray *
model_acknowledged(const struct modelserver *m)
{
	return m->acknowledged;
}

bool
model_at_rest(const struct modelserver *m)
{
	return m->linked && m->session.given == m->session.out.length && m->now.length == 0;
}
