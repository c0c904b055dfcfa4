/*
 * clock.c - reading and printing time
 */
#include "orchestrator/base/clock.h"

#include <errno.h>
#include <time.h>

#include "orchestrator/base/mem.h"

static int64_t clock_read(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static _Thread_local struct clock_virtual *clock_own;

void clock_virtual_use(struct clock_virtual *c)
{
	clock_own = c;
}

int64_t clock_mono_us(void)
{
	if (clock_own)
		return clock_own->mono_us;
	return clock_read(CLOCK_MONOTONIC);
}

int64_t clock_wall_us(void)
{
	if (clock_own)
		return clock_own->wall_us;
	return clock_read(CLOCK_REALTIME);
}

void clock_sleep_us(int64_t us)
{
	struct timespec ts = {us / 1000000, (us % 1000000) * 1000};

	if (clock_own) {
		clock_own->mono_us += us;
		clock_own->wall_us += us;
		return;
	}
	while (nanosleep(&ts, &ts) < 0 && errno == EINTR)
		;
}

char *clock_wall_text(int64_t wall_us)
{
	time_t s = (time_t)(wall_us / 1000000);
	struct tm tm;
	char day[32];

	gmtime_r(&s, &tm);
	strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
	return mem_format("%s.%03dZ", day, (int)(wall_us / 1000 % 1000));
}

char *clock_span_text(int64_t us)
{
	if (us < 10000)
		return mem_format("%.1f ms", (double)us / 1000);
	if (us < 1000000)
		return mem_format("%d ms", (int)(us / 1000));
	if (us < 120000000)
		return mem_format("%.1f s", (double)us / 1e6);
	return mem_format("%d min %d s", (int)(us / 60000000),
			  (int)(us / 1000000 % 60));
}
