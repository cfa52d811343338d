/*
 * faultvfs.h: an SQLite VFS over the usual one, in which writing fails when a test says so.  What is counted is
 * each write, truncation and sync of any file, also by the check-point thread.  One for the process; any thread.
 */
#ifndef TEST_FAULTVFS_H
#define TEST_FAULTVFS_H

#include <stdbool.h>

enum fault {
	FAULT_FULL,		/* no space */
	FAULT_SHORT,		/* half of it is written, then no space */
	FAULT_IO,		/* the disk reports an error */
	FAULT_DEATH,		/* the process is killed just before: from here on nothing more reaches the disk */
};

/* The name for store_open(). */
const char *faultvfs_register(void);
/* Nothing fails (any more).  Not while power may still be lost: unsynced writes are forgotten. */
void	 faultvfs_reset(void);
/* The n-th from now (1 is the next) fails, and if for_ever all that follow. */
void	 faultvfs_fail_at(unsigned n, enum fault, bool for_ever);
bool	 faultvfs_fired(void);
/* Operations since then. */
unsigned faultvfs_count(void);
/* Called at the first fault, before it happens, on whatever thread that is; it must not use the VFS.  NULL: nobody. */
void	 faultvfs_on_fault(void (*fn)(void *ctx), void *ctx);
/* Files are opened as if they may only be read. */
void	 faultvfs_read_only(bool);
/*
 * After FAULT_DEATH, with all connections closed: what was written and not synced was never written; with a seed other
 * than 0 some of it was, in whole or in sectors of it, as the seed has it.
 */
void	 faultvfs_lose_power(unsigned seed);

#endif
