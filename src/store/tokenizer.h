/*
 * tokenizer.h: how the search index cuts text into words: as SQLite's unicode61 does, without accents, but each letter
 * of a script that writes no blanks (Han, Kana, Hangul, Thai, Lao, Khmer) is a word of its own.  A question in such a
 * script is then a phrase of letters, and finds them anywhere in a sentence.
 */
#ifndef STORE_TOKENIZER_H
#define STORE_TOKENIZER_H

#include <sqlite3.h>

/* For this connection, as "confab".  An SQLite result code. */
int	 tokenizer_register(sqlite3 *);

#endif
