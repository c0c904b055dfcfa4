/*
 * include.c - the include file that is cutover's
 *
 * Pure.  Invariants: writing what was parsed gives the same bytes; the order
 * in the file follows from the names (policies, BFD, sessions: BIRD wants a
 * filter defined before it is used), never from history; without objects the
 * file is its original bytes.  Threads: none of its own.  It does not know how
 * the file gets to the device: see change.c.
 */
#include "adapters/bird/include.h"

#include <string.h>

#include "adapters/bird/name.h"
#include "adapters/bird/text.h"
#include "orchestrator/base/digest.h"
#include "orchestrator/port/target.h"

#define HEAD                                                                   \
	"# Written by cutover. Do not edit: a file changed by hand is "        \
	"refused.\n"
#define ID_BEFORE "define " BIRD_SYMBOL_TEXT " = \""
#define ID_AFTER "\";\n"
#define STATE_MARK "#: "
#define ORIGIN_MARK "#= original "
#define PASSWORD_ON "\tpassword \""
#define PASSWORD_OFF "\";"
#define BFD_TEXT "protocol bfd " BIRD_SYMBOL_BFD "\n{\n}\n"

const char *bird_include_password(const struct bird_include *f,
				  const char *session)
{
	for (size_t i = 0; i < f->n_passwords; i++)
		if (strcmp(f->passwords[i].session, session) == 0)
			return f->passwords[i].value;
	return NULL;
}

void bird_include_set_password(struct bird_include *f, const char *session,
			       const char *value)
{
	for (size_t i = 0; i < f->n_passwords; i++) {
		if (strcmp(f->passwords[i].session, session) != 0)
			continue;
		mem_wipe_free(f->passwords[i].value);
		f->passwords[i].value = mem_strdup(value);
		return;
	}
	f->passwords = mem_realloc(f->passwords, f->n_passwords + 1,
				   sizeof(*f->passwords));
	f->passwords[f->n_passwords++] = (struct bird_password){
		.session = mem_strdup(session), .value = mem_strdup(value)};
}

void bird_include_done(struct bird_include *f)
{
	resource_set_done(&f->set);
	for (size_t i = 0; i < f->n_passwords; i++) {
		free(f->passwords[i].session);
		mem_wipe_free(f->passwords[i].value);
	}
	free(f->passwords);
	free(f->original);
	free(f->id);
	*f = (struct bird_include){0};
}

void bird_include_copy(struct bird_include *dst, const struct bird_include *src)
{
	*dst = (struct bird_include){.original_len = src->original_len,
				     .id = mem_strdup(src->id),
				     .bfd = src->bfd};
	dst->original = mem_strndup(src->original ? src->original : "",
				    src->original_len);
	resource_set_copy(&dst->set, &src->set);
	for (size_t i = 0; i < src->n_passwords; i++)
		bird_include_set_password(dst, src->passwords[i].session,
					  src->passwords[i].value);
}

json_t *bird_resource_to_json(const struct resource *r)
{
	json_t *j = resource_to_json(r, false);

	if (r->kind == RESOURCE_SESSION && r->session.secret)
		json_object_set_new(json_object_get(j, "state"), "secret",
				    json_string(r->session.secret));
	return j;
}

/* ---- writing ---- */

static int resource_cmp(const void *a, const void *b)
{
	const struct resource *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind == RESOURCE_ROUTE_POLICY ? -1 : 1;
	return strcmp(x->name, y->name);
}

bool bird_include_object(const struct resource *r, const char *password,
			 uint32_t asn, struct buf *out, struct err *e)
{
	return r->kind == RESOURCE_ROUTE_POLICY
		       ? bird_text_policy(r, asn, out, e)
		       : bird_text_session(r, password, out, e);
}

static bool object_write(struct bird_include *f, const struct resource *r,
			 uint32_t asn, struct buf *out, struct err *e)
{
	const char *password = bird_include_password(f, r->name);
	json_auto *j = bird_resource_to_json(r);
	mem_auto_free char *text = json_text_canonical(j);

	if (r->kind == RESOURCE_SESSION && r->session.secret && !password)
		return err_set(e, ERR_INTERNAL,
			       "the password of session '%s' is not at hand",
			       r->name);
	buf_printf(out, STATE_MARK "%s\n", text);
	return bird_include_object(
		r,
		r->session.secret && r->kind == RESOURCE_SESSION ? password
								 : NULL,
		asn, out, e);
}

static bool names_check(const struct bird_include *f, struct err *e)
{
	struct bird_names names = {0};
	bool ok = true;

	for (size_t i = 0; ok && i < f->set.n; i++)
		ok = bird_names_add(&names, f->set.v[i].name, e);
	bird_names_done(&names);
	return ok;
}

/* The SHA-256 of `text` with every line blanked that may hold a password. */
static char *body_id(const char *text, size_t len)
{
	const char *end = text + len;
	char hex[DIGEST_HEX];
	digest_auto d;

	digest_init(&d);
	for (const char *p = text; p < end;) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((nl ? nl + 1 : end) - p);

		if (memcmp(p, STATE_MARK, n < 3 ? n : 3) != 0 &&
		    memmem(p, n, "password", 8))
			digest_add(&d, "password\n", 9);
		else
			digest_add(&d, p, n);
		p += n;
	}
	digest_end_hex(&d, hex);
	return mem_strdup(hex);
}

bool bird_include_write(struct bird_include *f, uint32_t asn, struct buf *out,
			struct err *e)
{
	const char *original = f->original ? f->original : "";
	buf_auto body = BUF_INIT;
	bool bfd = f->bfd, ok = true;

