/*
 * user.c - a name for those who watch, no authentication
 */
#include "orchestrator/base/user.h"

#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include "orchestrator/base/mem.h"

char *user_name(void)
{
	static const char *const kept_in[] = {"SUDO_USER", "LOGNAME", "USER"};
	const struct passwd *p;

	for (size_t i = 0; i < ARRAY_LEN(kept_in); i++) {
		const char *s = getenv(kept_in[i]);

		if (s && *s)
			return mem_strdup(s);
	}
	p = getpwuid(getuid());
	return mem_strdup(p ? p->pw_name : "somebody");
}
