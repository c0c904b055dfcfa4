/*
 * device.c - what a device does with changes, timers and reboots
 *
 * Invariants: running changes only in wdev_put(), which makes the world's
 * routes due.  A change is known by its key: a key that comes twice breaks
 * promise 4 and is reported, since the law says that nothing is ever repeated
 * blindly.  What is armed has one deadline; when it passes, all of it is taken
 * back, the last change first.
 *
 * A late command carries the epoch of its session.  The device refuses it when
 * somebody has claimed a higher one since.
 */
#include "adapters/twin/device.h"

#include <string.h>

struct device *wdev_new(struct world *w, enum device_kind kind, size_t index,
			const struct target *t)
{
	struct device *d = mem_alloc(sizeof(*d));

	d->world = w;
	d->kind = kind;
	d->index = index;
	d->target = t;
	return d;
}

static void armed_done(struct armed *a)
{
	free(a->key);
	resource_set_done(&a->back);
}

static void disarm_all(struct device *d)
{
	for (size_t i = 0; i < d->n_armed; i++)
		armed_done(&d->armed[i]);
	d->n_armed = 0;
	d->deadline_us = 0;
}

static void late_drop(struct device *d)
{
	free(d->late.key);
	free(d->late.text);
	d->late = (struct late){0};
}

void wdev_free(struct device *d)
{
	if (!d)
		return;
	disarm_all(d);
	late_drop(d);
	free(d->armed);
	resource_set_done(&d->running);
	resource_set_done(&d->saved);
	state_list_done(&d->keys);
	free(d->fired);
	for (size_t i = 0; i < d->n_counters; i++)
		free(d->counters[i].name);
	free(d->counters);
	free(d->image);
	free(d->saved_image);
	free(d);
}

const struct resource *wdev_find(const struct device *d,
				 enum resource_kind kind, const char *name)
{
	return resource_set_find(&d->running, kind, name);
}

/* ---- what runs ---- */

static int by_name(const void *a, const void *b)
{
	const struct resource *x = *(const struct resource *const *)a;
	const struct resource *y = *(const struct resource *const *)b;

	return x->kind != y->kind ? (int)x->kind - (int)y->kind
				  : strcmp(x->name, y->name);
}

char *wdev_text(const struct device *d, bool (*shown)(const struct resource *))
{
	mem_auto_free const struct resource **v = NULL;
	buf_auto b = BUF_INIT;

	v = mem_calloc(d->running.n, sizeof(*v));
	for (size_t i = 0; i < d->running.n; i++)
		v[i] = &d->running.v[i];
	qsort(v, d->running.n, sizeof(*v), by_name);
	buf_printf(&b, "! %s\n", d->target->name);
	for (size_t i = 0; i < d->running.n; i++) {
		json_auto *j = NULL;
		mem_auto_free char *text = NULL;

		if (shown && !shown(v[i]))
			continue;
		j = resource_to_json(v[i], false);
		text = json_text_canonical(j);
		buf_printf(&b, "%s\n", text);
	}
	return buf_steal(&b);
}

const char *wdev_image(const struct device *d)
{
	struct device *own = (struct device *)d; /* the text is a cache */

	if (!d->image)
		own->image = wdev_text(d, NULL);
	return d->image;
}

static void touched(struct device *d)
{
	free(d->image);
	d->image = NULL;
	d->world->dirty = true;
}

static void put_one(struct resource_set *set, const struct resource *r)
{
	struct resource *at = resource_set_find(set, r->kind, r->name);

	if (at) {
		resource_done(at);
		if (r->present)
			resource_copy(at, r);
		else
			*at = set->v[--set->n];
	} else if (r->present) {
		resource_set_add_copy(set, r);
	}
}

void wdev_put(struct device *d, const struct resource_set *set)
{
	for (size_t i = 0; i < set->n; i++)
		put_one(&d->running, &set->v[i]);
	touched(d);
}

