/*
 * device.c - commands on a device: connection, wrapper, verdict
 *
 * The transport says how far a command got, the wrapper's answer says what the
 * device did with it; here the two become one verdict.  What is not proved is
 * UNKNOWN: only an answer of the wrapper, or input that did not leave
 * completely, proves that nothing ran.
 *
 * Invariants: a connection on which anything went wrong is closed, and the
 * next command opens a new one; only a command that provably did not start is
 * sent again, once, and only because the connection was found dead (idle
 * connections are dropped by devices).  Buffers that held the script are wiped.
 *
 * Ownership: the device owns its transport; the target is the caller's and
 * must outlive the device.  Threads: one at a time.  It does not interpret
 * scripts or their output.
 */
#include "adapters/transport/device.h"

#include <string.h>

#include "adapters/transport/exec.h"
#include "adapters/transport/ssh.h"
#include "adapters/transport/wrapper.h"
#include "orchestrator/base/clock.h"

#define DEVICE_DIR "/run/cutover"
#define DEVICE_MARGIN_US (300 * 1000) /* for the answer to come back */

struct device {
	const struct target *target;
	struct transport *transport; /* NULL: to be opened again */
	struct buf command;	     /* the wrapper */
	bool urgent;		     /* see device_open_urgent() */
};

/* What came of one exchange. */
struct device_end {
	enum transport_end end;
	enum wrapper_answer answer;
	uint64_t number;
};

static bool device_connect(struct device *d, int64_t deadline_us, struct err *e)
{
	const struct ssh_endpoint *ssh = &d->target->ssh;
	const char *command = buf_str(&d->command);

	if (!d->transport)
		d->transport = ssh->host
				       ? ssh_open(ssh, command, deadline_us, e)
				       : exec_open(command);
	if (!d->transport)
		err_wrap(e, "'%s'", d->target->name);
	return d->transport != NULL;
}

static void device_disconnect(struct device *d)
{
	if (d->transport)
		d->transport->close(d->transport);
	d->transport = NULL;
}

static struct device *device_new(const struct target *t, bool urgent,
				 int64_t deadline_us, struct err *e)
{
	const char *dir = target_param(t, "run_dir", DEVICE_DIR);
	struct device *d;

	if (!wrapper_dir_ok(dir)) {
		err_set(e, ERR_INVALID,
			"'%s': run_dir '%s' is not a plain absolute path",
			t->name, dir);
		return NULL;
	}
	d = mem_alloc(sizeof(*d));
	d->target = t;
	d->urgent = urgent;
	wrapper_command(dir, urgent, &d->command);
	if (device_connect(d, deadline_us, e))
		return d;
	device_close(d);
	return NULL;
}

struct device *device_open(const struct target *t, int64_t deadline_us,
			   struct err *e)
{
	return device_new(t, false, deadline_us, e);
}

struct device *device_open_urgent(const struct target *t, int64_t deadline_us,
				  struct err *e)
{
	return device_new(t, true, deadline_us, e);
}

void device_close(struct device *d)
{
	if (!d)
		return;
	device_disconnect(d);
	buf_done(&d->command);
	free(d);
}

const struct target *device_target(const struct device *d)
{
	return d->target;
}

void device_result_done(struct device_result *r)
{
	if (!r)
		return;
	if (r->out.data)
		explicit_bzero(r->out.data, r->out.cap);
	if (r->err.data)
		explicit_bzero(r->err.data, r->err.cap);
	buf_done(&r->out);
	buf_done(&r->err);
	r->rc = -1;
}

/*
 * Whole seconds, at least one, and if possible less than what is left, so that
 * the device's own verdict arrives before we stop waiting for it.
 */
static uint32_t device_seconds(int64_t deadline_us)
{
	int64_t left =
		(deadline_us - clock_mono_us() - DEVICE_MARGIN_US) / 1000000;

	if (left < 1)
		return 1;
	return left > 86400 ? 86400 : (uint32_t)left;
}

/* What the wrapper's word means when it is not about the script itself. */
static void device_explain(const struct device *d,
			   const struct wrapper_output *o, struct err *e)
{
	const char *name = d->target->name;

	switch (o->answer) {
	case WRAPPER_LATE:
		err_set(e, ERR_TIMEOUT,
			"a command on '%s' did not come to its end: it was "
			"killed, at its deadline or by somebody",
			name);
		break;
	case WRAPPER_STALE:
		err_set(e, ERR_REFUSED,
			"'%s' has been taken over by another cutover (it is at "
			"epoch %s); nothing was sent",
			name, o->why);
		break;
	case WRAPPER_LOCKED:
		err_set(e, ERR_LOCKED,
			"'%s' is still busy with another command of cutover",
			name);
		break;
	case WRAPPER_CUT:
		err_set(e, ERR_RETRY, "a command did not arrive whole at '%s'",
			name);
		break;
	case WRAPPER_SETUP:
		err_set(e, ERR_REFUSED, "'%s' cannot run commands: %s", name,
			o->why);
		break;
	case WRAPPER_DIED:
		err_set(e, ERR_UNKNOWN,
			"'%s' started this change before and did not finish it",
			name);
		break;
	case WRAPPER_NONE:
	case WRAPPER_RAN:
	case WRAPPER_AGAIN:
	case WRAPPER_EPOCH:
		break;
	}
}

