/*
 * script.c - the shell scripts that run on a BIRD edge
 *
 * Pure.  Every value that stands in a script was checked before: paths by
 * paths.c, addresses and prefixes by the model's parser, ids are hex.  Files
 * travel in here-documents whose end is a hash of their text, cut to their
 * size; so do secrets, on standard input and nowhere else.
 *
 * A change goes: what boots and what runs is as it was, the watchdog is armed,
 * the candidate is written and checked, BIRD loads it under its own timer, it
 * is seen to run, and the timer is confirmed.  Where that ends early, what ran
 * before runs again and an exit status below 20 says that nothing changed.  In
 * an emergency BIRD loads it at once, and says itself whether it can.
 *
 * BIRD's own timer guards that one reconfiguration and no more: a second one
 * would end in between, any plain `configure` disarms it, and confirm after its
 * end is answered like one that was not needed.  What boots is replaced by save
 * alone; until then the candidate runs from a file beside it, and the way back
 * is to load what boots, or the candidate before, again.
 *
 * The text before is kept as next.N as long as change N is armed, next.old is
 * the same in the middle of a change.  Texts are told apart by their ids.
 */
#include "adapters/bird/script.h"

#include <string.h>

#include "adapters/bird/name.h"
#include "adapters/transport/linux_interface.h"
#include "adapters/transport/watchdog.h"
#include "orchestrator/base/digest.h"
#include "orchestrator/model/prefix.h"

#define BIRD_TIMEOUT_S 60 /* BIRD's own, for one reconfiguration */

/* Shared by all: birdc, and what it says about itself. */
static void prelude(const struct bird_paths *p, struct buf *out)
{
	buf_puts(out, "LC_ALL=C; export LC_ALL\n");
	buf_printf(out, "b() { birdc -v -s '%s' \"$@\" </dev/null 2>&1; }\n",
		   p->socket);
	/* without other programs: to start one takes a busy device longer than
	 * all the rest.  Our texts have their id in their first lines. */
	buf_puts(out,
		 "nl='\n'\n"
		 "running() {\n"
		 "\tset -- \"$nl$(b eval " BIRD_SYMBOL_TEXT ")\"\n"
		 "\tcase $1 in *\"${nl}0023 \"*) ;; *) return 0 ;; esac\n"
		 "\tset -- \"${1##*${nl}0023 }\"\n"
		 "\tset -- \"${1%%$nl*}\"\n"
		 "\tcase $1 in *[!0-9a-f]*) ;; *) printf '%s\\n' \"$1\" ;; "
		 "esac\n"
		 "}\n"
		 "id_of() {\n"
		 "\tid_n=0\n"
		 "\twhile [ $id_n -lt 20 ] && IFS= read -r id_l; do\n"
		 "\t\tcase $id_l in\n"
		 "\t\t'define " BIRD_SYMBOL_TEXT " = \"'*'\";')\n"
		 "\t\t\tid_l=${id_l#*\\\"}\n"
		 "\t\t\tprintf '%s\\n' \"${id_l%%\\\"*}\"\n"
		 "\t\t\treturn 0 ;;\n"
		 "\t\tesac\n"
		 "\t\tid_n=$((id_n + 1))\n"
		 "\tdone 2>/dev/null <\"$1\"\n"
		 "}\n");
}

/* ---- reading ---- */

