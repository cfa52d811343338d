/* qr.h: a QR code as text for a terminal, where libqrencode was there when confab was built. */
#ifndef CORE_QR_H
#define CORE_QR_H

#include <stdbool.h>

/*
 * Lines of what is light, so that it can be read on a dark screen (and by most readers on a light one): two rows in
 * each line by half blocks, or (ascii) one row with two signs for each dot.  With a margin.  NULL: it is too long for
 * one, or confab was built without.  The caller's.
 */
char	*qr_text(const char *text, bool ascii);

#endif
