/*
 * approval.c - reading, giving and counting approvals
 *
 * Invariants: a file is complete on disk before its name is there, and is never
 * written again, so that two people who approve at once lose neither; a file
 * that cannot be read is an error, never an approval that is not there.
 */
#include "orchestrator/cmd/approval.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "orchestrator/base/clock.h"
#include "orchestrator/base/statedir.h"
#include "orchestrator/base/user.h"

#define FILE_MAX 8192

static char *folder(const char *state, struct err *e)
{
	mem_auto_free char *base =
		state ? mem_strdup(state) : statedir_default(e);

	return base ? mem_format("%s/approvals", base) : NULL;
}

char *approval_text(const char *name, const char *login, int64_t wall_us,
		    const char *note)
{
	mem_auto_free char *when = clock_wall_text(wall_us);

	when[10] = ' ';
	return mem_format("%s (%s), %.16s UTC%s%s", name, login, when,
			  *note ? ": " : "", note);
}

/* ---- reading ---- */

static void approval_done(struct approval *a)
{
	free(a->name);
	free(a->login);
	free(a->note);
}

void approval_list_done(struct approval_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		approval_done(&l->v[i]);
	free(l->v);
	*l = (struct approval_list){0};
}

/* Of one name the latest counts; file names sort by time. */
static void keep(struct approval_list *l, const struct approval *a)
{
	for (size_t i = 0; i < l->n; i++) {
		if (strcasecmp(l->v[i].name, a->name) != 0)
			continue;
		approval_done(&l->v[i]);
		memmove(l->v + i, l->v + i + 1, (--l->n - i) * sizeof(*l->v));
		break;
	}
	l->v = mem_realloc(l->v, l->n + 1, sizeof(*l->v));
	l->v[l->n++] = *a;
}

static void take(struct approval_list *l, const json_t *j, const char *digest)
{
	struct approval a = {
		.name = mem_strdup(json_peek_str(j, "name", "")),
		.login = mem_strdup(json_peek_str(j, "login", "")),
		.note = mem_strdup(json_peek_str(j, "note", "")),
		.wall_us = json_peek_int(j, "time_us", 0),
		.withdrawn = json_peek_bool(j, "withdrawn", false),
	};

	snprintf(a.digest, sizeof(a.digest), "%s",
		 json_peek_str(j, "digest", ""));
	a.stands = !a.withdrawn && strcmp(a.digest, digest) == 0;
	keep(l, &a);
}

static bool read_one(const char *dir, const char *file, const char *plan,
		     const char *digest, struct approval_list *l, struct err *e)
{
	mem_auto_free char *path = mem_format("%s/%s", dir, file);
	json_auto *j = NULL;
	buf_auto b = BUF_INIT;

	if (!statedir_file_read(path, FILE_MAX, &b, e))
		return false;
	j = json_text_parse(buf_str(&b), b.len, e);
	if (!json_is_object(j))
		return err_wrap(e, "'%s' is no approval", path);
	if (strcmp(json_peek_str(j, "plan", ""), plan) == 0)
		take(l, j, digest);
	return true;
}

static int is_approval(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 5 && d->d_name[0] != '.' &&
	       strcmp(d->d_name + n - 5, ".json") == 0;
}

/* Who else can write there could approve; none at all is fine. */
static bool is_closed(const char *dir, struct err *e)
{
	err_auto why = ERR_INIT;
	int fd = statedir_open(dir, false, &why);

	if (fd >= 0)
		close(fd);
	if (fd >= 0 || why.code == ERR_USAGE)
		return true;
	err_move(e, &why);
	return false;
}

bool approval_read(const char *state, const struct cmd_context *c,
		   struct approval_list *ret, struct err *e)
{
	mem_auto_free char *dir = folder(state, e);
	char digest[DIGEST_HEX];
	struct dirent **v = NULL;
	bool ok = dir != NULL;
	int n;

	*ret = (struct approval_list){0};
	if (!ok)
		return false;
	if (!is_closed(dir, e))
		return false;
	cmd_plan_digest(c, digest);
	n = scandir(dir, &v, is_approval, alphasort);
	for (int i = 0; i < n; i++) {
		ok = ok &&
		     read_one(dir, v[i]->d_name, c->plan->name, digest, ret, e);
		free(v[i]);
	}
	free(v);
	for (size_t i = 0; i < ret->n; i++)
		ret->standing += ret->v[i].stands;
	if (!ok)
		approval_list_done(ret);
	return ok;
}

