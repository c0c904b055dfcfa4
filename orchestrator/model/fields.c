/*
 * fields.c - one table per state, and what follows from it
 *
 * Invariant: every member of a state struct is in its table; copying, freeing,
 * comparing and encoding go through the tables only.  Threads: tables are
 * constant.
 */
#include "orchestrator/model/fields.h"

#include <string.h>

#define F(st, member, ty, cl)                                                  \
	{                                                                      \
#member, FIELD_##ty, FIELD_##cl, offsetof(struct st, member)   \
	}
#define TABLE(kind_name, st, table)                                            \
	{                                                                      \
		kind_name, table, ARRAY_LEN(table), sizeof(struct st)          \
	}

static const struct field circuit_fields[] = {
	F(state_circuit, provisioning, STR, OPTIONAL),
	F(state_circuit, links, LIST, IDENTITY),
	F(state_circuit, fingerprint, STR, OPTIONAL),
	F(state_circuit, etag, STR, LIVE),
};

static const struct field peering_fields[] = {
	F(state_peering, domain, STR, IDENTITY),
	F(state_peering, asn, U32, IDENTITY),
	F(state_peering, peer_asn, U32, IDENTITY),
	F(state_peering, vlan, U32, IDENTITY),
	F(state_peering, primary, STR, IDENTITY),
	F(state_peering, secondary, STR, IDENTITY),
	F(state_peering, enabled, BOOL, IDENTITY),
	F(state_peering, secret, STR, LIVE),
	F(state_peering, secret_digest, STR, OPTIONAL),
	F(state_peering, advertised, LIST, OPTIONAL),
	F(state_peering, registry, STR, OPTIONAL),
	F(state_peering, route_filter, STR, OPTIONAL),
	F(state_peering, validation, STR, OPTIONAL),
	F(state_peering, owner, STR, LIVE),
	F(state_peering, etag, STR, LIVE),
};

static const struct field gateway_fields[] = {
	F(state_gateway, type, STR, IDENTITY),
	F(state_gateway, sku, STR, OPTIONAL),
	F(state_gateway, provisioning, STR, OPTIONAL),
	F(state_gateway, fingerprint, STR, OPTIONAL),
	F(state_gateway, location, STR, LIVE),
	F(state_gateway, etag, STR, LIVE),
};

static const struct field attachment_fields[] = {
	F(state_attachment, attached, BOOL, IDENTITY),
	F(state_attachment, failed, BOOL, IDENTITY),
	F(state_attachment, ports, LIST, LIVE),
	F(state_attachment, etag, STR, LIVE),
};

static const struct field interface_fields[] = {
	F(state_interface, up, BOOL, IDENTITY),
	F(state_interface, addresses, LIST, IDENTITY),
	F(state_interface, parent, STR, OPTIONAL),
	F(state_interface, vlan, U32, OPTIONAL),
	F(state_interface, mtu, U32, OPTIONAL),
	F(state_interface, oper_up, BOOL, LIVE),
	F(state_interface, rx_bytes, U64, LIVE),
	F(state_interface, tx_bytes, U64, LIVE),
	F(state_interface, rx_packets, U64, LIVE),
	F(state_interface, tx_packets, U64, LIVE),
};

static const struct field session_fields[] = {
	F(state_session, neighbor, STR, IDENTITY),
	F(state_session, local, STR, HINT),
	F(state_session, interface, STR, HINT),
	F(state_session, asn, U32, OPTIONAL),
	F(state_session, local_asn, U32, OPTIONAL),
	F(state_session, enabled, BOOL, IDENTITY),
	F(state_session, import, STR, OPTIONAL),
	F(state_session, export, STR, OPTIONAL),
	F(state_session, secret, STR, LIVE),
	F(state_session, secret_digest, STR, OPTIONAL),
	F(state_session, bfd_interval_ms, U32, OPTIONAL),
	F(state_session, bfd_multiplier, U32, OPTIONAL),
	F(state_session, hold_s, U32, OPTIONAL),
	F(state_session, keepalive_s, U32, OPTIONAL),
	F(state_session, ours, BOOL, LIVE),
	F(state_session, state, STR, LIVE),
	F(state_session, bfd_state, STR, LIVE),
	F(state_session, uptime_s, U64, LIVE),
	F(state_session, established_epoch_s, U64, LIVE),
	F(state_session, prefixes_received, U32, LIVE),
	F(state_session, prefixes_accepted, U32, LIVE),
	F(state_session, prefixes_sent, U32, LIVE),
	F(state_session, sent, LIST, LIVE),
	F(state_session, received, LIST, LIVE),
	F(state_session, as_path, STR, LIVE),
};

