/*
 * err.c - error values
 *
 * Threads: an error belongs to one thread at a time; no globals.
 */
#include "orchestrator/base/err.h"

#include <errno.h>
#include <string.h>

static bool err_replace(struct err *e, enum err_code code, char *msg)
{
	if (!e) {
		free(msg);
		return false;
	}
	err_done(e);
	e->code = code;
	e->msg = msg;
	return false;
}

bool err_set(struct err *e, enum err_code code, const char *fmt, ...)
{
	va_list ap;
	char *msg;

	va_start(ap, fmt);
	msg = mem_vformat(fmt, ap);
	va_end(ap);
	return err_replace(e, code, msg);
}

bool err_errno(struct err *e, enum err_code code, const char *fmt, ...)
{
	int saved = errno;
	mem_auto_free char *head = NULL;
	char buf[128];
	va_list ap;

	va_start(ap, fmt);
	head = mem_vformat(fmt, ap);
	va_end(ap);
	return err_replace(e, code,
			   mem_format("%s: %s", head,
				      strerror_r(saved, buf, sizeof(buf))));
}

bool err_wrap(struct err *e, const char *fmt, ...)
{
	mem_auto_free char *head = NULL;
	va_list ap;
	char *msg;

	if (!e)
		return false;
	va_start(ap, fmt);
	head = mem_vformat(fmt, ap);
	va_end(ap);
	msg = mem_format("%s: %s", head, err_msg(e));
	free(e->msg);
	e->msg = msg;
	return false;
}

void err_move(struct err *dst, struct err *src)
{
	if (dst) {
		err_done(dst);
		*dst = *src;
	} else {
		err_done(src);
	}
	*src = ERR_INIT;
}

void err_done(struct err *e)
{
	if (!e)
		return;
	free(e->msg);
	free(e->rule);
	*e = ERR_INIT;
}

const char *err_code_name(enum err_code code)
{
	static const char *const names[] = {
		[ERR_NONE] = "none",	   [ERR_USAGE] = "usage",
		[ERR_INVALID] = "invalid", [ERR_REFUSED] = "refused",
		[ERR_RETRY] = "retry",	   [ERR_UNKNOWN] = "unknown",
		[ERR_TIMEOUT] = "timeout", [ERR_IO] = "io",
		[ERR_LOCKED] = "locked",   [ERR_INTERNAL] = "internal",
	};

	return (size_t)code < ARRAY_LEN(names) ? names[code] : "internal";
}
