/*
 * virt.c - a connection to libvirt, with deadlines
 *
 * All calls of one connection run on its lane (lane.h): the caller waits with a
 * deadline and goes away when it passes; the lane closes the connection when
 * the daemon lets go of it.
 *
 * Changes that run on in an abandoned lane are counted per URI, so that a later
 * look can wait for them: a change cannot land after it was judged.
 *
 * Ownership: a call belongs to the caller, or to the lane once abandoned; the
 * library's connection belongs to the lane.  Threads: a connection is used by
 * one thread at a time.
 */
#include "adapters/libvirt/virt.h"

#include <pthread.h>
#include <string.h>

#include "adapters/libvirt/change.h"
#include "adapters/libvirt/events.h"
#include "adapters/libvirt/lane.h"
#include "adapters/libvirt/lib.h"
#include "adapters/libvirt/xml.h"
#include "orchestrator/base/clock.h"
#include "orchestrator/base/digest.h"

#define CLOSE_WAIT_US 2000000

/* What the lane's thread owns. */
struct side {
	char *uri;
	struct lib *lib; /* NULL until open */
	struct events *events;
};

struct virt {
	char *uri;
	struct lane *lane;
	struct events *events;
	struct side *side; /* to be named in calls, touched by the lane only */
};

struct call {
	struct lane_call base;
	struct side *side;
	void (*fn)(struct call *c);
	char *name; /* a network's */
	bool on;    /* a change to this */
	bool is_change, ok;
	enum outcome outcome;
	struct facts facts;
	struct state_list list;
	struct err err;
};

/* ---- changes that are under way, per URI ---- */

static struct {
	pthread_mutex_t mutex;
	struct state_list uris; /* one entry for each change */
} under_way = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static void under_way_add(const char *uri)
{
	pthread_mutex_lock(&under_way.mutex);
	state_list_add(&under_way.uris, uri);
	pthread_mutex_unlock(&under_way.mutex);
}

static void under_way_end(const char *uri)
{
	struct state_list *l = &under_way.uris;

	pthread_mutex_lock(&under_way.mutex);
	for (size_t i = 0; i < l->n; i++) {
		if (strcmp(l->v[i], uri) == 0) {
			state_list_remove(l, i);
			break;
		}
	}
	if (!l->n)
		state_list_done(l);
	pthread_mutex_unlock(&under_way.mutex);
}

bool virt_changes_settled(const char *uri, int64_t deadline_us, struct err *e)
{
	for (;;) {
		bool some;

		pthread_mutex_lock(&under_way.mutex);
		some = state_list_has(&under_way.uris, uri);
		pthread_mutex_unlock(&under_way.mutex);
		if (!some)
			return true;
		if (clock_mono_us() >= deadline_us)
			return err_set(e, ERR_TIMEOUT,
				       "a change that libvirt at '%s' has not "
				       "answered is still under way",
				       uri);
		clock_sleep_us(20000);
	}
}

/* ---- calls ---- */

static void call_run(struct lane_call *base)
{
	struct call *c = (struct call *)base;

	c->fn(c);
	if (c->is_change)
		under_way_end(c->side->uri);
}

static void call_free(struct lane_call *base)
{
	struct call *c = (struct call *)base;

	facts_done(&c->facts);
	state_list_done(&c->list);
	err_done(&c->err);
	free(c->name);
	free(c);
}

static struct call *call_new(struct virt *v, void (*fn)(struct call *c),
			     const char *name)
{
	struct call *c = mem_alloc(sizeof(*c));

	c->base.run = call_run;
	c->base.free = call_free;
	c->side = v->side;
	c->fn = fn;
	c->name = mem_strdup(name);
	return c;
}

/* NULL: it was too late, the call is gone; else the caller frees it. */
static struct call *call_make(struct virt *v, struct call *c,
			      int64_t deadline_us, struct err *e)
{
	enum lane_end end = lane_run(v->lane, &c->base, deadline_us);

	if (end == LANE_DONE)
		return c;
	if (end == LANE_GONE)
		call_free(&c->base);
	err_set(e, ERR_TIMEOUT,
		end == LANE_GONE ? "the connection to libvirt was given up"
				 : "libvirt did not answer in time");
	return NULL;
}

/* Takes over the call's error; frees the call. */
static bool call_end(struct call *c, struct err *e)
{
	bool ok = c->ok;

	if (!ok)
		err_move(e, &c->err);
	call_free(&c->base);
	return ok;
}

/* ---- open and close ---- */

static void fn_open(struct call *c)
{
	c->side->lib = lib_open(c->side->uri, c->side->events, &c->err);
	c->ok = c->side->lib != NULL;
}

static void side_leave(void *arg)
{
	struct side *s = arg;

	lib_close(s->lib);
	events_unref(s->events);
	free(s->uri);
	free(s);
}

struct virt *virt_open(const char *uri, int64_t deadline_us, struct err *e)
{
	struct virt *v = mem_alloc(sizeof(*v));
	struct side *s = mem_alloc(sizeof(*s));
	struct call *c;

	v->uri = mem_strdup(uri);
	v->events = events_new();
	s->events = events_ref(v->events);
	s->uri = mem_strdup(uri);
	v->side = s;
	v->lane = lane_new(side_leave, s);
	c = call_make(v, call_new(v, fn_open, NULL), deadline_us, e);
	if (c && call_end(c, e))
		return v;
	if (!c)
		err_wrap(e, "cannot connect to libvirt at '%s'", uri);
	virt_close(v);
	return NULL;
}

