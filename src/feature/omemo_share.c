/*
 * omemo_share.c: fingerprints as links, QR codes and files, and moving in from Profanity.  What is behind it is
 * core/omemo_share.h; files are opened here.
 */
#include "core/omemo_share.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "core/feature.h"
#include "core/qr.h"

extern const struct feature feature_omemo_share;

/* As the person means it who typed it. */
static char *
path_of(const struct command_call *call, const char *said)
{
	return g_str_has_prefix(said, "~/") ? g_build_filename(g_get_home_dir(), said + 2, NULL) :
	    g_canonicalize_filename(said, call->caller != NULL ? call->caller->cwd : NULL);
}

/* --- links --- */

static void
link_run(struct command_call *call)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *link = omemo_link(call->account, &error), *code = link != NULL ? qr_text(link, false) : NULL;
	g_auto(GStrv) lines = code != NULL ? g_strsplit(g_strchomp(code), "\n", -1) : NULL;

	if (link == NULL) {
		command_fail_with(call, error);
		return;
	}
	command_say(call, "%s", link);
	for (char **line = lines; line != NULL && *line != NULL; line++)
		command_say(call, "%s", *line);
	command_data(call, json_pack("{s:s}", "link", link));
	command_done(call);
}

/* What became of fingerprints that were shown. */
static void
say_vouched(struct command_call *call, const struct vouched *count)
{
	command_say(call, "Devices that are verified now: %u; that were already: %u.", count->verified, count->known);
	if (count->refused > 0)
		command_say(call, "%u stay distrusted, as somebody said here.", count->refused);
	if (count->differ > 0)
		command_say(call, "%u have another key here than there: nothing was changed for them. Somebody set such a "
		    "device up anew, or somebody lies; compare with its owner, then /omemo trust.", count->differ);
	command_data(call, json_pack("{s:i, s:i, s:i, s:i}", "verified", (int)count->verified, "known",
	    (int)count->known, "distrusted", (int)count->refused, "differ", (int)count->differ));
}

static void
verify_run(struct command_call *call)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *jid = NULL;
	struct vouched count;

	if (!omemo_take_link(call->account, call->argv[0], &jid, &count, &error)) {
		command_fail_with(call, error);
		return;
	}
	command_say(call, "%s:", jid);
	say_vouched(call, &count);
	command_done(call);
}

/* --- files --- */

/* A new file with this text, whole or not there. */
static bool
write_new(const char *path, const char *text, GError **error)
{
	size_t n = strlen(text), done = 0;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666), cause = errno;
	bool ok = fd != -1;

	while (ok && done < n) {
		ssize_t some = write(fd, text + done, n - done);

		ok = some >= 0 || errno == EINTR;
		done += some > 0 ? (size_t)some : 0;
	}
	if (fd != -1) {
		ok = ok && fsync(fd) == 0;
		cause = errno;
		ok = close(fd) == 0 && ok;
		if (!ok)
			unlink(path);
	}
	if (!ok)
		g_set_error(error, RPC_ERROR, RPC_ERROR_FAILED, "%s cannot be written: %s.", path, g_strerror(cause));
	return ok;
}

static void
export_run(struct command_call *call)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *path = path_of(call, call->argv[0]), *text = omemo_team(call->account, &error);

	if (text == NULL || !write_new(path, text, &error)) {
		command_fail_with(call, error);
		return;
	}
	command_say(call, "%s has the fingerprints of this device and of all that are verified, signed. Who verified "
	    "this device takes them by /omemo team.", path);
	command_done(call);
}

/* The whole of a file that is not too long; the caller's. */
static char *
read_whole(const char *path, size_t *n, GError **error)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	g_autofree char *text = NULL;
	const char *problem = NULL;
	ssize_t some = 1;
	struct stat st;

	*n = 0;
	if (fd == -1 || fstat(fd, &st) == -1)
		problem = g_strerror(errno);
	else if (!S_ISREG(st.st_mode))
		problem = "it is no file";
	else if (st.st_size > LIMIT_TEAM_FILE)
		problem = "it is too long";
	if (problem == NULL)
		text = g_malloc((gsize)st.st_size + 1);
	while (problem == NULL && some > 0 && *n < (size_t)st.st_size) {
		some = read(fd, text + *n, (size_t)st.st_size - *n);
		if (some < 0)
			problem = g_strerror(errno);
		else
			*n += (size_t)some;
	}
	if (fd != -1)
		close(fd);
	if (problem != NULL)
		g_set_error(error, RPC_ERROR, RPC_ERROR_FAILED, "%s cannot be read: %s.", path, problem);
	return problem == NULL ? g_steal_pointer(&text) : NULL;
}

