/*
 * doctor_account.c: the way to the server of each account: a stream that only looks (stream_config.look).  All go at
 * once, because a server that says nothing takes its time; what they find is told account by account.
 */
#include <string.h>

#include "admin/doctor.h"
#include "xmpp/stream.h"

struct finding {
	bool	 bad;
	char	*text;
};

struct look {
	const struct account_settings *account;
	struct stream	*stream;
	GArray		*findings;	/* struct finding */
	GMainLoop	*loop;
	unsigned	*open;		/* looks that are not over */
};

static void
finding_clear(void *finding)
{
	g_free(((struct finding *)finding)->text);
}

static void
find(struct look *look, bool bad, const char *text)
{
	struct finding finding = { bad, g_strdup(text) };

	g_array_append_val(look->findings, finding);
}

static void
on_step(void *ctx, const char *text)
{
	find(ctx, false, text);
}

static void
on_trouble(void *ctx, const struct stream_failure *failure)
{
	find(ctx, true, failure->text);
}

static void
on_down(void *ctx, struct stream_failure *failure)
{
	struct look *look = ctx;
	const struct finding *last = look->findings->len > 0 ?
	    &g_array_index(look->findings, struct finding, look->findings->len - 1) : NULL;

	/* The best of several troubles is told again at the end. */
	if (failure->fault != STREAM_CLOSED && (last == NULL || strcmp(last->text, failure->text) != 0))
		find(look, true, failure->text);
	stream_failure_free(failure);
	if (--*look->open == 0)
		g_main_loop_quit(look->loop);
}

static const struct stream_handler handler = { .step = on_step, .down = on_down, .trouble = on_trouble };

static void
begin(struct look *look)
{
	const struct account_settings *s = look->account;
	struct stream_config config = {
		.jid = s->jid, .host = s->host, .port = (uint16_t)s->port, .tls = s->tls, .ca_file = s->ca_file,
		    .pin = s->pin,
		.pin_flaws = s->pin_flaws, .look = true,
	};

	look->stream = transport_net.open(&config, &handler, look);
}

static void
tell(struct checkup *checkup, const struct look *look)
{
	const struct account_settings *s = look->account;
	g_autofree char *title = g_strdup_printf("Account %s, %s", s->name, s->jid);

	checkup_head(title);
	for (guint i = 0; i < look->findings->len; i++) {
		const struct finding *finding = &g_array_index(look->findings, struct finding, i);

		if (finding->bad)
			checkup_wrong(checkup, NULL, "%s", finding->text);
		else
			checkup_good("%s", finding->text);
	}
	if (s->tls == STREAM_TLS_OFF)
		checkup_note("tls is off: what is said on the way to %s can be read on this machine.", s->jid);
	if (s->password == NULL && s->password_command == NULL)
		checkup_note("There is no password in the accounts file and no password_command: confab asks for it.");
}

void
doctor_accounts(struct checkup *checkup, GPtrArray *accounts)
{
	g_autofree struct look *looks = g_new0(struct look, accounts->len);
	GMainLoop *loop = g_main_loop_new(NULL, FALSE);
	unsigned open = accounts->len;

	for (guint i = 0; i < accounts->len; i++) {
		looks[i] = (struct look){ accounts->pdata[i], NULL, g_array_new(FALSE, FALSE, sizeof(struct finding)),
		    loop, &open };
		g_array_set_clear_func(looks[i].findings, finding_clear);
		begin(&looks[i]);
	}
	g_main_loop_run(loop);
	for (guint i = 0; i < accounts->len; i++) {
		tell(checkup, &looks[i]);
		transport_net.free(looks[i].stream);
		g_array_unref(looks[i].findings);
	}
	g_main_loop_unref(loop);
}
