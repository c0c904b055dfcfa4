/*
 * record.c - what stands between a run and its devices while it is measured
 *
 * Invariants: a call is recorded when it has ended; `busy` counts the time in
 * which at least one is under way, so calls that run side by side are not
 * counted twice.  Times go to the part of the run that is under way when they
 * end; the part changes with the 'step' rows.
 *
 * Ownership: the record owns its calls; scripts are wiped.  Threads: workers
 * and the runner; one mutex.
 */
#include "tests/bench/record.h"

#include <pthread.h>
#include <string.h>

#include "adapters/bird/bird.h"
#include "adapters/frr/frr.h"
#include "adapters/libvirt/libvirt.h"
#include "adapters/strongswan/strongswan.h"
#include "adapters/transport/device.h"
#include "adapters/transport/spawn.h"
#include "orchestrator/base/clock.h"
#include "orchestrator/cmd/cmd.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct bench_record *record;
static enum bench_part part;
static int64_t part_since, busy_since, timer_since;
static int under_way;

void bench_record_into(struct bench_record *r)
{
	record = r;
	part = PART_LOOK;
	part_since = clock_mono_us();
	under_way = 0;
}

void bench_record_done(struct bench_record *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free(r->v[i].key);
		mem_wipe_free(r->v[i].script);
		resource_set_done(&r->v[i].want);
		changeset_done(&r->v[i].changeset);
	}
	free(r->v);
	*r = (struct bench_record){0};
}

static int64_t begin(void)
{
	int64_t now = clock_mono_us();

	pthread_mutex_lock(&mutex);
	if (under_way++ == 0)
		busy_since = now;
	pthread_mutex_unlock(&mutex);
	return now;
}

static void end(void)
{
	pthread_mutex_lock(&mutex);
	if (--under_way == 0 && record)
		record->times.busy[part] += clock_mono_us() - busy_since;
	pthread_mutex_unlock(&mutex);
}

/* Takes over what x owns. */
static void keep(struct bench_call *x, size_t bytes)
{
	pthread_mutex_lock(&mutex);
	x->part = part;
	if (record) {
		MEM_GROW(record->v, record->n, record->cap);
		record->v[record->n++] = *x;
		if (x->kind != BENCH_PAUSE) {
			record->times.calls[part]++;
			record->times.bytes[part] += bytes;
		}
	}
	pthread_mutex_unlock(&mutex);
}

/* ---- devices with a shell ---- */

#define WRAP(fn) __wrap_##fn
#define REAL(fn) __real_##fn

struct device *REAL(device_open)(const struct target *t, int64_t deadline_us,
				 struct err *e);
struct device *WRAP(device_open)(const struct target *t, int64_t deadline_us,
				 struct err *e);
bool REAL(device_read)(struct device *d, uint64_t epoch, const char *script,
		       int64_t deadline_us, struct device_result *ret,
		       struct err *e);
bool WRAP(device_read)(struct device *d, uint64_t epoch, const char *script,
		       int64_t deadline_us, struct device_result *ret,
		       struct err *e);
bool REAL(device_fence)(struct device *d, uint64_t *ret_epoch,
			int64_t deadline_us, struct err *e);
bool WRAP(device_fence)(struct device *d, uint64_t *ret_epoch,
			int64_t deadline_us, struct err *e);
enum outcome REAL(device_change)(struct device *d, uint64_t epoch,
				 const char *key, const char *script,
				 int64_t deadline_us, struct device_result *ret,
				 struct err *e);
enum outcome WRAP(device_change)(struct device *d, uint64_t epoch,
				 const char *key, const char *script,
				 int64_t deadline_us, struct device_result *ret,
				 struct err *e);
void REAL(engine_feed)(struct engine *g, const struct event *ev,
		       struct action_list *out);
void WRAP(engine_feed)(struct engine *g, const struct event *ev,
		       struct action_list *out);
bool REAL(journal_append)(struct journal *j, const char *run, const char *kind,
			  const char *step, const char *body, int64_t *ret_seq,
			  struct err *e);
bool WRAP(journal_append)(struct journal *j, const char *run, const char *kind,
			  const char *step, const char *body, int64_t *ret_seq,
			  struct err *e);

struct device *WRAP(device_open)(const struct target *t, int64_t deadline_us,
				 struct err *e)
{
	struct device *d;

	begin();
	d = REAL(device_open)(t, deadline_us, e);
	end();
	return d;
}

bool WRAP(device_fence)(struct device *d, uint64_t *ret_epoch,
			int64_t deadline_us, struct err *e)
{
	bool ok;

	begin();
	ok = REAL(device_fence)(d, ret_epoch, deadline_us, e);
	end();
	return ok;
}

