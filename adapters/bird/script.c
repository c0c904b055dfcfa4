/*
 * script.c - the shell scripts that run on a BIRD edge
 *
 * Pure.  Every value that stands in a script was checked before: paths by
 * paths.c, addresses and prefixes by the model's parser, ids are hex.  Files
 * travel in here-documents whose end is a hash of their text, cut to their
 * size; so do secrets, on standard input and nowhere else.
 *
 * A change goes: what boots and what runs is as it was, the candidate is
 * written and checked, BIRD loads it, and only then it is renamed onto the
 * include and loaded from there.  Up to the load an exit status below 20 says
 * that nothing changed.  With a guard it stops after the load, under BIRD's
 * own timer, until confirm.  Never a second timer on top of the first: its
 * undo would end in between.
 */
#include "adapters/bird/script.h"

#include <string.h>

#include "adapters/bird/name.h"
#include "adapters/transport/linux_interface.h"
#include "orchestrator/base/digest.h"
#include "orchestrator/model/prefix.h"

/* Shared by all: birdc, and what it says about itself. */
static void prelude(const struct bird_paths *p, struct buf *out)
{
	buf_puts(out, "LC_ALL=C; export LC_ALL\n");
	buf_printf(out, "b() { birdc -v -s '%s' \"$@\" </dev/null 2>&1; }\n",
		   p->socket);
	buf_puts(out, "running() { b eval " BIRD_SYMBOL_TEXT
		      " | sed -n 's/^0023 \\([0-9a-f]*\\)$/\\1/p'; }\n");
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
	buf_printf(out, "m 'route %zu'; b 'show route %s primary all'\n", i,
		   text);
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
	buf_printf(out, "m next; dump '%s'\nm end\n", p->next);
	return true;
}

/* ---- changing ---- */

static const char *const change_functions =
	/* quit STATUS TEXT */
	"quit() { s=$1; shift; printf '%s\\n' \"$*\"; exit \"$s\"; }\n"
	"stage=10\n"
	/* until no reconfiguration is under way */
	"settle() {\n"
	"\twhile :; do\n"
	"\t\tr=$(b show status)\n"
	"\t\tcase $r in\n"
	"\t\t*'0013 Daemon is up'*) return ;;\n"
	"\t\t*'0013 Reconfiguration'*) sleep 0.05 2>/dev/null || sleep 1 ;;\n"
	"\t\t*) quit \"$stage\" \"$r\" ;;\n"
	"\t\tesac\n"
	"\tdone\n"
	"}\n"
	/* load WHAT..: 0 when BIRD took it; the answer is in $r */
	"load() {\n"
	"\tr=$(b \"$@\")\n"
	"\tprintf '%s\\n' \"$r\" | grep -q '^000[345] ' || return 1\n"
	"\tstage=20\n"
	"\tsettle\n"
	"}\n"
	"is_running() { [ \"$(running)\" = \"$1\" ]; }\n"
	"is_pending() { b configure status | grep -q '^0022'; }\n"
	"flush() { sync \"$@\" 2>/dev/null || sync; }\n"
	"id_of() { sed -n 's/^define " BIRD_SYMBOL_TEXT
	" = \"\\([0-9a-f]*\\)\";$/\\1/p' \"$1\" | head -n 1; }\n";

static void changing(const struct bird_paths *p, struct buf *out)
{
	prelude(p, out);
	buf_printf(out,
		   "config='%s' include='%s' next='%s' next_config='%s'\n"
		   "group='%s' folder='%s'\n",
		   p->config, p->include, p->next, p->next_config, p->group,
		   p->folder);
	buf_puts(out, change_functions);
	/* the candidate runs and is verified: make it what boots */
	buf_puts(out, "boot() {\n"
		      "\tflush \"$next\"\n"
		      "\tmv -f \"$next\" \"$include\" || quit 20 \"cannot "
		      "rename onto $include\"\n"
		      "\tflush \"$folder\"\n"
		      "\tload configure || quit 20 \"$r\"\n"
		      "\tis_running \"$1\" || quit 20 \"BIRD does not run what "
		      "boots\"\n"
		      "\trm -f \"$next_config\"\n"
		      "}\n");
}

void bird_script_key_line(const char *key, struct buf *out)
{
	char hash[DIGEST_HEX];

	digest_sha256_hex(key, strlen(key), hash);
	buf_printf(out, "# cutover %s\n", hash);
}

/* Who may confirm.  BIRD has read the candidate's boot file by then. */
static void key_write(const char *key, bool guarded, struct buf *out)
{
	buf_auto line = BUF_INIT;

	if (!guarded) {
		buf_puts(out, "rm -f \"$next_config\"\n");
		return;
	}
	bird_script_key_line(key, &line);
	buf_printf(out,
		   "umask 077; printf '%%s' '%s' >\"$next_config\" || quit 20 "
		   "\"cannot write $next_config\"\n",
		   buf_str(&line));
}

void bird_script_adopt(const struct bird_paths *p, const char *key,
		       struct buf *out)
{
	changing(p, out);
	key_write(key, true, out);
}

static void here(const char *file, const struct buf *b, struct buf *out)
{
	char hash[DIGEST_HEX];

	if (!b->len) {
		buf_printf(out, ": >\"$%s\" &&\n", file);
		return;
	}
	digest_sha256_hex(b->data, b->len, hash);
	buf_printf(out, "head -c %zu >\"$%s\" <<'%s' &&\n", b->len, file, hash);
	buf_add(out, b->data, b->len);
	buf_printf(out, "\n%s\n", hash);
}

