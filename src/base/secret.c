/* secret.c: see secret.h. */
#include "base/secret.h"

#include <string.h>

struct block {
	gsize	 n;
	char	 bytes[];
};

static void
block_free(void *p)
{
	struct block *block = p;

	secret_free(block, sizeof *block + block->n);
}

GBytes *
secret_bytes(const void *bytes, gsize n)
{
	struct block *block = g_malloc(sizeof *block + n);

	block->n = n;
	if (n > 0)
		memcpy(block->bytes, bytes, n);
	return g_bytes_new_with_free_func(block->bytes, n, block_free, block);
}

void
secret_free(void *bytes, gsize n)
{
	if (bytes == NULL)
		return;
	explicit_bzero(bytes, n);
	g_free(bytes);
}
