/*
 * apply.c - sending a changeset, part by part
 *
 * Each part of configuration lines is one change on the device, between two
 * looks: before it, the lines are checked against the configuration that is
 * there (scope.h); the change itself runs only if that very configuration is
 * still there (its hash is compared on the device, under the lock); after it,
 * the rest of the configuration and the sessions must be what they were.  The
 * look before is the observation that the change was made from, or the look
 * after the part before, if they are young (look.c).
 *
 * Outcomes: REFUSED and RETRY only if the device's configuration is proved to
 * be what it was and no earlier part was made; every other doubt is UNKNOWN.
 *
 * Secrets: replaced in memory that is wiped, sent on standard input; what a
 * device says about a line with a password is cut before it is kept.
 * Threads: the adapter's.
 */
#include <stdio.h>
#include <string.h>

#include "adapters/frr/edge.h"
#include "adapters/frr/guard.h"
#include "orchestrator/base/digest.h"

/* ---- secrets ---- */

static bool put_secret(const struct target *t, const char *name,
		       struct buf *out, struct err *e)
{
	const struct secret_ref *ref = target_secret(t, name);
	char *value;

	if (!ref)
		return err_set(e, ERR_REFUSED,
			       "secret '%s' of '%s' is not in "
			       "the plan",
			       name, t->name);
	value = secret_fetch(ref, e);
	if (!value)
		return false;
	if (!*value || strpbrk(value, " \t\r\n") || strlen(value) > 80) {
		mem_wipe_free(value);
		return err_set(e, ERR_REFUSED,
			       "secret '%s' is no password that FRR takes: one "
			       "word of at most 80 characters",
			       name);
	}
	buf_puts(out, value);
	mem_wipe_free(value);
	return true;
}

static bool fill_secrets(const struct target *t, const char *text,
			 struct buf *out, struct err *e)
{
	const char *at;

	out->cap = strlen(text) * 2 + 4096; /* so that it does not move */
	out->data = mem_alloc(out->cap);
	while ((at = strstr(text, "<secret "))) {
		const char *name = at + strlen("<secret ");
		mem_auto_free char *s = mem_strndup(name, strcspn(name, ">"));

		buf_add(out, text, (size_t)(at - text));
		if (!put_secret(t, s, out, e))
			return false;
		text = name + strlen(s) + (name[strlen(s)] == '>');
	}
	buf_puts(out, text);
	return true;
}

static void wipe(struct buf *b)
{
	if (b->data)
		explicit_bzero(b->data, b->cap);
	buf_done(b);
}

/* ---- one part ---- */

struct run {
	struct adapter_ctx *ctx;
	const struct changeset *cs;
	bool back;
	const struct adapter_guard *guard;
	bool changed; /* an earlier part was made */
};

static const struct change_part *parts_of(const struct run *r, bool back,
					  size_t *ret_n)
{
	*ret_n = back ? r->cs->n_back : r->cs->n_forward;
	return back ? r->cs->back : r->cs->forward;
}

/* Arms the timer with the way back of the whole changeset. */
static bool put_guard(const struct run *r, struct buf *out, struct err *e)
{
	const struct change_part *back;
	size_t n;

	if (!r->guard || !r->guard->seconds)
		return true;
	back = parts_of(r, !r->back, &n);
	return frr_guard_arm(r->ctx, r->cs->key, r->guard->seconds, back, n,
			     out, e);
}

/*
 * A function of the shell, so that its output can be looked through.  When FRR
 * did not take a line and yet nothing changed, the timer is taken away again.
 */
static bool put_part(const struct run *r, const struct change_part *p,
		     struct buf *out, struct err *e)
{
	struct buf lines = BUF_INIT;
	bool ok = fill_secrets(r->ctx->target, p->text, &lines, e);

