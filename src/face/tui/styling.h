/*
 * styling.h: *strong*, _emphasis_, ~strike~ and `code` inside one line of a message (XEP-0393 §5.2).  The marks stay,
 * so that what is copied is what was sent, and nothing is ever taken away.  Linear in the length of the line.
 */
#ifndef TUI_STYLING_H
#define TUI_STYLING_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum styling { STYLING_STRONG = 1, STYLING_EMPHASIS = 2, STYLING_STRIKE = 4, STYLING_CODE = 8 };

/* For each byte of a line, which of them it has; n at most LIMIT_STYLED. */
void	 styling_line(const char *line, size_t n, uint8_t *out);

#endif
