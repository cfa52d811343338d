/* doctor.c: see doctor.h. */
#include "admin/doctor.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "admin/lock.h"
#include "core/setting.h"
#include "proto/client.h"
#include "store/aside.h"
#include "store/recover.h"
#include "store/store.h"
#include "xmpp/stream.h"

/* Below this a day's talk may not fit any more; a log above this was not meant to be one. */
enum { SPACE_LOW_MIB = 64, LOG_LARGE_MIB = 64 };

static const int64_t mib = 1 << 20;

/* --- files --- */

/* bad: bits of the mode that must not be set.  False: it is not there. */
static bool
check_mode(struct checkup *checkup, const char *path, mode_t bad, const char *mode)
{
	struct stat st;

	if (stat(path, &st) == -1) {
		if (errno != ENOENT)
			checkup_wrong(checkup, NULL, "%s cannot be looked at: %s.", path, g_strerror(errno));
		return false;
	}
	if (st.st_uid != geteuid()) {
		checkup_wrong(checkup, "Each person has files of their own; --home names others.",
		    "%s belongs to another user.", path);
	} else if ((st.st_mode & bad) != 0) {
		g_autofree char *mend = g_strdup_printf("chmod %s %s", mode, path);

		checkup_wrong(checkup, mend, "%s may be %s by others (mode %04o).", path,
		    (st.st_mode & bad & 022) != 0 ? "changed" : "read", (unsigned)st.st_mode & 07777);
	} else {
		checkup_good("%s, mode %04o", path, (unsigned)st.st_mode & 07777);
	}
	return true;
}

/* All accounts; NULL where the file cannot be used. */
static GPtrArray *
check_files(struct checkup *checkup, const struct paths *paths)
{
	const char *const folders[] = { paths->config_dir, paths->data_dir, paths->state_dir };
	GPtrArray *accounts;
	GError *error = NULL;
	struct settings *settings;

	checkup_head("Files");
	for (size_t i = 0; i < G_N_ELEMENTS(folders); i++)
		if (!check_mode(checkup, folders[i], folders[i] == paths->config_dir ? 022 : 077, "700"))
			checkup_note("%s is not there yet; the first start makes it.", folders[i]);
	check_mode(checkup, paths->accounts, 077, "600");
	check_mode(checkup, paths->config, 022, "600");
	settings = settings_load(paths->config, &error);
	if (settings == NULL)
		checkup_wrong(checkup, "confab starts when that line is right, or gone.", "%s", error->message);
	else
		settings_free(settings);
	g_clear_error(&error);
	accounts = account_file_load(paths->accounts, &error);
	if (accounts == NULL)
		checkup_wrong(checkup, "confab starts when that line is right, or gone.", "%s", error->message);
	else if (accounts->len == 0)
		checkup_note("There is no account yet; confab asks for one.");
	g_clear_error(&error);
	return accounts;
}

static bool
only_read(const struct paths *paths)
{
	struct statvfs fs;

	return statvfs(paths->data_dir, &fs) == 0 && (fs.f_flag & ST_RDONLY) != 0;
}

static void
check_space(struct checkup *checkup, const struct paths *paths)
{
	struct statvfs fs;
	struct stat st;

	if (only_read(paths)) {
		checkup_wrong(checkup, "No core begins where it cannot keep anything. Mount it for writing.",
		    "The file system where %s is may only be read.", paths->data_dir);
	} else if (statvfs(paths->data_dir, &fs) == 0) {
		int64_t left = (int64_t)fs.f_bavail * (int64_t)fs.f_frsize / mib;

		if (left < SPACE_LOW_MIB)
			checkup_wrong(checkup, "What cannot be stored is not taken from the server. Make room.",
			    "Only %" G_GINT64_FORMAT " MiB are free where %s is.", left, paths->data_dir);
		else
			checkup_good("%" G_GINT64_FORMAT " MiB are free where %s is", left, paths->data_dir);
	}
	if (stat(paths->log, &st) == 0 && st.st_size / mib >= LOG_LARGE_MIB)
		checkup_note("The log %s has %" G_GINT64_FORMAT " MiB; it may be deleted while no core runs.",
		    paths->log, (int64_t)st.st_size / mib);
}

/* What lies beside the database: names are in store/aside.h. */
static void
check_asides(struct checkup *checkup, const struct paths *paths)
{
	g_autoptr(GPtrArray) list = aside_list(paths->database);

	for (guint i = 0; i < list->len; i++) {
		const struct aside *aside = list->pdata[i];
		double size = (double)aside->bytes / (double)mib;

		if (aside->kind == ASIDE_DAMAGED)
			checkup_wrong(checkup,
			    "confab doctor --recover, while no core runs, brings back what can be read of it.",
			    "%s was damaged and is set aside (%.1f MiB).", aside->path, size);
		else if (aside->kind == ASIDE_RECOVERED)
			checkup_note("%s (%.1f MiB): what can be read of it was brought back; it may be deleted.",
			    aside->path, size);
		else
			checkup_note("%s (%.1f MiB): a copy from before a newer confab changed the database; it may be deleted.",
			    aside->path, size);
	}
}

