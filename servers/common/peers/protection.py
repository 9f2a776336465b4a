"""Record protection: none, AES-CBC with SHA-1, AEAD of TLS 1.2 and of TLS 1.3. Records come and go whole."""

import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, aead, algorithms, modes

from .encoding import Malformed, number
from .schedule import hkdf_expand_label, prf


class BadRecord(Exception):
    """A record that its key does not open."""


class Plain:
    overhead = 0

    def seal(self, kind, version, data):
        return number(kind, 1) + number(version, 2) + number(len(data), 2) + data

    def open(self, kind, version, data):
        return kind, data


class Numbered:
    """What counts its records."""

    def __init__(self):
        self.count = 0

    def sequence(self):
        self.count += 1
        return number(self.count - 1, 8)


class CbcSha(Numbered):
    """RFC 2246, section 6.2.3.2; from TLS 1.1 on with an IV of its own in each record."""

    def __init__(self, key, mac_key, iv, explicit):
        super().__init__()
        self.key, self.mac_key, self.iv, self.explicit = key, mac_key, iv, explicit

    def mac(self, kind, version, data):
        return hmac.digest(self.mac_key, self.sequence() + number(kind, 1) + number(version, 2) + number(len(data), 2) + data,
                           "sha1")

    def crypt(self, direction, iv, data):
        worker = getattr(Cipher(algorithms.AES(self.key), modes.CBC(iv)), direction)()
        return worker.update(data) + worker.finalize()

    def seal(self, kind, version, data):
        plain = data + self.mac(kind, version, data)
        padding = 15 - len(plain) % 16
        iv = os.urandom(16) if self.explicit else self.iv
        sealed = self.crypt("encryptor", iv, plain + bytes([padding]) * (padding + 1))
        self.iv = sealed[-16:]
        return Plain().seal(kind, version, (iv if self.explicit else b"") + sealed)

    def open(self, kind, version, data):
        iv, sealed = (data[:16], data[16:]) if self.explicit else (self.iv, data)
        if len(sealed) < 32 or len(sealed) % 16:
            raise BadRecord
        self.iv = sealed[-16:]
        plain = self.crypt("decryptor", iv, sealed)
        plain = plain[:-1 - plain[-1]]
        if self.mac(kind, version, plain[:-20]) != plain[-20:]:
            raise BadRecord
        return kind, plain[:-20]


def aead_of(suite, key):
    return aead.ChaCha20Poly1305(key) if suite.cipher == "chacha" else aead.AESGCM(key)


def masked(iv, sequence):
    return bytes(a ^ b for a, b in zip(iv, bytes(len(iv) - 8) + sequence))


class Aead12(Numbered):
    """RFC 5288; RFC 7905 for ChaCha20, whose nonce is not sent."""

    def __init__(self, suite, key, iv):
        super().__init__()
        self.cipher, self.iv, self.explicit = aead_of(suite, key), iv, suite.cipher == "gcm"

    def parameters(self, kind, version, size, sent=None):
        sequence = self.sequence()
        nonce = self.iv + (sent or sequence) if self.explicit else masked(self.iv, sequence)
        return nonce, sequence + number(kind, 1) + number(version, 2) + number(size, 2)

    def seal(self, kind, version, data):
        nonce, more = self.parameters(kind, version, len(data))
        return Plain().seal(kind, version, (nonce[4:] if self.explicit else b"") + self.cipher.encrypt(nonce, data, more))

    def open(self, kind, version, data):
        sent, sealed = (data[:8], data[8:]) if self.explicit else (None, data)
        nonce, more = self.parameters(kind, version, len(sealed) - 16, sent)
        try:
            return kind, self.cipher.decrypt(nonce, sealed, more)
        except (InvalidTag, ValueError):
            raise BadRecord from None


class Aead13(Numbered):
    """RFC 8446, section 5.2."""

    def __init__(self, suite, secret):
        super().__init__()
        self.suite, self.secret = suite, secret
        self.cipher = aead_of(suite, hkdf_expand_label(suite.hash, secret, b"key", b"", suite.key))
        self.iv = hkdf_expand_label(suite.hash, secret, b"iv", b"", 12)

    def updated(self):
        return Aead13(self.suite, hkdf_expand_label(self.suite.hash, self.secret, b"traffic upd", b"", len(self.secret)))

    def seal(self, kind, version, data):
        plain = data + number(kind, 1)
        header = number(23, 1) + number(0x0303, 2) + number(len(plain) + 16, 2)
        return header + self.cipher.encrypt(masked(self.iv, self.sequence()), plain, header)

    def open(self, kind, version, data):
        if kind != 23:
            raise BadRecord
        header = number(23, 1) + number(version, 2) + number(len(data), 2)
        try:
            plain = self.cipher.decrypt(masked(self.iv, self.sequence()), data, header).rstrip(b"\0")
        except (InvalidTag, ValueError):
            self.count -= 1
            raise BadRecord from None
        if not plain:
            raise Malformed("a record of padding alone")
        return plain[-1], plain[:-1]


def protections(version, suite, master, client_random, server_random):
    """(client's, server's) below TLS 1.3: RFC 5246, section 6.3."""
    mac = 20 if suite.cipher == "cbc" else 0
    iv = {"cbc": 16, "gcm": 4, "chacha": 12}[suite.cipher]
    block = prf(version, suite.hash, master, b"key expansion", server_random + client_random, 2 * (mac + suite.key + iv))
    taken = 0

    def take(size):
        nonlocal taken
        taken += size
        return block[taken - size:taken]

    macs, keys, ivs = ([take(size), take(size)] for size in (mac, suite.key, iv))
    if suite.cipher == "cbc":
        return [CbcSha(keys[side], macs[side], ivs[side], version >= 0x0302) for side in (0, 1)]
    return [Aead12(suite, keys[side], ivs[side]) for side in (0, 1)]
