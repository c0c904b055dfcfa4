/*
 * wrapper.c - what runs on the device around every command
 *
 * Two shell texts: the outer one takes the script from standard input, the
 * lock, and the decision whether to run; the inner one runs under timeout(1),
 * so that a script that hangs ends at the device's own deadline even when
 * nobody is connected any more.  Neither text has a single quote in it, so both
 * travel as quoted words.  POSIX sh; besides it flock, timeout, setsid, head
 * and cat (Debian has them all, busybox can have them).
 *
 * Invariants:
 *   - nothing runs before the script's last byte, the random word, is there;
 *   - reads share the lock, changes and fences have it alone, and it is held by
 *     the process that runs the script, not by the connection;
 *   - whatever writes also holds the lock 'write', and what is urgent holds
 * that alone: it waits for what else writes, but not for what reads, which may
 *     see half of it and is of an older epoch then;
 *   - a key is on record as started before its change starts, and its status
 *     is written by the process that ran it, whoever is still listening;
 *   - the output of a change goes to files first: a lost connection does not
 *     break a change in the middle with SIGPIPE;
 *   - the script does not inherit the lock, so what it leaves in the
 *     background does not keep it;
 *   - at the deadline the whole session of the script is killed, first kindly,
 *     and the lock is not let go before that is done.
 *
 * An epoch that is absent (the device has restarted, /run is empty) is taken
 * over from the next change; one that differs is refused.  The first fence
 * starts from the clock, so that epochs grow over restarts as well.
 *
 * Threads: none.  It never sees what the script means.
 */
#include "adapters/transport/wrapper.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "orchestrator/base/digest.h"

#define OUT_MAX (64u * 1024 * 1024)
#define ERR_MAX (64u * 1024)

static const char outer[] =
	"umask 077\n"
	"LC_ALL=C\n"
	"PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/"
	"bin\n"
	"export LC_ALL PATH\n"
	"d=$1\n"
	"[ -z \"$4\" ] || renice -n -10 -p $$ >/dev/null 2>&1\n"
	"say() {\n"
	"	printf \"\\n%s\\n\" \"$x\" >&2\n"
	"	printf \"\\n%s %s\\n\" \"$x\" \"$*\"\n"
	"	exit 0\n"
	"}\n"
	"while read -r m ep k t n x; do (\n"
	"printf \"\\n%s\\n\" \"$x\" >&2\n"
	"printf \"\\n%s begin\\n\" \"$x\"\n"
	"s=$(head -c \"$n\")\n"
	"case $s in\n"
	"*\"#$x\") s=${s%\"#$x\"} ;;\n"
	"*) say cut ;;\n"
	"esac\n"
	"for c in flock timeout setsid cat; do\n"
	"	command -v $c >/dev/null || say setup \"$c is not installed\"\n"
	"done\n"
	"[ -d \"$d/done\" ] || mkdir -p \"$d/done\" 2>/dev/null ||\n"
	"	say setup \"cannot create $d/done: log in as root, or make "
	"it\"\n"
	"for c in lock write; do\n"
	"	[ -w \"$d/$c\" ] || (: >>\"$d/$c\") 2>/dev/null ||\n"
	"		say setup \"cannot write $d/$c\"\n"
	"done\n"
	"exec 9>>\"$d/lock\" 8>>\"$d/write\"\n"
	"read -r u j </proc/uptime\n"
	"hold() {\n"
	"	flock -n $1 || timeout \"$t\" flock $1 || say locked\n"
	"	read -r v j </proc/uptime\n"
	"	t=$((t - ${v%%.*} + ${u%%.*}))\n"
	"	u=$v\n"
	"	[ \"$t\" -ge 1 ] || say locked\n"
	"}\n"
	"case $m in\n"
	"read) hold \"-s 9\" ;;\n"
	"urgent-*) m=${m#*-}; hold \"-x 8\" ;;\n"
	"*) hold \"-x 9\"; hold \"-x 8\" ;;\n"
	"esac\n"
	"e=\n"
	"if [ -f \"$d/epoch\" ]; then\n"
	"	read -r e <\"$d/epoch\"\n"
	"	case $e in\n"
	"	\"\"|*[!0-9]*) say setup \"$d/epoch is damaged; remove it\" "
	";;\n"
	"	esac\n"
	"fi\n"
	"set_epoch() {\n"
	"	printf \"%s\\n\" \"$1\" >\"$d/epoch.new\" &&\n"
	"		mv -f \"$d/epoch.new\" \"$d/epoch\" ||\n"
	"		say setup \"cannot write $d/epoch\"\n"
	"}\n"
	"case $m in\n"
	"fence)\n"
	"	[ \"$ep\" = 0 ] || [ -z \"$e\" ] || [ \"$ep\" = \"$e\" ] ||\n"
	"		say stale \"$e\"\n"
	"	[ -n \"$e\" ] || e=$(date +%s)\n"
	"	e=$((e + 1))\n"
	"	set_epoch \"$e\"\n"
	"	[ -n \"$4\" ] || find \"$d/done\" -type f -mtime +6 -exec "
	"rm -f {} \\; 2>/dev/null\n"
	"	exec 9>&- 8>&-\n"
	"	say epoch \"$e\" ;;\n"
	"read)\n"
	"	[ \"$ep\" = 0 ] || [ -z \"$e\" ] || [ \"$ep\" = \"$e\" ] ||\n"
	"		say stale \"$e\"\n"
	"	printf %s \"$s\" | timeout -k 3 \"$t\" setsid sh -c \"$2\" "
	"cutover "
	"\"$x\" ||\n"
	"		say late ;;\n"
	"change)\n"
	"	if [ -n \"$e\" ]; then\n"
	"		[ \"$ep\" = \"$e\" ] || say stale \"$e\"\n"
	"	elif [ \"$ep\" != 0 ]; then\n"
	"		set_epoch \"$ep\"\n"
	"	fi\n"
	"	f=$d/done/$k\n"
	"	if [ -f \"$f\" ]; then\n"
	"		r=\n"
	"		read -r r <\"$f\"\n"
	"		case $r in\n"
	"		\"\"|*[!0-9]*) say died ;;\n"
	"		esac\n"
	"		say again \"$r\"\n"
	"	fi\n"
	"	printf \"started\\n\" >\"$f\" || say setup \"cannot write "
	"$f\"\n"
	"	printf %s \"$s\" |\n"
	"		timeout -k 3 \"$t\" setsid sh -c \"$3\" cutover \"$d\" "
	"\"$f\"\n"
	"	r=\n"
	"	read -r r <\"$f\"\n"
	"	[ ! -s \"$d/out\" ] || cat \"$d/out\"\n"
	"	[ ! -s \"$d/err\" ] || cat \"$d/err\" >&2\n"
	"	: >\"$d/out\"\n"
	"	: >\"$d/err\"\n"
	"	exec 9>&- 8>&-\n"
	"	case $r in\n"
	"	\"\"|*[!0-9]*) say late ;;\n"
	"	esac\n"
	"	say ran \"$r\" ;;\n"
	"esac\n"
	"); done\n";

