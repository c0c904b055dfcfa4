/*
 * change.c - sending one change, and finding out what became of it
 *
 * Everything that goes out passes change_allowed(): a peering of the plan or
 * the plan's connection, by their whole paths.  There is no other function in
 * this adapter that sends a PUT or a DELETE.
 *
 * Azure validates weakly, so what it would let pass is looked at here right
 * before: that nothing stands where we create, that circuit and gateway are at
 * rest, that the VLAN is not in use on the circuit, that what is deleted is
 * ours.
 *
 * A change that ended badly is judged by reading the resource, never by the
 * operation's word alone.
 */
#include "adapters/azure/change.h"

#include <string.h>

#include "adapters/azure/id.h"
#include "adapters/azure/lane.h"
#include "adapters/azure/lro.h"
#include "adapters/azure/shape.h"
#include "orchestrator/base/clock.h"

#define BUSY_WAIT_MS 2000

void change_done(struct change *c)
{
	free(c->method);
	free(c->path);
	free(c->body);
	*c = (struct change){0};
}

bool change_allowed(const struct spot *p, const char *method, const char *path)
{
	if (p->connection && strcmp(path, p->connection) == 0)
		return strcmp(method, "PUT") == 0 ||
		       strcmp(method, "DELETE") == 0;
	if (!p->circuit || p->provider_owned || strcmp(method, "PUT") != 0)
		return false;
	for (size_t i = 0; i < p->domains.n; i++) {
		const char *name = shape_peering_name(p->domains.v[i]);
		mem_auto_free char *child =
			name ? id_child(p->circuit, "peerings", name) : NULL;

		if (child && strcmp(path, child) == 0)
			return true;
	}
	return false;
}

bool change_parse(const struct change_part *part, const struct spot *p,
		  struct change *ret, struct err *e)
{
	static const char query[] = "?api-version=" AZURE_API_VERSION "\n";
	const char *space = strchr(part->text, ' ');
	const char *end = space ? strstr(space, query) : NULL;
	const char *body;

	*ret = (struct change){0};
	if (!end || memchr(space, '\n', (size_t)(end - space)))
		return err_set(e, ERR_INVALID, "this is no request: '%.80s'",
			       part->text);
	ret->method = mem_strndup(part->text, (size_t)(space - part->text));
	ret->path = mem_strndup(space + 1, (size_t)(end - space - 1));
	body = strchr(end + strlen(query), '\n');
	if (body && body[1])
		ret->body = mem_strdup(body + 1);
	if (!change_allowed(p, ret->method, ret->path)) {
		err_set(e, ERR_REFUSED,
			"%s '%.300s' is none of the requests that this plan "
			"may send",
			ret->method, ret->path);
		change_done(ret);
		return false;
	}
	return true;
}

/* ---- secrets ---- */

/* '<secret NAME>' -> the secret, in a copy that the caller wipes. */
static bool fill_secret(const struct target *t, json_t *object, const char *key,
			struct err *e)
{
	const char *s = json_peek_str(object, key, "");
	mem_auto_free char *name = NULL;
	const struct secret_ref *ref;
	char *secret;

	if (strncmp(s, "<secret ", 8) != 0)
		return true;
	name = mem_strndup(s + 8, strlen(s) - 9);
	ref = target_secret(t, name);
	if (!ref)
		return err_set(e, ERR_USAGE, "secret '%s' is not in the plan",
			       name);
	secret = secret_fetch(ref, e);
	if (!secret)
		return false;
	json_object_set_new(object, key, json_string(secret));
	mem_wipe_free(secret);
	return true;
}

/* The body as it is sent; wiped by the caller.  NULL with e set. */
static char *real_body(const struct target *t, const struct change *c,
		       struct err *e)
{
	json_auto *j = json_text_parse(c->body, strlen(c->body), e);
	json_t *p = j ? json_peek(j, "properties") : NULL;

	if (!j || !fill_secret(t, p, "sharedKey", e) ||
	    !fill_secret(t, p, "authorizationKey", e))
		return NULL;
	return json_dumps(j, JSON_COMPACT);
}

/* ---- looking before ---- */

/* Reads something that must be there and at rest. */
static enum outcome at_rest(struct arm *a, const char *path, json_t **ret,
			    struct err *e)
{
	if (!arm_get(a, path, NULL, ret, e))
		return e->code == ERR_REFUSED ? OUTCOME_FATAL : OUTCOME_RETRY;
	if (!*ret) {
		err_set(e, ERR_REFUSED, "'%s' does not exist in Azure",
			id_name(path));
		return OUTCOME_REFUSED;
	}
	if (!shape_is_moving(*ret))
		return OUTCOME_APPLIED;
	json_decref(*ret);
	*ret = NULL;
	err_set(e, ERR_RETRY, "'%s' is being changed by somebody",
		id_name(path));
	return OUTCOME_RETRY;
}

static bool not_there(struct arm *a, const char *path, enum outcome *ret,
		      struct err *e)
{
	json_t *j = NULL;

