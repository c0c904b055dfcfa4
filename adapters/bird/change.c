/*
 * change.c - making a change on a BIRD edge
 *
 * Read, merge, change, read back.  A change runs from a candidate beside what
 * boots until it is saved.  What the script insists on (checksums of
 * all files, the id of the running text) closes the gap between the first read
 * and the change; the second read proves that our objects are what they were
 * to be, that the operator's text is what it was, and that no session flapped.
 *
 * REFUSED and RETRY only where the script says that nothing changed; whatever
 * is not understood is UNKNOWN.  Nothing is tried twice.
 */
#include "adapters/bird/change.h"

#include <string.h>

#include "adapters/bird/byhand.h"
#include "adapters/bird/name.h"
#include "adapters/bird/observe.h"
#include "adapters/bird/render.h"
#include "adapters/bird/reply.h"
#include "adapters/bird/script.h"
#include "adapters/transport/watchdog.h"
#include "orchestrator/base/clock.h"
#include "orchestrator/base/digest.h"

/* ---- the boot file of a candidate ---- */

/* `include "PATH";` that means the include: where PATH starts and its length */
static const char *include_line(const struct bird_paths *p, const char *line,
				const char *end, size_t *ret_len)
{
	const char *s = line, *close, *name;

	while (s < end && (*s == ' ' || *s == '\t'))
		s++;
	if ((size_t)(end - s) < 7 || memcmp(s, "include", 7) != 0)
		return NULL;
	for (s += 7; s < end && (*s == ' ' || *s == '\t'); s++)
		;
	if (s == end || *s != '"')
		return NULL;
	s++;
	close = memchr(s, '"', (size_t)(end - s));
	if (!close)
		return NULL;
	*ret_len = (size_t)(close - s);
	name = p->include;
	if (*s != '/' &&
	    strncmp(name, p->config,
		    (size_t)(strrchr(p->config, '/') + 1 - p->config)) == 0)
		name += strrchr(p->config, '/') + 1 - p->config;
	return strlen(name) == *ret_len && memcmp(s, name, *ret_len) == 0
		       ? s
		       : NULL;
}

bool bird_change_config(const struct bird_paths *p, const char *config,
			size_t len, struct buf *out, struct err *e)
{
	const char *end = config + len;
	size_t found = 0;

	for (const char *line = config; line < end;) {
		const char *nl = memchr(line, '\n', (size_t)(end - line));
		const char *stop = nl ? nl + 1 : end;
		size_t n = 0;
		const char *at = include_line(p, line, stop, &n);

		if (at) {
			buf_add(out, line, (size_t)(at - line));
			buf_puts(out, p->next);
			line = at + n;
			found++;
		}
		buf_add(out, line, (size_t)(stop - line));
		line = stop;
	}
	if (found == 1)
		return true;
	return err_set(e, ERR_REFUSED,
		       "'%s' must have the line 'include \"%s\";' itself, "
		       "once: it has it %zu times",
		       p->config, p->include, found);
}

/* ---- running a script ---- */

static enum outcome rc_outcome(int rc)
{
	switch (rc) {
	case WATCHDOG_RC_UNARMED:
	case WATCHDOG_RC_FIRED:
	case WATCHDOG_RC_ARMED:
	case BIRD_EXIT_MOVED:
	case BIRD_EXIT_INVALID:
	case BIRD_EXIT_WRITE:
	case BIRD_EXIT_PENDING:
		return OUTCOME_REFUSED;
	default:
		return OUTCOME_UNKNOWN;
	}
}

/* What the daemon said, out of its greeting and its codes. */
static char *answer_text(const struct device_result *r)
{
	char *text = bird_reply_error(buf_str(&r->out), r->out.len);

	if (!text && r->err.len)
		text = mem_strdup(buf_str(&r->err));
	for (char *c = text; c && *c; c++)
		if (*c == '\n')
			*c = c[1] ? ' ' : '\0';
	return text ? text : mem_format("the script ended with %d", r->rc);
}

static enum outcome run(const struct bird_device *d, const char *key,
			const char *what, const struct buf *script,
			struct err *e)
{
	struct adapter_ctx *c = d->ctx;
	struct device_result r = {0};
	enum outcome o = device_change(d->device, c->epoch, key,
				       buf_str(script), c->deadline_us, &r, e);