static void
check_database(struct checkup *checkup, const struct paths *paths)
{
	g_autoptr(GError) error = NULL;
	struct store_facts facts;

	/* There its log cannot be opened, without which it is not what it was. */
	if (only_read(paths))
		return;
	if (access(paths->database, F_OK) == -1) {
		checkup_note("%s is not there yet; the first start makes it.", paths->database);
		return;
	}
	check_mode(checkup, paths->database, 077, "600");
	if (!store_examine(paths->database, &facts, &error)) {
		checkup_wrong(checkup, error->code == STORE_ERROR_DAMAGED ?
		    "confab doctor --recover, while no core runs, sets it aside and brings back what can be read of it." : NULL, "%s",
		    error->message);
		return;
	}
	checkup_good("%s is whole: schema %d, %" G_GINT64_FORMAT " messages, %.1f MiB", paths->database, facts.schema,
	    facts.messages, (double)facts.bytes / (double)mib);
}

static void
check_core(struct checkup *checkup, const struct paths *paths)
{
	static const struct client_handler deaf = { 0 };
	g_autoptr(GError) error = NULL;
	struct client *client = client_connect(paths->socket, &deaf, NULL, NULL);
	gboolean taken = FALSE;
	int lock = access(paths->lock, F_OK) == 0 ? lock_look(paths->lock, &taken, &error) : 0;

	if (client != NULL && taken)
		checkup_good("A core runs and answers at %s", paths->socket);
	else if (taken)
		checkup_wrong(checkup,
		    "kill -USR1 and its pid puts the socket back; confab stop and its log tell more.",
		    "%s But nothing answers at %s.", error->message, paths->socket);
	else if (lock == -1)
		checkup_wrong(checkup, NULL, "%s", error->message);
	else
		checkup_note("No core runs for profile %s.", paths->profile);
	client_free(client);
}

/* Whom this machine asks for names: what they say may not be what others say. */
static void
check_names(void)
{
	g_autofree char *text = NULL;
	g_autoptr(GString) found = g_string_new(NULL);
	g_auto(GStrv) lines = NULL;

	if (!g_file_get_contents("/etc/resolv.conf", &text, NULL, NULL))
		return;
	lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line != NULL; line++) {
		char address[64];

		if (sscanf(*line, " nameserver %63s", address) == 1)
			g_string_append_printf(found, "%s%s", found->len > 0 ? ", " : "", address);
	}
	if (found->len > 0)
		checkup_note("Names are asked for at %s (/etc/resolv.conf).", found->str);
}

/* --- all of it --- */

static bool
choose(struct checkup *checkup, GPtrArray *accounts, const char *only)
{
	bool found = only == NULL;

	for (guint i = accounts->len; i-- > 0; ) {
		const struct account_settings *s = accounts->pdata[i];

		found = found || strcmp(s->name, only) == 0;
		if (only != NULL ? strcmp(s->name, only) != 0 : !s->enabled)
			g_ptr_array_remove_index(accounts, i);
	}
	if (!found)
		checkup_wrong(checkup, "confab do /account lists them.", "There is no account \"%s\".", only);
	return accounts->len > 0;
}

int
doctor_run(const struct paths *paths, const char *account)
{
	struct checkup checkup = { false };
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) accounts = check_files(&checkup, paths);

	checkup_head("Core and database");
	check_core(&checkup, paths);
	check_names();
	check_space(&checkup, paths);
	check_database(&checkup, paths);
	check_asides(&checkup, paths);
	if (accounts == NULL || !choose(&checkup, accounts, account))
		return checkup.wrong;
	if (stream_initialise(&error))
		doctor_accounts(&checkup, accounts);
	else
		checkup_wrong(&checkup, NULL, "%s", error->message);
	stream_finish();
	return checkup.wrong;
}