/* clang-format off */
#define INNER_RUN                                                              \
	"trap \"trap : TERM; kill -TERM 0; sleep 1; kill -KILL 0\" TERM\n"     \
	"cutover_script=$(cat)\n"                                              \
	"(eval \"set --; umask 022; unset cutover_script\n$cutover_script\") 9>&- 8>&- "  \
	"</dev/null "

static const char inner_read[] = INNER_RUN "&\n"
	"wait $!\n"
	"r=$?\n"
	"printf \"\\n%s\\n\" \"$1\" >&2\n"
	"printf \"\\n%s ran %s\\n\" \"$1\" \"$r\"\n"
	"exit 0\n";

static const char inner_change[] = INNER_RUN ">\"$1/out\" 2>\"$1/err\" &\n"
	"wait $!\n"
	"printf \"%s\\n\" \"$?\" >\"$2\"\n"
	"exit 0\n";
/* clang-format on */

static const char *const mode_words[] = {
	[WRAPPER_READ] = "read",
	[WRAPPER_CHANGE] = "change",
	[WRAPPER_FENCE] = "fence",
};

static void word_draw(char word[WRAPPER_WORD])
{
	unsigned char bytes[WRAPPER_WORD / 2];

	digest_random(bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(word + 2 * i, 3, "%02x", bytes[i]);
}

bool wrapper_dir_ok(const char *dir)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789_./-";

	return dir[0] == '/' && strlen(dir) < 200 && !strstr(dir, "..") &&
	       !dir[strspn(dir, good)];
}

void wrapper_command(const char *dir, bool urgent, struct buf *ret)
{
	buf_printf(ret, "exec sh -c '%s' cutover %s '%s' '%s' %s", outer, dir,
		   inner_read, inner_change, urgent ? "urgent" : "''");
}

