/*
 * xml.c - a small XML reader
 *
 * libvirt's documents are machine-made and plain; this reads that plain part
 * of XML strictly and refuses the rest, so that nothing in a document can make
 * it fetch, expand or loop.  Encoding is UTF-8, passed through.
 *
 * Invariants: elements nest at most XML_DEPTH deep; the cursor stops at the
 * terminating NUL.  Threads: none.
 */
#include "adapters/libvirt/xml.h"

#include <ctype.h>
#include <string.h>

#define XML_DEPTH 64

struct cursor {
	const char *start, *at;
	struct err *e;
};

static bool bad(const struct cursor *c, const char *what)
{
	return err_set(c->e, ERR_INVALID,
		       "cannot read libvirt's XML at byte %zu: %s",
		       (size_t)(c->at - c->start), what);
}

void xml_free(struct xml *x)
{
	if (!x)
		return;
	for (size_t i = 0; i < x->n_attrs; i++) {
		free(x->attrs[i].name);
		free(x->attrs[i].value);
	}
	for (size_t i = 0; i < x->n; i++)
		xml_free(x->v[i]);
	free(x->attrs);
	free(x->v);
	free(x->name);
	buf_done(&x->text);
	free(x);
}

static bool name_char(char ch)
{
	return isalnum((unsigned char)ch) || (ch && strchr("_-.:", ch)) ||
	       (ch & 0x80);
}

static char *read_name(struct cursor *c)
{
	const char *from = c->at;

	while (name_char(*c->at))
		c->at++;
	return c->at == from ? NULL : mem_strndup(from, c->at - from);
}

static void skip_space(struct cursor *c)
{
	c->at += strspn(c->at, " \t\r\n");
}

static void put_utf8(struct buf *out, unsigned long u)
{
	if (u < 0x80) {
		buf_putc(out, (char)u);
	} else if (u < 0x800) {
		buf_putc(out, (char)(0xc0 | u >> 6));
		buf_putc(out, (char)(0x80 | (u & 0x3f)));
	} else if (u < 0x10000) {
		buf_putc(out, (char)(0xe0 | u >> 12));
		buf_putc(out, (char)(0x80 | (u >> 6 & 0x3f)));
		buf_putc(out, (char)(0x80 | (u & 0x3f)));
	} else {
		buf_putc(out, (char)(0xf0 | u >> 18));
		buf_putc(out, (char)(0x80 | (u >> 12 & 0x3f)));
		buf_putc(out, (char)(0x80 | (u >> 6 & 0x3f)));
		buf_putc(out, (char)(0x80 | (u & 0x3f)));
	}
}

/* '&#65;' or '&#x41;'; the cursor is behind '&#'. */
static bool read_number(struct cursor *c, struct buf *out)
{
	bool hex = *c->at == 'x';
	const char *digits = c->at + hex;
	char *end;
	unsigned long u;

	if (!isxdigit((unsigned char)*digits))
		return bad(c, "not a character reference");
	u = strtoul(digits, &end, hex ? 16 : 10);
	if (*end != ';' || u == 0 || u > 0x10ffff ||
	    (u >= 0xd800 && u < 0xe000))
		return bad(c, "not a character reference");
	put_utf8(out, u);
	c->at = end + 1;
	return true;
}

/* The cursor is on '&'. */
static bool read_entity(struct cursor *c, struct buf *out)
{
	static const struct {
		const char *name;
		char ch;
	} known[] = {{"&amp;", '&'},
		     {"&lt;", '<'},
		     {"&gt;", '>'},
		     {"&quot;", '"'},
		     {"&apos;", '\''}};

	if (c->at[1] == '#') {
		c->at += 2;
		return read_number(c, out);
	}
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		size_t n = strlen(known[i].name);

		if (strncmp(c->at, known[i].name, n) == 0) {
			buf_putc(out, known[i].ch);
			c->at += n;
			return true;
		}
	}
	return bad(c, "unknown entity");
}