static struct device_end device_exchange(struct device *d,
					 const struct transport_job *job,
					 struct wrapper_output *o,
					 int64_t deadline_us, struct err *e)
{
	struct device_end ret = {.end = TRANSPORT_NEVER};

	if (!device_connect(d, deadline_us, e))
		return ret;
	ret.end = d->transport->run(d->transport, job, deadline_us, e);
	ret.answer = o->answer;
	ret.number = o->number;
	if (ret.end != TRANSPORT_ENDED)
		device_disconnect(d);
	if (o->answer != WRAPPER_NONE)
		device_explain(d, o, e);
	else if (o->streams[0].overflow)
		err_set(e, ERR_INVALID,
			"'%s' answered with more than %u MiB; ask for less",
			d->target->name, DEVICE_OUTPUT_MAX >> 20);
	else if (ret.end == TRANSPORT_ENDED)
		err_set(e, ERR_IO, "'%s' ended a command without an answer",
			d->target->name);
	else
		err_wrap(e, "'%s'", d->target->name);
	/* Whatever is still running there shall not speak into the next one. */
	if (o->streams[0].overflow || o->answer == WRAPPER_LATE)
		device_disconnect(d);
	return ret;
}

static struct device_end device_run(struct device *d, struct wrapper_call *c,
				    int64_t deadline_us,
				    struct device_result *ret, struct err *e)
{
	struct device_end end = {.end = TRANSPORT_NEVER};

	/* A second try only on a new connection, in place of a dead one. */
	for (int i = 0; i < 2 && end.end == TRANSPORT_NEVER; i++) {
		bool reused = d->transport != NULL;
		struct buf input = BUF_INIT;
		struct wrapper_output o;
		struct transport_job job = {.output = wrapper_output_add,
					    .arg = &o};

		device_result_done(ret);
		c->urgent = d->urgent;
		c->seconds = device_seconds(deadline_us);
		wrapper_call_build(c, &input);
		wrapper_output_init(&o, c->word, &ret->out, &ret->err);
		job.input = buf_str(&input);
		job.input_len = input.len;
		end = device_exchange(d, &job, &o, deadline_us, e);
		wrapper_output_done(&o);
		explicit_bzero(input.data, input.cap);
		buf_done(&input);
		if (!reused || !d->target->ssh.host ||
		    clock_mono_us() >= deadline_us)
			break;
	}
	if (end.answer == WRAPPER_RAN || end.answer == WRAPPER_AGAIN)
		ret->rc = (int)end.number;
	return end;
}

bool device_read(struct device *d, uint64_t epoch, const char *script,
		 int64_t deadline_us, struct device_result *ret, struct err *e)
{
	struct wrapper_call c = {
		.mode = WRAPPER_READ, .epoch = epoch, .script = script};
	struct device_result r = {.rc = -1};
	struct device_end end = device_run(d, &c, deadline_us, &r, e);

	if (end.answer != WRAPPER_RAN) {
		device_result_done(&r);
		return false;
	}
	err_done(e);
	*ret = r;
	return true;
}

static enum outcome device_verdict(const struct device *d,
				   const struct device_end *end, struct err *e)
{
	switch (end->answer) {
	case WRAPPER_RAN:
	case WRAPPER_AGAIN:
		err_done(e);
		if (end->number == 0)
			return end->answer == WRAPPER_RAN ? OUTCOME_APPLIED
							  : OUTCOME_UNCHANGED;
		err_set(e, ERR_REFUSED, "a change on '%s' ended with status %d",
			d->target->name, (int)end->number);
		return OUTCOME_REFUSED;
	case WRAPPER_STALE:
	case WRAPPER_LOCKED:
	case WRAPPER_SETUP:
		return OUTCOME_REFUSED;
	case WRAPPER_CUT:
		return OUTCOME_RETRY;
	case WRAPPER_NONE:
		if (end->end == TRANSPORT_NEVER)
			return OUTCOME_RETRY;
		break;
	case WRAPPER_DIED:
	case WRAPPER_LATE:
	case WRAPPER_EPOCH:
		break;
	}
	err_wrap(e, "it is not known whether a change on '%s' happened",
		 d->target->name);
	if (e)
		e->code = ERR_UNKNOWN;
	return OUTCOME_UNKNOWN;
}

enum outcome device_change(struct device *d, uint64_t epoch, const char *key,
			   const char *script, int64_t deadline_us,
			   struct device_result *ret, struct err *e)
{
	struct wrapper_call c = {.mode = WRAPPER_CHANGE,
				 .epoch = epoch,
				 .key = key,
				 .script = script};
	struct device_result r = {.rc = -1};
	struct device_end end;

	if (!key || !*key) {
		*ret = r;
		err_set(e, ERR_INTERNAL, "a change without a key");
		return OUTCOME_RETRY;
	}
	end = device_run(d, &c, deadline_us, &r, e);
	*ret = r;
	return device_verdict(d, &end, e);
}

bool device_fence(struct device *d, uint64_t *ret_epoch, int64_t deadline_us,
		  struct err *e)
{
	struct wrapper_call c = {.mode = WRAPPER_FENCE, .epoch = *ret_epoch};
	struct device_result r = {.rc = -1};
	struct device_end end = device_run(d, &c, deadline_us, &r, e);

	device_result_done(&r);
	if (end.answer != WRAPPER_EPOCH)
		return false;
	err_done(e);
	*ret_epoch = end.number;
	return true;
}

bool device_quote(struct buf *out, const char *word, struct err *e)
{
	for (const unsigned char *p = (const unsigned char *)word; *p; p++)
		if (*p < 0x20 || *p == 0x7f)
			return err_set(e, ERR_INVALID,
				       "a word for the device has a control "
				       "character in it (byte 0x%02x)",
				       *p);
	buf_putc(out, '\'');
	for (const char *p = word; *p; p++) {
		if (*p == '\'')
			buf_puts(out, "'\\''");
		else
			buf_putc(out, *p);
	}
	buf_putc(out, '\'');
	return true;
}
