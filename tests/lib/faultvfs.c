/* faultvfs.c: see faultvfs.h. */
#include "faultvfs.h"

#include <fcntl.h>
#include <glib.h>
#include <pthread.h>
#include <sqlite3.h>
#include <unistd.h>

struct file {
	sqlite3_file	 base;
	char		*path;
	sqlite3_file	*real;		/* in the memory behind this struct */
};

/* One write or truncation that no sync has followed: what was there, and what came (NULL: the file ends at offset). */
struct undo {
	char		*path;
	sqlite3_int64	 offset, old_size;
	char		*old, *now;
	int		 n, now_n;
};

enum { SECTOR = 512 };		/* what a disk writes whole or not at all */

static pthread_mutex_t	 mutex = PTHREAD_MUTEX_INITIALIZER;
static sqlite3_vfs	*real_vfs;
static GSList		*undos;		/* newest first */
static unsigned		 count, fail_at;
static enum fault	 kind;
static bool		 for_ever, fired, read_only;
static void		(*on_fault)(void *);
static void		*on_fault_ctx;

static void
undo_free(void *data)
{
	struct undo *undo = data;

	g_free(undo->path);
	g_free(undo->old);
	g_free(undo->now);
	g_free(undo);
}

void
faultvfs_reset(void)
{
	pthread_mutex_lock(&mutex);
	g_slist_free_full(g_steal_pointer(&undos), undo_free);
	count = fail_at = 0;
	fired = false;
	pthread_mutex_unlock(&mutex);
}

void
faultvfs_fail_at(unsigned n, enum fault fault, bool ever)
{
	pthread_mutex_lock(&mutex);
	count = 0;
	fail_at = n;
	fired = false;
	kind = fault;
	for_ever = ever || fault == FAULT_DEATH;
	pthread_mutex_unlock(&mutex);
}

bool
faultvfs_fired(void)
{
	bool value;

	pthread_mutex_lock(&mutex);
	value = fired;
	pthread_mutex_unlock(&mutex);
	return value;
}

unsigned
faultvfs_count(void)
{
	unsigned value;

	pthread_mutex_lock(&mutex);
	value = count;
	pthread_mutex_unlock(&mutex);
	return value;
}

void
faultvfs_on_fault(void (*fn)(void *ctx), void *ctx)
{
	pthread_mutex_lock(&mutex);
	on_fault = fn;
	on_fault_ctx = ctx;
	pthread_mutex_unlock(&mutex);
}

void
faultvfs_read_only(bool on)
{
	read_only = on;
}

static void
change_file(const char *path, const char *bytes, int n, sqlite3_int64 offset, sqlite3_int64 size)
{
	int fd = open(path, O_WRONLY);

	if (fd == -1)
		return;			/* it was removed */
	if (pwrite(fd, bytes, (size_t)n, offset) != n || (size >= 0 && ftruncate(fd, size) == -1))
		g_error("%s: cannot be put back", path);
	close(fd);
}

/* Some of what was written got there all the same: whole, or some of its sectors. */
static void
write_some(const struct undo *undo, GRand *chance)
{
	int how = g_rand_int_range(chance, 0, 3);

	if (how == 0)
		return;
	if (undo->now == NULL) {
		change_file(undo->path, "", 0, 0, undo->offset);
		return;
	}
	for (int at = 0, n; at < undo->now_n; at += n) {
		n = MIN(SECTOR - (int)((undo->offset + at) % SECTOR), undo->now_n - at);
		if (how == 1 || g_rand_boolean(chance))
			change_file(undo->path, undo->now + at, n, undo->offset + at, -1);
	}
}

void
faultvfs_lose_power(unsigned seed)
{
	g_autoptr(GRand) chance = g_rand_new_with_seed(seed);

	for (GSList *l = undos; l != NULL; l = l->next) {
		const struct undo *undo = l->data;

		change_file(undo->path, undo->old, undo->n, undo->offset, undo->old_size);
	}
	undos = g_slist_reverse(undos);
	for (GSList *l = undos; l != NULL && seed != 0; l = l->next)
		write_some(l->data, chance);
	faultvfs_reset();
}

/* With the mutex: does this operation fail? */
static bool
due(void)
{
	count++;
	if (fail_at == 0 || count < fail_at || (count > fail_at && !for_ever))
		return false;
	if (!fired && on_fault != NULL)
		on_fault(on_fault_ctx);
	fired = true;
	return true;
}

static bool
dead(void)
{
	bool value;

	pthread_mutex_lock(&mutex);
	value = fired && kind == FAULT_DEATH;
	pthread_mutex_unlock(&mutex);
	return value;
}

/* Remembers what is at this place of the file now. */
static void
remember(struct file *file, sqlite3_int64 offset, int n, const void *now)
{
	struct undo *undo = g_new0(struct undo, 1);

	undo->path = g_strdup(file->path);
	file->real->pMethods->xFileSize(file->real, &undo->old_size);
	undo->offset = offset;
	undo->n = (int)CLAMP(undo->old_size - offset, 0, n);
	undo->old = g_malloc0((gsize)undo->n + 1);
	if (undo->n > 0)
		file->real->pMethods->xRead(file->real, undo->old, undo->n, offset);
	undo->now = now != NULL ? g_memdup2(now, (gsize)n) : NULL;
	undo->now_n = now != NULL ? n : 0;
	undos = g_slist_prepend(undos, undo);
}

