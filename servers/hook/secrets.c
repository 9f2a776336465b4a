#include "secrets.h"

#include "outlet.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RANDOM = 32, MASTER_SECRET = 48, HANDSHAKE = 22, CLIENT_HELLO = 1, TLS1_2 = 0x0303 };

/* A handshake under way whose secret is not told yet. */
struct handshake {
    const SSL *ssl;
    unsigned char random[RANDOM];
};

enum { HANDSHAKES = 256 };

static const struct libssl *libssl;
static const struct outlet *key_log;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct handshake open_handshakes[HANDSHAKES];
static unsigned next_slot;

static void append(const char *line)
{
    char whole[1024];
    const int length = snprintf(whole, sizeof whole, "%s\n", line);

    if (length >= (int)sizeof whole || !outlet_write(key_log, whole, (size_t)length))
        fprintf(stderr, "ticket-hook cannot write the key log\n");
}

static void on_line(const SSL *ssl, const char *line)
{
    (void)ssl;
    append(line);
}

/* One element of DER: moves `*at` to its content and gives its length; -1 if it does not fit before `end`. */
static long enter(const unsigned char **at, const unsigned char *end)
{
    long length;
    int more;

    if (end - *at < 2)
        return -1;
    length = (*at)[1];
    more = length > 0x80 ? (int)length - 0x80 : 0;
    *at += 2;
    if (more > 3 || length == 0x80 || end - *at < more)
        return -1;
    if (more > 0)
        for (length = 0; more > 0; more--)
            length = length << 8 | *(*at)++;
    return length <= end - *at ? length : -1;
}

/* A serialised session is a sequence: format, version, cipher, session id, master secret, ... */
static const unsigned char *find_secret(const unsigned char *der, long size)
{
    const unsigned char *at = der;
    const long all = enter(&at, der + size);
    const unsigned char *end = at + all;
    long length;
    int skip;

    if (all < 0)
        return NULL;
    for (skip = 4; skip > 0; skip--) {
        if ((length = enter(&at, end)) < 0)
            return NULL;
        at += length;
    }
    return enter(&at, end) == MASTER_SECRET ? at : NULL;
}

static int master_secret(const SSL *ssl, unsigned char secret[MASTER_SECRET])
{
    SSL_SESSION *session = libssl->SSL_get_session(ssl);
    const int size = session == NULL ? 0 : libssl->i2d_SSL_SESSION(session, NULL);
    unsigned char *der = size > 0 ? malloc((size_t)size) : NULL, *end = der;
    const unsigned char *at = NULL;

    if (der != NULL && libssl->i2d_SSL_SESSION(session, &end) == size)
        at = find_secret(der, size);
    if (at != NULL)
        memcpy(secret, at, MASTER_SECRET);
    free(der);
    return at != NULL;
}

static char *hex(char *to, const unsigned char *bytes, int count)
{
    for (; count > 0; count--, bytes++)
        to += sprintf(to, "%02x", *bytes);
    return to;
}

static struct handshake *find_handshake(const SSL *ssl)
{
    int i;

    for (i = 0; i < HANDSHAKES; i++)
        if (open_handshakes[i].ssl == ssl)
            return &open_handshakes[i];
    return NULL;
}

static void begin_handshake(const SSL *ssl, const unsigned char *random)
{
    struct handshake *slot = find_handshake(ssl);

    if (slot == NULL)
        slot = &open_handshakes[next_slot++ % HANDSHAKES];
    slot->ssl = ssl;
    memcpy(slot->random, random, RANDOM);
}

static void tell_secret(const SSL *ssl)
{
    struct handshake *handshake = find_handshake(ssl);
    unsigned char secret[MASTER_SECRET];
    char line[256], *at = line;

    if (handshake == NULL || libssl->SSL_version(ssl) > TLS1_2 || !master_secret(ssl, secret))
        return;
    at += sprintf(at, "CLIENT_RANDOM ");
    at = hex(at, handshake->random, RANDOM);
    *at++ = ' ';
    hex(at, secret, MASTER_SECRET);
    handshake->ssl = NULL;
    append(line);
}

/* The secret is there from some message after the ClientHello on, before anything is encrypted with it. */
static void on_message(int written, int version, int type, const void *bytes, size_t count, SSL *ssl, void *unused)
{
    const unsigned char *message = bytes;

    (void)version, (void)unused;
    pthread_mutex_lock(&lock);
    if (!written && type == HANDSHAKE && count >= 6 + RANDOM && message[0] == CLIENT_HELLO)
        begin_handshake(ssl, message + 6);
    else
        tell_secret(ssl);
    pthread_mutex_unlock(&lock);
}

const char *secrets_way(const struct libssl *library)
{
    if (libssl_logs_keys(library))
        return "callback";
    return library->SSL_CTX_callback_ctrl && library->SSL_version && library->SSL_get_session && library->i2d_SSL_SESSION
               ? "messages"
               : "none";
}

void secrets_follow(const struct libssl *library, SSL_CTX *context, const struct outlet *log)
{
    const char *way = secrets_way(library);

    libssl = library;
    key_log = log;
    if (strcmp(way, "callback") == 0)
        library->SSL_CTX_set_keylog_callback(context, on_line);
    else if (strcmp(way, "messages") == 0)
        library->SSL_CTX_callback_ctrl(context, LIBSSL_SET_MSG_CALLBACK, (void (*)(void))on_message);
}
