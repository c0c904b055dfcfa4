/*
 * session_read.c - sessions read from the configuration and from bgpd's JSON
 *
 * What cutover ensures is read from the configuration, because it is exact;
 * what happens is read from bgpd.  JSON of other versions of FRR: unknown keys
 * are passed over, missing ones leave their field empty.
 *
 * Threads: none.  Does not: decide anything.
 */
#include <stdio.h>
#include <string.h>

#include "adapters/frr/session.h"
#include "orchestrator/model/prefix.h"

/* ---- configuration ---- */

/*
 * The password's reference is not on the device; a session of ours named
 * 'circuit/link/peering' has it from the secret 'circuit/peering', and it is
 * named here only if the device holds that very secret.
 */
static void name_secret(const struct target *t, const char *value,
			struct resource *r)
{
	const char *a = strchr(r->name, '/');
	const char *b = a ? strchr(a + 1, '/') : NULL;
	mem_auto_free char *name = NULL;
	const struct secret_ref *ref;
	char *secret;

	if (!b)
		return;
	name = mem_format("%.*s%s", (int)(a - r->name), r->name, b);
	ref = target_secret(t, name);
	secret = ref ? secret_fetch(ref, NULL) : NULL;
	if (secret && strcmp(secret, value) == 0) {
		free(r->session.secret);
		r->session.secret = mem_strdup(name);
	}
	mem_wipe_free(secret);
}

static void read_bfd(const char *value, struct state_session *s)
{
	unsigned mult, rx, tx;

	if (!value)
		return;
	s->bfd_multiplier = 3;
	s->bfd_interval_ms = 300;
	if (sscanf(value, "%u %u %u", &mult, &rx, &tx) == 3) {
		s->bfd_multiplier = mult;
		s->bfd_interval_ms = tx > rx ? tx : rx;
	}
}

static void read_timers(const char *value, struct state_session *s)
{
	unsigned keep, hold;

	if (value && sscanf(value, "%u %u", &keep, &hold) == 2) {
		s->keepalive_s = keep;
		s->hold_s = hold;
	}
}

static void read_asn(const struct frr_config *c, const char *addr,
		     struct state_session *s)
{
	const char *as = frr_config_neighbor(c, addr, NULL, "remote-as");

	s->local_asn = frr_config_asn(c);
	if (as && strcmp(as, "internal") == 0)
		s->asn = s->local_asn;
	else if (as)
		s->asn = (uint32_t)strtoul(as, NULL, 10);
}

void frr_session_observe(const struct frr_config *c, const struct target *t,
			 struct resource *r)
{
	struct state_session *s = &r->session;
	const char *addr = s->neighbor;
	const char *password;

	r->present = frr_config_has_neighbor(c, addr);
	if (!r->present)
		return;
	s->ours = frr_config_neighbor_ours(c, addr);
	s->enabled = !frr_config_neighbor(c, addr, NULL, "shutdown");
	s->import = frr_config_bound(c, addr, "in");
	s->export = frr_config_bound(c, addr, "out");
	read_asn(c, addr, s);
	read_bfd(frr_config_neighbor(c, addr, NULL, "bfd"), s);
	read_timers(frr_config_neighbor(c, addr, NULL, "timers"), s);
	s->secret = mem_strdup("");
	password = frr_config_neighbor(c, addr, NULL, "password");
	if (password) {
		s->secret_digest = secret_digest(password);
		name_secret(t, password, r);
	}
	s->state = mem_strdup("Idle");
	s->bfd_state = mem_strdup("");
}

/* ---- bgpd ---- */

static void set(char **field, const char *value)
{
	if (!value)
		return;
	free(*field);
	*field = mem_strdup(value);
}

/*
 * FRR writes 'Up', 'Down', 'Init', 'Admin Down', 'Unknown'.  The intervals of
 * 'neighbor X bfd M R T' run, but FRR 8.4 leaves them out of the configuration
 * text (so a reboot returns to 300 ms x 3): they are read here.
 */
static void live_bfd(const json_t *bfd, struct state_session *s)
{
	const char *status = json_peek_str(bfd, "status", NULL);

	if (!status)
		return;
	s->bfd_interval_ms = (uint32_t)json_peek_int(bfd, "txMinInterval",
						     s->bfd_interval_ms);
	s->bfd_multiplier = (uint32_t)json_peek_int(bfd, "detectMultiplier",
						    s->bfd_multiplier);
	if (strcmp(status, "Up") == 0)
		set(&s->bfd_state, "up");
	else if (strcmp(status, "Init") == 0)
		set(&s->bfd_state, "init");
	else
		set(&s->bfd_state, "down");
}

