/*
 * plain.c - the wizard as lines and prompts
 *
 * The same app, views and words as the screens; what a screen shows all the
 * time is said when it changes, and all of it on 'status'.  Made for screen
 * readers, poor terminals and people who like lines.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "orchestrator/base/clock.h"
#include "tui/app_plan.h"
#include "tui/wizard.h"

#define IDLE_MS 500

struct plain {
	struct app *a;
	struct buf in;
	bool eof, asked;
	char *where, *order, *guards, *control;
	size_t log_seen; /* lines of the log that were said */
	bool review_said, end_said, launch_said;
	enum screen_id said;
};

static void say_lines(const struct view_lines *l)
{
	static const char *const marks[GLYPHS + 1] = {
		[GLYPH_TODO] = "to do: ",    [GLYPH_RUNNING] = "now: ",
		[GLYPH_DONE] = "ok: ",	     [GLYPH_SKIPPED] = "noted: ",
		[GLYPH_FAILED] = "NOT OK: ",
	};

	for (size_t i = 0; i < l->n; i++) {
		const char *mark = marks[l->v[i].glyph];

		printf("%*s%s%s%s%s\n", l->v[i].depth * 2, "", mark ? mark : "",
		       l->v[i].text, l->v[i].right ? ", " : "",
		       l->v[i].right ? l->v[i].right : "");
	}
}

/* Says a text when it is another than last time. */
static void say_change(char **slot, char *now, const char *before)
{
	bool same = (*slot && now) ? strcmp(*slot, now) == 0 : *slot == now;

	if (!same && now)
		printf("%s%s\n", before, now);
	free(*slot);
	*slot = now;
}

/* ---- what a screen shows all the time ---- */

static char *where_text(struct app *a, bool exact)
{
	struct view_where w;
	char *text;

	view_where(&a->m, app_link(a), a->wall_us, &w);
	/* a soak's seconds are no news */
	text = strcmp(w.word, "SOAKING") == 0 && !exact
		       ? mem_format("%s %s", w.word,
				    json_peek_str(a->m.status, "title", ""))
		       : mem_format("%s: %s", w.word, w.text);
	view_where_done(&w);
	return text;
}

static char *bad_guards(struct app *a)
{
	struct view_lines l = {0};
	buf_auto b = BUF_INIT;

	view_guards(&a->m, &l);
	for (size_t i = 0; i < l.n; i++)
		if (l.v[i].style != STYLE_PLAIN)
			buf_printf(&b, "%s%s", b.len ? "; " : "", l.v[i].text);
	view_lines_done(&l);
	return b.len ? buf_steal(&b) : mem_strdup("all guards pass");
}

static void say_network(struct app *a)
{
	struct view_path *p;
	struct view_group *g;
	size_t n = view_paths(&a->m, &p);

	for (size_t i = 0; i < n; i++)
		printf("path %s on %s: %s%s, %.0f packets/s\n", p[i].path->name,
		       p[i].edge, p[i].state, p[i].carries ? ", carries" : "",
		       p[i].path->in + p[i].path->out);
	view_paths_done(p, n);
	n = view_groups(&a->m, &g);
	for (size_t i = 0; i < n; i++) {
		printf("group %s: to the cloud by %s, to the site by %s, ",
		       g[i].name, g[i].to_cloud, g[i].to_site);
		if (g[i].measured)
			printf("lost %lld to the cloud and %lld to the "
			       "site\n",
			       (long long)(g[i].lost_forward +
					   g[i].lost_either),
			       (long long)g[i].lost_backward);
		else
			printf("not measured\n");
	}
	view_groups_done(g, n);
}

static void say_status(struct app *a)
{
	struct view_lines l = {0};
	enum style s;
	bool ours;
	mem_auto_free char *where = where_text(a, true);
	mem_auto_free char *window =
		view_window(&a->m, a->review.rollback_ms, a->wall_us, &s);
	mem_auto_free char *moved = view_moved(&a->m);
	mem_auto_free char *who = view_control(&a->m, &ours);

	printf("%s\n%s\n%s\n", where, window, who);
	view_tree(&a->m, false, a->wall_us, &l);
	say_lines(&l);
	view_lines_done(&l);
	say_network(a);
	if (moved)
		printf("%s\n", moved);
	view_guards(&a->m, &l);
	say_lines(&l);
	view_lines_done(&l);
}