	buf_puts(out, "part() {\n");
	ok = ok && frr_part_script(p->what, buf_str(&lines),
				   frr_part_words(p->what, p->text), out, e);
	buf_printf(out,
		   "}\n"
		   "rc=0\n"
		   "o=$(part 2>&1) || rc=$?\n"
		   "! printf '%%s\\n' \"$o\" | grep -q '^%% ' || rc=1\n"
		   "[ $rc != 0 ] || exit 0\n"
		   "printf '%%s\\n' \"$o\" | sed 's/\\(password\\) .*/\\1 "
		   "(hidden)/' >&2\n"
		   "[ -n \"$h\" ] && [ \"$(hash)\" = \"$h\" ] || exit %d\n"
		   "[ -z \"$wd_n\" ] || wd_drop \"$wd_n\"\n"
		   "exit %d\n",
		   FRR_RC_FAILED, FRR_RC_NOTHING);
	wipe(&lines);
	return ok;
}

static bool put_script(const struct run *r, size_t i,
		       const struct change_part *p, const char *hash,
		       struct buf *out, struct err *e)
{
	out->cap = strlen(p->text) * 2 + 16384; /* so that it does not move */
	out->data = mem_alloc(out->cap);
	buf_puts(out, "h= wd_n=\n"
		      "hash() { vtysh -c '" FRR_SHOW_CONFIG
		      "' | sha256sum | cut -d ' ' -f 1; }\n");
	if (hash)
		buf_printf(out, "h=%s\n[ \"$(hash)\" = \"$h\" ] || exit %d\n",
			   hash, FRR_RC_MOVED);
	return (i > 0 || put_guard(r, out, e)) && put_part(r, p, out, e);
}

/* What the shell's status means; res is of a script that ran. */
static enum outcome explain(const struct run *r, int rc, const char *said,
			    struct err *e)
{
	const char *name = r->ctx->target->name;

	switch (rc) {
	case FRR_RC_MOVED:
		err_set(e, ERR_RETRY,
			"'%s': somebody changed the configuration just now; "
			"nothing was sent",
			name);
		return OUTCOME_RETRY;
	case FRR_RC_NOTHING:
		err_set(e, ERR_REFUSED, "'%s': %.300s", name,
			*said ? said : "a command failed without a word");
		return OUTCOME_REFUSED;
	case WATCHDOG_RC_UNARMED:
	case WATCHDOG_RC_FIRED:
		watchdog_explain(r->ctx->target, rc, said, e);
		return OUTCOME_REFUSED;
	default:
		err_set(e, ERR_UNKNOWN, "'%s': %.300s", name,
			*said ? said : "a command failed without a word");
		return OUTCOME_UNKNOWN;
	}
}

static enum outcome send(const struct run *r, const char *once, size_t i,
			 const struct change_part *p, const char *hash,
			 struct err *e)
{
	struct adapter_ctx *c = r->ctx;
	struct device_result res = {.rc = -1};
	struct buf script = BUF_INIT;
	enum outcome o = OUTCOME_REFUSED;

	if (c->trace)
		c->trace(c->trace_arg, p->what, p->text);
	if (put_script(r, i, p, hash, &script, e))
		o = device_change(frr_of(c)->device, c->epoch, once,
				  buf_str(&script), c->deadline_us, &res, e);
	if (o == OUTCOME_REFUSED && res.rc > 0)
		o = explain(r, res.rc, buf_str(&res.err), e);
	wipe(&script);
	device_result_done(&res);
	return o;
}

/* One try with the configuration as it was seen. */
static enum outcome try_vtysh(const struct run *r, const char *once, size_t i,
			      const struct change_part *p,
			      const struct frr_view *before, struct err *e)
{
	const struct target *t = r->ctx->target;
	frr_view_auto after = {0};
	enum outcome o;

	if (!frr_scope_before(before, p->text, t->asn, e)) {
		err_wrap(e, "'%s'", t->name);
		return OUTCOME_REFUSED;
	}
	o = send(r, once, i, p, before->hash, e);
	if (o != OUTCOME_APPLIED)
		return o;
	if (frr_view_read(r->ctx, &after, e) &&
	    frr_scope_after(before, &after, p->text, e)) {
		frr_view_keep(r->ctx, &after);
		return o;
	}
	err_wrap(e, "'%s'", t->name);
	return OUTCOME_UNKNOWN;
}

