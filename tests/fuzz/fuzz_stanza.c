/* fuzz_stanza.c: what is read as a stanza can be written, and what was written reads the same. */
#include <string.h>

#include "fuzz.h"
#include "xmpp/stanza.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct stanza *first = stanza_parse((const char *)data, (gssize)size, NULL), *second;
	struct stanza_fault fault;

	if (first == NULL)
		return 0;
	g_autofree char *once = stanza_to_xml(first);
	second = stanza_parse(once, -1, NULL);
	g_assert(second != NULL);
	g_autofree char *twice = stanza_to_xml(second);
	g_assert_cmpstr(once, ==, twice);
	if (stanza_fault_read(first, &fault)) {
		g_free(stanza_fault_text(&fault));
		stanza_fault_clear(&fault);
	}
	stanza_free(first);
	stanza_free(second);
	return 0;
}
