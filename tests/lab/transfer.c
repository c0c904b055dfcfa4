/*
 * transfer.c - how fast one TCP connection is, one way
 *
 *	transfer up|down ADDRESS [SECONDS]
 *
 * 'up' sends to the responder's sink (port 9) and stops the clock when the sink
 * has said how much it got; 'down' reads from its source (port 19).  Bounded by
 * SECONDS (3) of sending.  Prints one JSON object: bytes, microseconds, Mbit/s.
 *
 * One thread, one socket; a peer that is silent for 10 s is an error.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static char block[65536];

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void fail(const char *what)
{
	fprintf(stderr, "transfer: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int open_to(const char *address, uint16_t port)
{
	struct sockaddr_in sin = {.sin_family = AF_INET,
				  .sin_port = htons(port)};
	struct timeval silence = {.tv_sec = 10};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0)
		fail("socket");
	if (inet_pton(AF_INET, address, &sin.sin_addr) != 1) {
		errno = EINVAL;
		fail(address);
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof(silence));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &silence, sizeof(silence));
	if (connect(fd, (struct sockaddr *)&sin, sizeof(sin)) < 0)
		fail(address);
	return fd;
}

/* What the sink says it got. */
static uint64_t send_for(int fd, int64_t span_us)
{
	int64_t end = now_us() + span_us;
	char text[32] = "";
	size_t have = 0;
	ssize_t n;

	while (now_us() < end)
		if (send(fd, block, sizeof(block), MSG_NOSIGNAL) < 0)
			fail("send");
	shutdown(fd, SHUT_WR);
	while (have < sizeof(text) - 1 &&
	       (n = recv(fd, text + have, sizeof(text) - 1 - have, 0)) != 0) {
		if (n < 0)
			fail("the sink does not answer");
		have += (size_t)n;
	}
	return strtoull(text, NULL, 10);
}

static uint64_t read_for(int fd, int64_t span_us)
{
	int64_t end = now_us() + span_us;
	uint64_t all = 0;
	ssize_t n;

	while (now_us() < end) {
		n = recv(fd, block, sizeof(block), 0);
		if (n <= 0)
			fail("recv");
		all += (uint64_t)n;
	}
	return all;
}

int main(int argc, char **argv)
{
	int64_t span = (argc > 3 ? atoi(argv[3]) : 3) * INT64_C(1000000), start;
	uint64_t bytes;
	int up, fd;

	if (argc < 3 || (strcmp(argv[1], "up") && strcmp(argv[1], "down"))) {
		fputs("usage: transfer up|down ADDRESS [SECONDS]\n", stderr);
		return 2;
	}
	up = strcmp(argv[1], "up") == 0;
	fd = open_to(argv[2], up ? 9 : 19);
	start = now_us();
	bytes = up ? send_for(fd, span) : read_for(fd, span);
	span = now_us() - start;
	close(fd);
	printf("{\"bytes\":%llu,\"us\":%lld,\"mbit_s\":%.1f}\n",
	       (unsigned long long)bytes, (long long)span,
	       (double)bytes * 8 / (double)span);
	return 0;
}