static int
file_write(sqlite3_file *f, const void *bytes, int n, sqlite3_int64 offset)
{
	struct file *file = (struct file *)f;
	int rc = SQLITE_OK;

	pthread_mutex_lock(&mutex);
	if (due()) {
		rc = kind == FAULT_FULL || kind == FAULT_SHORT ? SQLITE_FULL : SQLITE_IOERR_WRITE;
		n = kind == FAULT_SHORT ? n / 2 : 0;
	}
	if (n > 0 && file->path != NULL)
		remember(file, offset, n, bytes);
	if (n > 0) {
		int wrote = file->real->pMethods->xWrite(file->real, bytes, n, offset);
		rc = rc == SQLITE_OK ? wrote : rc;
	}
	pthread_mutex_unlock(&mutex);
	return rc;
}

static int
file_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	struct file *file = (struct file *)f;
	sqlite3_int64 old = 0;
	int rc = SQLITE_IOERR_TRUNCATE;

	pthread_mutex_lock(&mutex);
	if (!due()) {
		file->real->pMethods->xFileSize(file->real, &old);
		if (file->path != NULL && old > size)
			remember(file, size, (int)(old - size), NULL);
		rc = file->real->pMethods->xTruncate(file->real, size);
	}
	pthread_mutex_unlock(&mutex);
	return rc;
}

static int
file_sync(sqlite3_file *f, int flags)
{
	struct file *file = (struct file *)f;
	int rc = SQLITE_IOERR_FSYNC;

	pthread_mutex_lock(&mutex);
	(void)flags;
	if (!due()) {
		/* No test ends the machine: what a sync is for is told by undos alone. */
		rc = SQLITE_OK;
		for (GSList *l = undos, *next; l != NULL; l = next) {
			struct undo *undo = l->data;

			next = l->next;
			if (g_strcmp0(undo->path, file->path) == 0) {
				undos = g_slist_delete_link(undos, l);
				undo_free(undo);
			}
		}
	}
	pthread_mutex_unlock(&mutex);
	return rc;
}

static int
file_close(sqlite3_file *f)
{
	struct file *file = (struct file *)f;

	g_clear_pointer(&file->path, g_free);
	return file->real->pMethods->xClose(file->real);
}

/* The rest is the real file's own business. */
#define PASS(name, params, args) \
	static int \
	file_##name params \
	{ \
		sqlite3_file *real = ((struct file *)f)->real; \
		return real->pMethods->x##name args; \
	}
PASS(Read, (sqlite3_file *f, void *to, int n, sqlite3_int64 at), (real, to, n, at))
PASS(FileSize, (sqlite3_file *f, sqlite3_int64 *size), (real, size))
PASS(Lock, (sqlite3_file *f, int level), (real, level))
PASS(Unlock, (sqlite3_file *f, int level), (real, level))
PASS(CheckReservedLock, (sqlite3_file *f, int *out), (real, out))
PASS(FileControl, (sqlite3_file *f, int op, void *arg), (real, op, arg))
PASS(SectorSize, (sqlite3_file *f), (real))
PASS(DeviceCharacteristics, (sqlite3_file *f), (real))
PASS(ShmMap, (sqlite3_file *f, int region, int size, int extend, void volatile **out),
    (real, region, size, extend, out))
PASS(ShmLock, (sqlite3_file *f, int offset, int n, int flags), (real, offset, n, flags))
PASS(ShmUnmap, (sqlite3_file *f, int remove), (real, remove))

static void
file_shm_barrier(sqlite3_file *f)
{
	sqlite3_file *real = ((struct file *)f)->real;

	real->pMethods->xShmBarrier(real);
}

static const sqlite3_io_methods methods = {
	.iVersion = 2, .xClose = file_close, .xRead = file_Read, .xWrite = file_write, .xTruncate = file_truncate,
	.xSync = file_sync, .xFileSize = file_FileSize, .xLock = file_Lock, .xUnlock = file_Unlock,
	.xCheckReservedLock = file_CheckReservedLock, .xFileControl = file_FileControl,
	.xSectorSize = file_SectorSize, .xDeviceCharacteristics = file_DeviceCharacteristics,
	.xShmMap = file_ShmMap, .xShmLock = file_ShmLock, .xShmBarrier = file_shm_barrier, .xShmUnmap = file_ShmUnmap,
};

static int
vfs_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *f, int flags, int *out)
{
	struct file *file = (struct file *)f;
	int rc;

	(void)vfs;
	file->base.pMethods = NULL;
	file->real = (sqlite3_file *)(void *)(file + 1);
	if (dead())
		return SQLITE_CANTOPEN;
	if (read_only && (flags & SQLITE_OPEN_MAIN_DB) != 0)
		flags = (flags & ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)) | SQLITE_OPEN_READONLY;
	rc = real_vfs->xOpen(real_vfs, path, file->real, flags, out);
	if (rc == SQLITE_OK) {
		file->path = g_strdup(path);
		file->base.pMethods = &methods;
	}
	return rc;
}

static int
vfs_delete(sqlite3_vfs *vfs, const char *path, int sync)
{
	(void)vfs;
	return dead() ? SQLITE_IOERR_DELETE : real_vfs->xDelete(real_vfs, path, sync);
}

const char *
faultvfs_register(void)
{
	static sqlite3_vfs vfs;

	if (real_vfs == NULL) {
		real_vfs = sqlite3_vfs_find(NULL);
		vfs = *real_vfs;
		vfs.zName = "fault";
		vfs.szOsFile = (int)sizeof(struct file) + real_vfs->szOsFile;
		vfs.xOpen = vfs_open;
		vfs.xDelete = vfs_delete;
		vfs.pNext = NULL;
		sqlite3_vfs_register(&vfs, 0);
	}
	return vfs.zName;
}
