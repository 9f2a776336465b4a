/*
 * Preloaded into a server that is dynamically linked to a libssl, gives its contexts ticket keys that grow old, a decision
 * log and a key log. What it is told, and what it says, is in servers/CONTRACT.md.
 */
#define _GNU_SOURCE
#include "../common/ticket_keys.h"
#include "libssl.h"
#include "outlet.h"
#include "secrets.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CALLER __builtin_return_address(0)

static struct ticket_policy policy;
static struct ticket_keys *keys;
static const char *tickets;
static struct outlet log_outlet, key_log_outlet = {.descriptor = -1};
static pthread_once_t announced = PTHREAD_ONCE_INIT;
static const struct libssl *libssl;

static long seconds(const char *name)
{
    const char *text = getenv(name);

    return text == NULL ? 0 : strtol(text, NULL, 10);
}

static const char *text_of(const char *name)
{
    const char *text = getenv(name);

    return text == NULL || *text == '\0' ? NULL : strdup(text);
}

/* Before the program begins: it may wipe its environment, give up its rights and make processes later on. */
__attribute__((constructor)) static void prepare(void)
{
    const char *path = text_of("TICKET_HOOK_KEYLOG");
    int opened;

    policy.renew_after = seconds("TICKET_HOOK_RENEW_AFTER");
    policy.expire_after = seconds("TICKET_HOOK_EXPIRE_AFTER");
    policy.results = text_of("TICKET_HOOK_RESULTS");
    tickets = text_of("TICKET_HOOK_TICKETS");
    keys = ticket_keys_make(&policy);
    log_outlet = outlet_to(STDERR_FILENO);
    opened = path == NULL ? -1 : open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (opened != -1) {
        key_log_outlet = outlet_to(opened);
        close(opened);
    }
}

static int log_descriptor(void)
{
    return outlet_open(&log_outlet) ? log_outlet.descriptor : STDERR_FILENO;
}

/* What must be there, of which the library has nothing; or null. */
static const char *lack_of(const struct libssl *library)
{
    const int by_hmac = library->HMAC_Init_ex != NULL
                        && (library->SSL_CTX_callback_ctrl != NULL || library->SSL_CTX_set_tlsext_ticket_key_cb != NULL);
    const int by_mac = library->SSL_CTX_set_tlsext_ticket_key_evp_cb != NULL && library->EVP_MAC_CTX_set_params != NULL;

    if (!by_hmac && !by_mac)
        return "it has no ticket key callback";
    if (!library->EVP_CipherInit_ex || !library->EVP_aes_256_cbc || !library->EVP_sha256)
        return "it has no AES or no SHA-256";
    if (tickets != NULL && library->SSL_CTX_set_num_tickets == NULL)
        return "it has no SSL_CTX_set_num_tickets";
    if (!library->SSL_CTX_get_timeout || !library->SSL_CTX_set_timeout)
        return "it has no session timeout";
    return NULL;
}

static const char *fault_of(const struct libssl *library)
{
    const char *fault = ticket_policy_fault(&policy);

    return fault != NULL ? fault : keys == NULL ? "there is no memory for keys" : lack_of(library);
}

static void number_or_dash(char *to, size_t size, long number)
{
    snprintf(to, size, number > 0 ? "%ld" : "-", number);
}

static void announce(void)
{
    const char *fault = fault_of(libssl);
    char renew[24], expire[24];

    number_or_dash(renew, sizeof renew, policy.renew_after);
    number_or_dash(expire, sizeof expire, policy.expire_after);
    if (fault != NULL)
        dprintf(log_descriptor(), "ticket-hook failed libssl=%s version=%s: %s\n", libssl->path, libssl_version(libssl), fault);
    else
        dprintf(log_descriptor(), "ticket-hook set libssl=%s version=%s renew_after=%s expire_after=%s results=%s keylog=%s\n",
                libssl->path, libssl_version(libssl), renew, expire, policy.results ? policy.results : "-",
                key_log_outlet.descriptor == -1 ? "none" : secrets_way(libssl));
}

static struct ticket_decision decide(unsigned char *name, unsigned char *iv, int sealing)
{
    struct ticket_decision decision = sealing ? ticket_keys_seal(keys, iv) : ticket_keys_open(keys, name);

    if (sealing)
        memcpy(name, decision.name, sizeof decision.name);
    return decision;
}

static int ready_to_seal_or_open(struct ticket_decision *decision, const unsigned char *iv, void *cipher)
{
    return decision->result > 0
           && libssl->EVP_CipherInit_ex(cipher, libssl->EVP_aes_256_cbc(), NULL, decision->cipher, iv, decision->sealing) == 1;
}

static int told(struct ticket_decision *decision, int ready)
{
    if (decision->result > 0 && !ready)
        decision->result = -1;
    ticket_decision_log(decision, log_descriptor());
    return decision->result;
}

/* HMAC_Init_ex gives nothing back before OpenSSL 1.0.0. */
static int on_ticket_hmac(SSL *ssl, unsigned char *name, unsigned char *iv, void *cipher, void *hmac, int sealing)
{
    struct ticket_decision decision = decide(name, iv, sealing);
    const int ready = ready_to_seal_or_open(&decision, iv, cipher);

    (void)ssl;
    if (ready)
        libssl->HMAC_Init_ex(hmac, decision.mac, sizeof decision.mac, libssl->EVP_sha256(), NULL);
    return told(&decision, ready);
}

