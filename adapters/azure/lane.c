/*
 * lane.c - which resources are being written, and by whom
 *
 * A dozen entries at most: a list under one mutex.
 */
#include "adapters/azure/lane.h"

#include <pthread.h>
#include <string.h>
#include <strings.h>

#include "orchestrator/base/mem.h"

struct lane {
	char *id;
	const void *owner;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct lane *lanes;
static size_t n_lanes, cap_lanes;

bool lane_take(const char *id, const void *owner)
{
	bool free_lane = true, mine = false;

	pthread_mutex_lock(&mutex);
	for (size_t i = 0; i < n_lanes; i++) {
		if (strcasecmp(lanes[i].id, id) != 0)
			continue;
		free_lane = false;
		mine = lanes[i].owner == owner;
	}
	if (free_lane) {
		MEM_GROW(lanes, n_lanes, cap_lanes);
		lanes[n_lanes++] = (struct lane){mem_strdup(id), owner};
	}
	pthread_mutex_unlock(&mutex);
	return free_lane || mine;
}

void lane_leave(const void *owner)
{
	pthread_mutex_lock(&mutex);
	for (size_t i = n_lanes; i-- > 0;) {
		if (lanes[i].owner != owner)
			continue;
		free(lanes[i].id);
		lanes[i] = lanes[--n_lanes];
	}
	if (!n_lanes) {
		free(lanes);
		lanes = NULL;
		cap_lanes = 0;
	}
	pthread_mutex_unlock(&mutex);
}
