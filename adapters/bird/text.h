/*
 * text.h - policies and sessions in BIRD's configuration language
 *
 * A policy is a filter, a session a `protocol bgp`; both are made from the
 * typed state alone, so that the same state is always the same text.
 */
#ifndef CUTOVER_ADAPTERS_BIRD_TEXT_H
#define CUTOVER_ADAPTERS_BIRD_TEXT_H

#include "orchestrator/model/resource.h"

#define BIRD_PASSWORD_MAX 80 /* TCP_MD5SIG_MAXKEYLEN */

/* `asn` is ours, for prepending. */
bool bird_text_policy(const struct resource *r, uint32_t asn, struct buf *out,
		      struct err *e);
/* `password` is what stands between the quotes, or NULL for none. */
bool bird_text_session(const struct resource *r, const char *password,
		       struct buf *out, struct err *e);
/* Can these bytes stand in a BIRD string and be an MD5 key? */
bool bird_text_password(const char *name, const char *password, struct err *e);

/* One field at a time, for wants that leave fields empty. */
bool bird_text_session_fields(const struct resource *r, struct err *e);

#endif
