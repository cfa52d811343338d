/* replay.c: runs a fuzz target over files, each also cut at its half, so that the corpus is part of every check. */
#include <glib.h>
#include <stdio.h>

#include "fuzz.h"

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		g_autofree char *data = NULL;
		gsize len;

		if (!g_file_get_contents(argv[i], &data, &len, NULL)) {
			fprintf(stderr, "replay: %s cannot be read\n", argv[i]);
			return 1;
		}
		LLVMFuzzerTestOneInput((const uint8_t *)data, len);
		LLVMFuzzerTestOneInput((const uint8_t *)data, len / 2);
	}
	return argc > 1 ? 0 : 1;
}
