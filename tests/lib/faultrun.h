/*
 * faultrun.h: a life played again and again, with a fault of the disk (faultvfs.h) at another place each time, until
 * none comes any more.  The places are shared by processes of their own; what fails in one fails the test.
 *
 * The environment: FAULT=n plays that place alone, SEED=n another run of chances, STRIDE=n every n-th place (and tells
 * how far it came), TEST=test_name that test alone, LOG=file is what the core says.
 */
#ifndef TESTS_FAULTRUN_H
#define TESTS_FAULTRUN_H

#include <stdbool.h>

/* Plays a life with its fault-th write failing.  False: the fault did not come any more. */
typedef bool (*faultrun_live)(const void *life, unsigned fault, unsigned seed);

/* A test of cmocka: every stride-th place; under a sanitizer, which looks at what is done, not at when, fewer. */
void	 faultrun(const char *name, unsigned stride, faultrun_live, const void *life);
/* Before the first test of the program: locale, time zone, log, and which tests. */
void	 faultrun_begin(void);

#endif
