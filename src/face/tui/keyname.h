/*
 * keyname.h: the names of keys ("M-a", "C-x k", "PgUp") as the bytes that terminals send.  Pure.
 */
#ifndef TUI_KEYNAME_H
#define TUI_KEYNAME_H

#include <glib.h>
#include <stdbool.h>

/*
 * Every byte sequence that the key, or the sequence of keys with blanks between, may come as: several where terminals
 * differ.  NULL for a name that is none.  An array of char *.
 */
GPtrArray *keyname_parse(const char *text);
/* Why keyname_parse() gives NULL, as a sentence; the caller's. */
char	*keyname_wrong(const char *text);
/* As the config file can hold it: one blank between keys, names for what no key of the file may hold.  The caller's. */
char	*keyname_plain(const char *text);

/* One of the keys, with commas between, may come as these bytes. */
bool	 keyname_is(const char *keys, const char *bytes, size_t len);

#endif
