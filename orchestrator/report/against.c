/*
 * against.c - two dry-runs, compared by their outcomes
 *
 * What stands in a list is known by the members that identify it (a step by its
 * id, a finding by rule and subject, a pair by its prefixes and the step), not
 * by its place: a step that is put in between is one difference, not many.
 *
 * Pure but for against_load().
 */
#include "orchestrator/report/against.h"

#include <stdio.h>
#include <string.h>

#define BIGGEST (256u << 20)

struct against {
	struct buf *out;
	size_t n;
};

static char *text_of(const json_t *v)
{
	if (!v || json_is_null(v))
		return mem_strdup("nothing");
	if (json_is_string(v))
		return mem_strdup(json_string_value(v));
	if (json_is_object(v) || json_is_array(v))
		return json_text_canonical(v);
	return json_is_integer(v)
		       ? mem_format("%lld", (long long)json_integer_value(v))
		       : mem_strdup(json_is_true(v) ? "yes" : "no");
}

static void say(struct against *a, char how, const char *what,
		const char *detail)
{
	buf_printf(a->out, "%c %s%s%s\n", how, what, *detail ? ": " : "",
		   detail);
	a->n++;
}

static void member(struct against *a, const char *what, const char *key,
		   const json_t *old, const json_t *now)
{
	mem_auto_free char *was = text_of(json_peek(old, key));
	mem_auto_free char *is = text_of(json_peek(now, key));
	mem_auto_free char *detail =
		mem_format("%s was %s, is %s", key, was, is);

	if (strcmp(was, is) != 0)
		say(a, '~', what, detail);
}

/* ---- lists ---- */

/* What identifies an element, in words. */
static char *name_of(const json_t *x, const char *const *keys)
{
	buf_auto b = BUF_INIT;

	for (; *keys; keys++) {
		const json_t *v = json_peek(x, *keys);
		mem_auto_free char *t = text_of(v);

		if (v && !json_is_null(v))
			buf_printf(&b, "%s%s", b.len ? ", " : "", t);
	}
	return buf_steal(&b);
}

/* name -> element; of several with one name the last. */
static json_t *by_name(const json_t *list, const char *const *keys)
{
	json_t *all = json_object();

	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *x = json_array_get(list, i);
		mem_auto_free char *name = name_of(x, keys);

		json_object_set(all, name, x);
	}
	return all;
}

struct list {
	const char *what;
	const char *const *keys;    /* identify, ended by NULL */
	const char *const *members; /* are compared, ended by NULL */
	void (*inside)(struct against *a, const char *name, const json_t *old,
		       const json_t *now); /* or NULL */
	bool common; /* what only one has is said elsewhere */
};

static void compare(struct against *a, const struct list *l, const char *where,
		    const json_t *old, const json_t *now)
{
	json_auto *was = by_name(old, l->keys);
	json_auto *is = by_name(now, l->keys);
	const char *name;
	json_t *x;

	json_object_foreach(was, name, x)
	{
		mem_auto_free char *what =
			mem_format("%s%s %s", where, l->what, name);

		if (!l->common && !json_object_get(is, name))
			say(a, '-', what, "");
	}
	json_object_foreach(is, name, x)
	{
		mem_auto_free char *what =
			mem_format("%s%s %s", where, l->what, name);
		const json_t *before = json_object_get(was, name);

		if (!before) {
			if (!l->common)
				say(a, '+', what, "");
			continue;
		}
		for (const char *const *m = l->members; *m; m++)
			member(a, what, *m, before, x);
		if (l->inside)
			l->inside(a, what, before, x);
	}
}

/* ---- commands ---- */

static bool has_line(const char *text, const char *line, size_t n)
{
	for (; text; text = strchr(text, '\n'), text = text ? text + 1 : NULL)
		if (strncmp(text, line, n) == 0 &&
		    (text[n] == '\n' || !text[n]))
			return true;
	return false;
}

/* Lines of one text that the other has not. */
static void only_in(struct against *a, char how, const char *what,
		    const char *text, const char *other)
{
	while (*text) {
		size_t n = strcspn(text, "\n");
		mem_auto_free char *line = mem_strndup(text, n);

		if (!has_line(other, text, n))
			say(a, how, what, line);
		text += n + (text[n] == '\n');
	}
}

static char *commands_of(const json_t *step, const char *key)
{
	const json_t *list = json_peek(step, key);
	buf_auto b = BUF_INIT;

	for (size_t i = 0; i < json_array_size(list); i++)
		buf_puts(&b,
			 json_peek_str(json_array_get(list, i), "text", ""));
	return buf_steal(&b);
}

