/*
 * app_steer.c - what changes a run: questions first, then requests
 *
 * Invariants: nothing is sent that could do harm before a question was
 * answered; a request goes to the run's process or, where there is none, to a
 * new one; what came of it is shown by the run's own events, never assumed.
 */
#include <string.h>

#include "tui/app_plan.h"

#define SOAK_STEP_MS 60000

/* ---- questions ---- */

void app_dialog_close(struct app *a)
{
	free(a->dialog.title);
	free(a->dialog.text);
	free(a->dialog.want);
	buf_done(&a->dialog.typed);
	a->dialog = (struct app_dialog){0};
}

void app_ask(struct app *a, enum intent i, const char *want, char *title,
	     char *text)
{
	app_dialog_close(a);
	a->dialog = (struct app_dialog){.intent = i,
					.title = title,
					.text = text,
					.want = mem_strdup(want)};
}

/* At the ends it stays: 'down' for long is the start, never the last one. */
static void next_goal(struct app *a, int by)
{
	for (size_t i = a->goal + (size_t)by; i < a->m.board.n; i += (size_t)by)
		if (app_goal_is_possible(a, i)) {
			a->goal = i;
			return;
		}
}

static void typed_key(struct app *a, int key)
{
	struct app_dialog *d = &a->dialog;

	if (key == KEYS_BACKSPACE) {
		if (d->typed.len)
			d->typed.data[--d->typed.len] = 0;
	} else if (key == KEYS_ENTER) {
		enum intent i = d->intent;

		if (d->open ? !d->typed.len
			    : strcmp(buf_str(&d->typed), d->want) != 0) {
			free(d->text);
			d->text = mem_strdup("that is not what was asked for");
			return;
		}
		free(a->answer);
		a->answer = buf_steal(&d->typed);
		app_dialog_close(a);
		app_confirm(a, i);
	} else if (key >= ' ' && key < 0x7f && d->typed.len < 120) {
		buf_putc(&d->typed, (char)key);
	}
}

void app_dialog_key(struct app *a, int key)
{
	enum intent i = a->dialog.intent;

	if (key == KEYS_ESCAPE) {
		app_dialog_close(a);
		app_say(a, STYLE_PLAIN, mem_strdup("nothing was done"));
	} else if (i == INTENT_ROLLBACK && key == KEYS_UP) {
		next_goal(a, 1);
	} else if (i == INTENT_ROLLBACK && key == KEYS_DOWN) {
		next_goal(a, -1);
	} else if (a->dialog.want) {
		typed_key(a, key);
	} else if (key == 'y' || key == 'Y') {
		app_dialog_close(a);
		app_confirm(a, i);
	} else if (key == 'n' || key == 'N') {
		app_dialog_close(a);
		app_say(a, STYLE_PLAIN, mem_strdup("nothing was done"));
	}
}

/* ---- what can be asked for now ---- */

bool app_goal_is_possible(const struct app *a, size_t block)
{
	return block < a->m.board.n && a->m.board.v[block].checkpoint_us;
}

static bool is_live(const struct app *a)
{
	return app_has_run(a) && app_link(a) == VIEW_LIVE && a->m.you;
}

static bool has_control(const struct app *a)
{
	bool ours = false;

	free(view_control(&a->m, &ours));
	return ours;
}

static bool is_pending(const struct app *a)
{
	for (size_t i = 0; i < json_array_size(a->m.orders); i++)
		if (strcmp(json_peek_str(json_array_get(a->m.orders, i),
					 "state", ""),
			   "pending") == 0)
			return true;
	return false;
}

static bool is_gone(const struct app *a)
{
	return app_has_run(a) && app_link(a) == VIEW_GONE && !a->practice;
}

bool app_offers(const struct app *a, enum intent i)
{
	switch (i) {
	case INTENT_START:
	case INTENT_PRACTICE:
		return a->c.plan && !app_has_run(a) && !a->launching;
	case INTENT_APPROVE:
	case INTENT_WITHDRAW:
		return a->c.plan && !app_has_run(a);
	case INTENT_REVIEW:
	case INTENT_APPROVALS:
		return a->c.plan != NULL;
	case INTENT_GO:
		return is_live(a) && has_control(a) && !view_goes_back(&a->m);
	case INTENT_HOLD:
	case INTENT_ABORT:
		return is_live(a) && has_control(a) && !view_holds(&a->m);
	case INTENT_ACCEPT:
		return is_live(a) && has_control(a) && view_holds(&a->m) &&
		       strstr(json_peek_str(a->m.status, "hold_why", ""),
			      "accept");
	case INTENT_TAKE_BACK:
		return is_live(a) && has_control(a) && is_pending(a);
	case INTENT_SOAK_LONGER:
	case INTENT_SOAK_SHORTER:
		return is_live(a) && has_control(a) && a->m.soak_end_us;
	case INTENT_POSTPONE:
	case INTENT_THROTTLE:
		return is_live(a) && has_control(a) && !view_goes_back(&a->m);
	case INTENT_CONTROL:
		return is_live(a);
	case INTENT_ROLLBACK:
		return app_has_run(a) && !view_goes_back(&a->m) &&
		       app_goal_is_possible(a, 0) &&
		       (is_live(a)
				? has_control(a)
				: !a->practice && app_link(a) != VIEW_SILENT);
	case INTENT_RESUME:
		return is_gone(a);
	default:
		return true;
	}
}