	if (c->trace)
		c->trace(c->trace_arg, what, buf_str(&r.out));
	if (o == OUTCOME_REFUSED && r.rc >= 0) {
		mem_auto_free char *why = answer_text(&r);

		o = rc_outcome(r.rc);
		if (!watchdog_explain(c->target, r.rc, NULL, e))
			err_set(e,
				o == OUTCOME_REFUSED ? ERR_REFUSED
						     : ERR_UNKNOWN,
				"'%s': %s", c->target->name, why);
	}
	device_result_done(&r);
	return o;
}

static enum outcome run_wiped(const struct bird_device *d, const char *key,
			      const char *what, struct buf *script,
			      struct err *e)
{
	enum outcome o = run(d, key, what, script, e);

	if (script->data)
		explicit_bzero(script->data, script->len);
	return o;
}

/* Before anything was sent. */
static enum outcome not_sent(const struct err *e)
{
	return e && (e->code == ERR_REFUSED || e->code == ERR_INVALID)
		       ? OUTCOME_REFUSED
		       : OUTCOME_RETRY;
}

/* ---- apply ---- */

struct apply {
	const struct bird_device *d;
	const char *key, *once;
	uint32_t guard_s;
	bool at_once; /* disarms, and nothing is read back */
	struct bird_edits edits;
	struct bird_snapshot before;
	struct resource_set own;
	struct bird_include next;
	struct buf text, config, arm, script;
	struct state_list sums;
};

static void buf_wipe(struct buf *b)
{
	if (b->data)
		explicit_bzero(b->data, b->len);
	buf_done(b);
}

static void apply_done(struct apply *a)
{
	bird_edits_done(&a->edits);
	bird_snapshot_done(&a->before);
	resource_set_done(&a->own);
	bird_include_done(&a->next);
	buf_wipe(&a->text);
	buf_wipe(&a->config);
	buf_done(&a->arm);
	buf_wipe(&a->script);
	state_list_done(&a->sums);
}

static bool foreign_bfd(const struct bird_snapshot *s)
{
	for (size_t i = 0; i < s->protocols.n; i++)
		if (strcmp(s->protocols.v[i].proto, "BFD") == 0 &&
		    !bird_symbol_ours(s->protocols.v[i].name))
			return true;
	return false;
}

static bool wants_bfd(const struct bird_include *f)
{
	for (size_t i = 0; i < f->set.n; i++)
		if (f->set.v[i].kind == RESOURCE_SESSION &&
		    f->set.v[i].session.bfd_interval_ms)
			return true;
	return false;
}

static void sums_make(struct apply *a)
{
	for (size_t i = 0; i < a->before.n_files; i++) {
		const struct bird_file *f = &a->before.files[i];
		char hex[DIGEST_HEX];
		mem_auto_free char *line = NULL;

		digest_sha256_hex(f->text, f->len, hex);
		line = mem_format("%s  %s", hex, f->path);
		state_list_add(&a->sums, line);
	}
}

static bool candidate_make(struct apply *a, struct err *e)
{
	const struct target *t = a->d->ctx->target;
	const struct bird_file *config =
		bird_snapshot_file(&a->before, a->d->paths->config);

	bird_include_copy(&a->next, &a->before.running);
	if (!bird_edits_merge(&a->edits, t, &a->next, e))
		return false;
	/* ours stays once it is there: its sessions run on it */
	a->next.bfd = wants_bfd(&a->next) &&
		      (a->next.bfd || !foreign_bfd(&a->before));
	sums_make(a);
	return bird_include_write(&a->next, t->asn, &a->text, e) &&
	       bird_change_config(a->d->paths, config->text, config->len,
				  &a->config, e);
}

static bool arm_make(struct apply *a, struct err *e)
{
	const char *was = a->before.running_id ? a->before.running_id : "";
	struct watchdog_file file = {"was", was};
	buf_auto back = BUF_INIT;
	struct watchdog w = {
		.ctx = a->d->ctx, .device = a->d->device, .armed = a->d->armed};

	if (!a->guard_s)
		return true;
	bird_script_back(a->d->paths, &back);
	w.back = buf_str(&back);
	watchdog_script(a->d->ctx->target, &a->script);
	return watchdog_arm(&w, a->key, a->guard_s, &file, 1, &a->arm, e);
}

