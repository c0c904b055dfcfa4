/*
 * fold_test.c - rows that do not follow from those before them
 *
 * Whatever a journal says, in whatever order: a row is refused, or the fold
 * stands afterwards at a place that the program has.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/engine/world.h"
#include "orchestrator/engine/fold.h"

static uint32_t seed;

static uint32_t any(uint32_t n)
{
	seed = seed * 1103515245u + 12345u;
	return (seed >> 8) % n;
}

static bool row(struct fold *f, const char *kind, const char *step,
		const char *body, struct err *e)
{
	json_auto *j = json_text_parse(body, strlen(body), NULL);

	assert_non_null(j);
	return fold_row(f, kind, step, j, e);
}

/* ---- one row, right after the first ones ---- */

static const struct {
	const char *kind, *step, *body, *why;
} refused[] = {
	{"intent", "start/checkpoint", "{}", "does not follow"},
	{"intent", "one/up-a", "{}", "does not follow"},
	{"intent", NULL, "{}", "does not follow"},
	{"done", "two/up-a", "{}", "does not follow"},
	{"outcome", "start/checkpoint", "{}", "does not follow"},
	{"settled", "start/checkpoint", "{}", "does not follow"},
	{"rollback", NULL, "{\"to\":\"x\"}", "no such checkpoint"},
	{"rollback", NULL, "{\"to\":\"start\",\"restore\":\"x\"}", "no block"},
	{"emergency", NULL, "{}", "no block ''"},
	{"emergency", NULL, "{\"block\":\"x\"}", "no block 'x'"},
	{"emergency", NULL, "{\"block\":\"one\",\"to\":\"x\"}", "no block"},
};

static void test_refused(void **state)
{
	struct program *p = world_program();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		struct fold f;
		err_auto e = ERR_INIT;

		fold_init(&f, p);
		assert_true(row(&f, "begin", NULL, "{}", &e));
		assert_true(row(&f, "step", "start/checkpoint", "{}", &e));
		if (row(&f, refused[i].kind, refused[i].step, refused[i].body,
			&e) ||
		    e.code != ERR_INVALID || !strstr(e.msg, refused[i].why))
			fail_msg("%s %s: %s", refused[i].kind, refused[i].body,
				 err_msg(&e));
		fold_done(&f);
	}
	program_free(p);
}

/* ---- any rows ---- */

static const char *const kinds[] = {
	"begin",   "step",	"intent",    "outcome",	 "settled",
	"done",	   "pending",	"accept",    "postpone", "fired",
	"rewound", "emergency", "retreated", "failed",	 "checkpoint",
	"hold",	   "go",	"rollback",  "proof",	 "approvals",
	"end",	   "order",	"step",	     "done",	 "done",
};

static const char *const bodies[] = {
	"{}",
	"{\"outcome\":\"applied\"}",
	"{\"outcome\":\"unknown\"}",
	"{\"outcome\":\"refused\"}",
	"{\"as\":\"applied\"}",
	"{\"as\":\"not-applied\"}",
	"{\"as\":\"superseded\"}",
	"{\"as\":\"neither\"}",
	"{\"to\":\"start\"}",
	"{\"to\":\"wave-a\",\"fired\":[\"edge1\",\"edge3\",7]}",
	"{\"to\":\"attach\",\"restore\":\"attach\"}",
	"{\"to\":\"start\",\"restore\":\"wave-b\"}",
	"{\"block\":\"wave-a\",\"to\":\"start\"}",
	"{\"block\":\"wave-b\",\"off\":true}",
	"{\"block\":\"wave-b\"}",
	"{\"targets\":[\"edge2\",null],\"target\":\"edge1\"}",
	"{\"results\":[{\"target\":\"edge1\",\"outcome\":\"applied\"},"
	"{\"target\":\"edge2\",\"outcome\":\"retry\"},3]}",
	"{\"result\":\"rolled-back\",\"exit\":4}",
	"{\"result\":\"done\",\"exit\":0}",
	"{\"name\":\"wave-a\",\"states\":{}}",
	"{\"name\":\"start\",\"states\":{\"edge1\":[]}}",
	"{\"step\":true,\"foretold\":true,\"why\":\"x\"}",
	"{\"accept\":true,\"unproved\":true,\"foreign\":{\"edge1\":\"x\"}}",
	"{\"token\":\"t\"}",
	"[]",
	"5",
};

static const char intent[] =
	"{\"guard\":60,\"changeset\":{\"forward\":[],\"back\":[]},"
	"\"before\":[],\"want\":[]}";

static void stands_somewhere(const struct fold *f)
{
	const char *last = fold_last_checkpoint(f);

	assert_true(f->block >= -1 && f->block <= (int)f->program->n);
	assert_true(!fold_current(f) || fold_current(f)->id);
	assert_true(!last || program_find_block(f->program, last) >= 0);
	for (size_t i = 0; i < f->armed.n; i++)
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(f->armed.v[i], f->armed.v[k]);
	for (size_t i = 0; i < f->program->n; i++)
		assert_true(
			!fold_is_behind(f, (int)i) ||
			json_object_get(f->checkpoints, f->program->v[i].name));
}

/* Mostly of the step at hand; sometimes of any. */
static void one_night(const struct program *p)
{
	struct fold f;

	fold_init(&f, p);
	for (int i = 0; i < 60; i++) {
		const struct step *s = fold_current(&f);
		const char *kind = kinds[any(ARRAY_LEN(kinds))];
		const char *body = strcmp(kind, "intent") == 0 && any(5)
					   ? intent
					   : bodies[any(ARRAY_LEN(bodies))];
		err_auto e = ERR_INIT;

		if (!row(&f, kind, s && any(10) ? s->id : NULL, body, &e)) {
			assert_int_equal(e.code, ERR_INVALID);
			if (strstr(e.msg, "does not follow"))
				continue; /* it changed nothing */
			break;
		}
		stands_somewhere(&f);
	}
	fold_done(&f);
}

static void test_any_rows(void **state)
{
	struct program *p[] = {world_program(), world_program_waves(),
			       world_program_saves()};

	(void)state;
	for (seed = 1; seed < 1000; seed++) {
		uint32_t keep = seed;

		for (size_t i = 0; i < 3 * ARRAY_LEN(p); i++)
			one_night(p[i % ARRAY_LEN(p)]);
		seed = keep;
	}
	for (size_t i = 0; i < ARRAY_LEN(p); i++)
		program_free(p[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_any_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
