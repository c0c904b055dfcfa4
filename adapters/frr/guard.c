/*
 * guard.c - shell texts of the watchdog, and the two ways to end it
 *
 * Files in run_dir/frr-guard, all of them written under the wrapper's lock:
 *
 *	deadline    seconds of /proc/uptime after which the watchdog acts
 *	N.sh        what takes change N back
 *	N.key       its idempotency key: armed
 *	N.confirmed the same, confirmed; N.fired: taken back
 *	alive       flock held by the watchdog as long as it lives
 *
 * Invariants: a change is not made before its watchdog is seen alive; N.key
 * comes after N.sh is complete; the watchdog decides under the lock, so it
 * either acts or is told, never both.  No secret is ever in these files: only
 * bindings and shutdowns are guarded, and a way back that needs a secret is
 * refused.  A reboot clears the files; the saved configuration is then what
 * comes back.
 */
#include "adapters/frr/guard.h"

#include <string.h>

#include "adapters/frr/edge.h"

#define SHELL_END "CUTOVER_END_OF_LINES"

static const char watchdog[] =
	"g=$1/frr-guard lock=$1/lock\n"
	"exec 8>>\"$g/alive\"\n"
	"flock -n 8 || exit 0\n"
	"left() {\n"
	"	d=$(cat \"$g/deadline\" 2>/dev/null)\n"
	"	read -r u _ </proc/uptime\n"
	"	echo $((${d:-0} - ${u%%.*}))\n"
	"}\n"
	"while :; do\n"
	"	l=$(left)\n"
	"	[ \"$l\" -le 0 ] || { sleep \"$l\" 8>&-; continue; }\n"
	"	exec 9>>\"$lock\"\n"
	"	flock 9\n"
	"	[ \"$(left)\" -gt 0 ] || break\n"
	"	exec 9>&-\n"
	"done\n"
	"for n in $(ls \"$g\" | sed -n 's/\\.key$//p' | sort -rn); do\n"
	"	sh \"$g/$n.sh\" >>\"$g/log\" 2>&1 </dev/null 8>&- 9>&-\n"
	"	mv \"$g/$n.key\" \"$g/$n.fired\"\n"
	"	rm -f \"$g/$n.sh\"\n"
	"done\n";

/* ---- parts as shell ---- */

static const char *skip_line(const char *s)
{
	s += strcspn(s, "\n");
	return s + (*s == '\n');
}

/* 'configure terminal' .. 'end' goes to vtysh's -f, the rest to its -c. */
static bool vtysh_script(const char *text, struct buf *out, struct err *e)
{
	const char *begin = "configure terminal\n";
	const char *end = strstr(text, "\nend\n");

	if (strncmp(text, begin, strlen(begin)) != 0 || !end ||
	    strstr(text, SHELL_END))
		return err_set(e, ERR_INTERNAL,
			       "a part is no list of "
			       "configuration lines");
	text += strlen(begin);
	buf_puts(out, "rc=0\nvtysh -f /dev/stdin <<'" SHELL_END "' || rc=$?\n");
	if (end >= text)
		buf_add(out, text, (size_t)(end + 1 - text));
	buf_puts(out, SHELL_END "\n");
	for (text = end + strlen("\nend\n"); *text; text = skip_line(text)) {
		size_t n = strcspn(text, "\n");
		mem_auto_free char *line = mem_strndup(text, n);

		buf_puts(out, "[ $rc != 0 ] || vtysh -c ");
		if (!device_quote(out, line, e))
			return false;
		buf_puts(out, " || rc=$?\n");
	}
	buf_puts(out, "(exit $rc)\n");
	return true;
}

bool frr_part_script(const char *what, const char *text, struct buf *out,
		     struct err *e)
{
	if (strcmp(what, "vtysh") == 0)
		return vtysh_script(text, out, e);
	if (strcmp(what, "shell") != 0)
		return err_set(e, ERR_INTERNAL, "a part '%s' is not for FRR",
			       what);
	buf_printf(out, "(set -e\n%s\n)\n", text);
	return true;
}

/* ---- arming ---- */

static bool back_script(const struct change_part *parts, size_t n,
			struct buf *out, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		if (strstr(parts[i].text, "<secret "))
			return err_set(e, ERR_REFUSED,
				       "a change whose way back needs a secret "
				       "cannot be guarded by a timer");
		if (!frr_part_script(parts[i].what, parts[i].text, out, e))
			return false;
		buf_puts(out, "[ $? = 0 ] || bad=1\n");
	}
	buf_puts(out, "exit ${bad:-0}\n");
	return true;
}

static const char *run_dir(const struct target *t)
{
	return target_param(t, "run_dir", "/run/cutover");
}

