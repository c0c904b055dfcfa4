/*
 * result.c - folding a run's rows, and saying it in words
 *
 * Counters in 'measure' rows are cumulative since their probe started; a probe
 * that started again (another process after a resume) begins at zero, which is
 * why sums are made of differences and never fall.
 */
#include "orchestrator/report/result.h"

#include <string.h>

#include "orchestrator/base/clock.h"

static struct result_step *add_step(struct result *r,
				    const struct journal_row *row,
				    const json_t *body)
{
	struct result_step *s;

	MEM_GROW(r->v, r->n, r->cap);
	s = &r->v[r->n++];
	memset(s, 0, sizeof(*s));
	s->id = mem_strdup(row->step);
	s->title = mem_strdup(json_peek_str(body, "title", ""));
	s->kind = mem_strdup(json_peek_str(body, "step_kind", ""));
	s->back = json_peek_bool(body, "back", false);
	s->start_us = row->wall_us;
	return s;
}

static struct result_step *last_step(struct result *r, const char *id)
{
	if (!r->n || !id || strcmp(r->v[r->n - 1].id, id) != 0)
		return NULL;
	return &r->v[r->n - 1];
}

static void end_step(struct result *r, const struct journal_row *row,
		     const json_t *body, const char *how)
{
	struct result_step *s = last_step(r, row->step);

	if (!s)
		return;
	s->end_us = row->wall_us;
	if (json_peek_bool(body, "skipped", false))
		how = "noted";
	free(s->how);
	free(s->why);
	s->how = mem_strdup(how);
	s->why = mem_strdup(json_peek_str(body, "why", NULL));
}

static void set_json(json_t **where, json_t *value)
{
	json_incref(value);
	json_decref(*where);
	*where = value;
}

static void set_text(char **where, const char *value)
{
	free(*where);
	*where = mem_strdup(value);
}

static void take_checkpoint(struct result *r, const json_t *body)
{
	const char *name = json_peek_str(body, "name", "");

	if (!r->first) {
		set_json(&r->first, json_peek(body, "states"));
		set_text(&r->first_name, name);
	}
	set_json(&r->last, json_peek(body, "states"));
	set_text(&r->last_name, name);
}

static void take_measure(struct result *r, const struct journal_row *row,
			 json_t *body)
{
	struct result_step *s = last_step(r, row->step);

	set_json(&r->measure, body);
	if (s)
		set_json(&s->measure, body);
}

static void take_end(struct result *r, const struct journal_row *row,
		     const json_t *body)
{
	set_text(&r->ended, json_peek_str(body, "result", ""));
	set_text(&r->why, json_peek_str(body, "why", ""));
	r->exit_code = (int)json_peek_int(body, "exit", -1);
	r->end_us = row->wall_us;
}

static bool take_row(void *arg, const struct journal_row *row, struct err *e)
{
	struct result *r = arg;
	json_auto *body = NULL;

	if (row->seq == 0) {
		r->start_us = row->wall_us;
		return true;
	}
	body = json_text_parse(row->body, strlen(row->body), e);
	if (!body)
		return false;
	if (strcmp(row->kind, "step") == 0)
		add_step(r, row, body);
	else if (strcmp(row->kind, "done") == 0)
		end_step(r, row, body, "done");
	else if (strcmp(row->kind, "failed") == 0)
		end_step(r, row, body, "failed");
	else if (strcmp(row->kind, "checkpoint") == 0)
		take_checkpoint(r, body);
	else if (strcmp(row->kind, "measure") == 0)
		take_measure(r, row, body);
	else if (strcmp(row->kind, "end") == 0)
		take_end(r, row, body);
	return true;
}

bool result_read(struct journal *j, const char *run, struct result *ret,
		 struct err *e)
{
	*ret = (struct result){.run = mem_strdup(run), .exit_code = -1};
	if (journal_each(j, run, 0, take_row, ret, e))
		return true;
	result_done(ret);
	return false;
}

