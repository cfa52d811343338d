/* error.c: see error.h. */
#include "proto/error.h"

#include <string.h>

static const char *const words[] = {
#define CODE(constant, word, meaning) word,
#include "proto/error.def"
#undef CODE
};

G_DEFINE_QUARK(confab-rpc-error, rpc_error)

const char *
rpc_error_word(enum rpc_error code)
{
	return words[code < RPC_ERRORS ? code : RPC_ERROR_FAILED];
}

enum rpc_error
rpc_error_find(const char *word)
{
	for (size_t i = 0; word != NULL && i < RPC_ERRORS; i++)
		if (strcmp(word, words[i]) == 0)
			return (enum rpc_error)i;
	return RPC_ERROR_FAILED;
}