bool app_in_bar(const struct app *a, enum intent i)
{
	if ((i == INTENT_CONTROL && has_control(a)) ||
	    (i == INTENT_MAIN && !app_has_run(a)))
		return false;
	return i != INTENT_POSTPONE && i != INTENT_THROTTLE && app_offers(a, i);
}

static void say_why_not(struct app *a, enum intent i)
{
	bool ours;
	mem_auto_free char *who =
		app_has_run(a) ? view_control(&a->m, &ours) : NULL;

	if (is_live(a) && !has_control(a) && i != INTENT_RESUME)
		app_say(a, STYLE_WARN,
			mem_format("%s: 'C' takes control", who));
	else
		app_say(a, STYLE_WARN,
			mem_format("'%s' is not possible now",
				   keys_of(i)->word));
}

/* ---- requests ---- */

static void request(struct app *a, json_t *j)
{
	if (!feed_send(&a->feed, j))
		app_say(a, STYLE_BAD,
			mem_strdup("the run's process cannot be reached: "
				   "nothing was sent"));
	json_decref(j);
}

static void command(struct app *a, const char *name)
{
	request(a, json_pack("{s:s}", "command", name));
}

static void soak(struct app *a, int ms)
{
	request(a, json_pack("{s:s,s:i}", "command", "soak", "add_ms", ms));
}

/* The next wave that has not begun: held before, or let through. */
static void postpone(struct app *a)
{
	const json_t *held = json_peek(a->m.status, "postponed");

	for (size_t i = 0; i < a->m.board.n; i++) {
		const struct board_block *b = &a->m.board.v[i];
		bool off = false;

		if (b->block->wave < 0 || b->way[BOARD_FORWARD].v[0].state)
			continue;
		for (size_t k = 0; k < json_array_size(held); k++)
			off |= strcmp(json_string_value(
					      json_array_get(held, k)),
				      b->block->name) == 0;
		request(a, json_pack("{s:s,s:s,s:b}", "command", "postpone",
				     "block", b->block->name, "off", off));
		app_say(a, STYLE_BOLD,
			mem_format(off ? "'%s' begins without a go of its own"
				       : "'%s' waits for a go of its own",
				   b->block->name));
		return;
	}
	app_say(a, STYLE_WARN, mem_strdup("no wave is ahead"));
}

static void throttle(struct app *a)
{
	json_int_t now = json_peek_int(a->m.status, "pause_ms", 0);
	int next = now == 0 ? 5000 : now == 5000 ? 30000 : 0;

	request(a, json_pack("{s:s,s:i}", "command", "throttle", "pause_ms",
			     next));
	app_say(a, STYLE_BOLD,
		next ? mem_format("a pause of %d s after each step",
				  next / 1000)
		     : mem_strdup("no pause after steps"));
}

static void control(struct app *a, bool take)
{
	request(a, json_pack("{s:s,s:b}", "command", "control", "take", take));
}

static void roll_back(struct app *a)
{
	const char *to = a->m.program->v[a->goal].name;

	if (is_live(a))
		request(a, json_pack("{s:s,s:s}", "command", "rollback", "to",
				     to));
	else
		app_rollback_ended(a, to);
}

void app_confirm(struct app *a, enum intent i)
{
	switch (i) {
	case INTENT_START:
		app_start(a, a->o.practice);
		break;
	case INTENT_PRACTICE:
		app_start(a, true);
		break;
	case INTENT_APPROVE:
	case INTENT_WITHDRAW:
		app_give_approval(a, i == INTENT_WITHDRAW);
		break;
	case INTENT_GO:
		command(a, "go");
		break;
	case INTENT_ABORT:
		command(a, "abort");
		break;
	case INTENT_ACCEPT:
		command(a, "accept");
		break;
	case INTENT_ROLLBACK:
		roll_back(a);
		break;
	case INTENT_CONTROL:
		control(a, true);
		break;
	case INTENT_SOAK_SHORTER:
		soak(a, -SOAK_STEP_MS);
		break;
	case INTENT_RESUME:
		app_resume(a);
		break;
	case INTENT_LEAVE:
		a->quit = true;
		break;
	default:
		break;
	}
}