static bool read_attr_value(struct cursor *c, struct buf *out)
{
	char quote = *c->at;

	if (quote != '"' && quote != '\'')
		return bad(c, "an attribute without quotes");
	for (c->at++; *c->at != quote;) {
		if (!*c->at || *c->at == '<')
			return bad(c, "an attribute that does not end");
		if (*c->at != '&')
			buf_putc(out, *c->at++);
		else if (!read_entity(c, out))
			return false;
	}
	c->at++;
	return true;
}

static bool add_attr(struct cursor *c, struct xml *x, const char *name,
		     const char *value)
{
	size_t at = 0;

	while (at < x->n_attrs && strcmp(x->attrs[at].name, name) < 0)
		at++;
	if (at < x->n_attrs && strcmp(x->attrs[at].name, name) == 0)
		return bad(c, "an attribute is there twice");
	MEM_GROW(x->attrs, x->n_attrs, x->cap_attrs);
	memmove(&x->attrs[at + 1], &x->attrs[at],
		(x->n_attrs - at) * sizeof(*x->attrs));
	x->attrs[at].name = mem_strdup(name);
	x->attrs[at].value = mem_strdup(value);
	x->n_attrs++;
	return true;
}

static bool read_attr(struct cursor *c, struct xml *x)
{
	mem_auto_free char *name = read_name(c);
	buf_auto value = BUF_INIT;

	if (!name)
		return bad(c, "no attribute name");
	skip_space(c);
	if (*c->at != '=')
		return bad(c, "an attribute without a value");
	c->at++;
	skip_space(c);
	return read_attr_value(c, &value) &&
	       add_attr(c, x, name, buf_str(&value));
}

/* Comments and processing instructions; *ret_any: there was one. */
static bool skip_misc(struct cursor *c, bool *ret_any)
{
	const char *open = NULL, *close = NULL, *end;

	*ret_any = false;
	if (strncmp(c->at, "<!--", 4) == 0)
		open = "<!--", close = "-->";
	else if (strncmp(c->at, "<?", 2) == 0)
		open = "<?", close = "?>";
	if (!open)
		return true;
	end = strstr(c->at + strlen(open), close);
	if (!end)
		return bad(c, "a comment that does not end");
	c->at = end + strlen(close);
	*ret_any = true;
	return true;
}

static bool read_cdata(struct cursor *c, struct buf *out)
{
	const char *end = strstr(c->at, "]]>");

	if (!end)
		return bad(c, "character data that does not end");
	buf_add(out, c->at + 9, end - c->at - 9);
	c->at = end + 3;
	return true;
}

static struct xml *read_element(struct cursor *c, int depth);

static bool read_end_tag(struct cursor *c, const char *name)
{
	mem_auto_free char *end = NULL;

	c->at += 2;
	end = read_name(c);
	if (!end || strcmp(end, name) != 0)
		return bad(c, "the wrong end tag");
	skip_space(c);
	if (*c->at != '>')
		return bad(c, "an end tag that does not end");
	c->at++;
	return true;
}

static bool read_child(struct cursor *c, struct xml *x, int depth)
{
	struct xml *child = read_element(c, depth + 1);

	if (!child)
		return false;
	MEM_GROW(x->v, x->n, x->cap);
	x->v[x->n++] = child;
	return true;
}

static bool read_content(struct cursor *c, struct xml *x, int depth)
{
	while (strncmp(c->at, "</", 2) != 0) {
		bool any = false;

		if (!*c->at)
			return bad(c, "it ends early");
		if (*c->at == '&') {
			if (!read_entity(c, &x->text))
				return false;
		} else if (*c->at != '<') {
			buf_putc(&x->text, *c->at++);
		} else if (strncmp(c->at, "<![CDATA[", 9) == 0) {
			if (!read_cdata(c, &x->text))
				return false;
		} else if (!skip_misc(c, &any) ||
			   (!any && !read_child(c, x, depth))) {
			return false;
		}
	}
	return read_end_tag(c, x->name);
}

