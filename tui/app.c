/*
 * app.c - turns, keys, moving about
 */
#include "tui/app_plan.h"

#include <string.h>

#define SILENT_US 3000000 /* measurements come twice a second */
#define MESSAGE_US 8000000
#define PAGE 10

void app_init(struct app *a, const struct app_options *o, int64_t wall_us,
	      int64_t mono_us)
{
	*a = (struct app){.o = *o,
			  .wall_us = wall_us,
			  .mono_us = mono_us,
			  .practice = o->practice,
			  .feed = {.fd = -1},
			  .launch = {.fd = -1},
			  .review = {.rollback_ms = -1}};
	a->lists[SCREEN_LOG].follow = a->lists[SCREEN_DEVICE].follow = true;
	if (o->attach && app_attach(a, *o->attach ? o->attach : NULL))
		return;
	if (o->plan)
		app_load_plan(a, o->plan);
	else
		app_list_picks(a);
}

void app_done(struct app *a)
{
	app_close_run(a);
	app_dialog_close(a);
	launch_done(&a->launch);
	preview_done(&a->review);
	cmd_context_done(&a->c);
	app_plan_done(a);
	view_lines_done(&a->picks);
	for (size_t i = 0; i < a->n_pick; i++) {
		free(a->pick[i].plan);
		free(a->pick[i].run);
	}
	free(a->pick);
	free(a->state);
	free(a->message);
	free(a->answer);
	buf_done(&a->find);
}

void app_say(struct app *a, enum style s, char *text)
{
	free(a->message);
	a->message = text;
	a->message_style = s;
	a->message_us = a->mono_us;
}

bool app_has_run(const struct app *a)
{
	return a->m.plan != NULL;
}

enum view_link app_link(const struct app *a)
{
	if (a->replayed)
		return view_is_over(&a->m) ? VIEW_ENDED : VIEW_LIVE;
	if (!feed_is_up(&a->feed))
		return view_is_over(&a->m) ? VIEW_ENDED : VIEW_GONE;
	return a->wall_us > a->m.told_us + SILENT_US ? VIEW_SILENT : VIEW_LIVE;
}

/* ---- screens ---- */

enum screen_id app_main_screen(const struct app *a)
{
	if (!app_has_run(a))
		return a->plan_path ? SCREEN_PLAN : SCREEN_PICK;
	if (app_link(a) == VIEW_ENDED)
		return SCREEN_END;
	if (view_goes_back(&a->m))
		return SCREEN_ROLLBACK;
	return view_is_preflight(&a->m) ? SCREEN_PREFLIGHT : SCREEN_CUTOVER;
}

static bool is_over_another(enum screen_id s)
{
	return s == SCREEN_LOG || s == SCREEN_DEVICE || s == SCREEN_HELP ||
	       s == SCREEN_REVIEW || s == SCREEN_SOURCE ||
	       s == SCREEN_APPROVALS;
}

void app_show(struct app *a, enum screen_id s)
{
	if (s == a->screen)
		return;
	if (is_over_another(s) && !is_over_another(a->screen))
		a->under = a->screen;
	if (s == SCREEN_HELP)
		a->under = a->screen;
	a->screen = s;
}

static void go_back(struct app *a)
{
	if (a->screen == SCREEN_PLAN) {
		cmd_context_done(&a->c);
		app_plan_done(a);
		app_list_picks(a);
	} else if (a->screen == SCREEN_HELP) {
		a->screen = a->under;
		a->under = app_main_screen(a);
	} else {
		a->screen = app_main_screen(a);
	}
}

/* ---- turns ---- */

void app_take(struct app *a, const json_t *j)
{
	if (json_peek(j, "snapshot")) {
		app_sync_journal(a);
		model_attached(&a->m, j, a->wall_us);
	} else if (json_peek(j, "event")) {
		model_event(&a->m, j, a->wall_us);
	} else if (!json_peek_bool(j, "ok", true)) {
		app_say(a, STYLE_BAD,
			mem_strdup(json_peek_str(j, "error", "")));
	}
	a->m.told_us = a->wall_us;
}