void virt_close(struct virt *v)
{
	if (!v)
		return;
	lane_free(v->lane, CLOSE_WAIT_US);
	events_unref(v->events);
	free(v->uri);
	free(v);
}

char *virt_event_wait(struct virt *v, int64_t deadline_us, struct err *e)
{
	bool ended;
	char *s = events_take(v->events, deadline_us, &ended);

	if (ended)
		err_set(e, ERR_IO, "the connection to libvirt is lost");
	return s;
}

/* ---- looks ---- */

static void fn_network(struct call *c)
{
	c->ok = lib_network_read(c->side->lib, c->name, &c->facts.network,
				 &c->err);
}

bool virt_network_read(struct virt *v, const char *name, int64_t deadline_us,
		       struct facts_network *ret, struct err *e)
{
	struct call *c =
		call_make(v, call_new(v, fn_network, name), deadline_us, e);

	if (!c)
		return false;
	if (c->ok) {
		*ret = c->facts.network;
		memset(&c->facts.network, 0, sizeof(c->facts.network));
	}
	return call_end(c, e);
}

static void fn_vnet(struct call *c)
{
	c->ok = lib_vnet_read(c->side->lib, c->name, &c->facts, &c->err);
}

bool virt_vnet_read(struct virt *v, const char *network, int64_t deadline_us,
		    struct facts *ret, struct err *e)
{
	struct call *c =
		call_make(v, call_new(v, fn_vnet, network), deadline_us, e);

	if (!c)
		return false;
	if (c->ok) {
		*ret = c->facts;
		memset(&c->facts, 0, sizeof(c->facts));
	}
	return call_end(c, e);
}

static bool take_list(struct call *c, struct state_list *ret, struct err *e)
{
	if (!c)
		return false;
	if (c->ok) {
		*ret = c->list;
		memset(&c->list, 0, sizeof(c->list));
	}
	return call_end(c, e);
}

static int text_cmp(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort(struct state_list *l)
{
	if (l->n)
		qsort(l->v, l->n, sizeof(*l->v), text_cmp);
}

/* The names in <interface><bridge><interface name=../>. */
static void ports_read(const char *text, struct state_list *ret)
{
	xml_auto *x = xml_parse(text, NULL);
	const struct xml *b = xml_child(x, "bridge");

	for (size_t i = 0; b && i < b->n; i++)
		if (xml_attr(b->v[i], "name"))
			state_list_add(ret, xml_attr(b->v[i], "name"));
	sort(ret);
}

static void fn_ports(struct call *c)
{
	mem_auto_free char *xml = NULL;

	c->ok = lib_bridge_read(c->side->lib, c->name, &xml, &c->err);
	if (xml)
		ports_read(xml, &c->list);
}

bool virt_ports_read(struct virt *v, const char *network, int64_t deadline_us,
		     struct state_list *ret, struct err *e)
{
	return take_list(
		call_make(v, call_new(v, fn_ports, network), deadline_us, e),
		ret, e);
}

static void add_line(const struct facts_network *n, struct state_list *ret)
{
	char hex[DIGEST_HEX] = "-";
	mem_auto_free char *line = NULL;

	if (n->saved_xml)
		digest_sha256_hex(n->saved_xml, strlen(n->saved_xml), hex);
	line = mem_format("%s %s %s %s %s %s", n->name, n->uuid,
			  n->active ? "active" : "inactive",
			  n->persistent ? "persistent" : "transient",
			  n->autostart ? "autostart" : "manual", hex);
	state_list_add(ret, line);
}

static void fn_networks(struct call *c)
{
	struct facts_networks all = {0};

	c->ok = lib_networks_read(c->side->lib, &all, &c->err);
	for (size_t i = 0; i < all.n; i++)
		add_line(&all.v[i], &c->list);
	sort(&c->list);
	facts_networks_done(&all);
}

bool virt_networks_list(struct virt *v, int64_t deadline_us,
			struct state_list *ret, struct err *e)
{
	return take_list(
		call_make(v, call_new(v, fn_networks, NULL), deadline_us, e),
		ret, e);
}

/* ---- the change ---- */

static void fn_set(struct call *c)
{
	c->outcome = change_network(c->side->lib, c->name, c->on, &c->err);
	c->ok = !c->err.msg;
}

enum outcome virt_network_set(struct virt *v, const char *name, bool active,
			      int64_t deadline_us, struct err *e)
{
	struct call *c = call_new(v, fn_set, name);
	enum lane_end end;
	enum outcome o;

	c->on = active;
	c->is_change = true;
	under_way_add(v->uri);
	end = lane_run(v->lane, &c->base, deadline_us);
	if (end == LANE_LATE) {
		err_set(e, ERR_UNKNOWN,
			"libvirt did not answer in time whether network '%s' "
			"is %s",
			name, active ? "started" : "stopped");
		return OUTCOME_UNKNOWN;
	}
	if (end == LANE_GONE) {
		under_way_end(v->uri);
		call_free(&c->base);
		err_set(e, ERR_RETRY, "the connection to libvirt was given up");
		return OUTCOME_RETRY;
	}
	o = c->outcome;
	call_end(c, e);
	return o;
}
