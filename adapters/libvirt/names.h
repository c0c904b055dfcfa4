/*
 * names.h - words for libvirt's numbers
 *
 * The numbers are part of libvirt's stable interface; lib.c checks them
 * against its headers.
 */
#ifndef CUTOVER_ADAPTERS_LIBVIRT_NAMES_H
#define CUTOVER_ADAPTERS_LIBVIRT_NAMES_H

#define NAMES_STOPPED 5 /* the domain event that has details */

const char *names_domain_state(int state);
const char *names_domain_event(int event);
const char *names_domain_detail(int event, int detail); /* or NULL */
const char *names_network_event(int event);

#endif