static enum outcome run_vtysh(const struct run *r, const char *once, size_t i,
			      const struct change_part *p, struct err *e)
{
	mem_auto_free char *again = mem_format("%s/again", once);
	frr_view_auto seen = {0};
	frr_view_auto before = {0};
	enum outcome o;

	if (frr_view_recall(r->ctx, &seen)) {
		o = try_vtysh(r, once, i, p, &seen, e);
		if (o != OUTCOME_RETRY || !e || e->code != ERR_RETRY)
			return o;
		once = again; /* it has changed since it was observed */
	}
	if (!frr_view_read(r->ctx, &before, e))
		return e && e->code == ERR_REFUSED ? OUTCOME_REFUSED
						   : OUTCOME_RETRY;
	return try_vtysh(r, once, i, p, &before, e);
}

static enum outcome run_part(struct run *r, size_t i,
			     const struct change_part *p, struct err *e)
{
	mem_auto_free char *once =
		mem_format("%s/%s%zu", r->cs->key, r->back ? "b" : "f", i);
	bool vtysh = strcmp(p->what, "vtysh") == 0;
	enum outcome o;

	if (!vtysh)
		frr_view_forget(
			r->ctx); /* the kernel is part of what was seen */
	o = vtysh ? run_vtysh(r, once, i, p, e) : send(r, once, i, p, NULL, e);
	if ((o == OUTCOME_REFUSED || o == OUTCOME_RETRY) && r->changed) {
		err_wrap(e, "after an earlier part was made");
		if (e)
			e->code = ERR_UNKNOWN;
		o = OUTCOME_UNKNOWN;
	}
	r->changed |= o == OUTCOME_APPLIED || o == OUTCOME_UNCHANGED;
	return o;
}

enum outcome frr_apply(struct adapter_ctx *c, const struct changeset *cs,
		       bool back, const struct adapter_guard *guard,
		       char **ret_token, struct err *e)
{
	struct run r = {.ctx = c, .cs = cs, .back = back, .guard = guard};
	enum outcome all = OUTCOME_UNCHANGED;
	const struct change_part *parts;
	size_t n;

	(void)ret_token;
	parts = parts_of(&r, back, &n);
	if (!cs->key) {
		err_set(e, ERR_INTERNAL, "a changeset without a key");
		return OUTCOME_REFUSED;
	}
	for (size_t i = 0; i < n; i++) {
		enum outcome o = run_part(&r, i, &parts[i], e);

		if (o != OUTCOME_APPLIED && o != OUTCOME_UNCHANGED)
			return o;
		if (o == OUTCOME_APPLIED)
			all = o;
	}
	return all;
}

/* The device's own way; it keeps the integrated configuration file. */
enum outcome frr_save(struct adapter_ctx *c, struct err *e)
{
	unsigned char bytes[8];
	char key[64] = "save/";
	struct device_result res = {.rc = -1};
	buf_auto script = BUF_INIT;
	enum outcome o;

	digest_random(bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(key + 5 + 2 * i, 3, "%02x", bytes[i]);
	if (c->trace)
		c->trace(c->trace_arg, "vtysh", "write memory");
	watchdog_script(c->target, &script);
	watchdog_none(&script);
	buf_puts(&script, "o=$(vtysh -c 'write memory' 2>&1) && "
			  "case $o in *%*|*ailed*) false ;; esac ||\n"
			  "{ printf '%s\n' \"$o\" >&2; exit 1; }\n");
	o = device_change(frr_of(c)->device, c->epoch, key, buf_str(&script),
			  c->deadline_us, &res, e);
	if (o == OUTCOME_REFUSED && res.rc > 0 &&
	    !watchdog_explain(c->target, res.rc, NULL, e)) {
		err_set(e, ERR_UNKNOWN, "'%s': saving failed: %.200s",
			c->target->name, buf_str(&res.err));
		o = OUTCOME_UNKNOWN;
	}
	device_result_done(&res);
	return o;
}