	*ret = OUTCOME_RETRY;
	if (!arm_get(a, path, NULL, &j, e))
		return false;
	if (!j)
		return true;
	json_decref(j);
	*ret = OUTCOME_REFUSED;
	return err_set(e, ERR_REFUSED,
		       "'%s' is there now, and was not when it was looked for: "
		       "somebody else is at work here",
		       id_name(path));
}

/* Azure lets the same VLAN pass for two peerings; no session comes up then. */
static bool vlan_free(const json_t *circuit, const json_t *body, struct err *e)
{
	json_int_t vlan = json_peek_int(shape_properties(body), "vlanId", 0);
	json_t *v;
	size_t i;

	json_array_foreach(json_peek(shape_properties(circuit), "peerings"), i,
			   v)
	{
		if (json_peek_int(shape_properties(v), "vlanId", 0) == vlan)
			return err_set(e, ERR_REFUSED,
				       "VLAN %d is used by peering '%s' of "
				       "this circuit: choose another",
				       (int)vlan, json_peek_str(v, "name", ""));
	}
	return true;
}

static enum outcome before_peering(struct arm *a, const struct spot *p,
				   const struct change *c, struct err *e)
{
	json_auto *circuit = NULL;
	json_auto *body = json_text_parse(c->body, strlen(c->body), NULL);
	enum outcome o;

	if (!not_there(a, c->path, &o, e))
		return o;
	o = at_rest(a, p->circuit, &circuit, e);
	if (o == OUTCOME_APPLIED && !vlan_free(circuit, body, e))
		o = OUTCOME_REFUSED;
	return o;
}

/* 'West Europe' and 'westeurope' are one place. */
static bool same_location(const char *a, const char *b)
{
	for (; *a || *b; a++, b++) {
		while (*a == ' ')
			a++;
		while (*b == ' ')
			b++;
		if ((*a | 32) != (*b | 32))
			return false;
		if (!*a)
			break;
	}
	return true;
}

static enum outcome before_connection(struct arm *a, const struct spot *p,
				      const struct change *c, struct err *e)
{
	json_auto *circuit = NULL;
	json_auto *gateway = NULL;
	const char *where;
	enum outcome o;

	if (!not_there(a, c->path, &o, e))
		return o;
	o = at_rest(a, p->circuit, &circuit, e);
	if (o == OUTCOME_APPLIED)
		o = at_rest(a, p->gateway, &gateway, e);
	if (o != OUTCOME_APPLIED)
		return o;
	if (strcmp(shape_text(gateway, "gatewayType"), "ExpressRoute") != 0) {
		err_set(e, ERR_REFUSED,
			"gateway '%s' is of type '%s'; a circuit is attached "
			"to an ExpressRoute gateway",
			id_name(p->gateway),
			shape_text(gateway, "gatewayType"));
		return OUTCOME_REFUSED;
	}
	where = json_peek_str(gateway, "location", "");
	if (!same_location(where, p->location)) {
		err_set(e, ERR_REFUSED,
			"gateway '%s' is in '%s', and the plan says '%s'",
			id_name(p->gateway), where, p->location);
		return OUTCOME_REFUSED;
	}
	return OUTCOME_APPLIED;
}

static enum outcome before_delete(struct arm *a, const struct spot *p,
				  const struct change *c, struct err *e)
{
	struct state_attachment s = {0};
	json_t *j = NULL;
	bool good;

	if (!arm_get(a, c->path, NULL, &j, e))
		return OUTCOME_RETRY;
	if (!j)
		return OUTCOME_UNCHANGED;
	good = shape_attachment(j, p->circuit, &s, e);
	if (good && !shape_is_ours(j, p->mark))
		good = err_set(
			e, ERR_REFUSED,
			"connection '%s' is not tagged as made by this "
			"plan ('cutover' is not '%s'): it is not deleted",
			id_name(c->path), p->mark);
	free(s.etag);
	state_list_done(&s.ports);
	if (good && shape_is_moving(j)) {
		json_decref(j);
		err_set(e, ERR_RETRY, "'%s' is being changed",
			id_name(c->path));
		return OUTCOME_RETRY;
	}
	json_decref(j);
	return good ? OUTCOME_APPLIED : OUTCOME_REFUSED;
}

static enum outcome look_before(struct arm *a, const struct spot *p,
				const struct change *c, struct err *e)
{
	if (strcmp(c->method, "DELETE") == 0)
		return before_delete(a, p, c, e);
	if (p->connection && strcmp(c->path, p->connection) == 0)
		return before_connection(a, p, c, e);
	return before_peering(a, p, c, e);
}

/* ---- sending ---- */

static bool take_lanes(const struct spot *p, const void *owner, struct err *e)
{
	if (lane_take(p->circuit, owner) &&
	    (!p->gateway || lane_take(p->gateway, owner)))
		return true;
	lane_leave(owner);
	return err_set(e, ERR_RETRY,
		       "another change of this run is under way on the same "
		       "circuit or gateway");
}