static bool foreign_same(const struct apply *a,
			 const struct bird_snapshot *after, struct err *e)
{
	mem_auto_free char *x =
		bird_snapshot_text(&a->before, a->d->paths, false);
	mem_auto_free char *y = bird_snapshot_text(after, a->d->paths, false);

	return strcmp(x, y) == 0 ||
	       err_set(e, ERR_UNKNOWN,
		       "configuration that is not cutover's changed while the "
		       "change was made");
}

static enum outcome read_back(struct apply *a, struct err *e)
{
	bird_snapshot_auto after = {0};
	resource_set_auto own = {0};
	const char *id = a->next.id;

	if (!bird_snapshot_read(a->d->ctx, a->d->device, a->d->paths, NULL,
				&after, e)) {
		err_wrap(e, "the change was made but cannot be read back");
		return OUTCOME_UNKNOWN;
	}
	bird_observe_own(&after, &own);
	if (id ? !after.running_id || strcmp(id, after.running_id) != 0
	       : after.running_id != NULL) {
		err_set(e, ERR_UNKNOWN, "BIRD does not run what was loaded");
		return OUTCOME_UNKNOWN;
	}
	if (!foreign_same(a, &after, e) ||
	    !bird_byhand_compare(&a->before, &after, &a->edits, e))
		return OUTCOME_UNKNOWN;
	if (!bird_edits_done_already(&a->edits, &own)) {
		err_set(e, ERR_UNKNOWN, "the change does not show: observe");
		return OUTCOME_UNKNOWN;
	}
	return OUTCOME_APPLIED;
}

static enum outcome candidate_send(struct apply *a, struct err *e)
{
	struct bird_change x = {
		.running_id = a->before.running_id,
		.next_id = a->next.id,
		.text = &a->text,
		.config = &a->config,
		.sums = &a->sums,
		.at_once = a->at_once,
	};
	enum outcome o;

	if (!arm_make(a, e))
		return OUTCOME_REFUSED;
	x.arm = a->guard_s ? buf_str(&a->arm) : NULL;
	if (a->at_once)
		watchdog_script(a->d->ctx->target, &a->script);
	bird_script_change(a->d->paths, &x, &a->script);
	if (a->at_once) {
		bird_script_confirm(a->d->paths, true, &a->script);
		watchdog_disarm(&a->script);
	}
	o = run_wiped(a->d, a->once, "change", &a->script, e);
	return o == OUTCOME_APPLIED && !a->at_once ? read_back(a, e) : o;
}

static enum outcome apply_steps(struct apply *a, const char *part,
				struct err *e)
{
	const struct bird_device *d = a->d;

	if (!bird_edits_parse(part, d->ctx->target->asn, &a->edits, e))
		return OUTCOME_REFUSED;
	if (!bird_snapshot_read(d->ctx, d->device, d->paths, NULL, &a->before,
				e))
		return not_sent(e);
	bird_observe_own(&a->before, &a->own);
	if (bird_edits_done_already(&a->edits, &a->own))
		return OUTCOME_UNCHANGED;
	if (!bird_edits_check(&a->edits, &a->own, e) ||
	    !bird_byhand_check(&a->before, &a->edits, e))
		return OUTCOME_REFUSED;
	if (!candidate_make(a, e))
		return OUTCOME_REFUSED;
	return candidate_send(a, e);
}

enum outcome bird_change_apply(const struct bird_device *d, const char *text,
			       const char *key, const char *once,
			       uint32_t guard_s, struct err *e)
{
	struct apply a = {.d = d, .key = key, .once = once, .guard_s = guard_s};
	enum outcome o = apply_steps(&a, text, e);

	apply_done(&a);
	return o;
}

/* The edits that lead what runs to `want`, as render() would have them. */
static bool bind_edits(struct apply *a, const struct resource_set *want,
		       struct err *e)
{
	const struct target *t = a->d->ctx->target;
	struct changeset cs = {0};
	bool ok;

