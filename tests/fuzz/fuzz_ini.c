/* fuzz_ini.c: a file of accounts or settings, as people and programs leave it: it is read, or a sentence says why. */
#include <glib.h>
#include <stdio.h>
#include <unistd.h>

#include "core/account_file.h"
#include "core/setting.h"
#include "fuzz.h"
#include "onecore.h"

static void
write_file(const char *path, const uint8_t *data, size_t size)
{
	FILE *f = fopen(path, "w");

	g_assert_nonnull(f);
	g_assert_true(fwrite(data, 1, size, f) == size);
	g_assert_true(fclose(f) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *path = g_build_filename(onecore_home(), "file", NULL);
	g_autoptr(GError) error = NULL, wrong = NULL;
	struct settings *settings;
	GPtrArray *all;

	write_file(path, data, size);
	all = account_file_load(path, &error);
	g_assert_true((all != NULL) == (error == NULL));
	for (guint i = 0; all != NULL && i < all->len; i++) {
		const struct account_settings *s = all->pdata[i];

		g_assert_true(s->name != NULL && s->jid != NULL && s->port >= 0 && s->port <= 65535);
	}
	if (all != NULL)
		g_ptr_array_unref(all);
	settings = settings_load(path, &wrong);
	g_assert_true((settings != NULL) == (wrong == NULL));
	if (settings != NULL)
		settings_free(settings);
	unlink(path);
	return 0;
}
