/* A file that is written to from within a program which does not know of it, and may close or replace any descriptor. */
#ifndef HOOK_OUTLET_H
#define HOOK_OUTLET_H

#include <stddef.h>
#include <sys/types.h>

struct outlet {
    int descriptor;
    dev_t device;
    ino_t inode;
};

/* Keeps a descriptor of its own for that file, out of the way of the program's. */
struct outlet outlet_to(int descriptor);

/* Whether the descriptor is still the file's. */
int outlet_open(const struct outlet *outlet);

/* Appends in one piece, and says whether that went well: not if the program has closed the descriptor. */
int outlet_write(const struct outlet *outlet, const char *bytes, size_t count);

#endif
