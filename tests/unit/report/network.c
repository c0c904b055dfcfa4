/*
 * network.c - the twin's devices behind the registry, for whoever finds an
 * adapter by its target's driver
 *
 * The world has no threads; whoever looks has: one call at a time gets in.
 */
#include "tests/unit/report/network.h"

#include <pthread.h>
#include <stdlib.h>

#include "adapters/twin/twin.h"
#include "adapters/twin/world.h"

static enum world_fault count(void *arg, const char *target,
			      enum world_slot slot)
{
	struct network *x = arg;

	(void)target;
	x->calls[slot]++;
	return WORLD_WELL;
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct adapter_ops inner; /* the same for each */
static struct world *used;	 /* a thread sees what it was told to use */

static bool open_alone(struct adapter_ctx *c, struct err *e)
{
	bool ok;

	pthread_mutex_lock(&mutex);
	world_use(used);
	ok = inner.open(c, e);
	pthread_mutex_unlock(&mutex);
	return ok;
}

static bool observe_alone(struct adapter_ctx *c,
			  const struct resource_set *want,
			  struct resource_set *ret, struct err *e)
{
	bool ok;

	pthread_mutex_lock(&mutex);
	world_use(used);
	ok = inner.observe(c, want, ret, e);
	pthread_mutex_unlock(&mutex);
	return ok;
}

static void stand_in(struct network *x, size_t i)
{
	static struct adapter_ops ops[8];
	static size_t n;
	struct target *t = (struct target *)&x->targets[i];
	char *name = mem_format("world-%s", t->driver);

	if (!adapter_find(name)) {
		if (n == ARRAY_LEN(ops))
			abort();
		ops[n] = *twin_world_ops.adapter(x->w, i);
		inner = ops[n];
		ops[n].name = mem_strdup(name);
		ops[n].open = open_alone;
		ops[n].observe = observe_alone;
		adapter_register(&ops[n++]);
	}
	free(t->driver);
	t->driver = name;
}

void network_up(struct network *x, const struct plan *p)
{
	*x = (struct network){.w = twin_world_ops.make(p, count, x)};
	x->targets = twin_world_ops.targets(x->w, &x->n);
	for (size_t i = 0; i < x->n; i++)
		stand_in(x, i);
	used = x->w;
	world_use(x->w);
}

void network_down(struct network *x)
{
	world_use(NULL);
	twin_world_ops.free(x->w);
}