/* ---- giving ---- */

static bool text_check(const char *text, size_t max, const char *what,
		       struct err *e)
{
	json_auto *j = json_string(text); /* NULL: not UTF-8 */

	if (!j || strlen(text) > max)
		return err_set(e, ERR_USAGE,
			       "the %s must be text of at most %zu bytes", what,
			       max);
	for (const char *s = text; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			return err_set(e, ERR_USAGE,
				       "the %s must be one line of text", what);
	return true;
}

static bool has_given(const struct approval_list *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].stands && strcasecmp(l->v[i].name, name) == 0)
			return true;
	return false;
}

static bool may_give(const char *state, const struct cmd_context *c,
		     const char *name, const char *note, bool withdraw,
		     struct err *e)
{
	struct approval_list l;
	bool has;

	if (!text_check(name, APPROVAL_NAME_MAX, "name", e) ||
	    !text_check(note, APPROVAL_NOTE_MAX, "note", e))
		return false;
	if (!name[strspn(name, " ")] || *name == ' ' ||
	    name[strlen(name) - 1] == ' ')
		return err_set(e, ERR_USAGE,
			       "an approval needs a name, without spaces "
			       "around it");
	if (!approval_read(state, c, &l, e))
		return false;
	has = has_given(&l, name);
	approval_list_done(&l);
	if (has && !withdraw)
		return err_set(e, ERR_USAGE,
			       "'%s' has approved this plan already", name);
	return has || !withdraw ||
	       err_set(e, ERR_USAGE, "'%s' has not approved this plan", name);
}

bool approval_give(const char *state, const struct cmd_context *c,
		   const char *name, const char *note, bool withdraw,
		   struct err *e)
{
	mem_auto_free char *dir = folder(state, e);
	mem_auto_free char *login = user_name();
	mem_auto_free char *text = NULL, *path = NULL;
	int64_t now = clock_wall_us();
	char digest[DIGEST_HEX];
	json_auto *j = NULL;
	bool won = false;
	int fd;

	if (!dir || !may_give(state, c, name, note, withdraw, e))
		return false;
	cmd_plan_digest(c, digest);
	j = json_pack("{s:s,s:s,s:s,s:s,s:s,s:I,s:b}", "plan", c->plan->name,
		      "digest", digest, "name", name, "login", login, "note",
		      note, "time_us", (json_int_t)now, "withdrawn", withdraw);
	text = json_text_canonical(j);
	fd = statedir_open(dir, true, e);
	if (fd < 0)
		return false;
	close(fd);
	path = mem_format("%s/%020lld-%d.json", dir, (long long)now,
			  (int)getpid());
	return statedir_file_create(path, text, strlen(text), &won, e) &&
	       (won || err_set(e, ERR_IO, "'%s' is there already", path));
}

/* ---- counting ---- */

static char *others(const struct approval_list *l)
{
	buf_auto b = BUF_INIT;

	for (size_t i = 0; i < l->n; i++)
		if (!l->v[i].stands)
			buf_printf(&b, "%s'%s' %s", b.len ? ", " : "; ",
				   l->v[i].name,
				   l->v[i].withdrawn
					   ? "has withdrawn"
					   : "approved another version");
	return buf_steal(&b);
}

bool approval_suffice(const struct approval_list *l,
		      const struct cmd_context *c, struct err *e)
{
	mem_auto_free char *rest = others(l);

	if (l->standing >= c->plan->approvals)
		return true;
	err_set(e, ERR_REFUSED,
		"the plan needs the approval of %u people and has that of "
		"%zu%s; 'cutover approve %s' gives one",
		c->plan->approvals, l->standing, rest, c->plan->path);
	e->rule = mem_strdup("approvals");
	return false;
}

json_t *approval_row(const struct approval_list *l, const struct cmd_context *c)
{
	json_t *given = json_array();
	char digest[DIGEST_HEX];

	cmd_plan_digest(c, digest);
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].stands)
			json_array_append_new(
				given, json_pack("{s:s,s:s,s:I,s:s}", "name",
						 l->v[i].name, "login",
						 l->v[i].login, "time_us",
						 (json_int_t)l->v[i].wall_us,
						 "note", l->v[i].note));
	return json_pack("{s:I,s:s,s:o}", "needed",
			 (json_int_t)c->plan->approvals, "digest", digest,
			 "given", given);
}