static const char *const read_functions =
	"dump() {\n"
	"\tif ! [ -r \"$1\" ]; then m \"missing $1\"; return; fi\n"
	"\tm \"file $(wc -c <\"$1\" | tr -d ' ') $(stat -L -c %Y \"$1\") $1\"\n"
	"\tcat \"$1\"\n"
	"}\n"
	"walk() {\n"
	"\tdump \"$1\"\n"
	"\t[ -r \"$1\" ] && [ \"$2\" -lt 8 ] || return 0\n"
	"\tsed -n 's/^[[:blank:]]*include[[:blank:]]*\"\\([^\"]*\\)\""
	"[[:blank:]]*;.*$/\\1/p' \"$1\" |\n"
	"\twhile IFS= read -r p; do\n"
	"\t\tcase $p in /*) ;; *) p=${1%/*}/$p ;; esac\n"
	"\t\tIFS=\n"
	"\t\tfor f in $p; do walk \"$f\" $(($2 + 1)); done\n"
	"\tdone\n"
	"}\n"
	/* protocols by neighbor address */
	"named() {\n"
	"\tprintf '%s\\n' \"$protocols\" | awk -v n=\"$1\" '\n"
	"\t{ t = substr($0, 6) }\n"
	"\tt ~ /^[^ \\t]/ { split(t, a, \" \"); name = a[1] }\n"
	"\tt ~ /Neighbor address:/ {\n"
	"\t\tsub(/.*Neighbor address: */, \"\", t); sub(/%.*/, \"\", t)\n"
	"\t\tif (t == n) print name\n"
	"\t}'\n"
	"}\n"
	"session() {\n" /* index address family sent? received? */
	"\tfor x in $(named \"$2\"); do\n"
	"\t\tm \"count $1 $x\"; b \"show route import table '$x'.$3 count\"\n"
	"\t\tm \"paths $1 $x\"\n"
	"\t\tr=$(b \"show route import table '$x'.$3 all\")\n"
	"\t\tcase $r in *9001*) r=$(b \"show route protocol '$x' all\") ;; "
	"esac\n"
	"\t\tprintf '%s\\n' \"$r\" | sed -n 's/.*BGP\\.as_path: *//p' |\n"
	"\t\t\tsort -u | head -n 200\n"
	"\t\tif [ \"$4\" = 1 ]; then\n"
	"\t\t\tr=$(b \"show route export table '$x'.$3\")\n"
	"\t\t\tcase $r in *9001*) r=$(b \"show route export '$x'\") ;; esac\n"
	"\t\t\tm \"sent $1 $x\"; printf '%s\\n' \"$r\"\n"
	"\t\tfi\n"
	"\t\tif [ \"$5\" = 1 ]; then\n"
	"\t\t\tm \"received $1 $x\"; b \"show route protocol '$x'\"\n"
	"\t\tfi\n"
	"\tdone\n"
	"}\n";

static bool session_ask(const struct resource *r, size_t i, struct buf *out,
			struct err *e)
{
	const char *n = r->session.neighbor;
	struct prefix p;

	if (!n)
		return true;
	if (!prefix_parse_addr(n, &p, e))
		return err_wrap(e, "session '%s'", r->name);
	buf_printf(out, "session %zu '%s' %s %d %d\n", i, n,
		   p.family == 4 ? "ipv4" : "ipv6",
		   state_list_has(&r->session.sent, "*"),
		   state_list_has(&r->session.received, "*"));
	return true;
}

static bool route_ask(const struct resource *r, size_t i, struct buf *out,
		      struct err *e)
{
	char text[PREFIX_TEXT_MAX];
	struct prefix p;

	if (!prefix_parse(r->name, &p, e))
		return err_wrap(e, "route '%s'", r->name);
	prefix_text(&p, text);
	buf_printf(out, "m 'route %zu'; b 'show route %s all'\n", i, text);
	buf_printf(out,
		   "m 'kernel %zu'; ip %s-j route show table all exact '%s' "
		   "2>&1\n",
		   i, p.family == 4 ? "" : "-6 ", text);
	return true;
}

static bool interfaces_ask(const struct resource_set *want, struct buf *out,
			   struct err *e)
{
	for (size_t i = 0; i < want->n; i++) {
		if (want->v[i].kind != RESOURCE_INTERFACE)
			continue;
		buf_puts(out, "m interfaces\n(\n");
		if (!linux_interface_script(want, out, e))
			return false;
		buf_puts(out, ") 2>&1\n");
		break;
	}
	return true;
}

