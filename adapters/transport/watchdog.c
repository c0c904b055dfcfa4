/*
 * watchdog.c - shell texts of the watchdog, and the ways to end it
 *
 * Invariants:
 *   - a change is not made before its watchdog is seen alive, and N.key comes
 *     after everything else of N is complete;
 *   - all files are written under the wrapper's lock 'write', and the watchdog
 *     decides under it, so it either acts or is told, never both;
 *   - that it fires is on record before it starts, and nothing is armed on top
 *     of a change that it took back unless somebody was told, or has fenced the
 *     device (and so looked) since;
 *   - a way back that failed stays armed: it is tried again at the deadline;
 *   - when nothing is armed any more there is no process and no file.
 *
 * A change that is confirmed is remembered the way the wrapper remembers every
 * change, as done under 'KEY/confirm': so confirming it again, alone or after
 * all were confirmed at once, is answered from that record.
 *
 * No secret is ever in these files; the adapters see to that.  A reboot clears
 * them, and what is saved on the device is what comes back.  The watchdog is in
 * a session of its own, so a lost connection does not end it.
 */
#include "adapters/transport/watchdog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "orchestrator/base/digest.h"

#define END "CUTOVER_END_OF_FILE"

/* What the detached process runs: sh watch RUN_DIR. */
static const char watch[] =
	"g=$1/guard\n"
	"exec 8>>\"$g/alive\"\n"
	/* whoever looks whether it is alive holds that for a moment */
	"i=0\n"
	"until flock -n 8; do\n"
	"	[ $i -lt 10 ] || exit 0\n"
	"	sleep 0.02 2>/dev/null || sleep 1\n"
	"	i=$((i + 1))\n"
	"done\n"
	"echo $$ >\"$g/pid\"\n"
	"mine() { [ \"$(cat \"$g/pid\" 2>/dev/null)\" = $$ ]; }\n"
	"left() {\n"
	"	d=0\n"
	"	read -r d 2>/dev/null <\"$g/deadline\" || exit 0\n"
	"	read -r u _ </proc/uptime\n"
	"	l=$((d - ${u%%.*}))\n"
	"}\n"
	"while mine; do\n"
	"	left\n"
	/* no longer, so that a deadline that was brought forward is seen */
	"	if [ \"$l\" -gt 0 ]; then sleep 1 8>&-; continue; fi\n"
	"	exec 9>>\"$1/lock\" 7>>\"$1/write\"\n"
	"	flock 9\n"
	"	flock 7\n"
	"	left\n"
	"	[ \"$l\" -gt 0 ] || break\n"
	"	exec 9>&- 7>&-\n"
	"done\n"
	"mine || exit 0\n"
	"e=0\n"
	"[ ! -f \"$1/epoch\" ] || read -r e <\"$1/epoch\"\n"
	"{ echo \"$e new\"; cat \"$g\"/*.key; } >\"$1/fired.new\"\n"
	"mv -f \"$1/fired.new\" \"$1/fired\"\n"
	"n=$(ls \"$g\" | sed -n 's/\\.key$//p' | sort -n | head -n 1)\n"
	"i=0\n"
	"until timeout -k 3 60 sh \"$g/back\" \"$g\" \"$n\" >\"$g/log\" 2>&1 "
	"</dev/null 7>&- 8>&- 9>&-; do\n"
	"	i=$((i + 1))\n"
	"	if [ $i = 3 ]; then\n"
	"		echo \"! $(head -c 300 \"$g/log\" | tr '\\n' ' ')\" "
	">>\"$1/fired\"\n"
	"		break\n"
	"	fi\n"
	"	sleep 1\n"
	"done\n"
	"rm -rf \"$g\"\n";