/* OSSL_PARAM, as OpenSSL's core.h has it since 3.0. */
struct parameter {
    const char *key;
    unsigned type;
    void *data;
    size_t size, returned;
};

enum { UTF8_STRING = 4, OCTET_STRING = 5 };

static int on_ticket_mac(SSL *ssl, unsigned char *name, unsigned char *iv, void *cipher, void *mac, int sealing)
{
    struct ticket_decision decision = decide(name, iv, sealing);
    struct parameter parameters[] = {{"key", OCTET_STRING, decision.mac, sizeof decision.mac, (size_t)-1},
                                     {"digest", UTF8_STRING, "SHA256", 6, (size_t)-1},
                                     {NULL, 0, NULL, 0, 0}};
    const int ready =
        ready_to_seal_or_open(&decision, iv, cipher) && libssl->EVP_MAC_CTX_set_params(mac, parameters) == 1;

    (void)ssl;
    return told(&decision, ready);
}

static void set_ticket_callback(SSL_CTX *context)
{
    if (libssl->SSL_CTX_set_tlsext_ticket_key_evp_cb != NULL && libssl->EVP_MAC_CTX_set_params != NULL)
        libssl->SSL_CTX_set_tlsext_ticket_key_evp_cb(context, (void *)on_ticket_mac);
    else if (libssl->SSL_CTX_set_tlsext_ticket_key_cb != NULL)
        libssl->SSL_CTX_set_tlsext_ticket_key_cb(context, (void *)on_ticket_hmac);
    else
        libssl->SSL_CTX_callback_ctrl(context, LIBSSL_SET_TICKET_KEY_CALLBACK, (void (*)(void))on_ticket_hmac);
}

enum { WEEK = 7 * 24 * 60 * 60 };

/* Below TLS 1.3 a renewed ticket holds the old session, and libssl takes none that is over, whatever the callback says: a
 * session outlives many keys. What the server chooses itself comes later, and stands. */
static void lengthen_sessions(SSL_CTX *context)
{
    const long wanted = policy.expire_after > WEEK ? policy.expire_after : WEEK;

    if (libssl->SSL_CTX_get_timeout(context) < wanted)
        libssl->SSL_CTX_set_timeout(context, wanted);
}

static SSL_CTX *hooked(SSL_CTX *context)
{
    if (context == NULL)
        return NULL;
    pthread_once(&announced, announce);
    if (fault_of(libssl) != NULL)
        return context;
    set_ticket_callback(context);
    lengthen_sessions(context);
    if (tickets != NULL)
        libssl->SSL_CTX_set_num_tickets(context, strtoul(tickets, NULL, 10));
    if (key_log_outlet.descriptor != -1)
        secrets_follow(libssl, context, &key_log_outlet);
    return context;
}

static const struct libssl *libssl_for(const void *caller)
{
    return libssl != NULL ? libssl : (libssl = libssl_behind(caller));
}

SSL_CTX *SSL_CTX_new(const SSL_METHOD *method)
{
    const struct libssl *real = libssl_for(CALLER);

    return real == NULL ? NULL : hooked(real->SSL_CTX_new(method));
}

SSL_CTX *SSL_CTX_new_ex(void *library_context, const char *properties, const SSL_METHOD *method)
{
    const struct libssl *real = libssl_for(CALLER);

    return real == NULL || !real->SSL_CTX_new_ex ? NULL : hooked(real->SSL_CTX_new_ex(library_context, properties, method));
}

/* The server's own callbacks are left out: its policy is the one that the hook was told. */
static int leave_out(const char *what)
{
    dprintf(log_descriptor(), "ticket-hook left out the server's own %s\n", what);
    return 1;
}

long SSL_CTX_callback_ctrl(SSL_CTX *context, int command, void (*callback)(void))
{
    const struct libssl *real = libssl_for(CALLER);

    if (command == LIBSSL_SET_TICKET_KEY_CALLBACK)
        return leave_out("ticket key callback");
    return real == NULL || !real->SSL_CTX_callback_ctrl ? 0 : real->SSL_CTX_callback_ctrl(context, command, callback);
}

int SSL_CTX_set_tlsext_ticket_key_evp_cb(SSL_CTX *context, void *callback)
{
    (void)context, (void)callback;
    return leave_out("ticket key callback");
}

int SSL_CTX_set_tlsext_ticket_key_cb(SSL_CTX *context, void *callback)
{
    (void)context, (void)callback;
    return leave_out("ticket key callback");
}

void SSL_CTX_set_keylog_callback(SSL_CTX *context, void (*callback)(const SSL *, const char *))
{
    const struct libssl *real = libssl_for(CALLER);

    if (key_log_outlet.descriptor != -1)
        leave_out("key log callback");
    else if (real != NULL && real->SSL_CTX_set_keylog_callback != NULL)
        real->SSL_CTX_set_keylog_callback(context, callback);
}
