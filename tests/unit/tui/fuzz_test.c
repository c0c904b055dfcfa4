/*
 * Keys and messages that make no sense: random keys on a run that is played,
 * messages with members of other types.  Nothing may crash, nothing that could
 * steer a terminal may be drawn, and nothing dangerous may be asked of a run
 * without a yes.
 *
 * FUZZ=N: N times as much.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "orchestrator/engine/control.h"
#include "tests/unit/tui/rig.h"
#include "tui/app_plan.h"
#include "tui/replay.h"

#define RECORDING "tests/tui/golden/forward.jsonl"
#define HELD "wave 'canary' is done"

struct played {
	char dir[64];
	struct app a;
	struct app_options o;
	struct replay replay;
	uint64_t random;
};

static unsigned rnd(struct played *p, unsigned n)
{
	p->random ^= p->random << 13;
	p->random ^= p->random >> 7;
	p->random ^= p->random << 17;
	return (unsigned)(p->random >> 33) % n;
}

static unsigned times(unsigned n)
{
	const char *more = getenv("FUZZ");

	return more ? n * (unsigned)atoi(more) : n;
}

static void until(struct played *p, const char *text)
{
	err_auto e = ERR_INIT;

	if (!replay_until(&p->replay, &p->a, text, &e))
		fail_msg("%s", err_msg(&e));
}

static int setup(void **state)
{
	struct played *p = mem_calloc(1, sizeof(*p));
	err_auto e = ERR_INIT;

	strcpy(p->dir, "/tmp/cutover-fuzz.XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	p->random = 88172645463325252ULL;
	p->o = (struct app_options){
		.state = p->dir, .plan = RIG_PLAN, .name = "fuzz"};
	app_init(&p->a, &p->o, 0, 0);
	if (!replay_open(&p->replay, &p->a, RECORDING, &e))
		fail_msg("%s", err_msg(&e));
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct played *p = *state;
	mem_auto_free char *rm = mem_format("rm -rf '%s'", p->dir);

	app_done(&p->a);
	replay_done(&p->replay);
	assert_int_equal(system(rm), 0);
	free(p);
	return 0;
}

/* Whole lines of printable characters, whatever is behind them. */
static void draw(struct played *p)
{
	struct canvas c;
	buf_auto b = BUF_INIT;

	canvas_init(&c, (int)rnd(p, 70), (int)rnd(p, 220), rnd(p, 2));
	app_draw(&p->a, &c);
	canvas_text(&c, &b);
	canvas_done(&c);
	for (const char *s = buf_str(&b); *s; s++)
		if ((unsigned char)*s < ' ' && *s != '\n')
			fail_msg("a control character is drawn: %d", *s);
}

/* ---- keys ---- */

static int random_key(struct played *p)
{
	static const char liked[] = "yYnGHRATCYEZWKUldvam/n?qre \r";

	switch (rnd(p, 4)) {
	case 0:
		return KEYS_UP + (int)rnd(p, 12);
	case 1:
		return (int)rnd(p, 256);
	case 2:
		return (int)rnd(p, 0x200000) - 1;
	default:
		return liked[rnd(p, sizeof(liked) - 1)];
	}
}

/* A 'yes' that would start processes of this test is not given. */
static bool would_start(const struct app *a)
{
	return a->dialog.intent == INTENT_START ||
	       a->dialog.intent == INTENT_PRACTICE ||
	       a->dialog.intent == INTENT_RESUME;
}

static void test_random_keys(void **state)
{
	struct played *p = *state;
	err_auto e = ERR_INIT;

	until(p, "\"kind\":\"hold\"");
	for (unsigned i = 0; i < times(6000); i++) {
		if (would_start(&p->a))
			app_dialog_close(&p->a);
		app_key(&p->a, random_key(p));
		p->a.quit = false;
		if (i % 7 == 0)
			draw(p);
		if (i % 20 == 0 &&
		    !replay_until(&p->replay, &p->a, "event", &e))
			err_done(&e);
	}
}

/* ---- what is asked of a run ---- */

struct asked {
	struct control *control;
	json_t *hello;
	unsigned dangerous, all;
};

static json_t *on_request(void *arg, const struct control_client *who,
			  const json_t *j)
{
	static const char *const yes[] = {"go", "abort", "rollback", "accept",
					  "stop"};
	struct asked *q = arg;
	const char *name = json_peek_str(j, "command", "");

	q->all++;
	for (size_t i = 0; i < ARRAY_LEN(yes); i++)
		q->dangerous += strcmp(name, yes[i]) == 0;
	q->dangerous += json_peek_int(j, "add_ms", 0) < 0;
	if (strcmp(name, "follow") == 0) {
		json_t *answer = json_deep_copy(q->hello);

		json_object_set_new(answer, "you", json_integer(who->id));
		json_object_set_new(json_peek(answer, "snapshot"), "screens",
				    json_pack("[{s:i,s:s,s:b}]", "id", who->id,
					      "name", "fuzz", "control", 1));
		return answer;
	}
	return json_pack("{s:b}", "ok", 1);
}

/* The answer to 'follow', at the hold. */
static json_t *hello_at_hold(void)
{
	return rig_json("{'ok':true,'snapshot':{'status':{'phase':'hold',"
			"'held':true,'hold_why':'accept it?',"
			"'soak_left_ms':60000}}}");
}

static void attach(struct played *p, struct asked *q)
{
	err_auto e = ERR_INIT;
	mem_auto_free char *dir = mem_format("%s/practice", p->dir);

	*q = (struct asked){.hello = hello_at_hold()};
	q->control = control_new(dir, p->a.m.run, &e);
	if (!q->control)
		fail_msg("%s", err_msg(&e));
	p->a.replayed = false;
}