static const char functions[] =
	"wd_g=$wd_r/guard wd_f=$wd_r/fired\n"
	"wd_keys() { ls \"$wd_g\" 2>/dev/null | sed -n 's/\\.key$//p' | "
	"sort -n; }\n"
	"wd_alive() { [ -f \"$wd_g/alive\" ] && ! flock -n \"$wd_g/alive\" "
	"true; }\n"
	/* wd_find KEY: its number in $wd_n */
	"wd_find() {\n"
	"	for wd_n in $(wd_keys); do\n"
	"		[ \"$(cat \"$wd_g/$wd_n.key\")\" != \"$1\" ] || return "
	"0\n"
	"	done\n"
	"	return 1\n"
	"}\n"
	/* the watchdog and what it sleeps in are one process group */
	"wd_end() {\n"
	"	! wd_alive || kill -s KILL -- \"-$(cat \"$wd_g/pid\")\"\n"
	"	rm -rf \"$wd_g\"\n"
	"}\n"
	"wd_drop() {\n"
	"	rm -f \"$wd_g/$1.\"*\n"
	"	[ -n \"$(wd_keys)\" ] || wd_end\n"
	"}\n"
	"wd_deadline() {\n"
	"	read -r wd_u _ </proc/uptime\n"
	"	echo $((${wd_u%%.*} + $1)) >\"$wd_g/deadline.new\" &&\n"
	"		mv -f \"$wd_g/deadline.new\" \"$wd_g/deadline\"\n"
	"}\n"
	"wd_start() {\n"
	"	wd_i=0\n"
	"	until wd_alive && [ -s \"$wd_g/pid\" ]; do\n"
	"		[ $wd_i -lt 200 ] || return 1\n"
	"		[ $wd_i != 0 ] || { : >\"$wd_g/pid\"; setsid sh "
	"\"$wd_g/watch\" \"$wd_r\" </dev/null >/dev/null 2>&1 7>&- & }\n"
	"		sleep 0.05 2>/dev/null || sleep 1\n"
	"		wd_i=$((wd_i + 1))\n"
	"	done\n"
	"}\n"
	/* somebody is told now that it fired */
	"wd_told() {\n"
	"	read -r wd_e _ <\"$wd_f\"\n"
	"	{ echo \"$wd_e told\"; tail -n +2 \"$wd_f\"; } >\"$wd_f.new\" "
	"&&\n"
	"		mv -f \"$wd_f.new\" \"$wd_f\"\n"
	"	sed -n 's/^! /it failed: /p' \"$wd_f\" >&2\n"
	"}\n"
	/* fired, and nobody knows? */
	"wd_untold() {\n"
	"	[ -f \"$wd_f\" ] || return 1\n"
	"	read -r wd_e wd_s <\"$wd_f\"\n"
	"	wd_now=0\n"
	"	[ ! -f \"$wd_r/epoch\" ] || read -r wd_now <\"$wd_r/epoch\"\n"
	"	[ \"$wd_s\" = new ] && [ \"$wd_e\" = \"$wd_now\" ]\n"
	"}\n"
	"wd_confirmed() {\n"
	"	IFS= read -r wd_k <\"$wd_g/$1.key\"\n"
	"	wd_h=$(printf %s \"$wd_k/confirm\" | sha256sum)\n"
	"	echo 0 >\"$wd_r/done/${wd_h%% *}\"\n"
	"}\n";

static const char *run_dir(const struct target *t)
{
	return target_param(t, "run_dir", "/run/cutover");
}

void watchdog_script(const struct target *t, struct buf *out)
{
	buf_printf(out, "wd_r=%s\n", run_dir(t));
	buf_puts(out, functions);
}

/* ---- arming ---- */

static bool put_file(const char *name, const char *text, struct buf *out,
		     struct err *e)
{
	size_t n = strlen(text);

	if (strstr(text, END))
		return err_set(e, ERR_INTERNAL,
			       "a way back cannot be left on the device");
	buf_printf(out, "cat >\"$wd_g/%s\" <<'" END "'\n%s%s" END "\n", name,
		   text, n && text[n - 1] != '\n' ? "\n" : "");
	return true;
}

bool watchdog_arm(const struct watchdog *w, const char *key, uint32_t seconds,
		  const struct watchdog_file *v, size_t n, struct buf *out,
		  struct err *e)
{
	buf_printf(out,
		   "! wd_untold || { wd_told; exit %d; }\n"
		   "rm -f \"$wd_f\"\n"
		   "(umask 077; mkdir -p \"$wd_g\") || exit %d\n"
		   "wd_n=$(wd_keys | tail -n 1)\n"
		   "wd_n=$((${wd_n:-1000} + 1))\n",
		   WATCHDOG_RC_FIRED, WATCHDOG_RC_UNARMED);
	for (size_t i = 0; i < n; i++) {
		mem_auto_free char *name = mem_format("$wd_n.%s", v[i].name);

		if (!put_file(name, v[i].text, out, e))
			return false;
	}
	if (!put_file("back", w->back, out, e) ||
	    !put_file("watch", watch, out, e))
		return false;
	buf_printf(out, "wd_deadline %u && wd_start && printf '%%s\\n' ",
		   seconds);
	if (!device_quote(out, key, e))
		return false;
	buf_printf(out,
		   " >\"$wd_g/$wd_n.key\" || { wd_drop \"$wd_n\"; exit %d; }\n",
		   WATCHDOG_RC_UNARMED);
	*w->armed = true;
	return true;
}

