/* The libssl that a program has loaded, of any version, as it is found at run time: no header of it is used. */
#ifndef HOOK_LIBSSL_H
#define HOOK_LIBSSL_H

#include <stddef.h>

typedef struct ssl_st SSL;
typedef struct ssl_ctx_st SSL_CTX;
typedef struct ssl_session_st SSL_SESSION;
typedef struct ssl_method_st SSL_METHOD;

/* Its functions; null where it has none. Those of one name have had one signature in all its versions. */
struct libssl {
    const char *path;
    SSL_CTX *(*SSL_CTX_new)(const SSL_METHOD *);
    SSL_CTX *(*SSL_CTX_new_ex)(void *, const char *, const SSL_METHOD *);
    long (*SSL_CTX_callback_ctrl)(SSL_CTX *, int, void (*)(void));
    int (*SSL_CTX_set_tlsext_ticket_key_evp_cb)(SSL_CTX *, void *);
    int (*SSL_CTX_set_tlsext_ticket_key_cb)(SSL_CTX *, void *); /* BoringSSL's and AWS-LC's; elsewhere a macro */
    void (*SSL_CTX_set_keylog_callback)(SSL_CTX *, void (*)(const SSL *, const char *));
    int (*SSL_CTX_set_num_tickets)(SSL_CTX *, size_t);
    long (*SSL_CTX_get_timeout)(const SSL_CTX *);
    long (*SSL_CTX_set_timeout)(SSL_CTX *, long);
    int (*SSL_version)(const SSL *);
    SSL_SESSION *(*SSL_get_session)(const SSL *);
    int (*i2d_SSL_SESSION)(SSL_SESSION *, unsigned char **);
    const void *(*EVP_aes_256_cbc)(void);
    const void *(*EVP_sha256)(void);
    int (*EVP_CipherInit_ex)(void *, const void *, void *, const unsigned char *, const unsigned char *, int);
    int (*HMAC_Init_ex)(void *, const void *, int, const void *, void *);
    int (*EVP_MAC_CTX_set_params)(void *, const void *);
    const char *(*OpenSSL_version)(int);
    const char *(*SSLeay_version)(int);
};

/* The one that SSL_CTX_new of whoever calls from `caller` would be, looked for once. Null if there is none. */
const struct libssl *libssl_behind(const void *caller);

/* Its own words for its version. */
const char *libssl_version(const struct libssl *library);

/* Whether the key log callback that it has is ever called: LibreSSL's is not. */
int libssl_logs_keys(const struct libssl *library);

enum { LIBSSL_SET_MSG_CALLBACK = 15, LIBSSL_SET_TICKET_KEY_CALLBACK = 72 }; /* SSL_CTX_callback_ctrl's commands */

#endif