/* It is heard of, and holds every other time. */
static void publish(struct played *p, struct asked *q)
{
	json_auto *j = rig_json(
		rnd(p, 2) ? "{'event':'status','status':{'phase':'hold',"
			    "'held':true,'hold_why':'accept it?'}}"
			  : "{'event':'status','status':{'phase':'step',"
			    "'soak_left_ms':60000}}");

	control_publish(q->control, j);
}

static void turn(struct played *p, struct asked *q)
{
	int64_t us = p->replay.clock.wall_us += 2000;

	app_turn(&p->a, us, us);
	control_turn(q->control, on_request, q);
	app_turn(&p->a, us, us);
}

static void test_nothing_without_a_yes(void **state)
{
	struct played *p = *state;
	struct asked q;

	until(p, HELD);
	attach(p, &q);
	for (int i = 0; i < 1000 && !p->a.m.you; i++)
		turn(p, &q);
	assert_true(p->a.m.you > 0);
	for (unsigned i = 0; i < times(6000); i++) {
		int k = random_key(p);

		/* the two keys that are a yes */
		if (k == 'y' || k == 'Y' || k == KEYS_ENTER)
			k = p->a.dialog.intent ? KEYS_ESCAPE : k;
		app_key(&p->a, k);
		p->a.quit = false;
		if (i % 50 == 0)
			publish(p, &q);
		turn(p, &q);
	}
	assert_true(q.all > 20); /* it was asked for harmless things */
	assert_int_equal(q.dangerous, 0);
	/* and with a yes it is asked */
	app_dialog_close(&p->a);
	p->a.finding = false;
	p->a.screen = SCREEN_CUTOVER;
	publish(p, &q);
	turn(p, &q);
	if (!p->a.m.you || app_link(&p->a) != VIEW_LIVE)
		fail_msg("the run is lost");
	app_key(&p->a, 'C'); /* it may have been given back */
	app_dialog_close(&p->a);
	turn(p, &q);
	app_key(&p->a, 'G');
	app_key(&p->a, 'y');
	for (int i = 0; i < 10; i++)
		turn(p, &q);
	assert_int_equal(q.dangerous, 1);
	control_free(q.control);
	json_decref(q.hello);
}

/* ---- messages ---- */

static json_t *nonsense(struct played *p)
{
	switch (rnd(p, 7)) {
	case 0:
		return json_null();
	case 1:
		return json_integer((json_int_t)p->random);
	case 2:
		return json_string("\x1b[2J\n%s%n");
	case 3:
		return json_array();
	case 4:
		return json_object();
	case 5:
		return json_real(-1e308);
	default:
		return json_true();
	}
}

static size_t children(const json_t *j)
{
	return json_is_object(j) ? json_object_size(j) : json_array_size(j);
}

/* Replaces one member somewhere below. */
static void spoil(struct played *p, json_t *j)
{
	size_t n = children(j), at = n ? rnd(p, (unsigned)n) : 0, i = 0;
	const char *key;
	json_t *x;
	void *next;

	if (json_is_array(j) && n) {
		x = json_array_get(j, at);
		if (children(x) && rnd(p, 4))
			spoil(p, x);
		else
			json_array_set_new(j, at, nonsense(p));
		return;
	}
	json_object_foreach_safe(j, next, key, x)
	{
		if (i++ != at)
			continue;
		if (children(x) && rnd(p, 4))
			spoil(p, x);
		else
			json_object_set_new(j, key, nonsense(p));
		return;
	}
}

static void test_spoiled_messages(void **state)
{
	struct played *p = *state;
	mem_auto_free char *line = NULL;
	size_t cap = 0;
	FILE *f;

	until(p, "\"event\":\"look\"");
	f = fopen(RECORDING, "r");
	assert_non_null(f);
	for (unsigned i = 0; getline(&line, &cap, f) > 0; i++) {
		json_auto *j = json_text_parse(line, strlen(line), NULL);

		/* the end of a run is read from its journal */
		if (strstr(line, "\"kind\":\"end\""))
			break;
		for (unsigned k = 0; k < times(3); k++) {
			json_auto *bad = json_deep_copy(j);

			for (unsigned m = 0; m <= rnd(p, 4); m++)
				spoil(p, bad);
			app_take(&p->a, bad);
		}
		if (i % 5 == 0)
			draw(p);
	}
	fclose(f);
}

/* ---- time ---- */

static int64_t cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

/* What a key costs, up to the drawn canvas, over a log that is full. */
static void test_a_key_is_quick(void **state)
{
	static const int walk[] = {
		'l',	     KEYS_UP,  KEYS_PAGE_UP, KEYS_HOME, KEYS_END,
		KEYS_ESCAPE, 'd',      'm',	     '?',	KEYS_ESCAPE,
		'v',	     KEYS_TAB, 'm',	     'a',	'm'};
	struct played *p = *state;
	int64_t worst = 0;

	until(p, HELD);
	for (int i = 0; i < 25000; i++)
		model_lines_add(&p->a.m.log, 20000, i, STYLE_PLAIN,
				mem_format("a line of the log, %d", i));
	for (size_t i = 0; i < 10 * ARRAY_LEN(walk); i++) {
		int64_t us = cpu_us();
		struct canvas c;

		app_key(&p->a, walk[i % ARRAY_LEN(walk)]);
		canvas_init(&c, 60, 200, false);
		app_draw(&p->a, &c);
		canvas_done(&c);
		us = cpu_us() - us;
		if (us > worst)
			worst = us;
	}
	print_message("the slowest key took %lld us\n", (long long)worst);
	assert_true(worst < 50000);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_random_keys),
		T(test_nothing_without_a_yes),
		T(test_spoiled_messages),
		T(test_a_key_is_quick),
	};

	return cmocka_run_group_tests(tests, rig_adapters, NULL);
}