bool frr_guard_arm(const struct target *t, const char *key, uint32_t seconds,
		   const struct change_part *parts, size_t n, struct buf *out,
		   struct err *e)
{
	buf_printf(out,
		   "r=%s\ng=$r/frr-guard\n"
		   "(umask 077; mkdir -p \"$g\") || exit %d\n"
		   "n=$(ls \"$g\" | sed -n 's/^\\([0-9][0-9]*\\)\\..*/\\1/p' |"
		   " sort -n | tail -n 1)\n"
		   "n=$((${n:-1000} + 1))\n"
		   "cat >\"$g/$n.sh\" <<'CUTOVER_END_OF_BACK'\n",
		   run_dir(t), FRR_RC_UNARMED);
	if (!back_script(parts, n, out, e))
		return false;
	buf_puts(out, "CUTOVER_END_OF_BACK\n"
		      "cat >\"$g/watchdog\" <<'CUTOVER_END_OF_BACK'\n");
	buf_puts(out, watchdog);
	buf_puts(out, "CUTOVER_END_OF_BACK\nprintf '%s\\n' ");
	if (!device_quote(out, key, e))
		return false;
	buf_printf(out,
		   " >\"$g/$n.key\"\n"
		   "read -r u _ </proc/uptime\n"
		   "echo $((${u%%%%.*} + %u)) >\"$g/deadline.new\"\n"
		   "mv -f \"$g/deadline.new\" \"$g/deadline\"\n"
		   "i=0\n"
		   "while flock -n \"$g/alive\" true; do\n"
		   "	[ $i -lt 20 ] || { rm -f \"$g/$n.\"*; exit %d; }\n"
		   "	[ $i != 0 ] || setsid sh \"$g/watchdog\" \"$r\" "
		   "</dev/null >/dev/null 2>&1 &\n"
		   "	sleep 0.1\n"
		   "	i=$((i + 1))\n"
		   "done\n",
		   seconds, FRR_RC_UNARMED);
	return true;
}

/* ---- ending ---- */

static enum outcome end_guard(struct adapter_ctx *c, const char *key,
			      const char *verb, const char *body, struct err *e)
{
	mem_auto_free char *change = mem_format("%s/%s", key, verb);
	struct device_result res = {.rc = -1};
	buf_auto script = BUF_INIT;
	enum outcome o;

	buf_printf(&script, "g=%s/frr-guard\nkey=", run_dir(c->target));
	if (!device_quote(&script, key, e))
		return OUTCOME_REFUSED;
	buf_printf(&script,
		   "\nfind_key() {\n"
		   "	for f in \"$g\"/*.\"$1\"; do\n"
		   "		[ ! -f \"$f\" ] || [ \"$(cat \"$f\")\" != "
		   "\"$key\" ] || { n=${f##*/}; n=${n%%.*}; return 0; }\n"
		   "	done\n"
		   "	return 1\n"
		   "}\n"
		   "%s",
		   body);
	o = device_change(frr_of(c)->device, c->epoch, change, buf_str(&script),
			  c->deadline_us, &res, e);
	if (o == OUTCOME_REFUSED && res.rc == FRR_RC_FIRED)
		err_set(e, ERR_REFUSED,
			"'%s': the timer had run out, the device has taken the "
			"change back",
			c->target->name);
	else if (o == OUTCOME_REFUSED && res.rc == FRR_RC_NO_KEY)
		err_set(e, ERR_REFUSED, "'%s': no timer is armed for '%s'",
			c->target->name, key);
	else if (o == OUTCOME_REFUSED && res.rc == FRR_RC_FAILED) {
		err_set(e, ERR_UNKNOWN,
			"'%s': taking the change back failed in the middle",
			c->target->name);
		o = OUTCOME_UNKNOWN;
	}
	device_result_done(&res);
	return o;
}

enum outcome frr_confirm(struct adapter_ctx *c, const char *key, struct err *e)
{
	return end_guard(c, key, "confirm",
			 "if find_key key; then\n"
			 "	mv \"$g/$n.key\" \"$g/$n.confirmed\"\n"
			 "	rm -f \"$g/$n.sh\"\n"
			 "	exit 0\n"
			 "fi\n"
			 "! find_key confirmed || exit 0\n"
			 "! find_key fired || exit 78\n"
			 "exit 79\n",
			 e);
}

/* What was armed after it stands on it, and goes back first. */
enum outcome frr_revert(struct adapter_ctx *c, const char *key, struct err *e)
{
	return end_guard(c, key, "revert",
			 "! find_key fired || exit 0\n"
			 "find_key key || exit 79\n"
			 "rc=0\n"
			 "for i in $(ls \"$g\" | sed -n 's/\\.key$//p' | sort "
			 "-rn); do\n"
			 "	[ \"$i\" -ge \"$n\" ] || continue\n"
			 "	sh \"$g/$i.sh\" </dev/null || rc=76\n"
			 "	mv \"$g/$i.key\" \"$g/$i.fired\"\n"
			 "	rm -f \"$g/$i.sh\"\n"
			 "done\n"
			 "exit $rc\n",
			 e);
}