/* What an answer of 2xx means: done, or to be followed. */
static enum outcome accepted(struct arm *a, const struct change *c,
			     const struct http_response *r, char **ret_token)
{
	lro_auto l = {0};
	json_auto *j = json_text_parse(buf_str(&r->body), r->body.len, NULL);

	if (lro_begin(&l, a->origin, c->method, c->path, r) ||
	    shape_is_moving(j) || r->status == 202) {
		*ret_token = lro_token(&l);
		return OUTCOME_PENDING;
	}
	return OUTCOME_APPLIED;
}

static enum outcome send_once(struct arm *a, const struct change *c,
			      const char *body, char **ret_token,
			      uint32_t *ret_wait_s, struct err *e)
{
	mem_auto_free char *url = arm_url(a, c->path, NULL);
	http_response_auto r = {0};
	enum http_fate fate =
		arm_exchange(a, c->method, url, body, true, &r, e);
	enum outcome o;
	json_t *j;

	*ret_wait_s = 0;
	if (fate == HTTP_NO_ANSWER)
		return OUTCOME_UNKNOWN;
	if (fate == HTTP_NOT_SENT)
		return e->code == ERR_RETRY ? OUTCOME_RETRY : OUTCOME_FATAL;
	*ret_wait_s = http_retry_after(&r, clock_wall_us());
	j = json_text_parse(buf_str(&r.body), r.body.len, NULL);
	o = arm_judge(r.status, arm_error_code(j));
	if (o == OUTCOME_APPLIED)
		o = accepted(a, c, &r, ret_token);
	else
		arm_refusal(c->method, c->path, r.status, j, e);
	json_decref(j);
	return o;
}

/* Sent again only where Azure says that it did nothing. */
static enum outcome send_patiently(struct arm *a, const struct change *c,
				   const char *body, char **ret_token,
				   struct err *e)
{
	for (;;) {
		err_auto why = ERR_INIT;
		uint32_t wait_s = 0;
		enum outcome o =
			send_once(a, c, body, ret_token, &wait_s, &why);

		if (o == OUTCOME_RETRY &&
		    arm_wait(a, wait_s ? wait_s * 1000 : BUSY_WAIT_MS))
			continue;
		if (why.code != ERR_NONE)
			err_move(e, &why);
		return o;
	}
}

enum outcome change_send(struct arm *a, const struct target *t,
			 const struct spot *p, const struct change *c,
			 const char *key, const void *owner, char **ret_token,
			 struct err *e)
{
	char *body = NULL;
	enum outcome o;

	(void)key;
	if (!take_lanes(p, owner, e))
		return OUTCOME_RETRY;
	o = look_before(a, p, c, e);
	if (o == OUTCOME_APPLIED && c->body) {
		body = real_body(t, c, e);
		if (!body)
			o = OUTCOME_REFUSED;
	}
	if (o == OUTCOME_APPLIED)
		o = send_patiently(a, c, body, ret_token, e);
	if (o != OUTCOME_PENDING)
		lane_leave(owner);
	mem_wipe_free(body);
	return o;
}

/* ---- afterwards ---- */

static enum outcome judge_put(const json_t *j, enum lro_state state,
			      struct err *e)
{
	if (j && shape_is_moving(j))
		return OUTCOME_PENDING;
	if (j && shape_is_good(j) && state != LRO_FAILED)
		return OUTCOME_APPLIED;
	if (!j && state == LRO_FAILED)
		return OUTCOME_REFUSED;
	if (e->code == ERR_NONE)
		err_set(e, ERR_UNKNOWN,
			"the operation ended, and what it was to make %s",
			j ? "is not in order" : "is not there");
	return OUTCOME_UNKNOWN;
}

static enum outcome judge_delete(const json_t *j, enum lro_state state,
				 struct err *e)
{
	if (!j)
		return OUTCOME_APPLIED;
	if (shape_is_moving(j))
		return OUTCOME_PENDING;
	if (state == LRO_FAILED && shape_is_good(j))
		return OUTCOME_REFUSED;
	if (e->code == ERR_NONE)
		err_set(e, ERR_UNKNOWN,
			"the operation ended, and what it was to delete is "
			"still there");
	return OUTCOME_UNKNOWN;
}

enum outcome change_poll(struct arm *a, const char *token, uint32_t *ret_wait_s,
			 struct err *e)
{
	lro_auto l = {0};
	enum lro_state state;
	json_auto *j = NULL;
	err_auto why = ERR_INIT;
	enum outcome o;

	*ret_wait_s = 0;
	if (!lro_parse(token, a->origin, &l, e))
		return OUTCOME_UNKNOWN;
	state = lro_poll(a, &l, NULL, &why);
	*ret_wait_s = l.wait_s;
	if (state == LRO_RUNNING)
		return OUTCOME_PENDING;
	if (!arm_get(a, l.resource, NULL, &j, e))
		return OUTCOME_PENDING; /* ended; how, is asked again */
	o = strcmp(l.method, "DELETE") == 0 ? judge_delete(j, state, &why)
					    : judge_put(j, state, &why);
	if (o != OUTCOME_APPLIED && o != OUTCOME_PENDING)
		err_move(e, &why);
	return o;
}
