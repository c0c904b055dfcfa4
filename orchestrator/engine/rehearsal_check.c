/*
 * rehearsal_check.c - the promises, after every event and at the end
 *
 * After every event: what the world has seen broken (a pair without a path, a
 * change that came twice, a late command that landed); a device armed for
 * longer than its timer.  At the end of every life: the rows alone give the
 * same engine.  At the end: no outcome unknown, nothing armed, the virtual
 * network as it was, and every device as the checkpoint at which the run says
 * that it stands.
 */
#include <string.h>

#include "orchestrator/engine/rehearsal_parts.h"

void rehearsal_break(struct rehearsal *r, const char *fmt, ...)
{
	va_list ap;

	r->over = true;
	if (r->result->broken)
		return;
	va_start(ap, fmt);
	r->result->broken = mem_vformat(fmt, ap);
	va_end(ap);
	rehearsal_say(r, "BROKEN: %s", r->result->broken);
}

static void check_armed(struct rehearsal *r)
{
	for (size_t i = 0; i < r->n_targets; i++) {
		int64_t until;
		int64_t most =
			(int64_t)(r->o->policy.dead_man_s +
				  r->n_targets * r->o->policy.stagger_s) *
			1000000;

		if (r->o->world->armed(r->world, i, &until) &&
		    until > r->clock.mono_us + most)
			rehearsal_break(r, "'%s' is armed beyond its timer",
					r->targets[i].name);
	}
}

void check_event(struct rehearsal *r)
{
	const char *broken = r->o->world->broken(r->world);

	if (*broken)
		rehearsal_break(r, "%.*s", (int)strcspn(broken, "\n"), broken);
	check_armed(r);
}

/* ---- replay ---- */

/* What of a status rests on rows alone. */
static char *settled_status(const struct engine *g)
{
	json_auto *j = engine_status(g);

	json_object_del(j, "phase");
	json_object_del(j, "why");
	json_object_del(j, "hold_pending");
	json_object_del(j, "rollback_pending");
	return json_text_canonical(j);
}

/* Not while a row is under way: it may be in one and not in the other. */
void check_life(struct rehearsal *r)
{
	struct engine *g;
	mem_auto_free char *was = NULL;
	mem_auto_free char *is = NULL;
	err_auto e = ERR_INIT;

	if (r->dead)
		return;
	g = engine_new(r->o->program, &r->o->policy);
	for (size_t i = 0; i < r->n_rows; i++)
		if (!engine_replay(g, r->rows[i].kind, r->rows[i].step,
				   r->rows[i].body, &e))
			rehearsal_break(r, "row %zu cannot be replayed: %s", i,
					err_msg(&e));
	was = settled_status(r->engine);
	is = settled_status(g);
	if (strcmp(was, is) != 0)
		rehearsal_break(r, "the rows give another engine: %s, not %s",
				is, was);
	engine_free(g);
}

/* ---- the end ---- */

static const char *word(const struct rehearsal_row *row, const char *key,
			json_t **ret)
{
	json_decref(*ret);
	*ret = json_text_parse(row->body, strlen(row->body), NULL);
	return json_peek_str(*ret, key, "");
}

static bool is_known(const struct rehearsal_row *row, json_t **j)
{
	if (strcmp(row->kind, "outcome") == 0) {
		const char *o = word(row, "outcome", j);

		return strcmp(o, "unknown") != 0 && strcmp(o, "pending") != 0;
	}
	return strcmp(row->kind, "settled") == 0 &&
	       strcmp(word(row, "as", j), "neither") != 0;
}

static void check_outcomes(struct rehearsal *r)
{
	const struct rehearsal_row *open = NULL;
	json_t *j = NULL;

	for (size_t i = 0; i < r->n_rows; i++) {
		const struct rehearsal_row *row = &r->rows[i];

		if (strcmp(row->kind, "intent") == 0) {
			if (open)
				rehearsal_break(r,
						"the outcome of '%s' was never "
						"settled",
						open->step);
			open = row;
		} else if (open && is_known(row, &j)) {
			open = NULL;
		}
	}
	json_decref(j);
	if (open)
		rehearsal_break(r, "the outcome of '%s' is unknown at the end",
				open->step);
}

/* Where the run says that it stands: the checkpoint of its last 'done'. */
static const char *stands_at(struct rehearsal *r)
{
	const struct program *p = r->o->program;
	static char name[256];
	json_t *j = NULL;

	if (r->exit_code == EXIT_DONE)
		return p->v[p->n - 1].name;
	if (r->exit_code == EXIT_REFUSED)
		return p->v[0].name;
	for (size_t i = r->n_rows; i-- > 0;)
		if (strcmp(r->rows[i].kind, "rollback") == 0) {
			snprintf(name, sizeof(name), "%s",
				 word(&r->rows[i], "to", &j));
			break;
		}
	json_decref(j);
	return name;
}

static const char *first_difference(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return b;
}

static void check_images(struct rehearsal *r, const char *at)
{
	char *const *images = rehearsal_reference_at(r->o->reference, at);

	if (!images) {
		rehearsal_break(r, "it stands at '%s', which is no checkpoint",
				at);
		return;
	}
	for (size_t i = 0; i < r->n_targets; i++) {
		const char *is = r->o->world->image(r->world, i);

		if (strcmp(is, images[i]) != 0)
			rehearsal_break(
				r,
				"'%s' is not what it was at checkpoint '%s': "
				"%.160s",
				r->targets[i].name, at,
				first_difference(images[i], is));
	}
}

static void check_disarmed(struct rehearsal *r)
{
	int64_t until;

	for (size_t i = 0; i < r->n_targets; i++)
		if (r->o->world->armed(r->world, i, &until))
			rehearsal_break(r, "'%s' is armed at the end",
					r->targets[i].name);
}

/* What was lost in a failure must have a path again by now. */
static void check_settled(struct rehearsal *r)
{
	r->clock.mono_us += 30000000;
	r->clock.wall_us += 30000000;
	r->o->world->advance(r->world, r->clock.mono_us);
	check_event(r);
}

void check_end(struct rehearsal *r)
{
	check_settled(r);
	check_outcomes(r);
	check_disarmed(r);
	if (r->o->reference)
		check_images(r, stands_at(r));
}
