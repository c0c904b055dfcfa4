/*
 * line.c - who reads the lines of which driver's configurations
 *
 * Written to before threads start, and only read afterwards.
 */
#include "orchestrator/port/line.h"

#include <string.h>

#include "orchestrator/base/mem.h"

#define DRIVERS_MAX 16

static struct {
	const char *driver;
	line_fn *fn;
} readers[DRIVERS_MAX];

static size_t n_readers;

void line_register(const char *driver, line_fn *fn)
{
	if (line_find(driver) || n_readers == DRIVERS_MAX)
		return;
	readers[n_readers].driver = driver;
	readers[n_readers++].fn = fn;
}

line_fn *line_find(const char *driver)
{
	for (size_t i = 0; i < n_readers; i++)
		if (strcmp(readers[i].driver, driver) == 0)
			return readers[i].fn;
	return NULL;
}
