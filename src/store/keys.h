/*
 * keys.h: keys of end-to-end encryption, of each account: its own identity and prekeys, sessions with devices, and
 * what is known and believed of devices.  In the same database as the messages, so that what a message spends of a
 * session and the message are one savepoint.  Records are opaque here; what is loaded of them is wiped when it is
 * freed (base/secret.h), and what is deleted or replaced is overwritten in the file.
 *
 * As messages.h says: changes run in an open savepoint, reading logs what the disk said.
 */
#ifndef STORE_KEYS_H
#define STORE_KEYS_H

#include "proto/event.h"
#include "store/store.h"

enum { KEYS_PUBLIC = 33, KEYS_PRIVATE = 32 };

/* --- our own device --- */

struct own_row {
	uint32_t device;		/* its number */
	uint8_t	 key[KEYS_PUBLIC], secret[KEYS_PRIVATE];
	int64_t	 made_ms;
	uint32_t next_prekey, next_signed;	/* numbers that were never given */
};
/* False: there is none; or the disk, then with the error (logged where error is NULL). */
bool	 own_load(struct store *, int64_t account, struct own_row *, GError **error);
bool	 own_save(struct store *, int64_t account, const struct own_row *, GError **error);
void	 own_clear(struct own_row *);
/* The device is given up: identity, prekeys and sessions go.  What is known of devices stays. */
bool	 own_forget(struct store *, int64_t account, GError **error);

bool	 prekey_save(struct store *, int64_t account, uint32_t id, GBytes *record, GError **error);
/* 1 and *record, also of one that was used; 0: there is none; -1: the disk. */
int	 prekey_load(struct store *, int64_t account, uint32_t id, GBytes **record);
/* It began a session: no longer in the bundle. */
bool	 prekey_use(struct store *, int64_t account, uint32_t id, GError **error);
/* Those that were used go: nobody else will have begun with them.  After a catch-up. */
bool	 prekey_forget_used(struct store *, int64_t account, GError **error);
/* Records of those that were not used, by number, of GBytes. */
GPtrArray *prekey_list(struct store *, int64_t account);

bool	 signed_prekey_save(struct store *, int64_t account, uint32_t id, int64_t made_ms, GBytes *record,
	    GError **error);
int	 signed_prekey_load(struct store *, int64_t account, uint32_t id, GBytes **record);
/* The newest; as above. */
int	 signed_prekey_newest(struct store *, int64_t account, int64_t *made_ms, GBytes **record);
/* Those that another one took the place of before this time go. */
bool	 signed_prekey_forget(struct store *, int64_t account, int64_t before_ms, GError **error);

/* --- sessions --- */

int	 ratchet_row_load(struct store *, int64_t account, const char *jid, uint32_t device, GBytes **record);
bool	 ratchet_row_save(struct store *, int64_t account, const char *jid, uint32_t device, const void *record,
	    size_t n, GError **error);
bool	 ratchet_row_delete(struct store *, int64_t account, const char *jid, uint32_t device, GError **error);

/* --- devices, of others and our own other ones --- */

struct device_row {
	char		*jid;		/* bare */
	uint32_t	 device;
	bool		 active;	/* on the list that they published last */
	bool		 has_key, has_session;
	uint8_t		 key[KEYS_PUBLIC];	/* if has_key: never changes by itself */
	bool		 changed;	/* another key was seen since, and nobody decided about that */
	uint8_t		 other[KEYS_PUBLIC];	/* if changed: that one */
	enum trust trust;
	char		*label;		/* or NULL */
	int64_t		 first_ms, last_ms;	/* first seen; last message from it, 0: none */
	bool		 announced;	/* people were told of it */
	int64_t		 repaired_ms;	/* when a session with it was begun anew because of a failure; 0: never */
};
void	 device_row_free(struct device_row *);
/* All of a person, or (jid NULL) of the account, by jid and first_ms, of struct device_row. */
GPtrArray *device_rows(struct store *, int64_t account, const char *jid);
/* NULL: it is not known. */
struct device_row *device_row_load(struct store *, int64_t account, const char *jid, uint32_t device);
/* The row as given, made if it is not there; not has_session. */
bool	 device_row_save(struct store *, int64_t account, const struct device_row *, GError **error);
/* It goes, with its session. */
bool	 device_row_delete(struct store *, int64_t account, const char *jid, uint32_t device, GError **error);

/* 1 and its key (KEYS_PUBLIC bytes); 0: none is known; -1: the disk. */
int	 device_key_load(struct store *, int64_t account, const char *jid, uint32_t device, uint8_t *key);
/*
 * Its key, once; where there is a row, nothing else of it changes; a new one is undecided and not active.  Anybody
 * may write from one device after another: the oldest go, as below.
 */
bool	 device_key_save(struct store *, int64_t account, const char *jid, uint32_t device, const uint8_t *key,
	    int64_t now_ms, GError **error);
bool	 device_trust_save(struct store *, int64_t account, const char *jid, uint32_t device, enum trust,
	    GError **error);
bool	 device_seen(struct store *, int64_t account, const char *jid, uint32_t device, int64_t now_ms, GError **error);

/*
 * The list that a person published: those on it are active, new ones undecided and not announced; all others are not.
 * A device is not forgotten because it went from a list, unless nothing is known of it; beyond LIMIT_DEVICES_KEPT of
 * one person the oldest that left the list go, but none about which somebody decided.
 */
bool	 device_list_save(struct store *, int64_t account, const char *jid, const uint32_t *devices, size_t n,
	    int64_t now_ms, GError **error);
/* A list was got at some time, an empty one too; *came_ms, unless NULL: when the one that is here came first. */
bool	 device_list_known(struct store *, int64_t account, const char *jid, int64_t *came_ms);

#endif
