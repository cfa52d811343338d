/*
 * memkeys.h: a device with its keys in memory, for tests of the ratchet: what a core has in its database.  Its store's
 * functions can fail, and it can be copied, as a savepoint would be.
 */
#ifndef TESTS_MEMKEYS_H
#define TESTS_MEMKEYS_H

#include "crypto/ratchet.h"

struct memkeys {
	char		*name;
	uint32_t	 device;
	struct identity	 identity;
	GHashTable	*sessions;	/* "name/device" → GBytes */
	GHashTable	*identities;	/* the same → GBytes */
	GHashTable	*prekeys;	/* number → GBytes */
	GHashTable	*used;		/* number → itself */
	GBytes		*signed_prekey;
	uint32_t	 signed_id;
	struct ratchet	*ratchet;
	int		 fail_at;	/* the so-manieth call of the store's functions fails; 0: none does */
	int		 calls;
	size_t		 garble;	/* of what it loads, the so-manieth byte is changed; 0: none is */
};

/* With so many prekeys. */
void	 memkeys_init(struct memkeys *, const char *name, uint32_t device, unsigned prekeys);
void	 memkeys_clear(struct memkeys *);
/* It is this one from now on. */
void	 memkeys_become(struct memkeys *, const struct identity *);
/* All that it would have on disk, to be compared. */
char	*memkeys_state(const struct memkeys *);
/* As it was at some time: a copy of the tables, and back. */
struct memkeys_copy {
	GHashTable *sessions, *identities, *used;
};
void	 memkeys_keep(const struct memkeys *, struct memkeys_copy *);
void	 memkeys_restore(struct memkeys *, struct memkeys_copy *);

void	 memkeys_bundle(const struct memkeys *, struct bundle *);
/* A session of a with b, by b's bundle. */
enum ratchet_result memkeys_start(struct memkeys *a, const struct memkeys *b);
/* One message of a for b, and what b makes of one; text is NULL unless RATCHET_OK. */
enum ratchet_result memkeys_send(struct memkeys *a, const struct memkeys *b, const char *text, struct ratchet_sealed *);
enum ratchet_result memkeys_receive(struct memkeys *b, const struct memkeys *a, const struct ratchet_sealed *,
    char **text);

#endif
