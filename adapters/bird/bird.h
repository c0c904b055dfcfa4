/*
 * bird.h - the BIRD 2 adapter
 *
 * Drives a BIRD 2 daemon through birdc and one include file that cutover owns.
 * Target parameters, all optional:
 *
 *	config	 the daemon's boot file		/etc/bird/bird.conf
 *	include	 the file that is cutover's	/etc/bird/cutover.conf
 *	socket	 the daemon's control socket	/run/bird/bird.ctl
 *	group	 group that may read the file	bird
 *
 * The operator does two things once: creates the include file empty and ends
 * bird.conf with `include "/etc/bird/cutover.conf";`.  There are no pins
 * (static_route) here, see bird.c.
 */
#ifndef CUTOVER_ADAPTERS_BIRD_BIRD_H
#define CUTOVER_ADAPTERS_BIRD_BIRD_H

#include "orchestrator/port/adapter.h"

extern const struct adapter_ops bird_adapter_ops;

#endif
