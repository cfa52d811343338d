/*
 * account_file.h: the accounts file (INI, one [name] each): read, checked, changed key by key.
 */
#ifndef CORE_ACCOUNT_FILE_H
#define CORE_ACCOUNT_FILE_H

#include <glib.h>
#include <stdbool.h>

#include "xmpp/stream.h"

struct account_settings {
	char	*name;
	char	*jid;			/* bare, normalised */
	char	*password;
	char	*password_command;
	char	*host, *ca_file, *pin, *resource, *nick;
	unsigned pin_flaws;		/* of enum stream_flaw: what the pinned certificate may have */
	int	 port, priority;
	enum stream_tls tls;
	bool	 autoconnect, enabled;
};
void	 account_settings_free(struct account_settings *);

struct account_key {
	const char	*name, *meaning;
	bool		 secret;
};
/* account_key.def; ends with a NULL name. */
extern const struct account_key account_keys[];

/* "issuer date", as the key pin_for has it; "nothing" for 0.  The caller's. */
char	*account_flaws_text(unsigned flaws);

/* All accounts in the order of the file.  The error names file and line. */
GPtrArray *account_file_load(const char *path, GError **error);

/*
 * Sets one key of one account; value NULL takes it away.  The result is checked as when loading before it is written:
 * on an error the file stays as it is.  create: the account may be new.
 */
bool	 account_file_set(const char *path, const char *name, const char *key, const char *value, bool create,
	    GError **error);
bool	 account_file_remove(const char *path, const char *name, GError **error);

#endif