static const struct field entry_fields[] = {
	F(state_policy_entry, prefixes, LIST, IDENTITY),
	F(state_policy_entry, community, STR, IDENTITY),
	F(state_policy_entry, permit, BOOL, IDENTITY),
	F(state_policy_entry, has_local_pref, BOOL, IDENTITY),
	F(state_policy_entry, local_pref, U32, IDENTITY),
	F(state_policy_entry, has_med, BOOL, IDENTITY),
	F(state_policy_entry, med, U32, IDENTITY),
	F(state_policy_entry, prepend, U32, IDENTITY),
	F(state_policy_entry, communities, LIST, IDENTITY),
	F(state_policy_entry, call, STR, IDENTITY),
};

static const struct field route_policy_fields[] = {
	F(state_route_policy, direction, STR, IDENTITY),
	F(state_route_policy, entries, ENTRIES, IDENTITY),
};

static const struct field static_route_fields[] = {
	F(state_static_route, prefixes, LIST, IDENTITY),
	F(state_static_route, session, STR, IDENTITY),
	F(state_static_route, next_hop, STR, LIVE),
};

static const struct field tunnel_fields[] = {
	F(state_tunnel, connection, STR, IDENTITY),
	F(state_tunnel, up, BOOL, IDENTITY),
	F(state_tunnel, local, STR, OPTIONAL),
	F(state_tunnel, remote, STR, OPTIONAL),
	F(state_tunnel, bytes_in, U64, LIVE),
	F(state_tunnel, bytes_out, U64, LIVE),
	F(state_tunnel, packets_in, U64, LIVE),
	F(state_tunnel, packets_out, U64, LIVE),
	F(state_tunnel, age_s, U64, LIVE),
	F(state_tunnel, rekey_s, U64, LIVE),
};

static const struct field vnet_fields[] = {
	F(state_vnet, identity, STR, IDENTITY),
	F(state_vnet, digest, STR, IDENTITY),
	F(state_vnet, liveness, STR, LIVE),
};

static const struct field route_fields[] = {
	F(state_route, in_fib, BOOL, IDENTITY),
	F(state_route, next_hops, LIST, IDENTITY),
	F(state_route, session, STR, LIVE),
	F(state_route, local_pref, U32, LIVE),
	F(state_route, as_path, STR, LIVE),
	F(state_route, protocol, STR, LIVE),
	F(state_route, distance, U32, LIVE),
	F(state_route, paths, LIST, LIVE),
};

static const struct field config_fields[] = {
	F(state_config, text, STR, IDENTITY),
	F(state_config, foreign, STR, LIVE),
	F(state_config, digest, STR, IDENTITY),
	F(state_config, saved, BOOL, LIVE),
};

static const struct field_table tables[RESOURCE_KINDS] = {
	[RESOURCE_CIRCUIT] = TABLE("circuit", state_circuit, circuit_fields),
	[RESOURCE_PEERING] = TABLE("peering", state_peering, peering_fields),
	[RESOURCE_GATEWAY] = TABLE("gateway", state_gateway, gateway_fields),
	[RESOURCE_ATTACHMENT] =
		TABLE("attachment", state_attachment, attachment_fields),
	[RESOURCE_INTERFACE] =
		TABLE("interface", state_interface, interface_fields),
	[RESOURCE_SESSION] = TABLE("session", state_session, session_fields),
	[RESOURCE_ROUTE_POLICY] =
		TABLE("route_policy", state_route_policy, route_policy_fields),
	[RESOURCE_STATIC_ROUTE] =
		TABLE("static_route", state_static_route, static_route_fields),
	[RESOURCE_TUNNEL] = TABLE("tunnel", state_tunnel, tunnel_fields),
	[RESOURCE_VNET] = TABLE("vnet", state_vnet, vnet_fields),
	[RESOURCE_ROUTE] = TABLE("route", state_route, route_fields),
	[RESOURCE_CONFIG] = TABLE("config", state_config, config_fields),
};

