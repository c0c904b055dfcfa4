/*
 * spawn.c - the ssh client as a child process
 *
 * The command is handed over as one argument; the far shell reads it.  Options
 * on the command line win over any configuration file.  Ownership: spawn.h.
 */
#include "adapters/transport/spawn.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

static void add(struct state_list *l, const char *word)
{
	state_list_add(l, word);
}

static void add_option(struct state_list *l, const char *option)
{
	add(l, "-o");
	add(l, option);
}

static void arguments(const struct ssh_endpoint *at, const char *command,
		      struct state_list *l)
{
	mem_auto_free char *port = mem_format("%u", at->port ? at->port : 22);

	add(l, "ssh");
	add(l, "-T");
	add_option(l, "BatchMode=yes");
	add_option(l, "StrictHostKeyChecking=yes");
	add_option(l, "ForwardAgent=no");
	add_option(l, "ControlPath=none");
	add_option(l, "ServerAliveInterval=5");
	add_option(l, "ServerAliveCountMax=3");
	add_option(l, "ConnectTimeout=15");
	add_option(l, "LogLevel=ERROR");
	if (at->known_hosts) {
		mem_auto_free char *file = mem_format(
			"UserKnownHostsFile=\"%s\"", at->known_hosts);

		add_option(l, file);
	}
	if (at->key.kind == SECRET_FILE) {
		add_option(l, "IdentitiesOnly=yes");
		add(l, "-i");
		add(l, at->key.value);
	}
	add(l, "-p");
	add(l, port);
	if (at->user) {
		add(l, "-l");
		add(l, at->user);
	}
	add(l, "--");
	add(l, at->host);
	add(l, command);
}

static void child(const struct state_list *l, int in, int out)
{
	char **argv = mem_calloc(l->n + 1, sizeof(*argv));
	sigset_t none;

	for (size_t i = 0; i < l->n; i++)
		argv[i] = l->v[i];
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setpgid(0, 0); /* the operator's ^C is for the run alone */
	dup2(in, 0);
	dup2(out, 1);
	execvp("ssh", argv);
	_exit(127);
}

bool spawn_on_host(const struct ssh_endpoint *at, const char *command,
		   pid_t *ret_pid, int *ret_out, int *ret_in, struct err *e)
{
	struct state_list argv = {0};
	int in[2], out[2];

	if (!at->host)
		return err_set(e, ERR_INVALID, "the host has no address");
	if (at->host_key && !at->known_hosts)
		return err_set(
			e, ERR_INVALID,
			"host '%s' is pinned by 'host_key' alone; a host "
			"from which probes start needs 'known_hosts'",
			at->host);
	if (pipe2(in, O_CLOEXEC) < 0)
		return err_errno(e, ERR_IO, "pipe");
	if (pipe2(out, O_CLOEXEC) < 0) {
		close(in[0]);
		close(in[1]);
		return err_errno(e, ERR_IO, "pipe");
	}
	arguments(at, command, &argv);
	*ret_pid = fork();
	if (*ret_pid == 0)
		child(&argv, in[0], out[1]);
	state_list_done(&argv);
	close(in[0]);
	close(out[1]);
	*ret_in = in[1];
	*ret_out = out[0];
	return *ret_pid > 0 || err_errno(e, ERR_IO, "fork");
}