static void say_log(struct plain *p, size_t from)
{
	const struct model_lines *l = &p->a->m.log;

	for (size_t i = from; i < l->n; i++) {
		mem_auto_free char *when = view_clock(l->v[i].us);

		printf("%s %s\n", when, l->v[i].text);
	}
	p->log_seen = l->n + l->dropped;
}

static void say_run(struct plain *p)
{
	struct app *a = p->a;
	enum style s;
	bool ours;
	size_t from = p->log_seen > a->m.log.dropped
			      ? p->log_seen - a->m.log.dropped
			      : 0;

	say_log(p, from);
	say_change(&p->where, where_text(a, false), "");
	say_change(&p->order, view_order(&a->m, a->wall_us, &s), "order: ");
	if (app_link(a) != VIEW_LIVE)
		return;
	if (json_array_size(a->m.guards))
		say_change(&p->guards, bad_guards(a), "guards: ");
	say_change(&p->control, view_control(&a->m, &ours), "");
}

/* ---- prompts ---- */

static void say_keys(struct app *a)
{
	for (size_t i = 0; i < n_keys; i++)
		if ((keys[i].screens & KEYS_BIT(a->screen)) && keys[i].name &&
		    app_offers(a, keys[i].intent))
			printf("  %-10s %s\n", keys[i].word, keys[i].help);
	if (app_has_run(a))
		printf("  %-10s %s\n", "status", "all that there is to see");
}

static void prompt(struct plain *p)
{
	struct app *a = p->a;

	if (p->asked)
		return;
	p->asked = true;
	if (a->dialog.intent != INTENT_NONE) {
		printf("%s %s\n", a->dialog.title,
		       a->dialog.text ? a->dialog.text : "");
		if (a->dialog.intent == INTENT_ROLLBACK)
			printf("back to checkpoint '%s' ('up', 'down' choose "
			       "another)\n",
			       a->m.program->v[a->goal].name);
		if (a->dialog.open)
			printf("type %s, or 'no': ", a->dialog.want);
		else if (a->dialog.want)
			printf("type '%s', or 'no': ", a->dialog.want);
		else
			printf("yes or no: ");
	} else if (app_has_run(a) && view_holds(&a->m)) {
		struct view_lines l = {0};

		view_hold(&a->m, &l);
		say_lines(&l);
		view_lines_done(&l);
		printf("go, rollback, status, help: ");
	} else {
		printf("> ");
	}
	fflush(stdout);
}

static void answer_dialog(struct app *a, const char *line)
{
	if (strcmp(line, "no") == 0 || !*line) {
		app_key(a, KEYS_ESCAPE);
	} else if (a->dialog.intent == INTENT_ROLLBACK &&
		   strcmp(line, "up") == 0) {
		app_key(a, KEYS_UP);
	} else if (a->dialog.intent == INTENT_ROLLBACK &&
		   strcmp(line, "down") == 0) {
		app_key(a, KEYS_DOWN);
	} else if (a->dialog.want) {
		buf_clear(&a->dialog.typed);
		for (; *line; line++)
			app_key(a, *line);
		app_key(a, KEYS_ENTER);
	} else if (strcmp(line, "yes") == 0) {
		app_key(a, 'y');
	} else {
		printf("yes or no\n");
	}
}

static void say_review(struct plain *p)
{
	struct app *a = p->a;

	while (!a->review.done && !p->eof) {
		struct pollfd v;

		if (!preview_fds(&a->review, &v))
			break;
		poll(&v, 1, IDLE_MS);
		app_turn(a, clock_wall_us(), clock_mono_us());
	}
	for (int i = 0; i < PREVIEW_VIEWS; i++) {
		printf("\n%s\n", preview_name((enum preview_view)i));
		say_lines(&a->review.lines[i]);
	}
}

