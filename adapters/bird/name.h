/*
 * name.h - names of cutover as symbols of BIRD
 *
 * A symbol of BIRD has at most 64 letters, digits and '_', so
 * 'CUTOVER-er-hq-primary-private-in-g2' is CUTOVER_er_hq_primary_private_in_g2
 * there and the session 'er-hq/primary/private' CUTOVER_er_hq_primary_private.
 * The way back is not computed: the file's head records every name.  Two names
 * that give one symbol are refused (bird_names_add).
 */
#ifndef CUTOVER_ADAPTERS_BIRD_NAME_H
#define CUTOVER_ADAPTERS_BIRD_NAME_H

#include "orchestrator/base/err.h"

#define BIRD_SYMBOL_MAX 64
#define BIRD_SYMBOL_PREFIX "CUTOVER_"
#define BIRD_SYMBOL_TEXT "CUTOVER_text" /* which text runs */
#define BIRD_SYMBOL_BFD "CUTOVER_bfd"	/* our own protocol bfd */

/* A name that is too long is cut and ends in part of its SHA-256. */
bool bird_symbol(const char *name, char out[BIRD_SYMBOL_MAX + 1],
		 struct err *e);
/* Does BIRD's symbol carry our prefix? */
bool bird_symbol_ours(const char *symbol);
/* 'ckt0', 'eth0.100': an interface name that can stand in a string. */
bool bird_interface_valid(const char *name);

/* The symbols of one file, to find two that are equal. */
struct bird_names {
	char (*v)[BIRD_SYMBOL_MAX + 1];
	char **name;
	size_t n, cap;
};

bool bird_names_add(struct bird_names *s, const char *name, struct err *e);
void bird_names_done(struct bird_names *s);

#endif
