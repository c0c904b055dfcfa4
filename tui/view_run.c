/*
 * view_run.c - where the run stands, in words
 */
#include <string.h>
#include <time.h>

#include "orchestrator/cmd/approval.h"
#include "tui/view.h"

#define SETTLED_SHOWN_US 8000000

char *view_span(int64_t us)
{
	int64_t s = (us < 0 ? 0 : us) / 1000000;

	if (s >= 3600)
		return mem_format("%lld:%02lld:%02lld", (long long)s / 3600,
				  (long long)s / 60 % 60, (long long)s % 60);
	return mem_format("%lld:%02lld", (long long)s / 60, (long long)s % 60);
}

char *view_clock(int64_t wall_us)
{
	time_t t = (time_t)(wall_us / 1000000);
	struct tm tm;

	gmtime_r(&t, &tm);
	return mem_format("%02d:%02d:%02d", tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* ---- lines ---- */

struct view_line *view_lines_add(struct view_lines *l, int depth, enum glyph g,
				 enum style s, char *text)
{
	MEM_GROW(l->v, l->n, l->cap);
	l->v[l->n] = (struct view_line){depth, g, s, text, NULL, 0};
	return &l->v[l->n++];
}

void view_lines_done(struct view_lines *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->v[i].text);
		free(l->v[i].right);
	}
	free(l->v);
	*l = (struct view_lines){0};
}

/* ---- where ---- */

static bool phase_is(const struct model *m, const char *phase)
{
	return strcmp(json_peek_str(m->status, "phase", ""), phase) == 0;
}

bool view_holds(const struct model *m)
{
	return m->you && phase_is(m, "hold");
}

bool view_is_over(const struct model *m)
{
	return m->board.result && strcmp(m->board.result, "holding") != 0 &&
	       strcmp(m->board.result, "stopped") != 0;
}

bool view_goes_back(const struct model *m)
{
	return m->board.back && !view_is_over(m);
}

bool view_is_preflight(const struct model *m)
{
	const struct board_block *b = m->board.v;

	return m->board.n && !view_goes_back(m) && !view_is_over(m) &&
	       (!b->checkpoint_us || (m->board.n > 1 && !b[1].undone &&
				      !b[1].way[BOARD_FORWARD].v[0].state));
}

static void say(struct view_where *w, enum style s, const char *word,
		char *text)
{
	*w = (struct view_where){s, word, text};
}

static void where_over(const struct model *m, struct view_where *w)
{
	const char *r = m->board.result;

	if (strcmp(r, "finished") == 0)
		say(w, STYLE_GOOD, "FINISHED",
		    mem_strdup("the site is on its circuit"));
	else if (strcmp(r, "rolled-back") == 0)
		say(w, STYLE_WARN, "ROLLED BACK",
		    mem_format("everything is as it was at '%s'",
			       m->board.goal ? m->board.goal : "start"));
	else if (strcmp(r, "refused") == 0)
		say(w, STYLE_BAD, "REFUSED",
		    mem_strdup("nothing was changed; the log says why"));
	else
		say(w, STYLE_WARN, "ENDED", mem_strdup(r));
}

static void where_live(const struct model *m, int64_t now_us,
		       struct view_where *w)
{
	const char *title = json_peek_str(m->status, "title", "");
	const char *phase = json_peek_str(m->status, "phase", "");

	if (view_holds(m) && view_is_preflight(m) &&
	    m->board.v[0].checkpoint_us)
		say(w, STYLE_WARN, "HOLDING",
		    mem_strdup("the preflight is through, nothing is changed"));
	else if (view_holds(m))
		say(w, STYLE_WARN, "HOLDING",
		    mem_strdup(json_peek_str(m->status, "hold_why", "")));
	else if (strncmp(phase, "emergency", 9) == 0 ||
		 strcmp(phase, "retreated") == 0)
		say(w, STYLE_BAD, "EMERGENCY",
		    mem_format("straight back: %s",
			       json_peek_str(m->status, "why", "")));
	else if (view_goes_back(m))
		say(w, STYLE_WARN, "GOING BACK",
		    mem_format("to '%s': %s",
			       m->board.goal ? m->board.goal : "", title));
	else if (m->soak_end_us) {
		mem_auto_free char *left = view_span(m->soak_end_us - now_us);

		say(w, STYLE_GOOD, "SOAKING",
		    mem_format("%s, %s left", title, left));
	} else
		say(w, STYLE_GOOD, "RUNNING", mem_strdup(title));
}