bool bird_script_read(const struct bird_paths *p,
		      const struct resource_set *want, const char *nonce,
		      struct buf *out, struct err *e)
{
	prelude(p, out);
	buf_printf(out, "m() { printf '\\n@@%s %%s\\n' \"$1\"; }\n", nonce);
	buf_puts(out, read_functions);
	buf_puts(out, "m date; date +%s\nm status; b show status\n"
		      "m timer; b configure status\nm running; running\n"
		      "protocols=$(b show protocols all)\n"
		      "m protocols; printf '%s\\n' \"$protocols\"\n"
		      "m bfd; b show bfd sessions\n");
	for (size_t i = 0; want && i < want->n; i++) {
		const struct resource *r = &want->v[i];

		if ((r->kind == RESOURCE_SESSION &&
		     !session_ask(r, i, out, e)) ||
		    (r->kind == RESOURCE_ROUTE && !route_ask(r, i, out, e)))
			return false;
	}
	if (want && !interfaces_ask(want, out, e))
		return false;
	buf_printf(out, "walk '%s' 0\n", p->config);
	/* a change that was killed in the middle runs what it began from */
	buf_printf(out,
		   "x='%s' r=$(running)\n"
		   "! [ -f \"$x.old\" ] || [ \"$(id_of \"$x\")\" = \"$r\" ] "
		   "||\n\t[ \"$(id_of \"$x.old\")\" != \"$r\" ] || x=$x.old\n"
		   "m next; dump \"$x\"\nm end\n",
		   p->next);
	return true;
}

/* ---- changing ---- */

static const char *const change_functions =
	/* has FILE that id?  A file without anything of ours has none. */
	"has_id() { [ -f \"$1\" ] && [ \"$(id_of \"$1\")\" = \"$2\" ]; }\n"
	/* quit STATUS TEXT */
	"quit() { s=$1; shift; printf '%s\n' \"$*\"; exit \"$s\"; }\n"
	/* until no reconfiguration is under way */
	"settle() {\n"
	"\twhile :; do\n"
	"\t\tr=$(b show status)\n"
	"\t\tcase $r in\n"
	"\t\t*'0013 Daemon is up'*) return 0 ;;\n"
	"\t\t*'0013 Reconfiguration'*) sleep 0.05 2>/dev/null || sleep 1 ;;\n"
	"\t\t*) return 1 ;;\n"
	"\t\tesac\n"
	"\tdone\n"
	"}\n"
	/* load WHAT..: 0 when BIRD took it; the answer is in $r */
	"load() {\n"
	"\tr=$(b \"$@\")\n"
	"\tcase $nl$r in\n"
	"\t*\"${nl}000\"[345]' '*) ;;\n"
	"\t*) return 1 ;;\n"
	"\tesac\n"
	"\tsettle || quit 20 \"$r\"\n"
	"}\n"
	"is_running() { [ \"$(running)\" = \"$1\" ]; }\n"
	"is_pending() { b configure status | grep -q '^0022'; }\n"
	"flush() { sync \"$@\" 2>/dev/null || sync; }\n"
	/* nothing waits any more: what boots is what runs */
	"tidy() { rm -f \"$next\" \"$next\".* \"$next_config\"; }\n"
	/* the candidate was not taken: its place is its forerunner's */
	"give_up() {\n"
	"\tif [ -f \"$next.old\" ]; then mv -f \"$next.old\" \"$next\"\n"
	"\telse tidy; fi\n"
	"\t[ -z \"$wd_n\" ] || wd_drop \"$wd_n\"\n"
	"}\n";

static void changing(const struct bird_paths *p, struct buf *out)
{
	prelude(p, out);
	buf_printf(out,
		   "config='%s' include='%s' next='%s' next_config='%s'\n"
		   "group='%s' folder='%s'\n",
		   p->config, p->include, p->next, p->next_config, p->group,
		   p->folder);
	buf_puts(out, change_functions);
}

static void here(const char *file, const struct buf *b, struct buf *out)
{
	char hash[DIGEST_HEX];

	if (!b->len) {
		buf_printf(out, ": >\"%s\" &&\n", file);
		return;
	}
	digest_sha256_hex(b->data, b->len, hash);
	buf_printf(out, "head -c %zu >\"%s\" <<'%s' &&\n", b->len, file, hash);
	buf_add(out, b->data, b->len);
	buf_printf(out, "\n%s\n", hash);
}

static void preconditions(const struct bird_change *x, struct buf *out)
{
	if (!x->at_once)
		buf_puts(out, "settle || quit 10 \"$r\"\n");
	buf_puts(out, "sha256sum -c >/dev/null 2>&1 <<'SUMS' || quit "
		      "10 'a configuration file has changed in between'\n");
	for (size_t i = 0; i < x->sums->n; i++)
		buf_printf(out, "%s\n", x->sums->v[i]);
	buf_puts(out, "SUMS\n");
	buf_printf(out,
		   "was='%s' id='%s' wd_n=\n"
		   "is_running \"$was\" || quit 10 'what BIRD runs has changed "
		   "in between'\n",
		   x->running_id ? x->running_id : "",
		   x->next_id ? x->next_id : "");
	buf_puts(out, "[ ! -L \"$include\" ] || quit 10 \"$include is a "
		      "symbolic link\"\n");
}

