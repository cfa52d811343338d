/* omemo_private.h: what the files core/omemo*.c share. */
#ifndef CORE_OMEMO_PRIVATE_H
#define CORE_OMEMO_PRIVATE_H

#include "core/keyring.h"
#include "core/omemo.h"

/* The keys of one device, as they are being got. */
struct fetch {
	struct person	*person;
	uint32_t	 device;
	bool		 waiting;
	bool		 repair;	/* a new session is to be made although there is one */
	int64_t		 asked_ms;	/* boot clock */
	char		*why;		/* what came of it, where nothing did: a sentence's end, or NULL */
};

struct person {
	struct omemo	*omemo;
	char		*jid;		/* bare */
	enum { LIST_UNKNOWN, LIST_ASKED, LIST_KNOWN, LIST_SILENT } list;	/* in this session */
	int64_t		 list_ms;	/* boot clock: LIST_SILENT since */
	GHashTable	*fetches;	/* device → struct fetch */
};

struct omemo {
	struct account	*account;
	struct keyring	*keys;		/* NULL: not made yet */
	bool		 known;		/* what the server does, in this session */
	bool		 here;		/* it keeps keys for others to read, and ours are there */
	bool		 unsure;	/* it did not say whether it does: it is asked again */
	bool		 asking, hurried;	/* it is being asked; once at once, since a message waits */
	int64_t		 again_ms;	/* how long until it is */
	struct clock_timer *again;
	GHashTable	*people;	/* bare address → struct person */
	GHashTable	*halls;		/* bare address of a room → struct hall: omemo_room.c */
	GHashTable	*answers;	/* "address device", that are owed an empty message */
	bool		 stale;		/* the bundle on the server is not the one that is here */
	bool		 told;		/* people know that the server does not take our keys */
	struct clock_timer *later;	/* does what answers and stale say */
	int64_t		 readded_ms;	/* boot clock: when our device last put itself on the list; 0: never */
	struct clock_timer *readd;
};

/* Made where there is none; without keys where there are none. */
struct omemo *omemo_of(struct account *);
/* Our keys, made when there are none; in a savepoint.  False: the disk, or the library. */
bool	 omemo_make_keys(struct omemo *);
struct person *omemo_person(struct omemo *, const char *jid);
/* What waited for something that is known now. */
void	 omemo_flush(struct account *);
/* Answers and bundles that are due, soon. */
void	 omemo_do_later(struct omemo *);

/* A message waits for what the server did not say: it is asked at once, once, and people are told why it waits. */
void	 omemo_hurry(struct omemo *, const char *chat);

/* Our keys are others than before: they go to the server, and the device that we had goes from our list. */
void	 omemo_moved(struct omemo *);

/* Our own list came: we put ourselves back where we are not on it. */
void	 omemo_own_list(struct omemo *, const GArray *devices);

/* --- omemo_people.c --- */
/* Another session: what was asked is asked anew. */
void	 person_forget(struct person *);
void	 person_free(void *);
/* Somebody decided about devices of this person: what could not be had is tried again.  In a savepoint. */
void	 person_decided(struct person *);
void	 fetch_free(void *);
/* A list came, from whomever it is of: keeps it, and asks for what is new.  In a savepoint. */
void	 person_list(struct person *, const GArray *devices);
void	 person_ask_list(struct person *);
/* Asks for the keys of a device and begins a session; again: also when that was tried a while ago. */
void	 person_fetch(struct person *, uint32_t device, bool repair);
/* What is asked is not answered yet. */
bool	 person_waits(const struct person *);
/* A message came that says so. */
void	 person_changed(struct person *, uint32_t device);
/* Whether that device is encrypted for: not while it has another key, see device_row. */
bool	 device_is_trusted(const struct device_row *);
/* New devices of this person are taken as they come. */
bool	 person_is_blind(const struct person *, const GPtrArray *rows);
/* A chat with this person that was in plain because nobody could be encrypted for is encrypted from now on. */
void	 person_begin_secrecy(struct person *);
/* Decides about new ones by the policy, in rows too.  In a savepoint. */
void	 person_settle(struct person *, GPtrArray *rows);
/* Is it encrypted for everybody who is to read it?  LEAVE_SEALED: yes.  jid: one person, or ourselves. */
enum leave person_ready(struct person *, char **why);
/* A question that must not keep a message long. */
void	 omemo_ask(struct account *, const char *to, const char *node, iq_done, void *ctx);

/* --- omemo_seal.c --- */
/* Keys for a device and nothing else: it has a session now, and knows that we have.  In a savepoint. */
void	 omemo_send_empty(struct omemo *, const char *jid, uint32_t device);

#endif
