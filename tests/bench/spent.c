/*
 * spent.c - what a command takes: seconds, seconds of the processor, memory
 *
 * usage: spent REPEATS CMD ARG ...
 *
 * Its output is thrown away; medians of the times, the most of the memory.
 * Exit 1 if the command failed.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "orchestrator/base/clock.h"

#define REPEATS_MAX 50

struct spent {
	double wall, cpu, mib;
};

static struct spent run(char **argv)
{
	int64_t from = clock_mono_us();
	struct rusage u;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

		dup2(null, STDOUT_FILENO);
		execvp(argv[0], argv);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &u) != pid || status != 0) {
		fprintf(stderr, "spent: '%s' failed\n", argv[0]);
		exit(1);
	}
	return (struct spent){
		.wall = (double)(clock_mono_us() - from) / 1e6,
		.cpu = (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
		       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6,
		.mib = (double)u.ru_maxrss / 1024,
	};
}

static int by_value(const void *pa, const void *pb)
{
	const double a = *(const double *)pa, b = *(const double *)pb;

	return a < b ? -1 : a > b;
}

int main(int argc, char **argv)
{
	int n = argc > 2 ? atoi(argv[1]) : 0;
	double wall[REPEATS_MAX], cpu[REPEATS_MAX], mib = 0;

	if (n < 1 || n > REPEATS_MAX) {
		fprintf(stderr, "usage: spent REPEATS CMD ARG ...\n");
		return 2;
	}
	for (int i = 0; i < n; i++) {
		struct spent s = run(argv + 2);

		wall[i] = s.wall;
		cpu[i] = s.cpu;
		mib = s.mib > mib ? s.mib : mib;
	}
	qsort(wall, (size_t)n, sizeof(*wall), by_value);
	qsort(cpu, (size_t)n, sizeof(*cpu), by_value);
	printf("%8.3f s  %8.3f s of CPU  %7.1f MiB\n", wall[n / 2], cpu[n / 2],
	       mib);
	return 0;
}
