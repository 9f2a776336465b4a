/* The key log, in NSS key log format. */
#ifndef HOOK_SECRETS_H
#define HOOK_SECRETS_H

#include "libssl.h"
#include "outlet.h"

/* How this library's secrets are come by: "callback", by its own key log callback; "messages", from what passes its
 * message callback, which tells those of TLS <= 1.2; "none". */
const char *secrets_way(const struct libssl *library);

/* Has the secrets of this context's connections appended to `log`, which must live on. */
void secrets_follow(const struct libssl *library, SSL_CTX *context, const struct outlet *log);

#endif
