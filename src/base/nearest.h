/* nearest.h: which of some words a person meant, for "near to it: ...". */
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

/* The candidate (an array that ends with NULL) that text most likely meant; NULL: none is near. */
const char *nearest(const char *text, const char *const *candidates);

#endif
