/*
 * secret.h: bytes that must not stay in memory: what is freed was overwritten.  Only for what is short and lives in one
 * place: whoever copies the bytes elsewhere wipes that copy too.
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <glib.h>

/* A copy of n bytes that is wiped when its last reference goes. */
GBytes	*secret_bytes(const void *bytes, gsize n);
/* Wipes and frees n bytes of g_malloc's; NULL is fine. */
void	 secret_free(void *bytes, gsize n);

#endif