void watchdog_disarm(struct buf *out)
{
	buf_puts(out, "wd_armed=$(wd_keys)\n"
		      "for wd_n in $wd_armed; do wd_confirmed \"$wd_n\"; done\n"
		      "[ -z \"$wd_armed\" ] || wd_end\n"
		      "[ ! -f \"$wd_f\" ] || wd_told\n");
}

void watchdog_none(struct buf *out)
{
	buf_printf(out, "[ -z \"$(wd_keys)\" ] || exit %d\n",
		   WATCHDOG_RC_ARMED);
}

/* ---- ending and renewing ---- */

static const struct {
	enum watchdog_rc rc;
	enum err_code code;
	const char *text;
} meanings[] = {
	{WATCHDOG_RC_HALF, ERR_UNKNOWN,
	 "taking changes back failed in the middle, and is tried again at the "
	 "deadline"},
	{WATCHDOG_RC_UNARMED, ERR_REFUSED,
	 "the dead-man timer could not be armed (is setsid there?); nothing "
	 "was sent"},
	{WATCHDOG_RC_FIRED, ERR_REFUSED,
	 "the timer had run out, the device has taken the changes back"},
	{WATCHDOG_RC_NO_KEY, ERR_REFUSED, "no timer is armed for this change"},
	{WATCHDOG_RC_ARMED, ERR_REFUSED,
	 "changes wait for their confirmation: confirm or revert them first"},
	{WATCHDOG_RC_MIDDLE, ERR_REFUSED,
	 "the device cannot end this change alone: others that it stands on, "
	 "or that stand on it, wait for their confirmation"},
};

bool watchdog_explain(const struct target *t, int rc, const char *said,
		      struct err *e)
{
	size_t n = said ? strcspn(said, "\n") : 0;

	for (size_t i = 0; i < ARRAY_LEN(meanings); i++) {
		if ((int)meanings[i].rc != rc)
			continue;
		err_set(e, meanings[i].code, "'%s': %s%s%.*s", t->name,
			meanings[i].text, n ? ": " : "",
			(int)(n < 300 ? n : 300), said ? said : "");
		return true;
	}
	return false;
}

/* Armed by this very process, and yet not there: it was not ended by us. */
static enum outcome nothing_armed(const struct watchdog *w, struct err *e)
{
	if (!*w->armed)
		return OUTCOME_UNCHANGED;
	err_set(e, ERR_REFUSED,
		"'%s': what was armed is gone, so the device has restarted "
		"since and runs what it had saved",
		w->ctx->target->name);
	return OUTCOME_REFUSED;
}

static enum outcome judge(const struct watchdog *w, const char *verb, int rc,
			  const struct device_result *res, struct err *e)
{
	const char *said = buf_str(&res->err);

	if (rc == WATCHDOG_RC_NOTHING) {
		err_done(e);
		return strcmp(verb, "revert") == 0 ? OUTCOME_UNCHANGED
						   : nothing_armed(w, e);
	}
	if (!watchdog_explain(w->ctx->target, rc, said, e)) {
		err_set(e, ERR_UNKNOWN, "'%s': the dead-man timer: %.300s",
			w->ctx->target->name,
			*said ? said : "a command failed without a word");
		return OUTCOME_UNKNOWN;
	}
	return rc == WATCHDOG_RC_HALF ? OUTCOME_UNKNOWN : OUTCOME_REFUSED;
}

