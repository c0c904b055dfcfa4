/*
 * user.h - who is at this terminal, as the system knows it
 */
#ifndef CUTOVER_BASE_USER_H
#define CUTOVER_BASE_USER_H

/* The login name, also behind sudo; never NULL, the caller frees it. */
char *user_name(void);

#endif
