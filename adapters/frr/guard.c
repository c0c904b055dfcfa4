/*
 * guard.c - the way back of a change as text, and what runs it
 *
 * Besides the watchdog's own files a change N leaves N.sh, which takes it back
 * by itself whatever its parts are, and N.lines, the arguments of vtysh, if all
 * its parts are lines of vtysh.  The script `back` gives the lines of all
 * changes to one vtysh; where that fails, or a change has other parts, it runs
 * N.sh one by one, and those go on after a line that fails.
 *
 * No secret is ever in these files: only bindings and shutdowns are guarded,
 * and a way back that needs a secret is refused.
 */
#include "adapters/frr/guard.h"

#include <string.h>

#define SHELL_END "CUTOVER_END_OF_LINES"
#define WORDS_MAX 200 /* lines; far below what a command line can hold */

static const char back[] =
	"g=$1 from=$2 lines=1\n"
	"all=$(ls \"$g\" | sed -n 's/\\.key$//p' | sort -rn)\n"
	"set --\n"
	"for n in $all; do\n"
	"	[ \"$n\" -ge \"$from\" ] || continue\n"
	"	[ -f \"$g/$n.lines\" ] || { lines=; break; }\n"
	"	while IFS= read -r l; do\n"
	"		set -- \"$@\" -c \"$l\"\n"
	"	done <\"$g/$n.lines\"\n"
	"done\n"
	"if [ -n \"$lines\" ]; then\n"
	"	[ $# != 0 ] || exit 0\n"
	"	if o=$(vtysh \"$@\" 2>&1); then\n"
	"		printf '%s\\n' \"$o\" | grep '^% ' || exit 0\n"
	"	fi\n"
	"fi\n"
	"rc=0\n"
	"for n in $all; do\n"
	"	[ \"$n\" -ge \"$from\" ] || continue\n"
	"	sh \"$g/$n.sh\" </dev/null || rc=1\n"
	"done\n"
	"exit $rc\n";

/* ---- parts as shell ---- */

static const char *skip_line(const char *s)
{
	s += strcspn(s, "\n");
	return s + (*s == '\n');
}

static bool words_script(const char *text, struct buf *out, struct err *e)
{
	buf_puts(out, "vtysh");
	for (; *text; text = skip_line(text)) {
		mem_auto_free char *line =
			mem_strndup(text, strcspn(text, "\n"));

		buf_puts(out, " -c ");
		if (!device_quote(out, line, e))
			return false;
	}
	buf_puts(out, "\n");
	return true;
}

/* 'configure terminal' .. 'end' goes to vtysh's -f, the rest to its -c. */
static bool vtysh_script(const char *text, struct buf *out, struct err *e)
{
	const char *begin = "configure terminal\n";
	const char *end = strstr(text, "\nend\n");

	if (strncmp(text, begin, strlen(begin)) != 0 || !end ||
	    strstr(text, SHELL_END))
		return err_set(e, ERR_INTERNAL,
			       "a part is no list of configuration lines");
	text += strlen(begin);
	buf_puts(out, "rc=0\nvtysh -f /dev/stdin <<'" SHELL_END "' || rc=$?\n");
	if (end >= text)
		buf_add(out, text, (size_t)(end + 1 - text));
	buf_puts(out, SHELL_END "\n");
	text = end + strlen("\nend\n");
	if (*text) {
		buf_puts(out, "[ $rc != 0 ] || ");
		if (!words_script(text, out, e))
			return false;
		buf_puts(out, "[ $? = 0 ] || rc=1\n");
	}
	buf_puts(out, "(exit $rc)\n");
	return true;
}

bool frr_part_words(const char *what, const char *text)
{
	size_t lines = 0;

	for (const char *p = text; *p; p = skip_line(p))
		lines++;
	return strcmp(what, "vtysh") == 0 && lines <= WORDS_MAX &&
	       !strstr(text, "<secret ");
}

bool frr_part_script(const char *what, const char *text, bool words,
		     struct buf *out, struct err *e)
{
	if (strcmp(what, "vtysh") == 0)
		return words ? words_script(text, out, e)
			     : vtysh_script(text, out, e);
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
		if (!frr_part_script(parts[i].what, parts[i].text, false, out,
				     e))
			return false;
		buf_puts(out, "[ $? = 0 ] || bad=1\n");
	}
	buf_puts(out, "exit ${bad:-0}\n");
	return true;
}

static bool back_lines(const struct change_part *parts, size_t n,
		       struct buf *out)
{
	for (size_t i = 0; i < n; i++) {
		if (!frr_part_words(parts[i].what, parts[i].text))
			return false;
		buf_puts(out, parts[i].text);
	}
	return true;
}

static struct watchdog watchdog_of(struct adapter_ctx *c)
{
	struct frr *f = frr_of(c);

	return (struct watchdog){.ctx = c,
				 .device = f->device,
				 .back = back,
				 .armed = &f->armed};
}

bool frr_guard_arm(struct adapter_ctx *c, const char *key, uint32_t seconds,
		   const struct change_part *parts, size_t n, struct buf *out,
		   struct err *e)
{
	struct watchdog w = watchdog_of(c);
	buf_auto script = BUF_INIT;
	buf_auto lines = BUF_INIT;
	struct watchdog_file files[2];
	bool fast;

	if (!back_script(parts, n, &script, e))
		return false;
	fast = back_lines(parts, n, &lines);
	files[0] = (struct watchdog_file){"sh", buf_str(&script)};
	files[1] = (struct watchdog_file){"lines", buf_str(&lines)};
	watchdog_script(c->target, out);
	return watchdog_arm(&w, key, seconds, files, fast ? 2 : 1, out, e);
}

/* ---- the slots ---- */

enum outcome frr_confirm(struct adapter_ctx *c, const char *key, struct err *e)
{
	struct watchdog w = watchdog_of(c);

	return watchdog_confirm(&w, key, e);
}

enum outcome frr_revert(struct adapter_ctx *c, const char *key, struct err *e)
{
	struct watchdog w = watchdog_of(c);

	frr_view_forget(c);
	return watchdog_revert(&w, key, e);
}

enum outcome frr_renew(struct adapter_ctx *c, uint32_t seconds, struct err *e)
{
	struct watchdog w = watchdog_of(c);

	return watchdog_renew(&w, seconds, e);
}
