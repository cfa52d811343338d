/*
 * doctor.h: confab doctor, the core's half: files, database, socket, and each account's way to its server.  It reads
 * and connects; it changes nothing (but see doctor_recover()), sends no password, and works beside a core that runs.
 */
#ifndef ADMIN_DOCTOR_H
#define ADMIN_DOCTOR_H

#include "base/checkup.h"
#include "base/paths.h"
#include "core/account_file.h"

/* account: only this one; NULL: all that are enabled.  The exit code: 1 when something is wrong. */
int	 doctor_run(const struct paths *, const char *account);

/* confab doctor --config: the two files that people write, and nothing else.  The exit code: 1 when a line is wrong. */
int	 doctor_config(const struct paths *);

/*
 * confab doctor --recover: a database that is damaged is set aside, and what can be read of all that were is brought
 * into the present one.  Only while no core runs.  The exit code: 1 when something could not be brought back.
 */
int	 doctor_recover(const struct paths *);

/* The way to the servers of these (struct account_settings), all at once, told one after the other. */
void	 doctor_accounts(struct checkup *, GPtrArray *accounts);

#endif