static void
team_run(struct command_call *call)
{
	g_autoptr(GError) error = NULL;
	size_t n;
	g_autofree char *path = path_of(call, call->argv[0]), *text = read_whole(path, &n, &error);
	struct vouched count;

	if (text == NULL || !omemo_take_team(call->account, text, n, &count, &error)) {
		command_fail_with(call, error);
		return;
	}
	say_vouched(call, &count);
	command_done(call);
}

/* --- moving in --- */

static char *
folder_of(const struct command_call *call)
{
	return call->argv[0] != NULL ? path_of(call, call->argv[0]) :
	    keyring_profanity_folder(account_jid(call->account));
}

static void
import_confirmed(struct command_call *call, const char *value)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *folder = NULL;
	struct keyring_moved moved;

	call->account = account_find(call->core, call->account_name);
	if (strcmp(value, "yes") != 0) {
		command_fail(call, RPC_ERROR_CANCELLED, "Nothing was changed.");
		return;
	}
	if (call->account == NULL) {
		command_fail(call, RPC_ERROR_NOT_FOUND, "%s is gone.", call->account_name);
		return;
	}
	folder = folder_of(call);
	if (!omemo_move_in(call->account, folder, &moved, &error)) {
		command_fail_with(call, error);
		return;
	}
	command_say(call, "%s is device %u now, with %u sessions; keys of %u devices were new here, and %u of them are "
	    "trusted, not compared.", account_name(call->account), moved.device, moved.sessions, moved.devices,
	    moved.trusted);
	if (moved.refused > 0)
		command_say(call, "%u entries were not what they should be, and were passed over.", moved.refused);
	command_say(call, "Profanity must not use OMEMO with this account any more: two programs cannot share these "
	    "keys, and messages would be lost.");
	command_done(call);
}

static void
import_run(struct command_call *call)
{
	g_autofree char *folder = folder_of(call), *text = NULL;
	uint32_t before;

	omemo_mentioned(call->account);
	before = omemo_device(call->account);
	text = before == 0 ? g_strdup_printf("Take the keys and sessions of %s over from %s? Profanity must not use OMEMO "
	    "with this account afterwards.", account_jid(call->account), folder) :
	    g_strdup_printf("Take the keys and sessions of %s over from %s? Device %u, which is this one, is given up for "
	    "them with all of its sessions, and who compared its key must compare the other. Profanity must not use "
	    "OMEMO with this account afterwards.", account_jid(call->account), folder, before);
	command_ask(call, PROMPT_CONFIRM, false, "take over the keys of Profanity", text,
	    json_pack("[[s,s],[s,s]]", "no", "nothing is changed", "yes", "take them over"), "no", import_confirmed);
}

static const struct command commands[] = {
	{ "omemo export", "FILE...", "privacy", "the fingerprints that you compared, signed, as a file for a team",
	  "A text file that must not be there yet. It has this device and all that are verified; who verified this "
	  "device takes all of them by /omemo team.", NEEDS_ACCOUNT, export_run },
	{ "omemo import", "[FOLDER...]", "privacy", "takes over the keys and sessions of Profanity",
	  "FOLDER has identity.txt in it; without it, it is where Profanity keeps that of this address. It is only "
	  "read. This device then is Profanity's, and the one that it was is given up; so it asks first. Profanity must "
	  "not use OMEMO with this account afterwards: two programs cannot share keys. What was trusted there is "
	  "trusted, not compared.", NEEDS_ACCOUNT, import_run },
	{ "omemo link", "", "privacy", "the key of this device as a link and a QR code, for others to scan",
	  "The code is there where confab was built with libqrencode.", NEEDS_ACCOUNT, link_run },
	{ "omemo team", "FILE...", "privacy", "verifies the devices in a file that somebody signed by /omemo export",
	  "Only if the device that signed it is verified here. Devices that are distrusted, or have another key here, "
	  "stay as they are.", NEEDS_ACCOUNT, team_run },
	{ "omemo verify", "LINK", "privacy", "verifies the devices in a link with fingerprints",
	  "A link as /omemo link and other programs show it: xmpp:JID?omemo-sid-DEVICE=KEY. Take it from the person, "
	  "never from this chat. A device that is distrusted, or has another key here, stays as it is.", NEEDS_ACCOUNT,
	  verify_run },
	{ NULL, NULL, NULL, NULL, NULL, 0, NULL }
};

const struct feature feature_omemo_share = {
	.name = "omemo_share",
	.commands = commands,
};