/* ---- intents ---- */

static void ask_go(struct app *a)
{
	if (view_holds(&a->m))
		app_ask(a, INTENT_GO, NULL, mem_strdup("Go on?"),
			mem_strdup(json_peek_str(a->m.status, "hold_why", "")));
	else
		app_ask(a, INTENT_GO, NULL, mem_strdup("Go in advance?"),
			mem_strdup("The run does not hold now.  This go stays "
				   "pending and passes the plan's next hold; "
				   "'T' takes it back."));
}

static bool undoes_anything(const struct app *a, size_t goal)
{
	struct view_lines l = {0};
	bool any;

	view_way_back(&a->m, a->m.program->v[goal].name, &l);
	any = l.n > 0;
	view_lines_done(&l);
	return any;
}

static void ask_rollback(struct app *a)
{
	size_t last = 0;

	for (size_t i = 0; i < a->m.board.n; i++)
		if (app_goal_is_possible(a, i) && undoes_anything(a, i))
			last = i;
	a->goal = a->m.plan->rollback.to_start || !is_live(a) ? 0 : last;
	a->screen = SCREEN_ROLLBACK;
	app_ask(a, INTENT_ROLLBACK, a->m.run, mem_strdup("Roll back?"), NULL);
}

static void ask_control(struct app *a)
{
	bool ours;
	mem_auto_free char *who = view_control(&a->m, &ours);

	if (ours)
		control(a, false);
	else if (strstr(who, "nobody"))
		control(a, true);
	else
		app_ask(a, INTENT_CONTROL, NULL, mem_strdup("Take control?"),
			mem_format("%s.  Everybody is shown that you take it.",
				   who));
}

static void ask_start(struct app *a, enum intent i)
{
	bool practice = i == INTENT_PRACTICE || a->o.practice;

	if (!practice && !app_is_approved(a))
		return;
	app_ask(a, i, NULL,
		mem_strdup(practice ? "Start a practice?" : "Start the run?"),
		mem_strdup(practice ? "The network is played in memory; no "
				      "device is contacted."
				    : "The preflight reads every device and "
				      "changes nothing; then the run waits for "
				      "your go."));
}

static void ask_abort(struct app *a)
{
	bool back = a->m.plan->rollback.on_abort == PLAN_ABORT_ROLLBACK;

	app_ask(a, INTENT_ABORT, "abort", mem_strdup("Abort the run?"),
		mem_strdup(back ? "No new step is begun, and the plan says to "
				  "roll back."
				: "No new step is begun; the plan says to stay "
				  "there."));
}

static void steer(struct app *a, enum intent i)
{
	switch (i) {
	case INTENT_START:
	case INTENT_PRACTICE:
		ask_start(a, i);
		break;
	case INTENT_APPROVE:
	case INTENT_WITHDRAW:
		app_ask_approval(a, i);
		break;
	case INTENT_GO:
		ask_go(a);
		break;
	case INTENT_HOLD:
		command(a, "hold");
		break;
	case INTENT_ROLLBACK:
		ask_rollback(a);
		break;
	case INTENT_ABORT:
		ask_abort(a);
		break;
	case INTENT_ACCEPT:
		app_ask(a, i, "accept",
			mem_strdup("Accept what somebody changed?"),
			mem_strdup(json_peek_str(a->m.status, "hold_why", "")));
		break;
	case INTENT_TAKE_BACK:
		command(a, "take-back");
		break;
	case INTENT_CONTROL:
		ask_control(a);
		break;
	case INTENT_SOAK_LONGER:
		soak(a, SOAK_STEP_MS);
		break;
	case INTENT_SOAK_SHORTER:
		app_ask(a, i, NULL, mem_strdup("Shorten this soak?"),
			mem_strdup("It ends a minute earlier; what it would "
				   "have shown in that minute is not seen."));
		break;
	case INTENT_POSTPONE:
		postpone(a);
		break;
	case INTENT_THROTTLE:
		throttle(a);
		break;
	case INTENT_RESUME:
		app_ask(a, i, NULL, mem_strdup("Resume the run?"),
			mem_strdup("A new process looks at every device first; "
				   "nothing is repeated blindly."));
		break;
	default:
		break;
	}
}

void app_steer(struct app *a, enum intent i)
{
	if (i == INTENT_LEAVE && is_live(a))
		app_ask(a, i, NULL, mem_strdup("Leave?"),
			mem_format("The run goes on without this screen.  "
				   "'cutover wizard --attach %s' comes back.",
				   a->run.id));
	else if (i == INTENT_LEAVE)
		a->quit = true;
	else if (app_offers(a, i))
		steer(a, i);
	else
		say_why_not(a, i);
}