void result_done(struct result *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free(r->v[i].id);
		free(r->v[i].title);
		free(r->v[i].kind);
		free(r->v[i].how);
		free(r->v[i].why);
		json_decref(r->v[i].measure);
	}
	free(r->v);
	free(r->run);
	free(r->name);
	free(r->ended);
	free(r->why);
	free(r->first_name);
	free(r->last_name);
	json_decref(r->first);
	json_decref(r->last);
	json_decref(r->measure);
	*r = (struct result){.exit_code = -1};
}

/* ---- in words ---- */

static json_int_t lost_of(const json_t *sample)
{
	return json_peek_int(sample, "lost_forward", 0) +
	       json_peek_int(sample, "lost_backward", 0) +
	       json_peek_int(sample, "lost_roundtrip", 0);
}

/* What all probes lost until this sample. */
static json_int_t lost_in_all(const json_t *measure)
{
	json_int_t n = 0;
	const char *name;
	json_t *s;

	json_object_foreach((json_t *)measure, name, s)
	{
		n += lost_of(s);
	}
	return n;
}

static void text_steps(const struct result *r, struct buf *out)
{
	json_int_t before = 0;

	buf_puts(out, "Steps\n");
	for (size_t i = 0; i < r->n; i++) {
		const struct result_step *s = &r->v[i];
		mem_auto_free char *took = clock_span_text(
			s->end_us ? s->end_us - s->start_us : 0);

		buf_printf(out, "  %s %-58s %10s  %-6s", s->back ? "<" : ">",
			   s->title, s->end_us ? took : "-",
			   s->how ? s->how : "open");
		if (s->measure) {
			json_int_t now = lost_in_all(s->measure);

			buf_printf(out, "  %lld lost",
				   (long long)(now >= before ? now - before
							     : now));
			before = now;
		}
		buf_puts(out, "\n");
		if (s->why && *s->why)
			buf_printf(out, "      %s\n", s->why);
	}
}

static void text_probe(const char *name, const json_t *s, struct buf *out)
{
	const json_t *rtt = json_peek(s, "rtt_us");

	buf_printf(out,
		   "  %-14s sent %-8lld lost: to the cloud %lld, to the site "
		   "%lld, either %lld; late %lld, reordered %lld\n",
		   name, (long long)json_peek_int(s, "sent", 0),
		   (long long)json_peek_int(s, "lost_forward", 0),
		   (long long)json_peek_int(s, "lost_backward", 0),
		   (long long)json_peek_int(s, "lost_roundtrip", 0),
		   (long long)json_peek_int(s, "late", 0),
		   (long long)json_peek_int(s, "reordered", 0));
	buf_printf(out,
		   "  %-14s longest gap: to the cloud %.1f ms, to the site "
		   "%.1f ms; round trip now %.1f ms (99 %%: %.1f ms)\n",
		   "", (double)json_peek_int(s, "gap_forward_us", 0) / 1000,
		   (double)json_peek_int(s, "gap_backward_us", 0) / 1000,
		   (double)json_peek_int(rtt, "p50", 0) / 1000,
		   (double)json_peek_int(rtt, "p99", 0) / 1000);
}

static void text_probes(const struct result *r, struct buf *out)
{
	const char *name;
	json_t *s;

	if (!json_object_size(r->measure))
		return;
	buf_puts(out, "\nPackets\n");
	json_object_foreach(r->measure, name, s)
	{
		text_probe(name, s, out);
	}
}

/* The session of this edge that has this neighbor, as the plan calls it. */
static const char *session_name(const json_t *states, const char *neighbor)
{
	for (size_t i = 0; i < json_array_size(states); i++) {
		const json_t *x = json_array_get(states, i);
		const char *n =
			json_peek_str(json_peek(x, "state"), "neighbor", "");

		if (strcmp(json_peek_str(x, "kind", ""), "session") == 0 &&
		    strcmp(n, neighbor) == 0)
			return json_peek_str(x, "name", neighbor);
	}
	return *neighbor ? neighbor : "the other edge";
}

