/* reflect.h - cutover reflect (watch/reflector.h on the command line) */
#ifndef CUTOVER_CMD_REFLECT_H
#define CUTOVER_CMD_REFLECT_H

int cmd_reflect(int argc, char **argv);

#endif
