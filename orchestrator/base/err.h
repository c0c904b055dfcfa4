/*
 * err.h - errors with a cause chain and, where there is one, a place in a file
 *
 * A function that can fail takes `struct err *` last, returns false (or NULL)
 * and fills it.  Messages are lower case, name the thing in single quotes, say
 * what is wrong and what to do, and have no full stop.
 *
 *	struct err e = ERR_INIT;
 *	if (!plan_load(path, &plan, &e))
 *		... e.msg ...
 *	err_done(&e);
 *
 * Ownership: the error owns its texts; err_done() frees them and may be called
 * on an error that was never set.  Passing NULL for an error is allowed.
 */
#ifndef CUTOVER_BASE_ERR_H
#define CUTOVER_BASE_ERR_H

#include <stdbool.h>

#include "orchestrator/base/mem.h"

enum err_code {
	ERR_NONE,
	ERR_USAGE,   /* the caller's words are off */
	ERR_INVALID, /* bad input: plan, device output, journal row */
	ERR_REFUSED, /* somebody said no; nothing was changed */
	ERR_RETRY,   /* provably nothing changed; asking again may work */
	ERR_UNKNOWN, /* it may or may not have happened: observe */
	ERR_TIMEOUT, /* nothing answered in time; for changes use ERR_UNKNOWN */
	ERR_IO,	     /* files, sockets, databases */
	ERR_LOCKED,  /* somebody else holds it */
	ERR_INTERNAL, /* a defect in cutover */
};

struct err {
	enum err_code code;
	char *rule; /* rule id for diagnostics, or NULL */
	char *msg;  /* the whole chain, outermost first, joined with ': ' */
};

#define ERR_INIT                                                               \
	(struct err)                                                           \
	{                                                                      \
		.code = ERR_NONE                                               \
	}
#define err_auto __attribute__((cleanup(err_done))) struct err

/* Sets (replacing what was there) and returns false, so `return err_set(...)`.
 */
bool err_set(struct err *e, enum err_code code, const char *fmt, ...)
	mem_printf(3, 4);
/* Appends ': strerror(errno)' to the message. */
bool err_errno(struct err *e, enum err_code code, const char *fmt, ...)
	mem_printf(3, 4);
/* Puts context before the message that is already there; keeps the code. */
bool err_wrap(struct err *e, const char *fmt, ...) mem_printf(2, 3);
void err_move(struct err *dst, struct err *src);
void err_done(struct err *e);
const char *err_code_name(enum err_code code);
static inline const char *err_msg(const struct err *e)
{
	return e->msg ? e->msg : "no error";
}

#endif
