/*
 * id.c - names and resource ids
 *
 * Names are narrower here than Azure allows for resource groups (no
 * parentheses, no letters beyond ASCII): what is refused can be renamed or
 * written as an alias of the plan, what is let through cannot leave its place
 * in a path.
 */
#include "adapters/azure/id.h"

#include <string.h>
#include <strings.h>

#define NAME_CHARS                                                             \
	"abcdefghijklmnopqrstuvwxyz"                                           \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ"                                           \
	"0123456789._-"

bool id_name_valid(const char *name)
{
	size_t n = name ? strlen(name) : 0;

	return n > 0 && n <= 90 && strspn(name, NAME_CHARS) == n &&
	       name[0] != '.' && name[0] != '-' && name[n - 1] != '.';
}

bool id_guid_valid(const char *text)
{
	if (!text || strlen(text) != 36)
		return false;
	for (size_t i = 0; i < 36; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? text[i] != '-'
			 : !strchr("0123456789abcdefABCDEF", text[i]))
			return false;
	}
	return true;
}

/* Takes 'word/' (any case) off the front; false when it is not there. */
static bool take(const char **s, const char *word)
{
	size_t n = strlen(word);

	if (strncasecmp(*s, word, n) != 0)
		return false;
	*s += n;
	return true;
}

/* Takes the text up to the next '/', or to the end. */
static char *take_word(const char **s)
{
	size_t n = strcspn(*s, "/");
	char *word = mem_strndup(*s, n);

	*s += n;
	return word;
}

bool id_valid(const char *id, const char *type)
{
	mem_auto_free char *kind = mem_format(AZURE_NETWORK "%s/", type);
	mem_auto_free char *sub = NULL;
	mem_auto_free char *group = NULL;

	if (!id || !take(&id, "/subscriptions/"))
		return false;
	sub = take_word(&id);
	if (!id_guid_valid(sub) || !take(&id, "/resourceGroups/"))
		return false;
	group = take_word(&id);
	return id_name_valid(group) && take(&id, kind) && id_name_valid(id);
}

bool id_same(const char *a, const char *b)
{
	return a && b && strcasecmp(a, b) == 0;
}

const char *id_name(const char *id)
{
	const char *slash = strrchr(id, '/');

	return slash ? slash + 1 : id;
}

char *id_group(const char *id)
{
	const char *end = id;

	for (int i = 0; i < 5 && end; i++)
		end = strchr(end + (i > 0), '/');
	return end ? mem_strndup(id, (size_t)(end - id)) : mem_strdup(id);
}

char *id_resolve(const struct target *t, const char *type, const char *text,
		 struct err *e)
{
	const char *sub = target_param(t, "subscription", "");
	const char *group = target_param(t, "resource_group", "");

	if (text && *text == '/') {
		if (id_valid(text, type))
			return mem_strdup(text);
		err_set(e, ERR_INVALID,
			"'%s': '%.200s' is not the id of one of Microsoft."
			"Network/%s",
			t->name, text, type);
		return NULL;
	}
	if (!id_name_valid(text))
		err_set(e, ERR_INVALID,
			"'%s': '%.100s' cannot be the name of one of "
			"Microsoft.Network/%s",
			t->name, text ? text : "", type);
	else if (!id_guid_valid(sub))
		err_set(e, ERR_INVALID,
			"'%s': '%.100s' is no subscription id (8-4-4-4-12 "
			"hexadecimal digits)",
			t->name, sub);
	else if (!id_name_valid(group))
		err_set(e, ERR_INVALID,
			"'%s': '%.100s' cannot be the name of a resource group",
			t->name, group);
	else
		return mem_format(
			"/subscriptions/%s/resourceGroups/%s" AZURE_NETWORK
			"%s/%s",
			sub, group, type, text);
	return NULL;
}

char *id_beside(const char *id, const char *type, const char *name,
		struct err *e)
{
	mem_auto_free char *group = id_group(id);

	if (!id_name_valid(name)) {
		err_set(e, ERR_INVALID,
			"'%.100s' cannot be the name of one of "
			"Microsoft.Network/%s",
			name ? name : "", type);
		return NULL;
	}
	return mem_format("%s" AZURE_NETWORK "%s/%s", group, type, name);
}

char *id_child(const char *id, const char *type, const char *name)
{
	return mem_format("%s/%s/%s", id, type, name);
}
