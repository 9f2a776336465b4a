#define _GNU_SOURCE
#include "outlet.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OUT_OF_THE_WAY = 200 };

struct outlet outlet_to(int descriptor)
{
    struct outlet outlet = {.descriptor = fcntl(descriptor, F_DUPFD_CLOEXEC, OUT_OF_THE_WAY)};
    struct stat file;

    if (outlet.descriptor == -1)
        outlet.descriptor = fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
    if (outlet.descriptor == -1 || fstat(outlet.descriptor, &file) == -1)
        return outlet;
    outlet.device = file.st_dev;
    outlet.inode = file.st_ino;
    return outlet;
}

int outlet_open(const struct outlet *outlet)
{
    struct stat file;

    return outlet->descriptor != -1 && fstat(outlet->descriptor, &file) == 0 && file.st_dev == outlet->device
           && file.st_ino == outlet->inode;
}

int outlet_write(const struct outlet *outlet, const char *bytes, size_t count)
{
    return outlet_open(outlet) && write(outlet->descriptor, bytes, count) == (ssize_t)count;
}
