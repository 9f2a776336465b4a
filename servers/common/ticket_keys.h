/* Session ticket keys that grow old, and what is decided by them: see servers/CONTRACT.md. Of no TLS library. */
#ifndef TICKET_KEYS_H
#define TICKET_KEYS_H

#ifdef __cplusplus
extern "C" {
#endif

enum { TICKET_KEY_NAME = 16, TICKET_KEY_IV = 16 };

/* Ages in whole seconds from which a key seals no more and opens no more, 0 for never; `results`: what opening is told
 * to come to, "1,2,-1", the last one repeating, or null. It must live as long as the keys. */
struct ticket_policy {
    long renew_after;
    long expire_after;
    const char *results;
};

struct ticket_keys;

/* One call of libssl's ticket key callback. `age` is -1 where there is no key; `result` is what the callback is to
 * return; `cipher` and `mac` are the key's, for AES-256-CBC and HMAC-SHA256, when `result` is 1 or 2. */
struct ticket_decision {
    int sealing;
    unsigned char name[TICKET_KEY_NAME];
    long age;
    int result;
    unsigned char cipher[32];
    unsigned char mac[32];
};

/* Keys in memory that is shared by this process and all that come of it by fork. Null if there is none. */
struct ticket_keys *ticket_keys_make(const struct ticket_policy *policy);

/* What is wrong with a policy, or null: it must be one of ages, in their order, or of results. */
const char *ticket_policy_fault(const struct ticket_policy *policy);

/* The key to seal with now, which is a new one if the newest is too old, and a fresh initialisation vector. */
struct ticket_decision ticket_keys_seal(struct ticket_keys *keys, unsigned char iv[TICKET_KEY_IV]);

/* What is to become of a ticket of the key of that name. */
struct ticket_decision ticket_keys_open(struct ticket_keys *keys, const unsigned char name[TICKET_KEY_NAME]);

/* Writes the decision's line of the log, in one piece, and says whether that went well. To be called before the callback
 * returns. */
int ticket_decision_log(const struct ticket_decision *decision, int descriptor);

#ifdef __cplusplus
}
#endif

#endif