void view_where(const struct model *m, enum view_link link, int64_t now_us,
		struct view_where *ret)
{
	if (link == VIEW_LIVE) {
		where_live(m, now_us, ret);
	} else if (link == VIEW_SILENT) {
		mem_auto_free char *s = view_span(now_us - m->told_us);

		say(ret, STYLE_BAD, "NO ANSWER",
		    mem_format("the run's process has said nothing for %s", s));
	} else if (view_is_over(m)) {
		where_over(m, ret);
	} else if (m->board.result) {
		say(ret, STYLE_WARN, "STOPPED",
		    mem_strdup("the run's process has ended where it could "
			       "stop; it can be resumed"));
	} else {
		say(ret, STYLE_BAD, "NO PROCESS",
		    mem_strdup("the process is gone; what is armed on devices "
			       "reverts by itself"));
	}
}

void view_where_done(struct view_where *w)
{
	free(w->text);
	w->text = NULL;
}

/* ---- steps ---- */

static enum glyph glyph_of(enum board_state s)
{
	static const enum glyph glyphs[] = {GLYPH_TODO, GLYPH_RUNNING,
					    GLYPH_DONE, GLYPH_SKIPPED,
					    GLYPH_FAILED};

	return glyphs[s];
}

static enum style style_of(enum board_state s)
{
	static const enum style styles[] = {STYLE_DIM, STYLE_BOLD, STYLE_PLAIN,
					    STYLE_WARN, STYLE_BAD};

	return styles[s];
}

static void add_step(struct view_lines *l, const struct board_step *s,
		     int64_t now_us)
{
	struct view_line *x =
		view_lines_add(l, 1, glyph_of(s->state), style_of(s->state),
			       mem_strdup(s->step->title));

	if (s->state == BOARD_RUNNING) {
		x->right = view_span(now_us - s->start_us);
		l->current = l->n - 1;
	} else if (s->end_us - s->start_us >= 1000000) {
		x->right = view_span(s->end_us - s->start_us);
	}
	if (s->why && s->state != BOARD_DONE)
		view_lines_add(l, 2, GLYPHS, style_of(s->state),
			       mem_strdup(s->why));
}

struct tally {
	size_t done, running, failed, of;
};

static struct tally tally_of(const struct board_list *l)
{
	struct tally t = {.of = l->n};

	for (size_t i = 0; i < l->n; i++) {
		enum board_state s = l->v[i].state;

		t.done += s == BOARD_DONE || s == BOARD_SKIPPED;
		t.running += s == BOARD_RUNNING;
		t.failed += s == BOARD_FAILED;
	}
	return t;
}

static const struct board_list *list_of(const struct model *m,
					const struct board_block *b)
{
	if (!view_goes_back(m))
		return &b->way[BOARD_FORWARD];
	return tally_of(&b->way[BOARD_RESTORE]).done +
			       tally_of(&b->way[BOARD_RESTORE]).running
		       ? &b->way[BOARD_RESTORE]
		       : &b->way[BOARD_UNDO];
}

static enum board_state block_state(const struct board_block *b,
				    const struct tally *t)
{
	if (t->failed)
		return BOARD_FAILED;
	if (t->of && t->done == t->of)
		return BOARD_DONE;
	if (t->done + t->running)
		return BOARD_RUNNING;
	return b->undone ? BOARD_SKIPPED : BOARD_TODO;
}

/* On the way back: has a block below been begun?  Then what this one has not
 * done is left out, e.g. saving in between. */