	bird_observe_own(&a->before, &a->own);
	ok = bird_render(t, &a->own, want, &cs, e);
	if (ok && cs.n_forward != 1)
		ok = err_set(e, ERR_RETRY, "'%s' is bound so already", t->name);
	ok = ok && bird_edits_parse(cs.forward[0].text, t->asn, &a->edits, e) &&
	     bird_byhand_check(&a->before, &a->edits, e);
	changeset_done(&cs);
	return ok;
}

static enum outcome bind_from(const struct bird_device *d,
			      struct bird_snapshot *seen,
			      const struct resource_set *want, const char *key,
			      struct err *e)
{
	struct apply a = {.d = d,
			  .key = key,
			  .once = key,
			  .at_once = true,
			  .before = *seen};
	enum outcome o = OUTCOME_RETRY;

	*seen = (struct bird_snapshot){0};
	if (bind_edits(&a, want, e) && candidate_make(&a, e))
		o = candidate_send(&a, e);
	if (o == OUTCOME_APPLIED)
		*d->armed = false;
	apply_done(&a);
	return o;
}

enum outcome bird_change_bind(const struct bird_device *d,
			      struct bird_snapshot *seen,
			      const struct resource_set *want, const char *key,
			      struct err *e)
{
	mem_auto_free char *again = mem_format("%s/again", key);
	bird_snapshot_auto now = {0};
	enum outcome o;

	if (seen->raw.out.data) {
		o = bind_from(d, seen, want, key, e);
		if (o != OUTCOME_REFUSED && o != OUTCOME_RETRY)
			return o;
		err_done(e); /* it may be another by now */
	}
	if (!bird_snapshot_read(d->ctx, d->device, d->paths, NULL, &now, e))
		return OUTCOME_RETRY;
	return bind_from(d, &now, want, again, e);
}

/* ---- afterwards ---- */

/* A reload from the boot file: nothing of the operator's may ride along. */
static bool reload_safe(const struct bird_device *d, struct bird_snapshot *ret,
			struct err *e)
{
	struct bird_edits none = {0};

	return bird_snapshot_read(d->ctx, d->device, d->paths, NULL, ret, e) &&
	       bird_byhand_check(ret, &none, e);
}

static enum outcome verified(const struct bird_device *d,
			     const struct bird_snapshot *before, struct err *e)
{
	bird_snapshot_auto after = {0};

	if (!bird_snapshot_read(d->ctx, d->device, d->paths, NULL, &after, e))
		return OUTCOME_UNKNOWN;
	if (after.candidate || after.unconfirmed) {
		err_set(e, ERR_UNKNOWN, "'%s' still runs a candidate",
			d->ctx->target->name);
		return OUTCOME_UNKNOWN;
	}
	return bird_byhand_compare(before, &after, NULL, e) ? OUTCOME_APPLIED
							    : OUTCOME_UNKNOWN;
}

enum outcome bird_change_confirm(const struct bird_device *d, const char *key,
				 struct err *e)
{
	struct watchdog w = {
		.ctx = d->ctx, .device = d->device, .armed = d->armed};
	buf_auto more = BUF_INIT;

	bird_script_confirm(d->paths, !key, &more);
	w.confirm = buf_str(&more);
	return watchdog_confirm(&w, key, e);
}

enum outcome bird_change_revert(const struct bird_device *d, const char *key,
				struct err *e)
{
	struct watchdog w = {
		.ctx = d->ctx, .device = d->device, .armed = d->armed};

	return watchdog_revert(&w, key, e);
}

enum outcome bird_change_renew(const struct bird_device *d, uint32_t seconds,
			       struct err *e)
{
	struct watchdog w = {
		.ctx = d->ctx, .device = d->device, .armed = d->armed};

	return watchdog_renew(&w, seconds, e);
}

enum outcome bird_change_save(const struct bird_device *d, struct err *e)
{
	bird_snapshot_auto before = {0};
	buf_auto script = BUF_INIT;
	mem_auto_free char *once = NULL;
	enum outcome o;

	if (!reload_safe(d, &before, e))
		return not_sent(e);
	if (!before.candidate && !before.unconfirmed && !before.next)
		return OUTCOME_UNCHANGED;
	once = mem_format("save/%lld", (long long)clock_wall_us());
	watchdog_script(d->ctx->target, &script);
	bird_script_save(d->paths, &script);
	o = run(d, once, "save", &script, e);
	return o == OUTCOME_APPLIED ? verified(d, &before, e) : o;
}