static void say_approvals(struct app *a)
{
	app_load_approvals(a);
	say_lines(&a->approval_lines);
}

static void on_word(struct plain *p, const char *line)
{
	struct app *a = p->a;
	enum intent i = keys_word(line);
	size_t n = a->m.log.n;

	if (strcmp(line, "status") == 0 && app_has_run(a))
		say_status(a);
	else if (i == INTENT_HELP)
		say_keys(a);
	else if (i == INTENT_LOG && app_has_run(a))
		say_log(p, n > 40 ? n - 40 : 0);
	else if (i == INTENT_APPROVALS && a->c.plan)
		say_approvals(a);
	else if (i == INTENT_EDIT)
		printf("edit the file, then say 'reload'\n");
	else if (i == INTENT_REVIEW || (i == INTENT_OPEN && a->c.plan))
		say_review(p);
	else if (i == INTENT_OPEN || i == INTENT_NONE) {
		size_t k = strtoul(line, NULL, 10);

		if (a->screen == SCREEN_PICK && k > 0 && k <= a->n_pick)
			app_open_pick(a, k - 1);
		else if (*line)
			printf("'help' says what can be said here\n");
	} else {
		app_intent(a, i);
	}
}

static void on_line(struct plain *p, char *line)
{
	p->asked = false;
	if (p->a->dialog.intent != INTENT_NONE)
		answer_dialog(p->a, line);
	else
		on_word(p, line);
}

static void read_lines(struct plain *p)
{
	char chunk[1024];
	ssize_t n = read(0, chunk, sizeof(chunk));
	char *nl;

	if (n <= 0) {
		p->eof = true;
		return;
	}
	buf_add(&p->in, chunk, (size_t)n);
	while (p->in.len && (nl = memchr(p->in.data, '\n', p->in.len))) {
		mem_auto_free char *line =
			mem_strndup(p->in.data, (size_t)(nl - p->in.data));
		struct buf rest = BUF_INIT;

		buf_puts(&rest, nl + 1);
		buf_done(&p->in);
		p->in = rest;
		on_line(p, line);
		prompt(p);
	}
}

/* ---- the loop ---- */

static void say_first(struct plain *p)
{
	struct app *a = p->a;

	if (a->screen == SCREEN_PICK)
		for (size_t i = 0; i < a->picks.n; i++)
			printf("%zu: %s\n", i + 1, a->picks.v[i].text);
	else if (a->screen == SCREEN_PLAN)
		say_lines(&a->plan_lines);
	else if (a->screen == SCREEN_END)
		say_lines(&a->end_lines);
	p->asked = false;
}

static void say_news(struct plain *p)
{
	struct app *a = p->a;

	if (a->message) {
		printf("%s\n", a->message);
		free(a->message);
		a->message = NULL;
		p->asked = false;
	}
	if (app_has_run(a)) {
		char *before = mem_strdup(p->where);

		say_run(p);
		if (!before || !p->where || strcmp(before, p->where) != 0)
			p->asked = false;
		free(before);
	}
	if (a->screen != p->said &&
	    (a->screen <= SCREEN_PLAN || a->screen == SCREEN_END))
		say_first(p);
	p->said = a->screen;
	prompt(p);
	fflush(stdout);
}

static void plain_done(struct plain *p)
{
	free(p->where);
	free(p->order);
	free(p->guards);
	free(p->control);
	buf_done(&p->in);
}

/* It has nobody to ask any more, and leaves; the run goes on. */
int plain_run(struct app *a)
{
	struct plain p = {.a = a, .said = SCREENS};

	while (!a->quit && !p.eof) {
		struct pollfd v[1 + APP_FDS] = {{.fd = 0, .events = POLLIN}};
		size_t n = 1 + app_fds(a, v + 1);

		say_news(&p);
		poll(v, n, IDLE_MS);
		app_turn(a, clock_wall_us(), clock_mono_us());
		if (v[0].revents)
			read_lines(&p);
	}
	putchar('\n');
	plain_done(&p);
	return EXIT_DONE;
}
