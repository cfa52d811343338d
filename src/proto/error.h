/*
 * error.h: error.def as a GError domain, RPC_ERROR; the error's code is one of RPC_ERROR_*.  The message is a
 * sentence for people.
 */
#ifndef PROTO_ERROR_H
#define PROTO_ERROR_H

#include <glib.h>

enum rpc_error {
#define CODE(constant, word, meaning) RPC_ERROR_##constant,
#include "proto/error.def"
#undef CODE
	RPC_ERRORS
};

#define RPC_ERROR rpc_error_quark()
GQuark	 rpc_error_quark(void);
const char *rpc_error_word(enum rpc_error);
/* RPC_ERROR_FAILED for a word that is not known. */
enum rpc_error rpc_error_find(const char *word);

#endif