bool wdev_up(const struct device *d)
{
	return d->down_until_us <= d->world->now_us;
}

/* ---- changes ---- */

static bool once(struct device *d, const char *key)
{
	if (state_list_has(&d->keys, key)) {
		world_break(d->world, "'%s' got change '%s' twice",
			    d->target->name, key);
		return false;
	}
	state_list_add(&d->keys, key);
	return true;
}

static void arm(struct device *d, const char *key,
		const struct resource_set *to, uint32_t seconds)
{
	struct armed *a;

	d->armed = mem_realloc(d->armed, d->n_armed + 1, sizeof(*d->armed));
	a = &d->armed[d->n_armed++];
	*a = (struct armed){.key = mem_strdup(key)};
	for (size_t i = 0; i < to->n; i++) {
		const struct resource *was =
			wdev_find(d, to->v[i].kind, to->v[i].name);

		if (was)
			resource_set_add_copy(&a->back, was);
		else
			resource_set_add(&a->back, to->v[i].kind, to->v[i].name)
				->present = false;
	}
	d->deadline_us = d->world->now_us + (int64_t)seconds * 1000000;
	free(d->fired);
	d->fired = NULL;
}

static void record(struct device *d, const char *text)
{
	mem_auto_free char *line = mem_format("%s: %s", d->target->name, text);

	state_list_add(&d->world->changes, line);
}

bool wdev_change(struct device *d, const char *key, const char *text,
		 uint32_t seconds, struct err *e)
{
	json_auto *j = json_text_parse(text, strlen(text), e);
	resource_set_auto to = {0};

	if (!j || !resource_set_from_json(j, &to, e))
		return err_wrap(e, "'%s' does not understand the change",
				d->target->name);
	once(d, key);
	if (seconds)
		arm(d, key, &to, seconds);
	wdev_put(d, &to);
	record(d, text);
	return true;
}

/* ---- timers ---- */

static bool was_fired(const struct device *d, const char *key)
{
	mem_auto_free char *word = NULL;

	if (!d->fired || !key)
		return d->fired != NULL;
	word = mem_format(" %s ", key);
	return strstr(d->fired, word) != NULL;
}

/* Pops what is armed down to `key` (NULL: all of it); how many. */
static size_t pop(struct device *d, const char *key)
{
	size_t n = 0;
	bool last = false;

	while (d->n_armed && !last) {
		struct armed *a = &d->armed[--d->n_armed];

		last = key && strcmp(a->key, key) == 0;
		wdev_put(d, &a->back);
		armed_done(a);
		n++;
	}
	if (!d->n_armed)
		d->deadline_us = 0;
	return n;
}

static bool is_armed(const struct device *d, const char *key)
{
	for (size_t i = 0; i < d->n_armed; i++)
		if (strcmp(d->armed[i].key, key) == 0)
			return true;
	return false;
}

enum outcome wdev_confirm(struct device *d, const char *key)
{
	if (was_fired(d, key))
		return OUTCOME_REFUSED;
	if (!key && d->n_armed) {
		disarm_all(d);
		return OUTCOME_APPLIED;
	}
	for (size_t i = 0; key && i < d->n_armed; i++) {
		if (strcmp(d->armed[i].key, key) != 0)
			continue;
		armed_done(&d->armed[i]);
		memmove(&d->armed[i], &d->armed[i + 1],
			(--d->n_armed - i) * sizeof(*d->armed));
		if (!d->n_armed)
			d->deadline_us = 0;
		return OUTCOME_APPLIED;
	}
	return OUTCOME_UNCHANGED;
}

enum outcome wdev_revert(struct device *d, const char *key)
{
	if (!d->n_armed || (key && !is_armed(d, key)))
		return OUTCOME_UNCHANGED;
	world_tell(d->world, "'%s' takes %zu changes back, as told",
		   d->target->name, pop(d, key));
	world_excuse(d->world); /* an emergency action, all at once */
	return OUTCOME_APPLIED;
}