const struct field_table field_table_entry =
	TABLE("entry", state_policy_entry, entry_fields);

const struct field_table *field_table_of(enum resource_kind kind)
{
	return &tables[kind];
}

static const void *at(const struct field *f, const void *state)
{
	return (const char *)state + f->offset;
}

static void list_copy(struct state_list *dst, const struct state_list *src)
{
	*dst = (struct state_list){0};
	state_list_append(dst, src);
}

static void entries_copy(struct state_policy_entries *dst,
			 const struct state_policy_entries *src)
{
	dst->n = dst->cap = src->n;
	dst->v = src->n ? mem_calloc(src->n, sizeof(*dst->v)) : NULL;
	for (size_t i = 0; i < src->n; i++)
		fields_copy(&field_table_entry, &dst->v[i], &src->v[i]);
}

static void entries_done(struct state_policy_entries *s)
{
	for (size_t i = 0; i < s->n; i++)
		fields_done(&field_table_entry, &s->v[i]);
	free(s->v);
	*s = (struct state_policy_entries){0};
}

/* Deep copy of what a member owns; dst's own is not freed. */
static void member_copy(const struct field *f, void *dst, const void *src)
{
	void *to = (char *)dst + f->offset;

	if (f->type == FIELD_STR)
		*(char **)to = mem_strdup(*(char *const *)at(f, src));
	else if (f->type == FIELD_LIST)
		list_copy(to, at(f, src));
	else if (f->type == FIELD_ENTRIES)
		entries_copy(to, at(f, src));
}

static void members_done(const struct field_table *t, void *state)
{
	for (size_t i = 0; i < t->n; i++) {
		void *p = (char *)state + t->v[i].offset;

		if (t->v[i].type == FIELD_STR)
			free(*(char **)p);
		else if (t->v[i].type == FIELD_LIST)
			state_list_done(p);
		else if (t->v[i].type == FIELD_ENTRIES)
			entries_done(p);
	}
}

void fields_copy(const struct field_table *t, void *dst, const void *src)
{
	memcpy(dst, src, t->state_size);
	for (size_t i = 0; i < t->n; i++)
		member_copy(&t->v[i], dst, src);
}

void fields_done(const struct field_table *t, void *state)
{
	members_done(t, state);
	memset(state, 0, t->state_size);
}

void field_assign(const struct field *f, void *dst, const void *src)
{
	const struct field_table one = {.v = f, .n = 1};
	void *to = (char *)dst + f->offset;

	switch (f->type) {
	case FIELD_BOOL:
		*(bool *)to = *(const bool *)at(f, src);
		break;
	case FIELD_U32:
		*(uint32_t *)to = *(const uint32_t *)at(f, src);
		break;
	case FIELD_U64:
		*(uint64_t *)to = *(const uint64_t *)at(f, src);
		break;
	case FIELD_STR:
	case FIELD_LIST:
	case FIELD_ENTRIES:
		members_done(&one, dst);
		member_copy(f, dst, src);
		break;
	}
}

bool field_is_empty(const struct field *f, const void *state)
{
	const void *p = at(f, state);

	switch (f->type) {
	case FIELD_STR:
		return !*(char *const *)p;
	case FIELD_BOOL:
		return !*(const bool *)p;
	case FIELD_U32:
		return !*(const uint32_t *)p;
	case FIELD_U64:
		return !*(const uint64_t *)p;
	case FIELD_LIST:
		return !((const struct state_list *)p)->n;
	case FIELD_ENTRIES:
		return !((const struct state_policy_entries *)p)->n;
	}
	return true;
}

static bool list_equal(const struct state_list *a, const struct state_list *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->v[i], b->v[i]) != 0)
			return false;
	return true;
}

static bool entries_equal(const struct state_policy_entries *a,
			  const struct state_policy_entries *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		for (size_t k = 0; k < field_table_entry.n; k++)
			if (!field_equal(&field_table_entry.v[k], &a->v[i],
					 &b->v[i]))
				return false;
	return true;
}