int
doctor_config(const struct paths *paths)
{
	g_autoptr(GPtrArray) changed = g_ptr_array_new_with_free_func(g_free), accounts = NULL, wrong = NULL;
	struct checkup checkup = { false };
	g_autoptr(GError) error = NULL;

	checkup_head("Settings");
	wrong = settings_check(paths->config, changed);
	for (guint i = 0; i < wrong->len; i++)
		checkup_wrong(&checkup, NULL, "%s", ((const GError *)wrong->pdata[i])->message);
	if (wrong->len == SETTINGS_WRONG_MAX)
		checkup_note("There may be more that is wrong.");
	for (guint i = 0; i < changed->len; i++)
		checkup_good("%s", (const char *)changed->pdata[i]);
	if (wrong->len + changed->len == 0)
		checkup_note("Every setting has its default.");
	checkup_head("Accounts");
	accounts = account_file_load(paths->accounts, &error);
	if (accounts == NULL)
		checkup_wrong(&checkup, NULL, "%s", error->message);
	else if (accounts->len == 0)
		checkup_note("There is no account yet; confab asks for one.");
	for (guint i = 0; accounts != NULL && i < accounts->len; i++)
		checkup_good("%s", ((const struct account_settings *)accounts->pdata[i])->name);
	return checkup.wrong;
}

/* --- recovering --- */

/*
 * The accounts of the file are rows: where the damaged one cannot tell whose messages they were, it may be the only
 * one.
 */
static bool
make_accounts(struct store *store, const struct paths *paths, GError **error)
{
	g_autoptr(GPtrArray) accounts = account_file_load(paths->accounts, error);
	bool ok = accounts != NULL && store_begin(store, error);

	if (!ok)
		return false;
	for (guint i = 0; ok && i < accounts->len; i++)
		ok = store_account(store, ((struct account_settings *)accounts->pdata[i])->jid, error) != 0;
	return store_end(store, ok, ok ? error : NULL) && ok && store_commit(store, error);
}

/* The present database: a new one, when the one that is there is damaged. */
static struct store *
open_sound(const struct paths *paths, GError **error)
{
	g_autoptr(GError) cause = NULL;
	g_autofree char *aside = NULL;
	struct store_facts facts;

	if (access(paths->database, F_OK) == 0 && !store_examine(paths->database, &facts, &cause)) {
		if (!g_error_matches(cause, STORE_ERROR, STORE_ERROR_DAMAGED)) {
			g_propagate_error(error, g_steal_pointer(&cause));
			return NULL;
		}
		aside = aside_put(paths->database, error);
		if (aside == NULL)
			return NULL;
		checkup_note("%s It is set aside as %s.", cause->message, aside);
	}
	return store_open(paths->database, NULL, error);
}

static void
recover_one(struct checkup *checkup, struct store *store, const struct aside *aside)
{
	g_autoptr(GError) error = NULL;
	struct recovered n;

	if (!recover_merge(store, aside->path, &n, &error)) {
		checkup_wrong(checkup, n.read > 0 ? "Done again, it goes on." : NULL, "%s", error->message);
		return;
	}
	if (n.expected >= 0)
		checkup_good("%s: %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " messages could be read.", aside->path,
		    n.read, n.expected);
	else
		checkup_good("%s: %" G_GINT64_FORMAT " messages could be read; how many there were cannot be told.",
		    aside->path, n.read);
	checkup_good("%" G_GINT64_FORMAT " of them are new here, %"
	    G_GINT64_FORMAT " were here already or were deleted.", n.added, n.read - n.added - n.homeless);
	if (n.identities + n.devices > 0)
		checkup_good("Keys of encryption that are here again: own devices %" G_GINT64_FORMAT ", devices of others %"
		    G_GINT64_FORMAT ".", n.identities, n.devices);
	if (n.homeless > 0)
		checkup_wrong(checkup, NULL, "Of %"
		    G_GINT64_FORMAT " it cannot be told with whom they were said; they stay in that file.", n.homeless);
	if (!aside_recovered(aside->path, &error))
		checkup_wrong(checkup, NULL, "%s", error->message);
}

int
doctor_recover(const struct paths *paths)
{
	struct checkup checkup = { false };
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) list = NULL;
	struct store *store = NULL;
	gboolean taken = FALSE;
	unsigned n = 0;
	int lock;

	checkup_head("Recovering");
	if (access(paths->data_dir, F_OK) == -1) {
		checkup_note("%s is not there yet, so there is nothing to recover.", paths->data_dir);
		return 0;
	}
	lock = lock_take(paths->lock, &taken, &error);
	if (lock != -1 && (store = open_sound(paths, &error)) != NULL && make_accounts(store, paths, &error)) {
		list = aside_list(paths->database);
		for (guint i = 0; i < list->len; i++) {
			const struct aside *aside = list->pdata[i];

			if (aside->kind == ASIDE_DAMAGED) {
				recover_one(&checkup, store, aside);
				n++;
			}
		}
		if (n == 0)
			checkup_good("Nothing is damaged, and nothing that was is set aside.");
	}
	if (error != NULL)
		checkup_wrong(&checkup, NULL, "%s", error->message);
	store_close(store);
	if (lock != -1)
		close(lock);
	return checkup.wrong;
}
