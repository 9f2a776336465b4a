#define _GNU_SOURCE
#include "libssl.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

static struct libssl found;
static const void *first_caller;
static pthread_once_t looked = PTHREAD_ONCE_INIT;

/* A library that was loaded for one plug-in alone is not in the order of symbols that RTLD_NEXT walks, but in that of
 * the plug-in, which calls. */
static void *find_next(const char *name, const void *caller)
{
    void *symbol = dlsym(RTLD_NEXT, name), *handle;
    Dl_info object;

    if (symbol != NULL || !dladdr(caller, &object) || object.dli_fname == NULL)
        return symbol;
    handle = dlopen(object.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
    if (handle == NULL)
        return NULL;
    symbol = dlsym(handle, name);
    dlclose(handle);
    return symbol;
}

#define FIND(name) (*(void **)&found.name = dlsym(handle, #name))

static void look(void)
{
    void *maker = find_next("SSL_CTX_new", first_caller), *handle;
    Dl_info object;

    if (maker == NULL || !dladdr(maker, &object))
        return;
    handle = dlopen(object.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
    if (handle == NULL)
        return;
    found.path = strdup(object.dli_fname);
    FIND(SSL_CTX_new);
    FIND(SSL_CTX_new_ex);
    FIND(SSL_CTX_callback_ctrl);
    FIND(SSL_CTX_set_tlsext_ticket_key_evp_cb);
    FIND(SSL_CTX_set_tlsext_ticket_key_cb);
    FIND(SSL_CTX_set_keylog_callback);
    FIND(SSL_CTX_set_num_tickets);
    FIND(SSL_CTX_get_timeout);
    FIND(SSL_CTX_set_timeout);
    FIND(SSL_version);
    FIND(SSL_get_session);
    FIND(i2d_SSL_SESSION);
    FIND(EVP_aes_256_cbc);
    FIND(EVP_sha256);
    FIND(EVP_CipherInit_ex);
    FIND(HMAC_Init_ex);
    FIND(EVP_MAC_CTX_set_params);
    FIND(OpenSSL_version);
    FIND(SSLeay_version);
}

const struct libssl *libssl_behind(const void *caller)
{
    first_caller = caller;
    pthread_once(&looked, look);
    return found.SSL_CTX_new == NULL ? NULL : &found;
}

const char *libssl_version(const struct libssl *library)
{
    if (library->OpenSSL_version != NULL)
        return library->OpenSSL_version(0);
    return library->SSLeay_version == NULL ? "unknown" : library->SSLeay_version(0);
}

int libssl_logs_keys(const struct libssl *library)
{
    return library->SSL_CTX_set_keylog_callback != NULL && strstr(libssl_version(library), "LibreSSL") == NULL;
}