bool field_equal(const struct field *f, const void *a, const void *b)
{
	const void *p = at(f, a), *q = at(f, b);
	const char *s, *t;

	switch (f->type) {
	case FIELD_STR:
		s = *(char *const *)p;
		t = *(char *const *)q;
		return s == t || (s && t && strcmp(s, t) == 0);
	case FIELD_BOOL:
		return *(const bool *)p == *(const bool *)q;
	case FIELD_U32:
		return *(const uint32_t *)p == *(const uint32_t *)q;
	case FIELD_U64:
		return *(const uint64_t *)p == *(const uint64_t *)q;
	case FIELD_LIST:
		return list_equal(p, q);
	case FIELD_ENTRIES:
		return entries_equal(p, q);
	}
	return false;
}

static json_t *list_to_json(const struct state_list *l)
{
	json_t *j = json_array();

	for (size_t i = 0; i < l->n; i++)
		json_array_append_new(j, json_string(l->v[i]));
	return j;
}

static json_t *entries_to_json(const struct state_policy_entries *s)
{
	json_t *j = json_array();

	for (size_t i = 0; i < s->n; i++) {
		json_t *o = json_object();

		for (size_t k = 0; k < field_table_entry.n; k++) {
			const struct field *f = &field_table_entry.v[k];

			if (!field_is_empty(f, &s->v[i]))
				json_object_set_new(o, f->name,
						    field_to_json(f, &s->v[i]));
		}
		json_array_append_new(j, o);
	}
	return j;
}

json_t *field_to_json(const struct field *f, const void *state)
{
	const void *p = at(f, state);
	const char *s;

	switch (f->type) {
	case FIELD_STR:
		s = *(char *const *)p;
		return s ? json_string(s) : json_null();
	case FIELD_BOOL:
		return json_boolean(*(const bool *)p);
	case FIELD_U32:
		return json_integer(*(const uint32_t *)p);
	case FIELD_U64:
		return json_integer((json_int_t) * (const uint64_t *)p);
	case FIELD_LIST:
		return list_to_json(p);
	case FIELD_ENTRIES:
		return entries_to_json(p);
	}
	return json_null();
}

static bool list_from_json(const json_t *j, struct state_list *l)
{
	for (size_t i = 0; i < json_array_size(j); i++) {
		const json_t *v = json_array_get(j, i);

		if (!json_is_string(v))
			return false;
		state_list_add(l, json_string_value(v));
	}
	return json_is_array(j);
}

static bool entries_from_json(const json_t *j, struct state_policy_entries *s,
			      struct err *e)
{
	if (!json_is_array(j))
		return err_set(e, ERR_INVALID, "'entries' is not a list");
	for (size_t i = 0; i < json_array_size(j); i++) {
		MEM_GROW(s->v, s->n, s->cap);
		memset(&s->v[s->n], 0, sizeof(*s->v));
		s->n++;
		for (size_t k = 0; k < field_table_entry.n; k++) {
			const struct field *f = &field_table_entry.v[k];
			const json_t *v =
				json_peek(json_array_get(j, i), f->name);

			if (v && !field_from_json(f, v, &s->v[s->n - 1], e))
				return false;
		}
	}
	return true;
}

bool field_from_json(const struct field *f, const json_t *j, void *state,
		     struct err *e)
{
	void *p = (char *)state + f->offset;
	bool number = json_is_integer(j) && json_integer_value(j) >= 0;
	bool ok = false;

	switch (f->type) {
	case FIELD_STR:
		ok = json_is_string(j) || json_is_null(j);
		if (ok)
			*(char **)p = mem_strdup(json_string_value(j));
		break;
	case FIELD_BOOL:
		ok = json_is_boolean(j);
		*(bool *)p = json_is_true(j);
		break;
	case FIELD_U32:
		ok = number && json_integer_value(j) <= UINT32_MAX;
		if (ok)
			*(uint32_t *)p = (uint32_t)json_integer_value(j);
		break;
	case FIELD_U64:
		ok = number;
		if (ok)
			*(uint64_t *)p = (uint64_t)json_integer_value(j);
		break;
	case FIELD_LIST:
		ok = list_from_json(j, p);
		break;
	case FIELD_ENTRIES:
		return entries_from_json(j, p, e);
	}
	if (!ok)
		return err_set(e, ERR_INVALID, "field '%s' has the wrong type",
			       f->name);
	return true;
}