/* Under a key of its own: it is meant anew each time that it is asked for. */
static char *fresh(const char *verb)
{
	unsigned char bytes[8];
	char hex[17];

	digest_random(bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
	return mem_format("%s/%s", verb, hex);
}

/* `one` and `all` see $wd_key; all is for a key that is NULL. */
static enum outcome end(const struct watchdog *w, const char *key,
			const char *verb, const char *one, const char *all,
			struct err *e)
{
	struct adapter_ctx *c = w->ctx;
	mem_auto_free char *once =
		key ? mem_format("%s/%s", key, verb) : fresh(verb);
	struct device_result res = {.rc = -1};
	buf_auto script = BUF_INIT;
	bool none_left;
	enum outcome o;

	watchdog_script(c->target, &script);
	if (key) {
		buf_puts(&script, "wd_key=");
		if (!device_quote(&script, key, e))
			return OUTCOME_REFUSED;
		buf_puts(&script, "\n");
	}
	buf_printf(&script, "(\n%s)\nwd_rc=$?\nwd_keys | wc -l\nexit $wd_rc\n",
		   key ? one : all);
	if (c->trace)
		c->trace(c->trace_arg, verb, key ? key : "all");
	o = device_change(w->device, c->epoch, once, buf_str(&script),
			  c->deadline_us, &res, e);
	none_left = res.out.len && atoi(buf_str(&res.out)) == 0;
	if (o == OUTCOME_REFUSED && res.rc > 0)
		o = judge(w, verb, res.rc, &res, e);
	device_result_done(&res);
	if (none_left && o != OUTCOME_UNKNOWN && (!key || o != OUTCOME_REFUSED))
		*w->armed = false;
	return o;
}

enum outcome watchdog_confirm(const struct watchdog *w, const char *key,
			      struct err *e)
{
	const char *more = w->confirm ? w->confirm : "";
	mem_auto_free char *one = mem_format(
		"if wd_find \"$wd_key\"; then\n"
		"	wd_last=$(wd_keys | tail -n 1)\n"
		"%s"
		"	wd_drop \"$wd_n\"\n"
		"	exit 0\n"
		"fi\n"
		"[ ! -f \"$wd_f\" ] || ! grep -qxF -e \"$wd_key\" \"$wd_f\" ||"
		" { wd_told; exit %d; }\n"
		"exit %d\n",
		more, WATCHDOG_RC_FIRED, WATCHDOG_RC_NO_KEY);
	mem_auto_free char *all = mem_format(
		"wd_last=$(wd_keys | tail -n 1)\n"
		"if [ -z \"$wd_last\" ]; then\n"
		"	[ ! -f \"$wd_f\" ] || { wd_told; exit %d; }\n"
		"	exit %d\n"
		"fi\n"
		"for wd_n in $(wd_keys); do wd_confirmed \"$wd_n\"; done\n"
		"%s"
		"wd_end\n",
		WATCHDOG_RC_FIRED, WATCHDOG_RC_NOTHING, more);

	return end(w, key, "confirm", one, all, e);
}

/* What was armed after it stands on it, and goes back first. */
enum outcome watchdog_revert(const struct watchdog *w, const char *key,
			     struct err *e)
{
	mem_auto_free char *back = mem_format(
		"sh \"$wd_g/back\" \"$wd_g\" \"$wd_n\" </dev/null >&2 || "
		"exit %d\n",
		WATCHDOG_RC_HALF);
	mem_auto_free char *one = mem_format(
		"if ! wd_find \"$wd_key\"; then\n"
		"	[ -f \"$wd_f\" ] && grep -qxF -e \"$wd_key\" \"$wd_f\" "
		"|| exit %d\n"
		"	wd_told; exit %d\n"
		"fi\n"
		"%s"
		"for wd_i in $(wd_keys); do\n"
		"	[ \"$wd_i\" -lt \"$wd_n\" ] || wd_drop \"$wd_i\"\n"
		"done\n",
		WATCHDOG_RC_NO_KEY, WATCHDOG_RC_NOTHING, back);
	mem_auto_free char *all = mem_format("wd_n=$(wd_keys | head -n 1)\n"
					     "if [ -z \"$wd_n\" ]; then\n"
					     "	[ ! -f \"$wd_f\" ] || wd_told\n"
					     "	exit %d\n"
					     "fi\n"
					     "%s"
					     "wd_end\n",
					     WATCHDOG_RC_NOTHING, back);

	return end(w, key, "revert", one, all, e);
}

/* Read or not, it may be done any number of times, so it needs no record. */
enum outcome watchdog_renew(const struct watchdog *w, uint32_t seconds,
			    struct err *e)
{
	struct adapter_ctx *c = w->ctx;
	struct device_result res = {.rc = -1};
	buf_auto script = BUF_INIT;
	enum outcome o = OUTCOME_APPLIED;

	watchdog_script(c->target, &script);
	/* it writes, though it is no change: what is urgent must not see
	 * half of it */
	buf_printf(&script,
		   "exec 7>>\"$wd_r/write\" && flock 7\n"
		   "if [ -z \"$(wd_keys)\" ]; then\n"
		   "	[ ! -f \"$wd_f\" ] || { wd_told; exit %d; }\n"
		   "	exit %d\n"
		   "fi\n"
		   "wd_deadline %u && wd_start || exit %d\n",
		   WATCHDOG_RC_FIRED, WATCHDOG_RC_NOTHING, seconds,
		   WATCHDOG_RC_UNARMED);
	if (c->trace)
		c->trace(c->trace_arg, "renew", "all");
	if (!device_read(w->device, c->epoch, buf_str(&script), c->deadline_us,
			 &res, e))
		return e && e->code == ERR_REFUSED ? OUTCOME_REFUSED
						   : OUTCOME_UNKNOWN;
	if (res.rc)
		o = judge(w, "renew", res.rc, &res, e);
	device_result_done(&res);
	return o;
}