void frr_session_path(const json_t *routes, struct resource *r)
{
	const json_t *route = json_array_get(routes, 0);

	if (!r->present || !route || json_peek(route, "gateway"))
		return;
	set(&r->session.interface, json_peek_str(route, "dev", NULL));
	set(&r->session.local, json_peek_str(route, "prefsrc", NULL));
}

static void live_addresses(const json_t *n, struct state_session *s)
{
	const char *local = json_peek_str(n, "hostLocal", NULL);

	if (local && strcmp(local, "Unknown") != 0)
		set(&s->local, local);
}

void frr_session_live(const json_t *doc, const char *addr, struct resource *r)
{
	const json_t *n = json_peek(doc, addr);
	struct state_session *s = &r->session;
	const json_t *af;
	json_int_t up;

	if (!n || !r->present)
		return;
	set(&s->state, json_peek_str(n, "bgpState", NULL));
	up = json_peek_int(n, "bgpTimerUpMsec", 0);
	if (s->state && strcmp(s->state, "Established") == 0) {
		s->uptime_s = up > 0 ? (uint64_t)up / 1000 : 0;
		s->established_epoch_s = (uint64_t)json_peek_int(
			n, "bgpTimerUpEstablishedEpoch", 0);
	}
	live_addresses(n, s);
	live_bfd(json_peek(n, "peerBfdInfo"), s);
	af = json_peek(json_peek(n, "addressFamilyInfo"),
		       strchr(addr, ':') ? "ipv6Unicast" : "ipv4Unicast");
	s->prefixes_accepted =
		(uint32_t)json_peek_int(af, "acceptedPrefixCounter", 0);
	s->prefixes_received = s->prefixes_accepted;
	s->prefixes_sent = (uint32_t)json_peek_int(af, "sentPrefixCounter", 0);
}

struct key {
	struct prefix prefix;
	const char *text;
};

static int by_prefix(const void *a, const void *b)
{
	return prefix_cmp(&((const struct key *)a)->prefix,
			  &((const struct key *)b)->prefix);
}

static void take_keys(const json_t *routes, struct state_list *l)
{
	mem_auto_free struct key *v =
		mem_calloc(json_object_size(routes), sizeof(*v));
	const char *text;
	json_t *value;
	size_t n = 0;

	json_object_foreach((json_t *)routes, text, value)
	{
		v[n].text = text;
		n += prefix_parse(text, &v[n].prefix, NULL);
	}
	qsort(v, n, sizeof(*v), by_prefix);
	state_list_done(l);
	for (size_t i = 0; i < n; i++)
		state_list_add(l, v[i].text);
}

void frr_session_sent(const json_t *doc, struct resource *r)
{
	take_keys(json_peek(doc, "advertisedRoutes"), &r->session.sent);
	if (r->session.sent.n > r->session.prefixes_sent)
		r->session.prefixes_sent = (uint32_t)r->session.sent.n;
}

void frr_session_accepted(const json_t *doc, struct resource *r)
{
	take_keys(json_peek(doc, "routes"), &r->session.received);
}

/* Does `asn` stand in the path as a whole number? */
static bool path_has(const char *path, uint32_t asn)
{
	mem_auto_free char *word = mem_format("%u", asn);

	for (const char *p = path; *p; p += *p == ' ') {
		size_t n = strcspn(p, " ");

		if (n == strlen(word) && strncmp(p, word, n) == 0)
			return true;
		p += n;
	}
	return false;
}

static size_t path_len(const char *path)
{
	size_t n = *path != '\0';

	for (; *path; path++)
		n += *path == ' ';
	return n;
}

void frr_session_received(const json_t *doc, struct resource *r)
{
	const json_t *routes = json_peek(doc, "receivedRoutes");
	struct state_session *s = &r->session;
	const char *key, *longest = NULL;
	json_t *v;

	if (!routes)
		return;
	s->prefixes_received =
		(uint32_t)json_peek_int(doc, "totalPrefixCounter", 0);
	json_object_foreach((json_t *)routes, key, v)
	{
		const char *path = json_peek_str(v, "path", NULL);

		if (path && !path_has(path, s->local_asn) &&
		    (!longest || path_len(path) > path_len(longest)))
			longest = path;
	}
	set(&s->as_path, longest);
}
