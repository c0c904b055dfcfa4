/*
 * head.c - the signed head of a run's chain
 *
 * What is signed names its purpose and the run, so that a signature cannot be
 * carried over to anything else.
 */
#include "orchestrator/journal/head.h"

#include <string.h>

#include "orchestrator/base/buf.h"
#include "orchestrator/base/digest.h"
#include "orchestrator/base/statedir.h"

#define KEY_FILE "evidence.key"

static struct digest_key *load(const char *state_dir, bool create,
			       struct err *e)
{
	mem_auto_free char *dir =
		state_dir ? mem_strdup(state_dir) : statedir_default(e);
	mem_auto_free char *path = NULL;

	if (!dir)
		return NULL;
	path = mem_format("%s/%s", dir, KEY_FILE);
	return digest_key_load(path, create, e);
}

static char *message(const char *run, const char *place)
{
	return mem_format("cutover journal head\n%s\n%s\n", run, place);
}

char *journal_head_sign(const char *state_dir, bool create, const char *run,
			int64_t seq, const char *hash, struct err *e)
{
	struct digest_key *k = load(state_dir, create, e);
	mem_auto_free char *place = mem_format("%lld:%s", (long long)seq, hash);
	mem_auto_free char *text = message(run, place);
	mem_auto_free char *signature = NULL;

	if (!k)
		return NULL;
	signature = digest_key_sign(k, text, strlen(text));
	digest_key_free(k);
	return mem_format("%s:%s", place, signature);
}

char *journal_head_public(const char *state_dir, bool create, struct err *e)
{
	struct digest_key *k = load(state_dir, create, e);
	char *pem = k ? digest_key_public(k) : NULL;

	digest_key_free(k);
	return pem;
}

bool journal_head_parse(const char *head, char **ret_place,
			char **ret_signature, struct err *e)
{
	size_t digits = strspn(head, "0123456789");
	const char *hash = head + digits + 1;
	size_t n;

	if (!digits || head[digits] != ':')
		return err_set(e, ERR_USAGE,
			       "'%s' is no head: it reads SEQ:HASH or "
			       "SEQ:HASH:SIGNATURE",
			       head);
	n = strspn(hash, "0123456789abcdef");
	if (n != DIGEST_HEX - 1 || (hash[n] && hash[n] != ':'))
		return err_set(e, ERR_USAGE,
			       "the hash in the head '%s' is not 64 hex digits",
			       head);
	*ret_place = mem_strndup(head, digits + 1 + n);
	*ret_signature = hash[n] ? mem_strdup(hash + n + 1) : NULL;
	return true;
}

bool journal_head_verify(const char *public_pem, const char *run,
			 const char *place, const char *signature,
			 struct err *e)
{
	mem_auto_free char *text = message(run, place);

	return digest_verify(public_pem, text, strlen(text), signature, e) ||
	       err_wrap(e, "head '%s' of run '%s'", place, run);
}