bool WRAP(device_read)(struct device *d, uint64_t epoch, const char *script,
		       int64_t deadline_us, struct device_result *ret,
		       struct err *e)
{
	struct bench_call x = {.kind = BENCH_READ, .target = device_target(d)};
	int64_t from = begin();
	bool ok = REAL(device_read)(d, epoch, script, deadline_us, ret, e);

	end();
	x.us = clock_mono_us() - from;
	x.script = mem_strdup(script);
	x.rc = ok ? ret->rc : -1;
	keep(&x, strlen(script) + (ok ? ret->out.len : 0));
	return ok;
}

enum outcome WRAP(device_change)(struct device *d, uint64_t epoch,
				 const char *key, const char *script,
				 int64_t deadline_us, struct device_result *ret,
				 struct err *e)
{
	struct bench_call x = {.kind = BENCH_CHANGE,
			       .target = device_target(d)};
	int64_t from = begin();
	enum outcome o =
		REAL(device_change)(d, epoch, key, script, deadline_us, ret, e);

	end();
	x.us = clock_mono_us() - from;
	x.key = mem_strdup(key);
	x.script = mem_strdup(script);
	x.rc = (int)o;
	keep(&x, strlen(script) + ret->out.len);
	return o;
}

/* ---- systems without a shell ---- */

static bool virt_observe(struct adapter_ctx *c, const struct resource_set *want,
			 struct resource_set *ret, struct err *e)
{
	struct bench_call x = {.kind = BENCH_LOOK, .target = c->target};
	int64_t from = begin();

	x.rc = libvirt_adapter_ops.observe(c, want, ret, e);
	end();
	x.us = clock_mono_us() - from;
	resource_set_copy(&x.want, want);
	keep(&x, 0);
	return x.rc;
}

static enum outcome virt_apply(struct adapter_ctx *c,
			       const struct changeset *cs, bool back,
			       const struct adapter_guard *guard,
			       char **ret_token, struct err *e)
{
	struct bench_call x = {
		.kind = BENCH_APPLY, .target = c->target, .back = back};
	json_auto *j = changeset_to_json(cs);
	int64_t from = begin();

	x.rc = (int)libvirt_adapter_ops.apply(c, cs, back, guard, ret_token, e);
	end();
	x.us = clock_mono_us() - from;
	changeset_from_json(j, &x.changeset, NULL);
	keep(&x, 0);
	return (enum outcome)x.rc;
}

void bench_register(void)
{
	static struct adapter_ops virt;

	virt = libvirt_adapter_ops;
	virt.observe = virt_observe;
	virt.apply = virt_apply;
	adapter_register(&frr_adapter_ops);
	adapter_register(&bird_adapter_ops);
	adapter_register(&strongswan_adapter_ops);
	adapter_register(&virt);
	cmd_spawn = spawn_on_host;
}

const struct adapter_ops *bench_inner(const struct target *t)
{
	return strcmp(t->driver, libvirt_adapter_ops.name) == 0
		       ? &libvirt_adapter_ops
		       : adapter_find(t->driver);
}

/* ---- the run itself ---- */

static void pause_ended(void)
{
	struct bench_call x = {.kind = BENCH_PAUSE,
			       .us = clock_mono_us() - timer_since};

	record->times.paused[part] += x.us;
	keep(&x, 0);
}

void WRAP(engine_feed)(struct engine *g, const struct event *ev,
		       struct action_list *out)
{
	if (record && ev->kind == EVENT_TIMER)
		pause_ended();
	REAL(engine_feed)(g, ev, out);
	for (size_t i = 0; i < out->n; i++)
		if (out->v[i].kind == ACTION_TIMER)
			timer_since = clock_mono_us();
}

static enum bench_part part_of(const char *body)
{
	json_auto *j = json_text_parse(body, strlen(body), NULL);
	const char *block = json_peek_str(j, "block", "");

	if (strcmp(block, "stage") == 0)
		return PART_STAGE;
	if (json_peek_bool(j, "back", false))
		return PART_BACK;
	return strcmp(block, "start") && strcmp(block, "finish") ? PART_SWITCH
								 : PART_LOOK;
}

static void set_part(enum bench_part next)
{
	int64_t now = clock_mono_us();

	pthread_mutex_lock(&mutex);
	record->times.wall[part] += now - part_since;
	part_since = now;
	part = next;
	pthread_mutex_unlock(&mutex);
}

bool WRAP(journal_append)(struct journal *j, const char *run, const char *kind,
			  const char *step, const char *body, int64_t *ret_seq,
			  struct err *e)
{
	int64_t from;
	bool ok;

	if (record && strcmp(kind, "step") == 0)
		set_part(part_of(body));
	from = clock_mono_us();
	ok = REAL(journal_append)(j, run, kind, step, body, ret_seq, e);
	if (record) {
		record->times.journal[part] += clock_mono_us() - from;
		record->times.rows[part]++;
		if (strcmp(kind, "end") == 0)
			set_part(PART_LOOK);
	}
	return ok;
}
