/*
 * faulty_vfs.c - a VFS over the system's one
 *
 * A file is the system's file with ours in front.  Of database and log the
 * synced bytes are kept, which is what a power cut leaves.  The shared memory
 * is passed through: it does not outlive a machine.
 */
#include "tests/fault/faulty_vfs.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "orchestrator/base/mem.h"

#define FILES_MAX 8

struct disk { /* what is on it for sure */
	char path[512];
	char *bytes;
	size_t n;
};

struct faulty_file {
	sqlite3_file base;
	struct disk *disk; /* NULL: not followed */
	sqlite3_file *real;
};

static sqlite3_vfs vfs, *under;
static struct disk disks[FILES_MAX];
static size_t n_disks, count, at;
static enum faulty_mode mode;
static bool dead;

void faulty_set(enum faulty_mode m, size_t n)
{
	mode = m;
	at = n;
	count = 0;
	dead = false;
}

size_t faulty_count(void)
{
	return count;
}

/* ---- what is on the disk ---- */

static void keep(struct disk *d)
{
	FILE *f = fopen(d->path, "r");
	long n;

	free(d->bytes);
	d->bytes = NULL;
	d->n = 0;
	if (!f)
		return;
	fseek(f, 0, SEEK_END);
	n = ftell(f);
	rewind(f);
	d->bytes = mem_calloc((size_t)n + 1, 1);
	d->n = fread(d->bytes, 1, (size_t)n, f);
	fclose(f);
}

static struct disk *disk_of(const char *path)
{
	for (size_t i = 0; i < n_disks; i++)
		if (strcmp(disks[i].path, path) == 0)
			return &disks[i];
	if (n_disks == FILES_MAX)
		abort();
	snprintf(disks[n_disks].path, sizeof(disks[0].path), "%s", path);
	keep(&disks[n_disks]);
	return &disks[n_disks++];
}

void faulty_after_cut(void)
{
	for (size_t i = 0; i < n_disks; i++) {
		int fd = open(disks[i].path, O_WRONLY | O_TRUNC);

		if (fd >= 0 && write(fd, disks[i].bytes, disks[i].n) !=
				       (ssize_t)disks[i].n)
			abort();
		if (fd >= 0)
			close(fd);
		free(disks[i].bytes);
	}
	memset(disks, 0, sizeof(disks));
	n_disks = 0;
}

/* ---- faults ---- */

/* SQLITE_OK: go on. */
static int fault(int error, bool is_write)
{
	bool now;

	count++;
	if (dead)
		return error;
	now = mode == FAULTY_ONCE ? count == at : count >= at;
	if (mode == FAULTY_NOT || !now)
		return SQLITE_OK;
	switch (mode) {
	case FAULTY_FULL:
		return is_write ? SQLITE_FULL : SQLITE_OK;
	case FAULTY_READ_ONLY:
		return is_write ? SQLITE_READONLY : SQLITE_OK;
	case FAULTY_CUT:
		dead = true;
		return error;
	default:
		return error;
	}
}

static struct faulty_file *mine(sqlite3_file *f)
{
	return (struct faulty_file *)f;
}

#define REAL(f) (mine(f)->real)

static int f_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 off)
{
	int rc = fault(SQLITE_IOERR_WRITE, true);

	return rc ? rc : REAL(f)->pMethods->xWrite(REAL(f), p, n, off);
}

static int f_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	int rc = fault(SQLITE_IOERR_TRUNCATE, true);

	return rc ? rc : REAL(f)->pMethods->xTruncate(REAL(f), size);
}

static int f_sync(sqlite3_file *f, int flags)
{
	int rc = fault(SQLITE_IOERR_FSYNC, false);

	if (!rc)
		rc = REAL(f)->pMethods->xSync(REAL(f), flags);
	if (!rc && mine(f)->disk)
		keep(mine(f)->disk);
	return rc;
}

/* ---- passed through ---- */

static int f_close(sqlite3_file *f)
{
	int rc = REAL(f)->pMethods->xClose(REAL(f));

	f->pMethods = NULL;
	return rc;
}

static int f_read(sqlite3_file *f, void *p, int n, sqlite3_int64 off)
{
	return REAL(f)->pMethods->xRead(REAL(f), p, n, off);
}

static int f_size(sqlite3_file *f, sqlite3_int64 *size)
{
	return REAL(f)->pMethods->xFileSize(REAL(f), size);
}

static int f_lock(sqlite3_file *f, int l)
{
	return REAL(f)->pMethods->xLock(REAL(f), l);
}

static int f_unlock(sqlite3_file *f, int l)
{
	return REAL(f)->pMethods->xUnlock(REAL(f), l);
}

static int f_reserved(sqlite3_file *f, int *ret)
{
	return REAL(f)->pMethods->xCheckReservedLock(REAL(f), ret);
}

static int f_control(sqlite3_file *f, int op, void *arg)
{
	return REAL(f)->pMethods->xFileControl(REAL(f), op, arg);
}

static int f_sector(sqlite3_file *f)
{
	return REAL(f)->pMethods->xSectorSize(REAL(f));
}

static int f_traits(sqlite3_file *f)
{
	return REAL(f)->pMethods->xDeviceCharacteristics(REAL(f));
}

static int f_shm_map(sqlite3_file *f, int region, int size, int extend,
		     void volatile **ret)
{
	return REAL(f)->pMethods->xShmMap(REAL(f), region, size, extend, ret);
}

static int f_shm_lock(sqlite3_file *f, int off, int n, int flags)
{
	return REAL(f)->pMethods->xShmLock(REAL(f), off, n, flags);
}

static void f_shm_barrier(sqlite3_file *f)
{
	REAL(f)->pMethods->xShmBarrier(REAL(f));
}

static int f_shm_unmap(sqlite3_file *f, int delete)
{
	return REAL(f)->pMethods->xShmUnmap(REAL(f), delete);
}

static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = f_close,
	.xRead = f_read,
	.xWrite = f_write,
	.xTruncate = f_truncate,
	.xSync = f_sync,
	.xFileSize = f_size,
	.xLock = f_lock,
	.xUnlock = f_unlock,
	.xCheckReservedLock = f_reserved,
	.xFileControl = f_control,
	.xSectorSize = f_sector,
	.xDeviceCharacteristics = f_traits,
	.xShmMap = f_shm_map,
	.xShmLock = f_shm_lock,
	.xShmBarrier = f_shm_barrier,
	.xShmUnmap = f_shm_unmap,
};

static int v_open(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags,
		  int *ret_flags)
{
	struct faulty_file *m = mine(f);
	int rc;

	(void)v;
	m->real = (sqlite3_file *)(m + 1);
	m->disk = NULL;
	rc = under->xOpen(under, name, m->real, flags, ret_flags);
	f->pMethods = m->real->pMethods ? &methods : NULL;
	if (!rc && name && flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL))
		m->disk = disk_of(name);
	return rc;
}

static int v_delete(sqlite3_vfs *v, const char *name, int sync)
{
	(void)v;
	return dead ? SQLITE_IOERR_DELETE : under->xDelete(under, name, sync);
}

void faulty_register(void)
{
	under = sqlite3_vfs_find(NULL);
	vfs = *under;
	vfs.zName = "faulty";
	vfs.szOsFile = (int)sizeof(struct faulty_file) + under->szOsFile;
	vfs.xOpen = v_open;
	vfs.xDelete = v_delete;
	sqlite3_vfs_register(&vfs, 0);
}
