/*
 * scenario.h: transcripts that drive a whole core: no network (faketransport.h), no time (base/clock.h), a disk that
 * can refuse (faultvfs.h).  One process runs one scenario: what fails prints file and line and ends the process.
 *
 * One verb a line; "#" begins a comment line; a "\" at the end joins the next line; "<<END" collects lines up to END as
 * the last argument.  Before a verb may stand
 *
 *	@NAME		the account that the line is about; else the first one of the accounts file
 *	repeat N	so many times; {n} is the number of the turn, from 1
 *	unfinished	the main loop does not come around afterwards: nothing is committed, nothing leaves
 *
 * Verbs and their arguments are in the table of scenario_verbs.c.  What random ids are, a scenario learns by "$name"
 * (scenario_match.h) in what it expects; in what it says, "$name" is put in place.
 */
#ifndef TEST_SCENARIO_H
#define TEST_SCENARIO_H

#include <jansson.h>

#include "base/paths.h"
#include "core/command.h"
#include "core/core.h"

struct bus_subscriber;

/* What became of the last command line. */
struct scenario_result {
	int64_t		 request;
	bool		 ended;
	char		*output;	/* its lines */
	char		*code, *words;	/* of its error; NULL: it went well */
	int64_t		 message;
};

struct scenario {
	const char	*file;
	unsigned	 line;
	GPtrArray	*homes;		/* folders to remove at the end; the last one is in use */
	struct paths	*paths;
	struct core	*core;		/* NULL before start */
	struct bus_subscriber *subscriber;
	GQueue		 events;	/* of json_t */
	GHashTable	*bound;		/* $name → value */
	struct caller	 caller;
	struct scenario_result result;
	unsigned	 opened;	/* streams that the scenario has seen open */
	unsigned	 faces;		/* others that are attached */
	bool		 quit;		/* the core was asked to end */
	bool		 unfinished;
	bool		 chatty;
	char		*snapshot;	/* home as it was at die-at-send; NULL */
	/* Of the present line: */
	char		*jid;		/* bare address of its account; NULL when there is none yet */
	char		*here;		/* the text of <<END, or NULL */
};

typedef void (*scenario_verb)(struct scenario *, const char *argument);
/* NULL: there is none. */
scenario_verb scenario_find_verb(const char *name);

/* Runs the file to its end.  Returns only when all was as expected. */
void	 scenario_run(const char *path);

/* --- for the verbs --- */
void	 scenario_fail(struct scenario *, const char *format, ...) G_GNUC_PRINTF(2, 3) G_GNUC_NORETURN;
/* A core on the home in use, not started; false with its sentence. */
bool	 scenario_boot(struct scenario *, GError **error);
/* Ends the process's memory of the core, as a kill would: what is on disk in the new home is what was written. */
void	 scenario_crash(struct scenario *);
void	 scenario_stop(struct scenario *);
/* The home as it is now on disk, in a new folder, whose name is returned. */
char	*scenario_copy_home(struct scenario *);
/* The main loop comes around until nothing is left to do. */
void	 scenario_pump(void);
void	 scenario_run_line(struct scenario *, const char *line);
void	 scenario_run_file(struct scenario *, const char *path);

#endif