/* What runs is kept; the candidate takes its place on disk. */
static void candidate_write(const struct bird_change *x, struct buf *out)
{
	buf_puts(out,
		 "umask 077\n"
		 "! has_id \"$next.old\" \"$was\" || mv -f \"$next.old\" "
		 "\"$next\"\n"
		 "rm -f \"$next.old\"\n"
		 "! has_id \"$next\" \"$was\" || cp -p \"$next\" \"$next.old\" "
		 "||\n"
		 "\t{ [ -z \"$wd_n\" ] || wd_drop \"$wd_n\"; quit 12 'cannot "
		 "keep the candidate'; }\n"
		 "{ cp -p \"$include\" \"$next.new\" &&\n"
		 "cp -p \"$config\" \"$next_config\" &&\n"
		 "chmod 0640 \"$next.new\" \"$next_config\" &&\n"
		 "chgrp \"$group\" \"$next.new\" \"$next_config\" &&\n");
	here("$next.new", x->text, out);
	here("$next_config", x->config, out);
	buf_puts(out, "mv -f \"$next.new\" \"$next\"; } 2>&1 ||\n"
		      "\t{ give_up; quit 12 'cannot write the candidate'; }\n"
		      "r=$(b \"configure check \\\"$next_config\\\"\")\n"
		      "printf '%s\\n' \"$r\" | grep -q '^0020 ' ||\n"
		      "\t{ give_up; quit 11 \"$r\"; }\n");
}

/* FILE becomes that text, its owner and mode stay; without another program. */
static void in_place(const char *file, const struct buf *b, struct buf *out)
{
	buf_puts(out, "printf %s '");
	for (size_t i = 0; i < b->len; i++) {
		if (b->data[i] == '\'')
			buf_puts(out, "'\\''");
		else
			buf_putc(out, b->data[i]);
	}
	buf_printf(out, "' >\"%s\" &&\n", file);
}

/* The same in a hurry: each program that is started is waited for. */
static void candidate_at_once(const struct bird_change *x, struct buf *out)
{
	buf_puts(out, "umask 077\n"
		      "! has_id \"$next.old\" \"$was\" || mv -f \"$next.old\" "
		      "\"$next\"\n"
		      "if has_id \"$next\" \"$was\"; then\n"
		      "\tcp -p \"$next\" \"$next.old\"\n"
		      "else\n"
		      "\t! [ -e \"$next.old\" ] || rm -f \"$next.old\"\n"
		      "\tcp -p \"$include\" \"$next\" &&\n"
		      "\tcp -p \"$config\" \"$next_config\" &&\n"
		      "\tchmod 0640 \"$next\" \"$next_config\" &&\n"
		      "\tchgrp \"$group\" \"$next\" \"$next_config\"\n"
		      "fi 2>&1 || quit 12 'cannot keep the candidate'\n"
		      "{ ");
	in_place("$next", x->text, out);
	in_place("$next_config", x->config, out);
	buf_puts(out, ":; } 2>&1 ||\n"
		      "\t{ give_up; quit 12 'cannot write the candidate'; }\n");
}

static void native_confirm(struct buf *out)
{
	buf_puts(out,
		 "r=$(b configure confirm)\n"
		 "case $r in\n"
		 "*'0018 '*) ;;\n"
		 /* nothing to confirm: it has gone back just now, or it has not
		  */
		 "*'0019 '*) is_running \"$id\" || quit 20 'BIRD has gone back "
		 "by itself' ;;\n"
		 "*) quit 20 \"$r\" ;;\n"
		 "esac\n");
}

