/*
 * snapshot.c - everything about one BIRD, read in one go
 *
 * Invariants: `running` is the text that the daemon says it runs, proved by
 * its id; an answer from which that cannot be told is an error, never a guess.
 * The raw answer holds passwords: it is not traced, and wiped.
 */
#include "adapters/bird/snapshot.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "adapters/bird/redact.h"
#include "adapters/bird/reply.h"
#include "adapters/bird/script.h"
#include "orchestrator/base/digest.h"

void bird_snapshot_done(struct bird_snapshot *s)
{
	for (size_t i = 0; i < s->n_sections; i++)
		free(s->sections[i].head);
	free(s->sections);
	for (size_t i = 0; i < s->n_files; i++)
		free(s->files[i].path);
	free(s->files);
	if (s->next)
		free(s->next->path);
	free(s->next);
	free(s->server_time);
	free(s->running_id);
	bird_include_done(&s->running);
	bird_protocols_done(&s->protocols);
	if (s->raw.out.data)
		explicit_bzero(s->raw.out.data, s->raw.out.len);
	device_result_done(&s->raw);
	*s = (struct bird_snapshot){0};
}

const struct bird_section *bird_snapshot_find(const struct bird_snapshot *s,
					      const char *fmt, ...)
{
	mem_auto_free char *head = NULL;
	va_list ap;

	va_start(ap, fmt);
	head = mem_vformat(fmt, ap);
	va_end(ap);
	for (size_t i = 0; i < s->n_sections; i++)
		if (strcmp(s->sections[i].head, head) == 0)
			return &s->sections[i];
	return NULL;
}

const struct bird_file *bird_snapshot_file(const struct bird_snapshot *s,
					   const char *path)
{
	for (size_t i = 0; i < s->n_files; i++)
		if (strcmp(s->files[i].path, path) == 0)
			return &s->files[i];
	return NULL;
}

const struct bird_file *bird_snapshot_stale(const struct bird_snapshot *s)
{
	for (size_t i = 0; i < s->n_files && s->loaded >= 0; i++)
		if (s->files[i].mtime > s->loaded)
			return &s->files[i];
	return NULL;
}

/* ---- sections ---- */

static bool cut_off(struct err *e)
{
	return err_set(e, ERR_INVALID,
		       "the answer of the device is incomplete");
}

/* 'file 123 1700000000 /etc/bird/x.conf': size, mtime, path */
static bool file_head(const char *head, struct bird_file *ret)
{
	int at = 0;

	if (sscanf(head, "file %zu %" SCNd64 " %n", &ret->len, &ret->mtime,
		   &at) != 2 ||
	    !at)
		return false;
	ret->path = mem_strdup(head + at);
	return true;
}

static void file_add(struct bird_snapshot *s, const struct bird_file *f)
{
	if (s->n_sections &&
	    strcmp(s->sections[s->n_sections - 1].head, "next") == 0) {
		s->next = mem_alloc(sizeof(*s->next));
		*s->next = *f;
		return;
	}
	MEM_GROW(s->files, s->n_files, s->cap_files);
	s->files[s->n_files++] = *f;
}

/* Where the next mark starts at or after p, or end. */
static const char *mark_find(const char *p, const char *end, const char *mark)
{
	const char *m =
		p < end ? memmem(p, (size_t)(end - p), mark, strlen(mark))
			: NULL;

	return m ? m : end;
}

static bool sections_parse(struct bird_snapshot *s, const char *nonce,
			   struct err *e)
{
	const char *p = s->raw.out.data, *end = p + s->raw.out.len;
	mem_auto_free char *mark = mem_format("\n@@%s ", nonce);

	p = mark_find(p, end, mark);
	while (p < end) {
		const char *head = p + strlen(mark);
		const char *nl = memchr(head, '\n', (size_t)(end - head));
		struct bird_file f = {0};
		char *name;

		if (!nl)
			return cut_off(e);
		name = mem_strndup(head, (size_t)(nl - head));
		p = nl + 1;
		if (file_head(name, &f)) {
			free(name);
			f.text = p;
			if (f.len > (size_t)(end - p)) {
				free(f.path);
				return cut_off(e);
			}
			file_add(s, &f);
			p = mark_find(p + f.len, end, mark);
			continue;
		}
		MEM_GROW(s->sections, s->n_sections, s->cap_sections);
		s->sections[s->n_sections].head = name;
		s->sections[s->n_sections].text = p;
		p = mark_find(p, end, mark);
		s->sections[s->n_sections].len =
			(size_t)(p - s->sections[s->n_sections].text);
		s->n_sections++;
	}
	return bird_snapshot_find(s, "end") ? true : cut_off(e);
}

/* ---- what they say ---- */

static void status_parse(struct bird_snapshot *s, const struct bird_section *x)
{
	static const char now[] = "Current server time is ";
	static const char last[] = "Last reconfiguration on ";
	struct bird_cursor c;
	struct bird_line l;

	bird_reply_start(&c, x->text, x->len);
	while (bird_reply_next(&c, &l)) {
		mem_auto_free char *line = mem_strndup(l.text, l.len);
		char *text = line + strspn(line, " ");

		if (strncmp(text, now, strlen(now)) == 0 && !s->server_time)
			s->server_time = mem_strdup(text + strlen(now));
		else if (strncmp(text, last, strlen(last)) == 0 &&
			 s->server_time)
			s->loaded = bird_time_epoch(text + strlen(last),
						    s->server_time, s->now);
	}
}