static bool is_behind(const struct model *m, const struct board_block *b)
{
	if (!view_goes_back(m))
		return false;
	for (const struct board_block *x = m->board.v; x < b; x++) {
		struct tally undo = tally_of(&x->way[BOARD_UNDO]);
		struct tally restore = tally_of(&x->way[BOARD_RESTORE]);

		if (undo.done + undo.running + restore.done + restore.running)
			return true;
	}
	return false;
}

static void add_block(const struct model *m, const struct board_block *b,
		      bool all, int64_t now_us, struct view_lines *l)
{
	const struct board_list *list = list_of(m, b);
	struct tally t = tally_of(list);
	enum board_state state =
		is_behind(m, b) && t.done && !t.failed && !t.running
			? BOARD_DONE
			: block_state(b, &t);
	struct view_line *x = view_lines_add(
		l, 0, glyph_of(state), style_of(state),
		mem_format("%s%s%s", view_goes_back(m) ? "back: " : "",
			   b->block->name, b->undone ? " (undone)" : ""));

	if (t.done + t.running)
		x->right = mem_format("%zu/%zu", t.done, t.of);
	if (state == BOARD_RUNNING || state == BOARD_FAILED)
		l->current = l->n - 1;
	if (!all && state != BOARD_RUNNING && state != BOARD_FAILED)
		return;
	for (size_t i = 0; i < list->n; i++)
		add_step(l, &list->v[i], now_us);
}

static bool was_begun(const struct board_block *b)
{
	return b->way[BOARD_FORWARD].n && b->way[BOARD_FORWARD].v[0].state;
}

void view_tree(const struct model *m, bool all, int64_t now_us,
	       struct view_lines *ret)
{
	int goal = m->board.goal ? program_find_block(m->program, m->board.goal)
				 : 0;

	if (view_goes_back(m)) {
		for (size_t i = m->board.n; i-- > 0 && (int)i >= goal;)
			if (((int)i > goal && was_begun(&m->board.v[i])) ||
			    tally_of(&m->board.v[i].way[BOARD_RESTORE]).done)
				add_block(m, &m->board.v[i], all, now_us, ret);
		return;
	}
	for (size_t i = 0; i < m->board.n; i++)
		add_block(m, &m->board.v[i], all, now_us, ret);
}

void view_checklist(const struct model *m, int64_t now_us,
		    struct view_lines *ret)
{
	const struct board_list *l = &m->board.v[0].way[BOARD_FORWARD];

	for (size_t i = 0; i < l->n; i++)
		add_step(ret, &l->v[i], now_us);
}

void view_way_back(const struct model *m, const char *goal,
		   struct view_lines *ret)
{
	int to = program_find_block(m->program, goal);

	for (size_t i = m->board.n; i-- > 0 && (int)i > to && to >= 0;) {
		const struct board_block *b = &m->board.v[i];

		if (!was_begun(b))
			continue;
		view_lines_add(ret, 0, GLYPHS, STYLE_BOLD,
			       mem_format("back from '%s'", b->block->name));
		for (size_t k = 0; k < b->block->undo.n; k++)
			view_lines_add(ret, 1, GLYPH_TODO, STYLE_PLAIN,
				       mem_strdup(b->block->undo.v[k].title));
	}
}

void view_progress(const struct model *m, size_t *ret_done, size_t *ret_of)
{
	*ret_done = *ret_of = 0;
	for (size_t i = 0; i < m->board.n; i++) {
		struct tally t = tally_of(&m->board.v[i].way[BOARD_FORWARD]);

		*ret_done += t.done;
		*ret_of += t.of;
	}
}

/* ---- window, orders, control ---- */

