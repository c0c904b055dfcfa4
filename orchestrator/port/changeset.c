/*
 * changeset.c - lists of commands, and as JSON for the journal
 *
 * Ownership: a changeset owns its parts and its key.  No secret is in it: a
 * part shows '<secret NAME>' in a secret's place.
 */
#include "orchestrator/port/changeset.h"

void changeset_add(struct changeset *cs, bool back, const char *what,
		   const char *text)
{
	struct change_part **v = back ? &cs->back : &cs->forward;
	size_t *n = back ? &cs->n_back : &cs->n_forward;

	*v = mem_realloc(*v, *n + 1, sizeof(**v));
	(*v)[*n].what = mem_strdup(what);
	(*v)[*n].text = mem_strdup(text);
	(*n)++;
}

static void parts_done(struct change_part *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(v[i].what);
		free(v[i].text);
	}
	free(v);
}

void changeset_done(struct changeset *cs)
{
	parts_done(cs->forward, cs->n_forward);
	parts_done(cs->back, cs->n_back);
	free(cs->key);
	*cs = (struct changeset){0};
}

static json_t *parts_to_json(const struct change_part *v, size_t n)
{
	json_t *j = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(j,
				      json_pack("{s:s,s:s}", "what", v[i].what,
						"text", v[i].text));
	return j;
}

json_t *changeset_to_json(const struct changeset *cs)
{
	json_t *j = json_object();

	json_object_set_new(j, "forward",
			    parts_to_json(cs->forward, cs->n_forward));
	json_object_set_new(j, "back", parts_to_json(cs->back, cs->n_back));
	if (cs->key)
		json_object_set_new(j, "key", json_string(cs->key));
	return j;
}

static bool parts_from_json(const json_t *j, struct changeset *cs, bool back)
{
	for (size_t i = 0; i < json_array_size(j); i++) {
		const json_t *p = json_array_get(j, i);
		const char *what = json_peek_str(p, "what", NULL);
		const char *text = json_peek_str(p, "text", NULL);

		if (!what || !text)
			return false;
		changeset_add(cs, back, what, text);
	}
	return json_is_array(j);
}

bool changeset_from_json(const json_t *j, struct changeset *ret, struct err *e)
{
	struct changeset cs = {0};

	if (!parts_from_json(json_peek(j, "forward"), &cs, false) ||
	    !parts_from_json(json_peek(j, "back"), &cs, true)) {
		changeset_done(&cs);
		return err_set(e, ERR_INVALID, "a changeset is malformed");
	}
	cs.key = mem_strdup(json_peek_str(j, "key", NULL));
	*ret = cs;
	return true;
}