enum outcome wdev_renew(struct device *d, uint32_t seconds)
{
	if (d->fired)
		return OUTCOME_REFUSED;
	if (!d->n_armed)
		return OUTCOME_UNCHANGED;
	d->deadline_us = d->world->now_us + (int64_t)seconds * 1000000;
	return OUTCOME_APPLIED;
}

static void fire(struct device *d)
{
	buf_auto keys = BUF_INIT;

	buf_puts(&keys, d->fired ? d->fired : " ");
	for (size_t i = 0; i < d->n_armed; i++)
		buf_printf(&keys, "%s ", d->armed[i].key);
	free(d->fired);
	d->fired = buf_steal(&keys);
	world_tell(d->world, "the timer of '%s' runs out: %zu changes back",
		   d->target->name, pop(d, NULL));
	world_excuse(d->world);
}

/* ---- what outlives a process, a session, a boot ---- */

enum outcome wdev_save(struct device *d)
{
	if (d->saved_image && strcmp(d->saved_image, wdev_image(d)) == 0)
		return OUTCOME_UNCHANGED;
	resource_set_done(&d->saved);
	resource_set_copy(&d->saved, &d->running);
	free(d->saved_image);
	d->saved_image = mem_strdup(wdev_image(d));
	return OUTCOME_APPLIED;
}

void wdev_reboot(struct device *d)
{
	disarm_all(d);
	late_drop(d);
	free(d->fired);
	d->fired = NULL;
	resource_set_done(&d->running);
	resource_set_copy(&d->running, &d->saved);
	d->down_until_us = d->world->now_us + REBOOT_US;
	touched(d);
	world_excuse(d->world);
}

void wdev_edit(struct device *d)
{
	mem_auto_free char *name = mem_format("by-hand-%u", ++d->edits);
	struct resource *r =
		resource_set_add(&d->running, RESOURCE_STATIC_ROUTE, name);

	state_list_add(&r->static_route.prefixes, "198.18.0.0/15");
	touched(d);
}

static void land(struct device *d)
{
	struct late l = d->late;
	err_auto e = ERR_INIT;

	d->late = (struct late){0};
	if (l.epoch < d->epoch) {
		world_tell(d->world, "'%s' refuses a late command",
			   d->target->name);
	} else {
		world_tell(d->world, "a late command lands on '%s'",
			   d->target->name);
		if (l.looked)
			world_break(d->world,
				    "a late command landed on '%s' after it "
				    "had been looked at",
				    d->target->name);
		wdev_change(d, l.key, l.text, l.seconds, &e);
	}
	free(l.key);
	free(l.text);
}

void wdev_due(struct device *d)
{
	int64_t now = d->world->now_us;

	if (d->n_armed && d->deadline_us <= now)
		fire(d);
	if (d->late.key && d->late.due_us <= now)
		land(d);
	if (d->down_until_us && d->down_until_us <= now) {
		d->down_until_us = 0;
		world_tell(d->world, "'%s' is back", d->target->name);
		world_excuse(d->world);
		d->world->dirty = true;
	}
}

static int64_t sooner(int64_t a, int64_t b)
{
	return !b || (a && a < b) ? a : b;
}

int64_t wdev_next(const struct device *d)
{
	int64_t t = d->down_until_us;

	if (d->n_armed)
		t = sooner(t, d->deadline_us);
	if (d->late.key)
		t = sooner(t, d->late.due_us);
	return t;
}

struct counter *wdev_counter(struct device *d, const char *name)
{
	for (size_t i = 0; i < d->n_counters; i++)
		if (strcmp(d->counters[i].name, name) == 0)
			return &d->counters[i];
	d->counters = mem_realloc(d->counters, d->n_counters + 1,
				  sizeof(*d->counters));
	d->counters[d->n_counters] = (struct counter){.name = mem_strdup(name)};
	return &d->counters[d->n_counters++];
}
