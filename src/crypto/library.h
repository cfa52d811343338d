/*
 * library.h: libsignal-protocol-c, or (--with-omemo-c) libomemo-c, which has the same interface, with OpenSSL beneath
 * it. For this folder only.  No lock: one thread; no log: what it has to say it says in its results.
 */
#ifndef CRYPTO_LIBRARY_H
#define CRYPTO_LIBRARY_H

#ifdef WITH_OMEMO_C
#include <omemo/curve.h>
#include <omemo/key_helper.h>
#include <omemo/protocol.h>
#include <omemo/session_builder.h>
#include <omemo/session_cipher.h>
#include <omemo/session_pre_key.h>
#include <omemo/session_record.h>
#include <omemo/session_state.h>
#include <omemo/signal_protocol.h>
#else
#include <signal/curve.h>
#include <signal/key_helper.h>
#include <signal/protocol.h>
#include <signal/session_builder.h>
#include <signal/session_cipher.h>
#include <signal/session_pre_key.h>
#include <signal/session_record.h>
#include <signal/session_state.h>
#include <signal/signal_protocol.h>
#endif

#include "crypto/key.h"

/* The version of sessions and messages that is spoken (eu.siacs.conversations.axolotl). */
enum { LIBRARY_VERSION = 3 };

struct library;
struct library *library_new(GError **error);
void	 library_free(struct library *);	/* NULL is fine */
signal_context *library_context(const struct library *);

/* What OpenSSL or the library refused, as an error with this sentence. */
void	 library_error(GError **error, const char *sentence);

/* The library's buffer as a secret, and wiped; NULL for NULL. */
GBytes	*library_take(signal_buffer *);
signal_buffer *library_buffer(GBytes *);

/* Our form of a public key to the library's, which is unreferenced by who asked, and back.  False: it is none. */
bool	 library_key(const struct library *, const struct key *, ec_public_key **);
bool	 library_key_bytes(const ec_public_key *, struct key *);

#endif