static void in_step(struct against *a, const char *name, const json_t *old,
		    const json_t *now)
{
	mem_auto_free char *was = commands_of(old, "commands");
	mem_auto_free char *is = commands_of(now, "commands");
	mem_auto_free char *what = mem_format("command of %s", name);

	only_in(a, '-', what, was, is);
	only_in(a, '+', what, is, was);
}

/* ---- the parts ---- */

#define KEYS(...)                                                              \
	(const char *const[])                                                  \
	{                                                                      \
		__VA_ARGS__, NULL                                              \
	}

static const struct list steps_list = {"step", KEYS("id"),
				       KEYS("title", "kind", "target", "own_go",
					    "armed", "soak_ms", "timeout_ms",
					    "expect"),
				       in_step, false};

static void in_block(struct against *a, const char *name, const json_t *old,
		     const json_t *now)
{
	(void)name;
	compare(a, &steps_list, "", json_peek(old, "steps"),
		json_peek(now, "steps"));
	compare(a, &steps_list, "undo ", json_peek(old, "undo"),
		json_peek(now, "undo"));
}

static const struct list blocks_list = {
	"block", KEYS("name"),
	KEYS("title", "point_of_no_return", "touches_foreign"), in_block,
	false};

static const struct list pairs_list = {
	"pair", KEYS("onprem", "cloud"),
	KEYS("group", "forward", "back", "one_way_past"), NULL, true};

/* The same in every state: said once, of the first. */
static const struct list pair_names_list = {"pair", KEYS("onprem", "cloud"),
					    KEYS("group"), NULL, false};

static void in_state(struct against *a, const char *name, const json_t *old,
		     const json_t *now)
{
	mem_auto_free char *where = mem_format("%s: ", name);

	compare(a, &pairs_list, where, json_peek(old, "pairs"),
		json_peek(now, "pairs"));
}

static const json_t *first_pairs(const json_t *proof)
{
	return json_peek(json_array_get(json_peek(proof, "states"), 0),
			 "pairs");
}

static const struct list states_list = {"after", KEYS("step", "phase"),
					KEYS("changed"), in_state, false};
static const struct list findings_list = {
	"finding", KEYS("rule", "subject", "failure", "phase"),
	KEYS("severity", "text", "step"), NULL, false};
static const struct list failures_list = {"failure", KEYS("after", "failure"),
					  KEYS("moved", "lost"), NULL, false};
static const struct list budgets_list = {"budget", KEYS("session", "family"),
					 KEYS("most", "limit"), NULL, false};
static const struct list assumed_list = {"assumption", KEYS("id"), KEYS("text"),
					 NULL, false};

size_t against_text(const json_t *old, const json_t *now, struct buf *out)
{
	struct against a = {.out = out};
	const json_t *p = json_peek(old, "proof"), *q = json_peek(now, "proof");

	member(&a, "proof", "verdict", p, q);
	compare(&a, &findings_list, "", json_peek(p, "violations"),
		json_peek(q, "violations"));
	member(&a, "plan", "hash", old, now);
	member(&a, "state", "state_hash", json_peek(old, "observed"),
	       json_peek(now, "observed"));
	member(&a, "time", "forward_ms", json_peek(p, "time"),
	       json_peek(q, "time"));
	member(&a, "time", "rollback_ms", json_peek(p, "time"),
	       json_peek(q, "time"));
	compare(&a, &blocks_list, "", json_peek(old, "blocks"),
		json_peek(now, "blocks"));
	compare(&a, &pair_names_list, "", first_pairs(p), first_pairs(q));
	compare(&a, &states_list, "", json_peek(p, "states"),
		json_peek(q, "states"));
	compare(&a, &failures_list, "", json_peek(p, "failures"),
		json_peek(q, "failures"));
	compare(&a, &budgets_list, "", json_peek(p, "budgets"),
		json_peek(q, "budgets"));
	compare(&a, &assumed_list, "", json_peek(p, "assumed"),
		json_peek(q, "assumed"));
	return a.n;
}

json_t *against_load(const char *path, struct err *e)
{
	FILE *f = fopen(path, "re");
	buf_auto b = BUF_INIT;
	char chunk[65536];
	json_t *j;
	size_t n;

	if (!f) {
		err_errno(e, ERR_USAGE, "the dry-run '%s'", path);
		return NULL;
	}
	while (b.len < BIGGEST && (n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_add(&b, chunk, n);
	fclose(f);
	j = json_text_parse(buf_str(&b), b.len, e);
	if (!j) {
		err_wrap(e, "the dry-run '%s'", path);
		return NULL;
	}
	if (json_is_object(json_peek(j, "proof")) &&
	    json_is_array(json_peek(j, "blocks")))
		return j;
	json_decref(j);
	err_set(e, ERR_USAGE,
		"'%s' is not what 'cutover dry-run --format json' prints",
		path);
	return NULL;
}
