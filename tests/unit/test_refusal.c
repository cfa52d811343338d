/* test_refusal.c: what the words and conditions of servers are taken to mean; as ejabberd and Prosody say them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <glib.h>

#include "core/refusal.h"

static const struct {
	const char *reason, *jid, *means;	/* a part of it; NULL: nothing is added */
} cases[] = {
	{ "example.org: \"Remote domain is not an IDN hostname\" (remote-server-not-found)", "a@b.example?join",
	    "belongs to a link" },
	{ "b.example: \"No available resource found\" (item-not-found)", "b.example", "address of a server" },
	{ "b.example: \"service unavailable\"", "b.example", "address of a server" },
	{ "b.example: \"service unavailable\"", "a@b.example", "no such person" },
	{ "a@b.example: \"User session not found\" (service-unavailable)", "a@b.example", "at present" },
	{ "example.org: \"Connection failed: timeout\" (remote-server-timeout)", "a@b.example",
	    "does not answer yours" },
	{ "example.org: \"DNS lookup failed: non-existing domain\" (remote-server-not-found)", "a@b.example",
	    "spelled right" },
	{ "example.org: \"Connection failed: connection refused\" (remote-server-timeout)", "a@b.example",
	    "nobody speaks XMPP" },
	{ "example.org: \"Connection failed: connection closed\" (remote-server-timeout)", "a@b.example", "broke off" },
	{ "example.org: \"Bad value of attribute 'to' in tag <message/>\" (bad-request)", "a@b.example", "blank" },
	{ "a@b.example: \"Messages from strangers are rejected\" (policy-violation)", "a@b.example", "/sub request" },
	{ "example.org: \"Stream closed by peer: Your server's certificate is invalid\" (remote-server-timeout)",
	    "a@b.example", "certificate of yours" },
	{ "me@example.org: \"Your active privacy list has denied the routing of this stanza.\" (not-acceptable)",
	    "a@b.example", "privacy list" },
	{ "example.org: \"Access denied by service policy\" (forbidden)", "a@b.example", "Who says so" },
	{ "b.example: \"Your contact offline message queue is full. The message has been discarded.\" (resource-constraint)",
	    "a@b.example", "until they log in" },
	{ "b.example: \"resource constraint\"", "a@b.example", "no room" },
	{ "b.example: \"Communication with remote domains is not enabled\" (not-allowed)", "a@b.example",
	    "no other servers" },
	/* Another language: the condition decides. */
	{ "b.example: \"Сервер не отвечает\" (remote-server-timeout)", "a@b.example", "does not answer yours" },
	/* Nothing that is known, nothing at all, and what only looks like it. */
	{ "b.example: \"feature not implemented\"", "a@b.example", NULL },
	{ "", "a@b.example", NULL }, { "(", "a@b.example", NULL }, { ")", "a@b.example", NULL },
	    { "\"", "a@b.example", NULL },
	{ "()", "a@b.example", NULL }, { "x: \"(gone\"", "a@b.example", NULL },
	{ "b.example: \"they said (gone) once\" (x)", "a@b.example", NULL },
};

static void
meanings(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		const char *means = refusal_means(cases[i].reason, cases[i].jid);

		if (cases[i].means == NULL)
			assert_null(means);
		else if (means == NULL || strstr(means, cases[i].means) == NULL)
			fail_msg("%s means: %s", cases[i].reason, means != NULL ? means : "nothing");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(meanings) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
