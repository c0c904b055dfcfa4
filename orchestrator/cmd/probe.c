/*
 * probe.c - cutover probe, cutover reflect
 */
#include "orchestrator/cmd/probe.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "orchestrator/cmd/cmd.h"
#include "orchestrator/cmd/reflect.h"
#include "orchestrator/watch/probe.h"
#include "orchestrator/watch/reflector.h"
#include "orchestrator/watch/stamp.h"

static const char probe_usage[] =
	"usage: cutover probe --to ADDRESS [--from ADDRESS] [--port N]\n"
	"                     [--kind stamp|icmp] [--rate N] [--flows N]\n"
	"                     [--size BYTES] [--df] [--duration SECONDS]\n"
	"                     [--interval MS] [--json] [--stdin-control]\n"
	"\n"
	"Sends packets and counts what is lost: with STAMP (RFC 8762) on the\n"
	"way there and on the way back, with ICMP echo on either.  --rate is\n"
	"packets a second over all --flows (source ports: one tests one "
	"link),\n"
	"--size bytes of payload.  With --df every fourth packet of a flow is\n"
	"small, which tells a path MTU that is too small from loss.\n"
	"\n"
	"Prints a line every --interval (1000 ms); at once, and then every\n"
	"100 ms, while a flow has had no answer for 300 ms; and when a loss "
	"is\n"
	"settled, two seconds after sending.  Time in which the probe itself\n"
	"did not run is told ('stall_us') and never counted as silence.\n"
	"\n"
	"Ends after --duration, at ^C, or with --stdin-control when standard\n"
	"input ends; then waits two seconds for the tail.\n"
	"Exit: 0 measured, 1 packets were lost, 2 usage.\n";

static const char reflect_usage[] =
	"usage: cutover reflect [--listen ADDRESS]... [--port N]\n"
	"                       [--tcp] [--df] [--stdin-control]\n"
	"\n"
	"Answers STAMP packets, counting for itself (stateful, RFC 8762).\n"
	"--tcp: is a TCP echo service on the same port besides, for probes of\n"
	"kind tcp-flow.  --df: replies must not be fragmented on the way.\n";

static volatile sig_atomic_t stop;

static void on_stop(int sig)
{
	(void)sig;
	stop = stop + 1;
}

