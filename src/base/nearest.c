/* nearest.c: see nearest.h. */
#include "base/nearest.h"

#include <glib.h>
#include <string.h>

/* Edits (insert, delete, replace, swap of neighbours) that turn a into b, for words of people. */
static unsigned
distance(const char *a, const char *b)
{
	gsize n = strlen(a), m = strlen(b);
	g_autofree unsigned *d = g_new0(unsigned, (n + 1) * (m + 1));

#define D(i, j) d[(i) * (m + 1) + (j)]
	for (gsize i = 0; i <= n; i++) {
		for (gsize j = 0; j <= m; j++) {
			if (i == 0 || j == 0) {
				D(i, j) = (unsigned)(i + j);
				continue;
			}
			D(i, j) = MIN(MIN(D(i - 1, j), D(i, j - 1)) + 1, D(i - 1, j - 1) + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				D(i, j) = MIN(D(i, j), D(i - 2, j - 2) + 1);
		}
	}
	return D(n, m);
#undef D
}

const char *
nearest(const char *text, const char *const *candidates)
{
	const char *best = NULL;
	unsigned least = 3;	/* more than two slips is another word */

	if (strlen(text) > 64)
		return NULL;
	for (; *candidates != NULL; candidates++) {
		unsigned n = distance(text, *candidates);

		if (n < least && n < strlen(*candidates)) {
			least = n;
			best = *candidates;
		}
	}
	return best;
}