	free(f->id);
	f->id = NULL;
	if (!f->set.n) {
		buf_add(out, original, f->original_len);
		return true;
	}
	if (!names_check(f, e))
		return false;
	qsort(f->set.v, f->set.n, sizeof(*f->set.v), resource_cmp);
	for (size_t i = 0; ok && i < f->set.n; i++) {
		if (bfd && f->set.v[i].kind == RESOURCE_SESSION) {
			buf_puts(&body, BFD_TEXT);
			bfd = false;
		}
		ok = object_write(f, &f->set.v[i], asn, &body, e);
	}
	buf_printf(&body, ORIGIN_MARK "%zu\n", f->original_len);
	buf_add(&body, original, f->original_len);
	f->id = body_id(body.data, body.len);
	buf_printf(out, HEAD ID_BEFORE "%s" ID_AFTER, f->id);
	buf_add(out, body.data, body.len);
	explicit_bzero(body.data, body.len);
	return ok;
}

/* ---- reading ---- */

struct reader {
	const char *path, *p, *end;
	struct bird_include *f;
};

static bool starts(const char *p, const char *end, const char *with)
{
	size_t n = strlen(with);

	return (size_t)(end - p) >= n && memcmp(p, with, n) == 0;
}

static bool edited(const char *path, struct err *e)
{
	return err_set(e, ERR_REFUSED,
		       "'%s' was edited by hand: put back what cutover wrote, "
		       "or remove all of it",
		       path);
}

static bool state_read(struct reader *r, const char *line, size_t len,
		       struct err *e)
{
	json_auto *j = json_text_parse(line, len, e);
	struct resource res;

	if (!j || !resource_from_json(j, &res, e))
		return err_wrap(e, "'%s'", r->path);
	if (res.kind == RESOURCE_SESSION) {
		res.session.ours = true;
		free(res.session.secret_digest);
		res.session.secret_digest = NULL;
	}
	MEM_GROW(r->f->set.v, r->f->set.n, r->f->set.cap);
	r->f->set.v[r->f->set.n++] = res;
	return true;
}

/* The password belongs to the session whose state line was the last. */
static void password_read(struct reader *r, const char *line, size_t len)
{
	size_t on = strlen(PASSWORD_ON), off = strlen(PASSWORD_OFF);
	struct resource *s;
	char *value;

	if (!r->f->set.n || len < on + off)
		return;
	s = &r->f->set.v[r->f->set.n - 1];
	if (s->kind != RESOURCE_SESSION)
		return;
	value = mem_strndup(line + on, len - on - off);
	bird_include_set_password(r->f, s->name, value);
	free(s->session.secret_digest);
	s->session.secret_digest = secret_digest(value);
	mem_wipe_free(value);
}

static bool original_read(struct reader *r, const char *line, size_t len,
			  struct err *e)
{
	mem_auto_free char *text = mem_strndup(line, len);
	char *rest;
	unsigned long long n = strtoull(text + strlen(ORIGIN_MARK), &rest, 10);

	if (*rest || n != (unsigned long long)(r->end - r->p))
		return edited(r->path, e);
	r->f->original = mem_strndup(r->p, (size_t)n);
	r->f->original_len = (size_t)n;
	return true;
}

static bool body_read(struct reader *r, struct err *e)
{
	while (r->p < r->end) {
		const char *line = r->p;
		const char *nl = memchr(line, '\n', (size_t)(r->end - line));
		size_t len = (size_t)((nl ? nl : r->end) - line);

		r->p = nl ? nl + 1 : r->end;
		if (starts(line, r->end, ORIGIN_MARK))
			return original_read(r, line, len, e);
		if (starts(line, r->end, STATE_MARK)) {
			if (!state_read(r, line + 3, len - 3, e))
				return false;
		} else if (starts(line, r->end, PASSWORD_ON)) {
			password_read(r, line, len);
		} else if (starts(line, r->end, BFD_TEXT)) {
			r->f->bfd = true;
		}
	}
	return edited(r->path, e); /* no original part */
}

static bool head_read(struct reader *r, struct err *e)
{
	mem_auto_free char *id = NULL;

	r->p += strlen(HEAD);
	if (!starts(r->p, r->end, ID_BEFORE))
		return edited(r->path, e);
	r->p += strlen(ID_BEFORE);
	if ((size_t)(r->end - r->p) < 64 + strlen(ID_AFTER) ||
	    !starts(r->p + 64, r->end, ID_AFTER))
		return edited(r->path, e);
	r->f->id = mem_strndup(r->p, 64);
	r->p += 64 + strlen(ID_AFTER);
	id = body_id(r->p, (size_t)(r->end - r->p));
	if (strcmp(id, r->f->id) != 0)
		return edited(r->path, e);
	return body_read(r, e);
}

bool bird_include_parse(const char *path, const char *text, size_t len,
			struct bird_include *ret, struct err *e)
{
	struct bird_include f = {0};
	struct reader r = {path, text, text + len, &f};

	if (!starts(text, r.end, HEAD)) {
		if (memmem(text, len, BIRD_SYMBOL_TEXT,
			   strlen(BIRD_SYMBOL_TEXT)))
			return edited(path, e);
		f.original = mem_strndup(text, len);
		f.original_len = len;
		*ret = f;
		return true;
	}
	if (!head_read(&r, e)) {
		bird_include_done(&f);
		return false;
	}
	*ret = f;
	return true;
}
