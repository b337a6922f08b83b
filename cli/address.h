/* address.h: from the ADDRESS argument of a command to a snapshot that shows it. */
#ifndef CLI_ADDRESS_H
#define CLI_ADDRESS_H

#include "command.h"

/* Each resolves `text`, checks that it names what is asked for, and opens run->snapshot on its
 * collection. Returns an exit code. */
int address_open(invocation *run, const char *text, hs_address *address);
int address_open_collection(invocation *run, const char *text, hs_address *address);
int address_open_type(invocation *run, const char *text, hs_address *address);
int address_open_entity(invocation *run, const char *text, hs_address *address);

/* Resolves the value of an option, TYPE/KEY or an id, to an entity of `collection`. */
int address_of_option(const invocation *run, const char *option, const char *collection,
                      hs_address *address);

/* Reads one end of an edge, a neighbour or the like as an entity of run->snapshot. */
int address_entity(invocation *run, const char *type, const hs_uuid *id, hs_entity *entity);

#endif
