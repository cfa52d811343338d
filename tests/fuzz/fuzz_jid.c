/* fuzz_jid.c: a normal form is its own normal form, and its parts make it up. */
#include <string.h>

#include "base/jid.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	g_autofree char *jid = jid_normalise(text, NULL), *typed = jid_from_person(text, false, NULL);

	if (typed != NULL) {
		g_autofree char *again = jid_normalise(typed, NULL);

		g_assert_cmpstr(typed, ==, again);
	}
	if (jid == NULL)
		return 0;
	g_autofree char *again = jid_normalise(jid, NULL), *bare = jid_bare(jid), *local = jid_local(jid);
	g_autofree char *domain = jid_domain(jid);
	const char *resource = jid_resource(jid);
	g_autofree char *whole = g_strconcat(local == NULL ? "" : local, local == NULL ? "" : "@", domain,
	    resource == NULL ? "" : "/", resource, NULL);
	g_assert_cmpstr(jid, ==, again);
	g_assert_cmpstr(jid, ==, whole);
	g_assert_true(g_str_has_prefix(jid, bare) && jid_same_bare(jid, bare));
	return 0;
}
