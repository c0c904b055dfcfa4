/*
 * outputs.c - a bounded queue between threads
 *
 * A text longer than TEXT_BYTES keeps its beginning: a screen shows lines, the
 * journal has all of it.
 */
#include "orchestrator/engine/outputs.h"

#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "orchestrator/base/clock.h"

#define KEPT 64
#define TEXT_BYTES 4096

struct output {
	char *target, *what, *text;
	int64_t wall_us;
};

struct outputs {
	pthread_mutex_t mutex;
	struct output v[KEPT]; /* oldest first */
	size_t n;
	bool on;
	int fd;
};

struct outputs *outputs_new(void)
{
	struct outputs *o = mem_alloc(sizeof(*o));

	pthread_mutex_init(&o->mutex, NULL);
	o->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return o;
}

static void output_free(struct output *x)
{
	free(x->target);
	free(x->what);
	free(x->text);
}

void outputs_free(struct outputs *o)
{
	if (!o)
		return;
	while (o->n)
		output_free(&o->v[--o->n]);
	close(o->fd);
	pthread_mutex_destroy(&o->mutex);
	free(o);
}

int outputs_fd(const struct outputs *o)
{
	return o->fd;
}

void outputs_listen(struct outputs *o, bool on)
{
	pthread_mutex_lock(&o->mutex);
	o->on = on;
	pthread_mutex_unlock(&o->mutex);
}

static void drop_oldest(struct outputs *o)
{
	output_free(&o->v[0]);
	memmove(o->v, o->v + 1, --o->n * sizeof(*o->v));
}

/* Not in the middle of a character. */
static size_t cut(const char *text)
{
	size_t n = strlen(text);

	if (n <= TEXT_BYTES)
		return n;
	for (n = TEXT_BYTES; n && (text[n] & 0xc0) == 0x80; n--)
		;
	return n;
}

void outputs_put(struct outputs *o, const char *target, const char *what,
		 const char *text)
{
	uint64_t one = 1;

	pthread_mutex_lock(&o->mutex);
	if (o->on) {
		if (o->n == KEPT)
			drop_oldest(o);
		o->v[o->n++] = (struct output){
			mem_strdup(target), mem_strdup(what),
			mem_strndup(text, cut(text)), clock_wall_us()};
		if (write(o->fd, &one, sizeof(one)) < 0)
			abort();
	}
	pthread_mutex_unlock(&o->mutex);
}

json_t *outputs_take(struct outputs *o)
{
	uint64_t drained;
	json_t *j = NULL;

	pthread_mutex_lock(&o->mutex);
	if (o->n) {
		struct output *x = &o->v[0];

		/* bytes from a device need not be UTF-8 */
		j = json_pack("{s:s,s:s,s:s,s:s,s:I}", "event", "output",
			      "target", x->target, "what", x->what, "text",
			      x->text, "time_us", (json_int_t)x->wall_us);
		if (!j)
			j = json_pack("{s:s,s:s,s:s,s:s,s:I}", "event",
				      "output", "target", x->target, "what",
				      "binary", "text", "(not text)", "time_us",
				      (json_int_t)x->wall_us);
		drop_oldest(o);
	} else if (read(o->fd, &drained, sizeof(drained)) < 0) {
		j = NULL; /* EAGAIN: nothing was signalled */
	}
	pthread_mutex_unlock(&o->mutex);
	return j;
}