static bool daemon_parse(struct bird_snapshot *s, struct err *e)
{
	const struct bird_section *date = bird_snapshot_find(s, "date");
	const struct bird_section *status = bird_snapshot_find(s, "status");
	const struct bird_section *timer = bird_snapshot_find(s, "timer");
	const struct bird_section *run = bird_snapshot_find(s, "running");
	const struct bird_section *protocols =
		bird_snapshot_find(s, "protocols");
	mem_auto_free char *why = NULL;

	if (!date || !status || !timer || !run || !protocols)
		return cut_off(e);
	if (!bird_reply_has(status->text, status->len, BIRD_VERSION)) {
		why = bird_reply_error(status->text, status->len);
		return err_set(e, ERR_IO, "BIRD does not answer: %s",
			       why ? why : "no word from birdc");
	}
	s->now = strtoll(date->text, NULL, 10);
	s->loaded = -1;
	status_parse(s, status);
	s->unconfirmed =
		bird_reply_has(timer->text, timer->len, BIRD_UNDO_TIMER);
	if (run->len >= 64 && strspn(run->text, "0123456789abcdef") == 64)
		s->running_id = mem_strndup(run->text, 64);
	bird_protocols_parse(protocols->text, protocols->len, &s->protocols);
	return true;
}

static bool id_same(const char *a, const char *b)
{
	return a ? b && strcmp(a, b) == 0 : !b;
}

static bool running_parse(struct bird_snapshot *s, const struct bird_paths *p,
			  struct err *e)
{
	const struct bird_file *f = bird_snapshot_file(s, p->include);
	bird_include_auto boot = {0};
	bird_include_auto next = {0};

	if (!bird_snapshot_file(s, p->config))
		return err_set(e, ERR_INVALID, "'%s' cannot be read",
			       p->config);
	if (!f)
		return err_set(e, ERR_INVALID,
			       "'%s' does not include '%s': create that file "
			       "empty, end the boot file with 'include "
			       "\"%s\";', and reload BIRD",
			       p->config, p->include, p->include);
	if (!bird_include_parse(p->include, f->text, f->len, &boot, e))
		return false;
	if (id_same(s->running_id, boot.id)) {
		s->running = boot;
		boot = (struct bird_include){0};
		return true;
	}
	if (s->next &&
	    bird_include_parse(p->next, s->next->text, s->next->len, &next,
			       NULL) &&
	    id_same(s->running_id, next.id)) {
		s->candidate = true;
		s->running = next;
		next = (struct bird_include){0};
		return true;
	}
	return err_set(e, ERR_INVALID,
		       "BIRD does not run what '%s' says: reload it with "
		       "'birdc configure'",
		       p->include);
}

bool bird_snapshot_parse(struct device_result *raw, const char *nonce,
			 const struct bird_paths *p, struct bird_snapshot *ret,
			 struct err *e)
{
	struct bird_snapshot s = {.raw = *raw};

	*raw = (struct device_result){0};
	if (!s.raw.out.data) {
		bird_snapshot_done(&s);
		return cut_off(e);
	}
	if (!sections_parse(&s, nonce, e) || !daemon_parse(&s, e) ||
	    !running_parse(&s, p, e)) {
		bird_snapshot_done(&s);
		return false;
	}
	*ret = s;
	return true;
}

static void nonce_make(char out[33])
{
	unsigned char bytes[16];

	digest_random(bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

bool bird_snapshot_read(struct adapter_ctx *c, struct device *d,
			const struct bird_paths *p,
			const struct resource_set *want,
			struct bird_snapshot *ret, struct err *e)
{
	struct device_result raw = {0};
	buf_auto script = BUF_INIT;
	char nonce[33];

	nonce_make(nonce);
	if (!bird_script_read(p, want, nonce, &script, e))
		return false;
	if (c->trace)
		c->trace(c->trace_arg, "read", buf_str(&script));
	if (!device_read(d, c->epoch, buf_str(&script), c->deadline_us, &raw,
			 e))
		return err_wrap(e, "'%s'", c->target->name);
	if (!bird_snapshot_parse(&raw, nonce, p, ret, e))
		return err_wrap(e, "'%s'", c->target->name);
	return true;
}

/* ---- text ---- */

static void file_write(const char *path, const char *text, size_t len,
		       const struct state_list *names, struct buf *out)
{
	buf_printf(out, "==> %s <==\n", path);
	bird_redact_write(text, len, names, out);
	if (len && text[len - 1] != '\n')
		buf_putc(out, '\n');
}

char *bird_snapshot_text(const struct bird_snapshot *s,
			 const struct bird_paths *p, bool own)
{
	struct state_list names = {0};
	buf_auto out = BUF_INIT;

	for (size_t i = 0; i < s->n_files; i++)
		bird_redact_collect(s->files[i].text, s->files[i].len, &names);
	for (size_t i = 0; i < s->n_files; i++) {
		const struct bird_file *f = &s->files[i];
		bool ours = strcmp(f->path, p->include) == 0;

		if (!ours)
			file_write(f->path, f->text, f->len, &names, &out);
		else if (!own)
			file_write(f->path, s->running.original,
				   s->running.original_len, &names, &out);
		else if (s->candidate)
			file_write(f->path, s->next->text, s->next->len, &names,
				   &out);
		else
			file_write(f->path, f->text, f->len, &names, &out);
	}
	state_list_done(&names);
	return buf_steal(&out);
}