char *view_window(const struct model *m, int64_t rollback_ms, int64_t now_us,
		  enum style *ret_style)
{
	int64_t end = m->plan->window_end_us;
	int64_t last = end - rollback_ms * 1000;
	mem_auto_free char *need =
		rollback_ms < 0 ? NULL : view_span(rollback_ms * 1000);
	mem_auto_free char *used = view_span(now_us - m->plan->window_start_us);
	mem_auto_free char *all = view_span(end - m->plan->window_start_us);
	mem_auto_free char *left = view_span(end - now_us);
	mem_auto_free char *at = NULL, *in = NULL;

	*ret_style = STYLE_PLAIN;
	if (!end)
		return need ? mem_format("no window; the way back takes up to "
					 "%s",
					 need)
			    : mem_strdup("no window");
	if (now_us < m->plan->window_start_us) {
		mem_auto_free char *wait =
			view_span(m->plan->window_start_us - now_us);

		*ret_style = STYLE_WARN;
		return mem_format("the window begins in %s", wait);
	}
	if (now_us > end) {
		*ret_style = STYLE_BAD;
		return mem_strdup("the window is over");
	}
	if (!need)
		return mem_format("window: %s of %s used", used, all);
	at = view_clock(last);
	in = view_span(last - now_us);
	*ret_style = now_us > last		 ? STYLE_BAD
		     : now_us + 600000000 > last ? STYLE_WARN
						 : STYLE_PLAIN;
	if (now_us > last)
		return mem_format("window: %s of %s used; TOO LATE for a way "
				  "back (%s) in the %s left",
				  used, all, need, left);
	return mem_format("window: %s of %s used; start a way back by %s, in "
			  "%s",
			  used, all, at, in);
}

char *view_order(const struct model *m, int64_t now_us, enum style *ret_style)
{
	size_t n = json_array_size(m->orders);
	const json_t *x = n ? json_array_get(m->orders, n - 1) : NULL;
	const char *state = json_peek_str(x, "state", "");
	const char *text = json_peek_str(x, "text", "");
	const char *to = json_peek_str(x, "to", "");
	bool open =
		strcmp(state, "pending") == 0 || strcmp(state, "tried") == 0;

	*ret_style = open ? STYLE_WARN : STYLE_PLAIN;
	if (!x || (!open && now_us - json_peek_int(x, "settled_us", 0) >
				    SETTLED_SHOWN_US))
		return NULL;
	return mem_format("%s%s%s by %s: %s%s%s",
			  json_peek_str(x, "command", ""), *to ? " to " : "",
			  to, json_peek_str(x, "by", ""), state,
			  *text ? ", " : "", text);
}

void view_approvals(const json_t *row, struct view_lines *ret)
{
	const json_t *given = json_peek(row, "given");
	size_t n = json_array_size(given);

	view_lines_add(ret, 0, GLYPHS, STYLE_BOLD,
		       mem_format("begun with %zu of %lld approvals", n,
				  (long long)json_peek_int(row, "needed", 0)));
	if (row)
		view_lines_add(ret, 0, GLYPHS, STYLE_PLAIN,
			       mem_format("digest %s",
					  json_peek_str(row, "digest", "")));
	for (size_t i = 0; i < n; i++) {
		const json_t *x = json_array_get(given, i);

		view_lines_add(ret, 1, GLYPH_DONE, STYLE_GOOD,
			       approval_text(json_peek_str(x, "name", ""),
					     json_peek_str(x, "login", ""),
					     json_peek_int(x, "time_us", 0),
					     json_peek_str(x, "note", "")));
	}
}

char *view_control(const struct model *m, bool *ret_ours)
{
	size_t n = json_array_size(m->screens);
	const json_t *who = NULL;

	for (size_t i = 0; i < n; i++)
		if (json_peek_bool(json_array_get(m->screens, i), "control",
				   false))
			who = json_array_get(m->screens, i);
	*ret_ours = who && json_peek_int(who, "id", 0) == m->you;
	if (!who)
		return mem_strdup("nobody has control");
	if (*ret_ours)
		return n > 1 ? mem_format("you have control, %zu watch", n - 1)
			     : mem_strdup("you have control");
	return mem_format("%s has control", json_peek_str(who, "name", ""));
}