void wrapper_call_build(struct wrapper_call *c, struct buf *ret)
{
	const char *script = c->script ? c->script : "";
	const char *key = c->key ? c->key : "";
	mem_auto_free char *head = NULL;
	char hex[DIGEST_HEX];

	word_draw(c->word);
	digest_sha256_hex(key, strlen(key), hex);
	head = mem_format("%s%s %" PRIu64 " %s %u %zu %s\n",
			  c->urgent && c->mode != WRAPPER_READ ? "urgent-" : "",
			  mode_words[c->mode], c->epoch, hex, c->seconds,
			  strlen(script) + 2 + strlen(c->word), c->word);
	/* One piece, so that no copy is left behind by a buffer that grew. */
	ret->cap = strlen(head) + strlen(script) + 2 + WRAPPER_WORD;
	ret->data = mem_alloc(ret->cap);
	buf_puts(ret, head);
	buf_puts(ret, script);
	buf_puts(ret, "\n#");
	buf_puts(ret, c->word);
}

void wrapper_output_init(struct wrapper_output *o, const char *word,
			 struct buf *out, struct buf *err)
{
	*o = (struct wrapper_output){
		.streams = {{.into = out, .max = OUT_MAX},
			    {.into = err, .max = ERR_MAX}},
	};
	snprintf(o->mark, sizeof(o->mark), "\n%s", word);
}

void wrapper_output_done(struct wrapper_output *o)
{
	for (size_t i = 0; i < ARRAY_LEN(o->streams); i++) {
		struct buf *tail = &o->streams[i].tail;

		if (tail->data)
			explicit_bzero(tail->data, tail->cap);
		buf_done(tail);
	}
	free(o->why);
	o->why = NULL;
}

static const struct {
	const char *word;
	enum wrapper_answer answer;
} answers[] = {
	{"ran", WRAPPER_RAN},	  {"again", WRAPPER_AGAIN},
	{"died", WRAPPER_DIED},	  {"late", WRAPPER_LATE},
	{"stale", WRAPPER_STALE}, {"locked", WRAPPER_LOCKED},
	{"cut", WRAPPER_CUT},	  {"setup", WRAPPER_SETUP},
	{"epoch", WRAPPER_EPOCH},
};

/* `line` is what follows the mark: ' ran 0'. */
static void answer_parse(struct wrapper_output *o, const char *line, size_t n)
{
	mem_auto_free char *s = mem_strndup(line, n);
	char *word = s + (*s == ' '), *rest = word + strcspn(word, " ");

	if (*rest)
		*rest++ = 0;
	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		if (strcmp(answers[i].word, word) != 0)
			continue;
		free(o->why);
		o->answer = answers[i].answer;
		o->number = strtoull(rest, NULL, 10);
		o->why = mem_strdup(rest);
	}
}

/* The first n bytes of the tail are output: keeps and removes them. */
static void stream_keep(struct wrapper_stream *s, size_t n)
{
	size_t room = s->max - s->into->len;

	if (s->begun)
		buf_add(s->into, s->tail.data, n < room ? n : room);
	s->overflow |= s->begun && n > room;
	memmove(s->tail.data, s->tail.data + n, s->tail.len - n + 1);
	s->tail.len -= n;
}

/* Takes one mark with its line out of the tail, if there is a whole one. */
static bool stream_mark(struct wrapper_output *o, struct wrapper_stream *s)
{
	size_t mark = strlen(o->mark), line;
	char *at = memmem(s->tail.data, s->tail.len, o->mark, mark), *end;

	if (!at) {
		if (s->tail.len >= mark)
			stream_keep(s, s->tail.len - mark + 1);
		return false;
	}
	stream_keep(s, (size_t)(at - s->tail.data));
	end = memchr(s->tail.data + mark, '\n', s->tail.len - mark);
	if (!end)
		return false;
	line = (size_t)(end - s->tail.data);
	if (s->begun && s == &o->streams[0])
		answer_parse(o, s->tail.data + mark, line - mark);
	s->ended = s->begun;
	s->begun = false;
	stream_keep(s, line + 1);
	s->begun = !s->ended;
	return !s->ended;
}

bool wrapper_output_add(void *arg, int stream, const char *bytes, size_t n)
{
	struct wrapper_output *o = arg;
	struct wrapper_stream *s = &o->streams[stream - 1];

	if (!s->ended) {
		buf_add(&s->tail, bytes, n);
		while (stream_mark(o, s))
			;
	}
	return o->streams[0].overflow ||
	       (o->streams[0].ended && o->streams[1].ended);
}