static void on_message(void *arg, const json_t *j)
{
	app_take(arg, j);
}

static void on_line_changed(struct app *a)
{
	if (feed_is_up(&a->feed)) {
		a->m.told_us = a->wall_us;
		return;
	}
	model_detached(&a->m);
	a->took_control = false;
	app_sync_journal(a);
}

/* The first screen of a run that nobody controls has control. */
static void take_control(struct app *a)
{
	json_auto *j = NULL;

	if (a->took_control || a->o.watch || !a->m.you ||
	    !json_array_size(a->m.screens))
		return;
	a->took_control = true;
	for (size_t i = 0; i < json_array_size(a->m.screens); i++)
		if (json_peek_bool(json_array_get(a->m.screens, i), "control",
				   false))
			return;
	j = json_pack("{s:s,s:b}", "command", "control", "take", 1);
	feed_send(&a->feed, j);
}

static void turn_launch(struct app *a)
{
	mem_auto_free char *run = NULL;

	launch_turn(&a->launch);
	if (!a->launching)
		return;
	run = launch_run(&a->launch);
	if (run && app_attach(a, run)) {
		a->launching = false;
	} else if (a->launch.ended) {
		a->launching = false;
		app_say(a, STYLE_BAD, launch_last(&a->launch));
	}
}

static void follow_the_run(struct app *a)
{
	enum screen_id s = app_main_screen(a);

	if (!app_has_run(a))
		return;
	if (s == SCREEN_END && !a->end_lines.n)
		app_make_end(a);
	if (s != SCREEN_END)
		view_lines_done(&a->end_lines);
	if (a->dialog.intent == INTENT_ROLLBACK)
		return;
	if (is_over_another(a->screen)) {
		if (!is_over_another(a->under))
			a->under = s;
	} else {
		a->screen = s;
	}
}

bool app_turn(struct app *a, int64_t wall_us, int64_t mono_us)
{
	a->wall_us = wall_us;
	a->mono_us = mono_us;
	turn_launch(a);
	if (feed_turn(&a->feed, mono_us, on_message, a))
		on_line_changed(a);
	take_control(a);
	preview_turn(&a->review);
	if (a->message && mono_us > a->message_us + MESSAGE_US) {
		free(a->message);
		a->message = NULL;
	}
	follow_the_run(a);
	return true;
}

size_t app_fds(const struct app *a, struct pollfd *ret)
{
	size_t n = feed_fds(&a->feed, ret);

	return n + preview_fds(&a->review, ret + n);
}

/* ---- lists ---- */

const struct view_lines *app_lines(const struct app *a)
{
	switch (a->screen) {
	case SCREEN_PICK:
		return &a->picks;
	case SCREEN_PLAN:
		return &a->plan_lines;
	case SCREEN_SOURCE:
		return &a->source_lines;
	case SCREEN_APPROVALS:
		return &a->approval_lines;
	case SCREEN_REVIEW:
		return &a->review.lines[a->view];
	case SCREEN_END:
		return &a->end_lines;
	default:
		return NULL;
	}
}

static size_t count(const struct app *a)
{
	const struct view_lines *l = app_lines(a);

	if (a->screen == SCREEN_LOG)
		return a->m.log.n;
	if (a->screen == SCREEN_DEVICE)
		return a->m.device.n;
	return l ? l->n : 4096; /* made as it is drawn, which clamps */
}

static void move(struct app *a, long by)
{
	struct app_list *l = &a->lists[a->screen];
	size_t n = count(a);

	if (l->follow && n && by < 0)
		l->cursor = n - 1;
	if (by < 0 && l->cursor < (size_t)-by)
		l->cursor = 0;
	else
		l->cursor += (size_t)by;
	if (l->cursor >= n)
		l->cursor = n ? n - 1 : 0;
	l->follow = l->cursor + 1 >= n && by > 0;
}

static const char *line_at(const struct app *a, size_t i)
{
	const struct view_lines *l = app_lines(a);

	if (a->screen == SCREEN_LOG)
		return a->m.log.v[i].text;
	if (a->screen == SCREEN_DEVICE)
		return a->m.device.v[i].text;
	return l->v[i].text;
}

