/*
 * verify.c - cutover verify, key: is the journal what was written?
 *
 * Works on a copy of the journal on any machine: with the head that a report
 * printed and the public key of the installation that wrote it.
 */
#include <stdio.h>
#include <string.h>

#include "orchestrator/cmd/cmd.h"
#include "orchestrator/journal/check.h"
#include "orchestrator/journal/head.h"

#define KEY_MAX 4096

static const char verify_usage[] =
	"usage: cutover verify [RUN] [--state DIR] [--head HEAD] [--key FILE]\n"
	"\n"
	"Is the journal of the run what was written?  Finds a row that was\n"
	"changed, deleted, moved or put in, another plan text, a run that is\n"
	"gone from before this one, and triggers that were dropped.  With the\n"
	"head that a report printed (SEQ:HASH or SEQ:HASH:SIGNATURE) a tail\n"
	"that was cut off is found too.  --key FILE is the public key that\n"
	"the signature must be of, as 'cutover key' prints it; without it\n"
	"this installation's own.\n";

static const char key_usage[] =
	"usage: cutover key [--state DIR]\n"
	"\n"
	"Prints the public half of the key that signs the heads of this\n"
	"installation's journals, for 'cutover verify --key' elsewhere.\n";

struct chain {
	const char *want; /* 'SEQ:HASH', or NULL */
	bool found;
	int64_t rows;
	char last[DIGEST_HEX]; /* hash of the row before */
};

static bool count_row(void *arg, const struct journal_row *row, struct err *e)
{
	struct chain *c = arg;
	mem_auto_free char *here =
		mem_format("%lld:%s", (long long)row->seq, row->hash);

	if (c->rows && strcmp(c->last, row->prev) != 0)
		return err_set(e, ERR_IO,
			       "row %lld does not follow from the row before "
			       "it",
			       (long long)row->seq);
	memcpy(c->last, row->hash, sizeof(c->last));
	c->rows++;
	c->found |= c->want && strcmp(c->want, here) == 0;
	return true;
}

static char *read_key(const char *path, struct err *e)
{
	char text[KEY_MAX + 1];
	FILE *f = fopen(path, "re");
	size_t n;

	if (!f) {
		err_errno(e, ERR_IO, "the key '%s'", path);
		return NULL;
	}
	n = fread(text, 1, KEY_MAX, f);
	fclose(f);
	text[n] = '\0';
	return mem_strdup(text);
}

static bool check_signature(struct journal *j, const char *run,
			    const char *place, const char *signature,
			    const char *key, struct err *e)
{
	mem_auto_free char *pem =
		key ? read_key(key, e)
		    : journal_head_public(journal_state_dir(j), false, e);
	mem_auto_free char *name = NULL;

	if (!pem || !journal_head_verify(pem, run, place, signature, e))
		return false;
	name = digest_public_name(pem, e);
	printf("the head is signed by %s\n", name ? name : "?");
	return name != NULL;
}

/* journal_each() checks each row's own hash and number. */
static bool verify_chain(struct journal *j, const char *run, const char *place,
			 struct err *e)
{
	struct chain c = {.want = place};
	char hash[DIGEST_HEX];
	int64_t seq;

	if (!journal_check(j, run, e) ||
	    !journal_each(j, run, 0, count_row, &c, e) ||
	    !journal_tail(j, run, &seq, hash, e))
		return false;
	if (place && !c.found)
		return err_set(e, ERR_REFUSED,
			       "the journal has no row '%s': its end was cut "
			       "off, or it was written anew",
			       place);
	printf("%lld rows, each as it was written, head %lld:%s\n",
	       (long long)c.rows, (long long)seq, hash);
	return true;
}

static int verify_run(struct journal *j, const struct journal_run *r,
		      struct cmd_options *o)
{
	mem_auto_free char *place = NULL;
	mem_auto_free char *signature = NULL;
	const char *run = r->id;
	err_auto e = ERR_INIT;

	if (o->head && !journal_head_parse(o->head, &place, &signature, &e)) {
		cmd_error(&e);
		return EXIT_USAGE;
	}
	if (o->key && !signature) {
		err_set(&e, ERR_USAGE,
			"--key wants a signed head: --head SEQ:HASH:SIGNATURE");
		cmd_error(&e);
		return EXIT_USAGE;
	}
	if (verify_chain(j, run, place, &e) &&
	    (!signature ||
	     check_signature(j, run, place, signature, o->key, &e)))
		return EXIT_DONE;
	cmd_error(&e);
	return EXIT_PLAN;
}

int cmd_verify(int argc, char **argv)
{
	return cmd_with_run(argc, argv, verify_usage, verify_run);
}

int cmd_key(int argc, char **argv)
{
	struct cmd_options o;
	err_auto e = ERR_INIT;
	mem_auto_free char *pem = NULL;
	mem_auto_free char *name = NULL;
	int rc;

	if (!cmd_options_parse(argc, argv, key_usage, &o, &rc))
		return rc;
	pem = journal_head_public(o.state, true, &e);
	name = pem ? digest_public_name(pem, &e) : NULL;
	if (!name) {
		cmd_error(&e);
		return EXIT_REFUSED;
	}
	fprintf(stderr, "%s\n", name);
	fputs(pem, stdout);
	return EXIT_DONE;
}
