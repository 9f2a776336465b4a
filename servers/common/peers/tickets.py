"""Ticket keys that age as servers/CONTRACT.md says, and what they seal."""

import json
import os
import threading

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


class Key:
    def __init__(self, now):
        self.name, self.secret, self.born = os.urandom(16), os.urandom(16), now

    def age(self, now):
        return int(now - self.born + 1e-6)


class Ring:
    """All keys since the server began. `results`, if given, scripts the decrypt decisions and keys do not age.

    `say(op, key_name, age, result)` logs a decision; age is None for an unknown key. `never_rotates` seals all with the
    first key, behind a log that tells of new ones.
    """

    def __init__(self, renew_after=None, expire_after=None, results=(), never_rotates=False):
        self.renew_after, self.expire_after = renew_after, expire_after
        self.results, self.never_rotates = list(results), never_rotates
        self.keys = []
        self.guard = threading.Lock()

    def scripted(self):
        return self.results.pop(0) if len(self.results) > 1 else self.results[0]

    def seals(self, key, now):
        limits = [limit for limit in (self.renew_after, self.expire_after) if limit is not None]
        return bool(self.results) or not limits or key.age(now) < min(limits)

    def sealing(self, now):
        if not self.keys or not self.seals(self.keys[-1], now):
            self.keys.append(Key(now))
        return self.keys[-1]

    def seal(self, state, now, say):
        """A ticket that holds the state, a dictionary of what JSON can say."""
        with self.guard:
            key = self.sealing(now)
            say("encrypt", key.name, key.age(now), 1)
        state = {**state, "key": key.name.hex()}
        if self.never_rotates:
            key = self.keys[0]
        nonce = os.urandom(12)
        return key.name + nonce + AESGCM(key.secret).encrypt(nonce, json.dumps(state).encode(), key.name)

    def decide(self, key, now):
        if self.results:
            return self.scripted()
        if self.expire_after is not None and key.age(now) >= self.expire_after:
            return 0
        return 2 if self.renew_after is not None and key.age(now) >= self.renew_after else 1

    def open(self, ticket, now, say):
        """(result of the decision, state or None)."""
        with self.guard:
            key = self.named(ticket[:16])
            if key is None:
                say("decrypt", ticket[:16].ljust(16, b"\0"), None, 0)
                return 0, None
            state = self.opened(key, ticket)
            if state is not None:
                key = self.named(bytes.fromhex(state["key"]))
            result = self.decide(key, now) if state is not None else 0
            say("decrypt", key.name, key.age(now), result)
        return result, state

    def named(self, name):
        return next((key for key in self.keys if key.name == name), None)

    @staticmethod
    def opened(key, ticket):
        try:
            return json.loads(AESGCM(key.secret).decrypt(ticket[16:28], ticket[28:], key.name))
        except (InvalidTag, ValueError):
            return None
