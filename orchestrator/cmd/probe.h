/* probe.h - cutover probe (watch/sender.h on the command line) */
#ifndef CUTOVER_CMD_PROBE_H
#define CUTOVER_CMD_PROBE_H

int cmd_probe(int argc, char **argv);

#endif