static void catch_signals(void)
{
	struct sigaction a = {.sa_handler = on_stop};

	sigaction(SIGINT, &a, NULL);
	sigaction(SIGTERM, &a, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static bool number(const char *text, uint32_t min, uint32_t max, uint32_t *ret)
{
	char *end;
	unsigned long v;

	errno = 0;
	v = strtoul(text, &end, 10);
	if (errno || end == text || *end || *text == '-' || v < min ||
	    v > max) {
		fprintf(stderr,
			"cutover: error: '%s' is not a number from %u to %u\n",
			text, min, max);
		return false;
	}
	*ret = (uint32_t)v;
	return true;
}

struct probe_printer {
	bool json;
	int64_t lost;
};

static bool print_report(void *arg, const json_t *j)
{
	struct probe_printer *p = arg;
	int64_t there = json_peek_int(j, "lost_forward", 0);
	int64_t back = json_peek_int(j, "lost_backward", 0);
	int64_t either = json_peek_int(j, "lost_roundtrip", 0);

	p->lost = there + back + either;
	if (p->json) {
		mem_auto_free char *text = json_text_canonical(j);

		printf("%s\n", text);
	} else {
		printf("%ssent %lld, lost there %lld, back %lld, either %lld, "
		       "silent flows %lld; round trip %.1f ms\n",
		       json_peek_bool(j, "final", false) ? "in all: " : "",
		       (long long)json_peek_int(j, "sent", 0), (long long)there,
		       (long long)back, (long long)either,
		       (long long)json_peek_int(j, "silent", 0),
		       (double)json_peek_int(json_peek(j, "rtt_us"), "p50", 0) /
			       1000);
	}
	return fflush(stdout) == 0;
}

enum {
	P_TO = 256,
	P_FROM,
	P_PORT,
	P_RATE,
	P_FLOWS,
	P_SIZE,
	P_DF,
	P_DURATION,
	P_INTERVAL,
	P_JSON,
	P_STDIN,
	P_KIND,
	P_LISTEN,
	P_PATH,
	P_TCP,
	P_HELP
};

static const struct option probe_options[] = {
	{"to", required_argument, NULL, P_TO},
	{"from", required_argument, NULL, P_FROM},
	{"port", required_argument, NULL, P_PORT},
	{"rate", required_argument, NULL, P_RATE},
	{"flows", required_argument, NULL, P_FLOWS},
	{"size", required_argument, NULL, P_SIZE},
	{"df", no_argument, NULL, P_DF},
	{"duration", required_argument, NULL, P_DURATION},
	{"interval", required_argument, NULL, P_INTERVAL},
	{"json", no_argument, NULL, P_JSON},
	{"stdin-control", no_argument, NULL, P_STDIN},
	{"kind", required_argument, NULL, P_KIND},
	{"path", required_argument, NULL, P_PATH},
	{"help", no_argument, NULL, P_HELP},
	{NULL, 0, NULL, 0},
};

static bool take(struct probe_options *o, struct probe_printer *p, int opt)
{
	uint32_t n = 0;

	switch (opt) {
	case P_TO:
		o->to = optarg;
		return true;
	case P_FROM:
		o->from = optarg;
		return true;
	case P_PORT:
		if (!number(optarg, 1, 65535, &n))
			return false;
		o->port = (uint16_t)n;
		return true;
	case P_RATE:
		return number(optarg, 1, 1000000, &o->rate);
	case P_FLOWS:
		return number(optarg, 1, PROBE_FLOWS_MAX, &o->flows);
	case P_SIZE:
		return number(optarg, 1, PROBE_SIZE_MAX, &o->size);
	case P_DURATION:
		if (!number(optarg, 1, 1000000, &n))
			return false;
		o->duration_us = (int64_t)n * 1000000;
		return true;
	case P_INTERVAL:
		return number(optarg, 100, 3600000, &o->interval_ms);
	case P_PATH:
		o->path = optarg;
		if (*optarg == '/' && !strpbrk(optarg, " \r\n"))
			return true;
		fprintf(stderr, "cutover: error: a path begins with '/' and "
				"has no spaces\n");
		return false;
	case P_DF:
		return o->df = true;
	case P_JSON:
		return p->json = true;
	case P_STDIN:
		return o->watch_stdin = true;
	case P_KIND:
		o->kind = optarg;
		if (probe_kind_find(optarg))
			return true;
		fprintf(stderr, "cutover: error: '%s' is no kind of probe\n",
			optarg);
		return false;
	}
	return false;
}

int cmd_probe(int argc, char **argv)
{
	struct probe_options o = {.kind = "stamp"};
	struct probe_printer p = {0};
	err_auto e = ERR_INIT;
	int opt;

	optind = 0;
	while ((opt = getopt_long(argc, argv, "h", probe_options, NULL)) !=
	       -1) {
		if (opt == P_HELP || opt == 'h') {
			fputs(probe_usage, stdout);
			return EXIT_DONE;
		}
		if (!take(&o, &p, opt)) {
			fputs(probe_usage, stderr);
			return EXIT_USAGE;
		}
	}
	if (!o.to || optind < argc) {
		fputs(probe_usage, stderr);
		return EXIT_USAGE;
	}
	catch_signals();
	if (!probe_run(&o, print_report, &p, &stop, &e)) {
		cmd_error(&e);
		return e.code == ERR_USAGE ? EXIT_USAGE : EXIT_INTERNAL;
	}
	return p.lost ? EXIT_PLAN : EXIT_DONE;
}

static const struct option reflect_options[] = {
	{"listen", required_argument, NULL, P_LISTEN},
	{"port", required_argument, NULL, P_PORT},
	{"tcp", no_argument, NULL, P_TCP},
	{"df", no_argument, NULL, P_DF},
	{"stdin-control", no_argument, NULL, P_STDIN},
	{"help", no_argument, NULL, P_HELP},
	{NULL, 0, NULL, 0},
};

int cmd_reflect(int argc, char **argv)
{
	struct reflector_options o = {.port = STAMP_PORT};
	err_auto e = ERR_INIT;
	uint32_t port;
	int opt;

	optind = 0;
	while ((opt = getopt_long(argc, argv, "h", reflect_options, NULL)) !=
	       -1) {
		if (opt == P_HELP || opt == 'h') {
			fputs(reflect_usage, stdout);
			return EXIT_DONE;
		}
		if (opt == P_STDIN) {
			o.watch_stdin = true;
		} else if (opt == P_TCP) {
			o.tcp = true;
		} else if (opt == P_DF) {
			o.df = true;
		} else if (opt == P_PORT && number(optarg, 1, 65535, &port)) {
			o.port = (uint16_t)port;
		} else if (opt == P_LISTEN &&
			   o.n_listen < REFLECTOR_ADDRESSES) {
			o.listen[o.n_listen++] = optarg;
		} else {
			fputs(reflect_usage, stderr);
			return EXIT_USAGE;
		}
	}
	catch_signals();
	if (!reflector_run(&o, &stop, &e)) {
		cmd_error(&e);
		return e.code == ERR_USAGE ? EXIT_USAGE : EXIT_INTERNAL;
	}
	return EXIT_DONE;
}
