/* uploads.c: see uploads.h. */
#include "store/uploads.h"

#include "base/clock.h"
#include "store/db.h"

bool
upload_keep(struct store *store, int64_t account, const char *url, const char *name, int64_t size, GError **error)
{
	return db_change(store, error, "INSERT OR REPLACE INTO upload(account, url, name, size, at) VALUES(?1, ?2, ?3, ?4, "
	    "?5)", "ittii", account, url, name, size, clock_real_us() / 1000);
}

bool
upload_is(struct store *store, int64_t account, const char *url)
{
	int64_t found = 0;

	db_number(store, NULL, &found, "SELECT 1 FROM upload WHERE account = ?1 AND url = ?2", "it", account, url);
	return found != 0;
}
