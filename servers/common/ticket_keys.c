#define _GNU_SOURCE
#include "ticket_keys.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

/* As many generations as are remembered. A key that is over is kept beyond its end, so that its age can be told. */
enum { GENERATIONS = 1024 };

struct ticket_key {
    struct timespec born;
    unsigned char name[TICKET_KEY_NAME];
    unsigned char cipher[32];
    unsigned char mac[32];
};

struct ticket_keys {
    pthread_mutex_t lock;
    struct ticket_policy policy;
    const char *results; /* what remains of the policy's */
    unsigned long made;
    struct ticket_key key[GENERATIONS]; /* the n-th that was made is at n modulo GENERATIONS */
};

struct ticket_keys *ticket_keys_make(const struct ticket_policy *policy)
{
    pthread_mutexattr_t shared;
    struct ticket_keys *keys =
        mmap(NULL, sizeof *keys, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (keys == MAP_FAILED)
        return NULL;
    pthread_mutexattr_init(&shared);
    pthread_mutexattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&shared, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&keys->lock, &shared);
    pthread_mutexattr_destroy(&shared);
    keys->policy = *policy;
    keys->results = policy->results;
    return keys;
}

static const char *after_result(const char *text)
{
    if (strncmp(text, "-1", 2) == 0)
        return text + 2;
    return *text >= '0' && *text <= '2' ? text + 1 : NULL;
}

static int are_results(const char *text)
{
    while ((text = after_result(text)) != NULL && *text == ',')
        text++;
    return text != NULL && *text == '\0';
}

const char *ticket_policy_fault(const struct ticket_policy *policy)
{
    const int ages = policy->renew_after != 0 || policy->expire_after != 0;

    if (policy->renew_after < 0 || policy->expire_after < 0)
        return "an age is not negative";
    if (policy->renew_after > 0 && policy->expire_after > 0 && policy->renew_after >= policy->expire_after)
        return "a key expires after it is renewed";
    if (policy->results != NULL && !are_results(policy->results))
        return "results are -1, 0, 1 or 2, joined by commas";
    if (policy->results != NULL && ages)
        return "results and ages exclude each other";
    return NULL;
}

/* Keys are changed so that another process finds them whole even if their owner died within. */
static void lock(struct ticket_keys *keys)
{
    if (pthread_mutex_lock(&keys->lock) == EOWNERDEAD)
        pthread_mutex_consistent(&keys->lock);
}

static long age_of(const struct ticket_key *key)
{
    struct timespec now;
    long age;

    clock_gettime(CLOCK_REALTIME, &now);
    age = (long)(now.tv_sec - key->born.tv_sec) - (now.tv_nsec < key->born.tv_nsec);
    return age < 0 ? 0 : age;
}

static int random_bytes(unsigned char *bytes, size_t count)
{
    return getrandom(bytes, count, 0) == (ssize_t)count;
}

static const struct ticket_key *newest_of(const struct ticket_keys *keys)
{
    return keys->made == 0 ? NULL : &keys->key[(keys->made - 1) % GENERATIONS];
}

static const struct ticket_key *make_key(struct ticket_keys *keys)
{
    struct ticket_key *key = &keys->key[keys->made % GENERATIONS];

    if (!random_bytes(key->name, sizeof key->name) || !random_bytes(key->cipher, sizeof key->cipher)
        || !random_bytes(key->mac, sizeof key->mac))
        return NULL;
    clock_gettime(CLOCK_REALTIME, &key->born);
    keys->made++;
    return key;
}

static const struct ticket_key *sealing_key(struct ticket_keys *keys)
{
    const struct ticket_policy *policy = &keys->policy;
    const long retire = policy->renew_after > 0 ? policy->renew_after : policy->expire_after;
    const struct ticket_key *newest = newest_of(keys);

    if (newest != NULL && (retire == 0 || age_of(newest) < retire))
        return newest;
    return make_key(keys);
}

static const struct ticket_key *find_key(const struct ticket_keys *keys, const unsigned char *name)
{
    unsigned long n;

    for (n = keys->made; n > 0 && n + GENERATIONS > keys->made; n--)
        if (memcmp(keys->key[(n - 1) % GENERATIONS].name, name, TICKET_KEY_NAME) == 0)
            return &keys->key[(n - 1) % GENERATIONS];
    return NULL;
}

static int next_result(struct ticket_keys *keys)
{
    const int result = atoi(keys->results);
    const char *comma = strchr(keys->results, ',');

    if (comma != NULL)
        keys->results = comma + 1;
    return result;
}

static int result_of(struct ticket_keys *keys, long age)
{
    const struct ticket_policy *policy = &keys->policy;

    if (keys->results != NULL)
        return next_result(keys);
    if (policy->expire_after > 0 && age >= policy->expire_after)
        return 0;
    return policy->renew_after > 0 && age >= policy->renew_after ? 2 : 1;
}

static void take_key(struct ticket_decision *decision, const struct ticket_key *key)
{
    memcpy(decision->name, key->name, sizeof decision->name);
    memcpy(decision->cipher, key->cipher, sizeof decision->cipher);
    memcpy(decision->mac, key->mac, sizeof decision->mac);
    decision->age = age_of(key);
}

struct ticket_decision ticket_keys_seal(struct ticket_keys *keys, unsigned char iv[TICKET_KEY_IV])
{
    struct ticket_decision decision = {.sealing = 1, .age = -1, .result = -1};
    const struct ticket_key *key;

    lock(keys);
    key = sealing_key(keys);
    if (key != NULL) {
        take_key(&decision, key);
        decision.result = random_bytes(iv, TICKET_KEY_IV) ? 1 : -1;
    }
    pthread_mutex_unlock(&keys->lock);
    return decision;
}

struct ticket_decision ticket_keys_open(struct ticket_keys *keys, const unsigned char name[TICKET_KEY_NAME])
{
    struct ticket_decision decision = {.sealing = 0, .age = -1, .result = 0};
    const struct ticket_key *key;

    memcpy(decision.name, name, sizeof decision.name);
    lock(keys);
    key = find_key(keys, name);
    if (key != NULL) {
        take_key(&decision, key);
        decision.result = result_of(keys, decision.age);
    }
    pthread_mutex_unlock(&keys->lock);
    return decision;
}

int ticket_decision_log(const struct ticket_decision *decision, int descriptor)
{
    char hex[2 * TICKET_KEY_NAME + 1], age[24] = "-", line[160];
    int i, length;

    for (i = 0; i < TICKET_KEY_NAME; i++)
        sprintf(hex + 2 * i, "%02x", decision->name[i]);
    if (decision->age >= 0)
        snprintf(age, sizeof age, "%ld", decision->age);
    length = snprintf(line, sizeof line, "ticket-key op=%s key=%s age=%s result=%d\n",
                      decision->sealing ? "encrypt" : "decrypt", hex, age, decision->result);
    return write(descriptor, line, (size_t)length) == length;
}
