/*
 * scene.h - one guard over looks at targets, in virtual time; for the tests of
 * sights
 */
#ifndef CUTOVER_TESTS_ENGINE_SCENE_H
#define CUTOVER_TESTS_ENGINE_SCENE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "orchestrator/engine/sights.h"

#define SECOND 1000000
#define OURS "er/primary/private"

static struct plan_edge edge = {.name = "edge1"};
static struct plan_tunnel tunnel = {.name = "vpn1"};
static struct plan_link_peering on = {.interface = "ckt0"};
static struct plan_link link1 = {.name = "primary"};
static struct plan_peering peering = {
	.name = "private", .max_path = 2, .on = &on};
static struct plan_circuit circuit = {.name = "er",
				      .links = &link1,
				      .n_links = 1,
				      .peerings = &peering,
				      .n_peerings = 1};

struct scene {
	struct plan plan;
	struct plan_guard rule;
	struct sights *s;
	int64_t now;
	char why[300];
};

static inline struct scene *scene(enum plan_over over)
{
	struct scene *c = calloc(1, sizeof(*c));

	assert_non_null(c);
	c->rule = (struct plan_guard){.name = "g",
				      .over = over,
				      .probe = -1,
				      .packets = 20,
				      .window_ms = 5000};
	c->plan = (struct plan){.edges = &edge,
				.n_edges = 1,
				.tunnels = &tunnel,
				.n_tunnels = 1,
				.circuits = &circuit,
				.n_circuits = 1,
				.vnet.name = (char *)"vnet1",
				.guards = &c->rule,
				.n_guards = 1};
	c->s = sights_new(&c->plan, 0);
	return c;
}

static inline void scene_free(struct scene *c)
{
	sights_free(c->s);
	free(c);
}

static inline enum guard_verdict judge(struct scene *c)
{
	buf_auto why = BUF_INIT;
	enum guard_verdict v = sights_judge(c->s, &c->rule, c->now, &why);

	snprintf(c->why, sizeof(c->why), "%s", buf_str(&why));
	return v;
}

/* One look, a second later, at one resource. */
static inline enum guard_verdict look(struct scene *c, const char *target,
				      const struct resource *r)
{
	struct resource_set set = {.v = (struct resource *)r, .n = 1};

	c->now += SECOND;
	sights_feed(c->s, c->now, target, &set, NULL);
	return judge(c);
}

static inline enum guard_verdict session(struct scene *c, const char *state,
					 uint64_t uptime, uint32_t received,
					 uint32_t sent)
{
	struct resource r = {.kind = RESOURCE_SESSION,
			     .name = (char *)OURS,
			     .present = true};

	r.session.enabled = state != NULL;
	r.session.state = (char *)state;
	r.session.uptime_s = uptime;
	r.session.prefixes_received = r.session.prefixes_accepted = received;
	r.session.prefixes_sent = sent;
	return look(c, "edge1", &r);
}

static inline enum guard_verdict packets(struct scene *c, uint64_t n)
{
	struct resource r = {.kind = RESOURCE_INTERFACE,
			     .name = (char *)"ckt0",
			     .present = true};

	r.interface.rx_packets = n;
	return look(c, "edge1", &r);
}

#endif
