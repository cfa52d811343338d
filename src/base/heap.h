/*
 * heap.h: what a burst took goes back to the system.
 *
 * malloc keeps what was freed between things that stay: after a room was entered or a page of the archive came, the
 * process would be larger by the burst for ever.  So whoever moves many bytes says so; when it is quiet again, free
 * pages are given back, once.  Main thread only.
 */
#ifndef BASE_HEAP_H
#define BASE_HEAP_H

#include <stddef.h>

/* So many bytes came or went, and memory was needed for them. */
void	 heap_passed(size_t bytes);

#endif