void bird_script_change(const struct bird_paths *p, const struct bird_change *x,
			struct buf *out)
{
	changing(p, out);
	preconditions(x, out);
	buf_puts(out, x->arm ? x->arm : "");
	if (x->at_once) {
		candidate_at_once(x, out);
		buf_puts(out, "load \"configure \\\"$next_config\\\"\" || "
			      "{ give_up; quit 11 \"$r\"; }\n");
	} else {
		candidate_write(x, out);
		buf_printf(out,
			   "load \"configure \\\"$next_config\\\" timeout %d\" "
			   "|| { give_up; quit 11 \"$r\"; }\n",
			   BIRD_TIMEOUT_S);
	}
	/* it was taken; and if it does not run after all, it is taken back */
	buf_puts(out, "if ! is_running \"$id\"; then\n"
		      "\tload configure undo\n"
		      "\tis_running \"$was\" || quit 20 'BIRD runs neither the "
		      "candidate nor what it ran'\n"
		      "\tgive_up\n"
		      "\tquit 11 'BIRD does not run the candidate'\n"
		      "fi\n");
	if (!x->at_once)
		native_confirm(out);
	buf_puts(out, "if [ -z \"$wd_n\" ]; then rm -f \"$next.old\"\n"
		      "elif [ -f \"$next.old\" ]; then mv -f \"$next.old\" "
		      "\"$next.$wd_n\"\n"
		      "fi\n");
}

void bird_script_back(const struct bird_paths *p, struct buf *out)
{
	changing(p, out);
	buf_puts(out,
		 "n=$2\n"
		 "was=$(cat \"$1/$n.was\")\n"
		 "settle || quit 20 \"$r\"\n"
		 "if has_id \"$include\" \"$was\"; then\n"
		 "\tload configure || quit 20 \"$r\"\n"
		 "\tis_running \"$was\" || quit 20 'BIRD does not run what "
		 "boots'\n"
		 "\ttidy\n"
		 "\texit 0\n"
		 "fi\n"
		 "for f in \"$next.$n\" \"$next.old\" \"$next\" ''; do\n"
		 "\t! has_id \"$f\" \"$was\" || break\n"
		 "done\n"
		 "[ -n \"$f\" ] || quit 20 'the candidate before is gone'\n"
		 "[ \"$f\" = \"$next\" ] || mv -f \"$f\" \"$next\" || quit 20 "
		 "\"cannot rename onto $next\"\n"
		 "load \"configure \\\"$next_config\\\"\" || quit 20 \"$r\"\n"
		 "is_running \"$was\" || quit 20 'BIRD does not run the "
		 "candidate before'\n"
		 "rm -f \"$next.old\"\n"
		 "for f in \"$next\".*; do\n"
		 "\tcase ${f##*.} in *[!0-9]*) continue ;; esac\n"
		 "\t[ \"${f##*.}\" -lt \"$n\" ] || rm -f \"$f\"\n"
		 "done\n"
		 ":\n");
}

/*
 * What stands on disk is one text, not one of each change: a change is taken
 * out of what would go back from below.
 */
void bird_script_confirm(const struct bird_paths *p, bool all, struct buf *out)
{
	if (all)
		buf_printf(out, "rm -f '%s'.*\n", p->next);
	else
		buf_printf(out,
			   "[ \"$wd_n\" = \"$(wd_keys | head -n 1)\" ] || exit "
			   "%d\n"
			   "rm -f '%s'.\"$wd_n\"\n",
			   WATCHDOG_RC_MIDDLE, p->next);
}

void bird_script_save(const struct bird_paths *p, struct buf *out)
{
	changing(p, out);
	watchdog_none(out);
	buf_puts(out,
		 "settle || quit 14 \"$r\"\n"
		 "! is_pending || quit 14 'a reconfiguration waits for its "
		 "confirmation'\n"
		 "id=$(running)\n"
		 "if ! has_id \"$include\" \"$id\"; then\n"
		 "\thas_id \"$next\" \"$id\" || quit 10 'BIRD runs neither "
		 "what boots nor the candidate'\n"
		 "\tflush \"$next\"\n"
		 "\tmv -f \"$next\" \"$include\" || quit 20 \"cannot rename "
		 "onto $include\"\n"
		 "\tflush \"$folder\"\n"
		 "fi\n"
		 "load configure || quit 20 \"$r\"\n"
		 "is_running \"$id\" || quit 20 'BIRD does not run what "
		 "boots'\n"
		 "tidy\n");
}