static void text_paths(const char *when, const json_t *all, struct buf *out)
{
	const char *target;
	json_t *states;

	json_object_foreach((json_t *)all, target, states)
	{
		for (size_t i = 0; i < json_array_size(states); i++) {
			const json_t *x = json_array_get(states, i);
			const json_t *st = json_peek(x, "state");
			const char *kind = json_peek_str(x, "kind", "");
			const char *name = json_peek_str(x, "name", "");

			if (strcmp(kind, "route") == 0)
				buf_printf(out, "  %-8s %s: to %s by %s\n",
					   when, target, name,
					   session_name(states,
							json_peek_str(st,
								      "session",
								      "")));
			if (strcmp(kind, "session") == 0 &&
			    json_peek_bool(x, "present", false))
				buf_printf(out,
					   "  %-8s %s: announces %lld prefixes "
					   "on %s (%s)\n",
					   when, target,
					   (long long)json_peek_int(
						   st, "prefixes_sent", 0),
					   name,
					   json_peek_str(st, "state", "?"));
		}
	}
}

static const char *vnet_digest(const json_t *all)
{
	const char *target;
	json_t *states;

	json_object_foreach((json_t *)all, target, states)
	{
		for (size_t i = 0; i < json_array_size(states); i++) {
			const json_t *x = json_array_get(states, i);

			if (strcmp(json_peek_str(x, "kind", ""), "vnet") == 0)
				return json_peek_str(json_peek(x, "state"),
						     "digest", NULL);
		}
	}
	return NULL;
}

static void text_vnet(const struct result *r, struct buf *out)
{
	const char *a = vnet_digest(r->first), *b = vnet_digest(r->last);

	if (!a || !b)
		return;
	buf_printf(out, "\nVirtual network\n  before %.16s, after %.16s: %s\n",
		   a, b, strcmp(a, b) == 0 ? "unchanged" : "CHANGED");
}

void result_text(const struct result *r, struct buf *out)
{
	mem_auto_free char *took =
		clock_span_text(r->end_us ? r->end_us - r->start_us : 0);

	buf_printf(out, "Run %s: %s%s%s\n\n", r->run,
		   r->ended ? r->ended : "not ended",
		   r->end_us ? " after " : "", r->end_us ? took : "");
	text_steps(r, out);
	text_probes(r, out);
	if (r->first) {
		buf_puts(out, "\nPaths\n");
		text_paths("before", r->first, out);
		text_paths("after", r->last, out);
	}
	text_vnet(r, out);
	if (r->exit_code > 0 && r->why && *r->why)
		buf_printf(out, "\nWhy\n  %s\n", r->why);
}

static json_t *step_json(const struct result_step *s)
{
	json_t *j = json_pack("{s:s,s:s,s:s,s:b,s:I}", "id", s->id, "title",
			      s->title, "kind", s->kind, "back", s->back,
			      "start_us", (json_int_t)s->start_us);

	if (s->end_us)
		json_object_set_new(j, "end_us", json_integer(s->end_us));
	if (s->how)
		json_object_set_new(j, "how", json_string(s->how));
	if (s->why)
		json_object_set_new(j, "why", json_string(s->why));
	if (s->measure)
		json_object_set(j, "measure", s->measure);
	return j;
}

json_t *result_json(const struct result *r)
{
	json_t *steps = json_array();
	json_t *j = json_pack("{s:s,s:i}", "run", r->run, "exit", r->exit_code);

	for (size_t i = 0; i < r->n; i++)
		json_array_append_new(steps, step_json(&r->v[i]));
	json_object_set_new(j, "steps", steps);
	json_object_set_new(j, "result",
			    json_string(r->ended ? r->ended : "not ended"));
	if (r->measure)
		json_object_set(j, "measure", r->measure);
	json_object_set_new(j, "vnet_before",
			    json_string(vnet_digest(r->first) ?: ""));
	json_object_set_new(j, "vnet_after",
			    json_string(vnet_digest(r->last) ?: ""));
	return j;
}