static void preconditions(const struct bird_change *x, struct buf *out)
{
	buf_puts(out, "settle\nsha256sum -c >/dev/null 2>&1 <<'SUMS' || quit "
		      "10 'a configuration file has changed in between'\n");
	for (size_t i = 0; i < x->sums->n; i++)
		buf_printf(out, "%s\n", x->sums->v[i]);
	buf_puts(out, "SUMS\n");
	buf_printf(out,
		   "is_running '%s' || quit 10 'what BIRD runs has changed in "
		   "between'\n",
		   x->running_id ? x->running_id : "");
	buf_puts(out, "[ ! -L \"$include\" ] || quit 10 \"$include is a "
		      "symbolic link\"\n");
}

static void candidate_write(const struct bird_change *x, struct buf *out)
{
	buf_puts(out, "umask 077\nrm -f \"$next\" \"$next_config\"\n"
		      "{ cp -p \"$include\" \"$next\" &&\n"
		      "cp -p \"$config\" \"$next_config\" &&\n"
		      "chmod 0640 \"$next\" \"$next_config\" &&\n"
		      "chgrp \"$group\" \"$next\" \"$next_config\" &&\n");
	here("next", x->text, out);
	here("next_config", x->config, out);
	buf_puts(out, ":; } 2>&1 || quit 12 'cannot write the candidate'\n");
	buf_puts(out,
		 "r=$(b \"configure check \\\"$next_config\\\"\")\n"
		 "printf '%s\\n' \"$r\" | grep -q '^0020 ' ||\n"
		 "\t{ rm -f \"$next\" \"$next_config\"; quit 11 \"$r\"; }\n");
}

void bird_script_change(const struct bird_paths *p, const struct bird_change *x,
			struct buf *out)
{
	const char *id = x->next_id ? x->next_id : "";

	changing(p, out);
	preconditions(x, out);
	if (x->to_boot) {
		buf_printf(out,
			   "load configure || quit 11 \"$r\"\n"
			   "is_running '%s' || quit 20 'BIRD does not run what "
			   "boots'\n"
			   "rm -f \"$next\"\n",
			   id);
		key_write(x->key, x->guard_s > 0, out);
		return;
	}
	candidate_write(x, out);
	if (x->boot_first)
		buf_puts(out, "load configure || quit 11 \"$r\"\n");
	buf_puts(out, "load \"configure \\\"$next_config\\\"");
	if (x->guard_s)
		buf_printf(out, " timeout %u", x->guard_s);
	buf_printf(
		out,
		"\" || { rm -f \"$next\" \"$next_config\"; quit %d \"$r\"; }\n",
		x->boot_first ? BIRD_EXIT_HALFWAY : BIRD_EXIT_INVALID);
	buf_printf(out,
		   "is_running '%s' || quit 20 'BIRD does not run the "
		   "candidate'\n",
		   id);
	if (!x->guard_s)
		buf_printf(out, "boot '%s'\n", id);
}

void bird_script_confirm(const struct bird_paths *p, const char *key,
			 struct buf *out)
{
	buf_auto line = BUF_INIT;

	bird_script_key_line(key, &line);
	line.data[--line.len] = '\0';
	changing(p, out);
	buf_printf(out,
		   "settle\n[ \"$(head -n 1 \"$next_config\" 2>/dev/null)\" = "
		   "'%s' ] ||\n"
		   "\tquit 13 'no change waits for this confirmation'\n",
		   line.data);
	/* the change led to what boots: there is nothing to rename */
	buf_puts(out, "if ! [ -f \"$next\" ]; then\n"
		      "\tis_running \"$(id_of \"$include\")\" || quit 13 'BIRD "
		      "runs something else'\n"
		      "\trm -f \"$next_config\"\n"
		      "\texit 0\n"
		      "fi\n");
	buf_puts(
		out,
		"id=$(id_of \"$next\")\n"
		"is_running \"$id\" || quit 13 'BIRD has gone back by itself'\n"
		"r=$(b configure confirm)\n"
		"case $r in\n"
		"*'0018 '*) ;;\n"
		/* nothing to confirm: done before, or gone back just now */
		"*'0019 '*) is_running \"$id\" || quit 13 'BIRD has gone back "
		"by itself' ;;\n"
		"*) quit 20 \"$r\" ;;\n"
		"esac\n"
		"boot \"$id\"\n");
}

void bird_script_revert(const struct bird_paths *p, struct buf *out)
{
	changing(p, out);
	buf_puts(out, "settle\nold=$(id_of \"$include\")\n"
		      "if is_pending; then\n"
		      "\tr=$(b configure undo)\n"
		      "\tcase $r in *'0003 '*|*'0004 '*|*'0019 '*) settle ;; "
		      "*) quit 20 \"$r\" ;; esac\n"
		      "fi\n"
		      "is_running \"$old\" || quit 13 'the change is confirmed "
		      "already'\n"
		      "rm -f \"$next\" \"$next_config\"\n");
}

void bird_script_save(const struct bird_paths *p, struct buf *out)
{
	changing(p, out);
	buf_puts(out, "settle\nis_pending && quit 14 'a change waits for its "
		      "confirmation'\n"
		      "is_running \"$(id_of \"$include\")\" && exit 0\n"
		      "id=$(id_of \"$next\")\n"
		      "is_running \"$id\" || quit 10 'BIRD runs neither what "
		      "boots nor the candidate'\n"
		      "boot \"$id\"\n");
}