static void trim(struct buf *b)
{
	static const char space[] = " \t\r\n";
	size_t lead = b->data ? strspn(b->data, space) : 0;

	if (!b->data)
		return;
	memmove(b->data, b->data + lead, b->len - lead + 1);
	b->len -= lead;
	while (b->len && strchr(space, b->data[b->len - 1]))
		b->data[--b->len] = 0;
}

/* The cursor is on '<'. */
static bool read_tag(struct cursor *c, struct xml *x, int depth)
{
	x->name = read_name(c);
	if (!x->name)
		return bad(c, "no element name");
	for (skip_space(c); *c->at != '>' && *c->at != '/'; skip_space(c))
		if (!read_attr(c, x))
			return false;
	if (*c->at == '/') {
		if (c->at[1] != '>')
			return bad(c, "a tag that does not end");
		c->at += 2;
		return true;
	}
	c->at++;
	if (!read_content(c, x, depth))
		return false;
	trim(&x->text);
	return true;
}

static struct xml *read_element(struct cursor *c, int depth)
{
	struct xml *x;

	if (*c->at != '<' || depth > XML_DEPTH) {
		bad(c, depth > XML_DEPTH ? "too deep" : "no element");
		return NULL;
	}
	c->at++;
	x = mem_alloc(sizeof(*x));
	if (read_tag(c, x, depth))
		return x;
	xml_free(x);
	return NULL;
}

static bool skip_around(struct cursor *c)
{
	bool any = true;

	while (any) {
		skip_space(c);
		if (!skip_misc(c, &any))
			return false;
	}
	return true;
}

struct xml *xml_parse(const char *text, struct err *e)
{
	struct cursor c = {.start = text, .at = text, .e = e};
	struct xml *x;

	if (!skip_around(&c))
		return NULL;
	x = read_element(&c, 0);
	if (!x)
		return NULL;
	if (skip_around(&c)) {
		if (!*c.at)
			return x;
		bad(&c, "something behind the end");
	}
	xml_free(x);
	return NULL;
}

const char *xml_attr(const struct xml *x, const char *name)
{
	for (size_t i = 0; x && i < x->n_attrs; i++)
		if (strcmp(x->attrs[i].name, name) == 0)
			return x->attrs[i].value;
	return NULL;
}

const struct xml *xml_child(const struct xml *x, const char *name)
{
	for (size_t i = 0; x && i < x->n; i++)
		if (strcmp(x->v[i]->name, name) == 0)
			return x->v[i];
	return NULL;
}

const char *xml_text(const struct xml *x)
{
	return x && x->text.len ? x->text.data : NULL;
}

const char *xml_child_text(const struct xml *x, const char *name)
{
	return xml_text(xml_child(x, name));
}

const char *xml_child_attr(const struct xml *x, const char *child,
			   const char *name)
{
	return xml_attr(xml_child(x, child), name);
}

static void put_escaped(struct buf *out, const char *s)
{
	for (; *s; s++) {
		if (strchr("&<>'", *s))
			buf_printf(out, "&#%d;", *s);
		else
			buf_putc(out, *s);
	}
}

void xml_canonical(const struct xml *x, const char *skip, struct buf *out)
{
	buf_printf(out, "<%s", x->name);
	for (size_t i = 0; i < x->n_attrs; i++) {
		if (skip && strcmp(x->attrs[i].name, skip) == 0)
			continue;
		buf_printf(out, " %s='", x->attrs[i].name);
		put_escaped(out, x->attrs[i].value);
		buf_putc(out, '\'');
	}
	buf_putc(out, '>');
	put_escaped(out, buf_str(&x->text));
	for (size_t i = 0; i < x->n; i++)
		xml_canonical(x->v[i], skip, out);
	buf_printf(out, "</%s>", x->name);
}