static void find_next(struct app *a)
{
	struct app_list *l = &a->lists[a->screen];
	size_t n = count(a);

	for (size_t k = 1; k <= n; k++) {
		size_t i = (l->cursor + k) % n;

		if (strcasestr(line_at(a, i), buf_str(&a->find))) {
			l->cursor = i;
			l->follow = false;
			return;
		}
	}
	app_say(a, STYLE_WARN,
		mem_format("'%s' is not there", buf_str(&a->find)));
}

static void find_key(struct app *a, int key)
{
	if (key == KEYS_ENTER) {
		a->finding = false;
		if (a->find.len && count(a))
			find_next(a);
	} else if (key == KEYS_ESCAPE) {
		a->finding = false;
	} else if (key == KEYS_BACKSPACE) {
		if (a->find.len)
			a->find.data[--a->find.len] = 0;
	} else if (key >= ' ' && key < 0x7f && a->find.len < 60) {
		buf_putc(&a->find, (char)key);
	}
}

/* ---- intents ---- */

static bool moved(struct app *a, enum intent i)
{
	static const struct {
		enum intent intent;
		long by;
	} moves[] = {
		{INTENT_UP, -1},	  {INTENT_DOWN, 1},
		{INTENT_PAGE_UP, -PAGE},  {INTENT_PAGE_DOWN, PAGE},
		{INTENT_TOP, -100000000}, {INTENT_BOTTOM, 100000000},
	};

	for (size_t k = 0; k < ARRAY_LEN(moves); k++)
		if (moves[k].intent == i) {
			move(a, moves[k].by);
			return true;
		}
	return false;
}

static void start_review(struct app *a)
{
	if (!a->review.done && !a->review.pid && a->c.plan)
		preview_start(&a->review, &a->c);
	app_show(a, SCREEN_REVIEW);
}

static void open_selected(struct app *a)
{
	if (a->screen == SCREEN_PICK)
		app_open_pick(a, a->lists[SCREEN_PICK].cursor);
	else if (!app_open_source(a) && a->c.plan)
		start_review(a);
}

static void reload(struct app *a)
{
	if (a->screen == SCREEN_PLAN) {
		mem_auto_free char *path = mem_strdup(a->plan_path);

		app_load_plan(a, path);
	} else if (a->screen == SCREEN_APPROVALS) {
		app_load_approvals(a);
	} else {
		app_list_picks(a);
	}
}

void app_intent(struct app *a, enum intent i)
{
	if (moved(a, i))
		return;
	switch (i) {
	case INTENT_HELP:
		app_show(a, SCREEN_HELP);
		break;
	case INTENT_BACK:
		go_back(a);
		break;
	case INTENT_OPEN:
		open_selected(a);
		break;
	case INTENT_LOG:
		app_show(a, SCREEN_LOG);
		break;
	case INTENT_DEVICE:
		app_show(a, SCREEN_DEVICE);
		break;
	case INTENT_REVIEW:
		if (a->c.plan)
			start_review(a);
		break;
	case INTENT_APPROVALS:
		app_load_approvals(a);
		app_show(a, SCREEN_APPROVALS);
		break;
	case INTENT_EDIT:
		app_ask_edit(a);
		break;
	case INTENT_MAIN:
		a->screen = app_main_screen(a);
		break;
	case INTENT_FIND:
		a->finding = true;
		buf_clear(&a->find);
		break;
	case INTENT_FIND_NEXT:
		if (a->find.len && count(a))
			find_next(a);
		break;
	case INTENT_VIEW:
		a->view = (a->view + 1) % PREVIEW_VIEWS;
		a->lists[SCREEN_REVIEW] = (struct app_list){0};
		break;
	case INTENT_RELOAD:
		reload(a);
		break;
	case INTENT_NONE:
		break;
	default:
		app_steer(a, i);
	}
}

void app_key(struct app *a, int key)
{
	if (a->dialog.intent != INTENT_NONE)
		app_dialog_key(a, key);
	else if (a->finding)
		find_key(a, key);
	else
		app_intent(a, keys_find(a->screen, key));
}
