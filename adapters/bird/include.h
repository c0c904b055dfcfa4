/*
 * include.h - the include file that is cutover's
 *
 *	# Written by cutover. ...
 *	define CUTOVER_text = "ID";
 *	#: {"kind":"route_policy",...}		the state, one line of JSON
 *	filter CUTOVER_... { ... }		what BIRD reads of it
 *	...
 *	#= original 17
 *	(17 bytes that were there before cutover came)
 *
 * ID is the SHA-256 of everything after its line, with passwords blanked: a
 * file edited by hand is found by it, and `birdc eval CUTOVER_text` tells
 * which text the daemon runs.  A file without anything of ours is its original
 * bytes alone, and has no ID.
 *
 * Ownership: bird_include owns all of it; passwords are wiped by done.
 */
#ifndef CUTOVER_ADAPTERS_BIRD_INCLUDE_H
#define CUTOVER_ADAPTERS_BIRD_INCLUDE_H

#include "orchestrator/model/resource.h"

struct bird_password {
	char *session, *value;
};

struct bird_include {
	struct resource_set set; /* route_policy and session, ours = true */
	struct bird_password *passwords;
	size_t n_passwords;
	char *original; /* NUL-terminated besides its length */
	size_t original_len;
	char *id; /* NULL: nothing of ours in the file */
	bool bfd; /* has our own protocol bfd */
};

#define bird_include_auto                                                      \
	__attribute__((cleanup(bird_include_done))) struct bird_include

/*
 * False with ERR_REFUSED when the file was edited by hand.  Sessions get
 * secret_digest from the password that is really there.
 */
bool bird_include_parse(const char *path, const char *text, size_t len,
			struct bird_include *ret, struct err *e);
/* Needs every password; sets f->id.  `asn` is ours. */
bool bird_include_write(struct bird_include *f, uint32_t asn, struct buf *out,
			struct err *e);
/* One object as it stands in the file, without the line of JSON. */
bool bird_include_object(const struct resource *r, const char *password,
			 uint32_t asn, struct buf *out, struct err *e);

const char *bird_include_password(const struct bird_include *f,
				  const char *session);
void bird_include_set_password(struct bird_include *f, const char *session,
			       const char *value);
void bird_include_copy(struct bird_include *dst,
		       const struct bird_include *src);
void bird_include_done(struct bird_include *f);

/* JSON of one resource: identity, and the name of a session's secret. */
json_t *bird_resource_to_json(const struct resource *r);

#endif
