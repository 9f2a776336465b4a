"""Secrets of both key schedules: RFC 2246, 5246 and 7627; RFC 8446, section 7."""

import hashlib
import hmac

from .encoding import number, vector


def expand(secret, seed, size, hash):
    """P_hash of RFC 5246, section 5."""
    a, out = seed, b""
    while len(out) < size:
        a = hmac.digest(secret, a, hash)
        out += hmac.digest(secret, a + seed, hash)
    return out[:size]


def prf(version, hash, secret, label, seed, size):
    """The PRF of TLS 1.2, and below it the exclusive or of MD5 and SHA-1."""
    if version == 0x0303:
        return expand(secret, label + seed, size, hash)
    half = (len(secret) + 1) // 2
    left = expand(secret[:half], label + seed, size, "md5")
    right = expand(secret[len(secret) - half:], label + seed, size, "sha1")
    return bytes(a ^ b for a, b in zip(left, right))


def transcript_hash(version, hash, transcript):
    if version >= 0x0303:
        return hashlib.new(hash, transcript).digest()
    return hashlib.md5(transcript).digest() + hashlib.sha1(transcript).digest()


def master_secret(version, hash, premaster, randoms, session_hash):
    """`session_hash` is None without extended master secret."""
    label, seed = (b"master secret", randoms) if session_hash is None else (b"extended master secret", session_hash)
    return prf(version, hash, premaster, label, seed, 48)


def verify_data(version, hash, master, sender, transcript):
    """`sender` is "client" or "server"."""
    label = sender.encode() + b" finished"
    return prf(version, hash, master, label, transcript_hash(version, hash, transcript), 12)


def hkdf_extract(hash, salt, secret):
    return hmac.digest(salt or bytes(hashlib.new(hash).digest_size), secret, hash)


def hkdf_expand_label(hash, secret, label, context, size):
    info = number(size, 2) + vector(b"tls13 " + label, 1) + vector(context, 1)
    out, block, count = b"", b"", 1
    while len(out) < size:
        block = hmac.digest(secret, block + info + bytes([count]), hash)
        out, count = out + block, count + 1
    return out[:size]


class Schedule:
    """The secrets of TLS 1.3, in the order in which they come to be."""

    def __init__(self, hash, psk=None):
        self.hash, self.size = hash, hashlib.new(hash).digest_size
        self.secret = hkdf_extract(hash, b"", psk or bytes(self.size))

    def derive(self, label, transcript):
        return hkdf_expand_label(self.hash, self.secret, label, hashlib.new(self.hash, transcript).digest(), self.size)

    def go_on(self, secret=None):
        self.secret = hkdf_extract(self.hash, self.derive(b"derived", b""), secret or bytes(self.size))

    def finished(self, base, transcript):
        """The verify_data, or binder, under that secret."""
        key = hkdf_expand_label(self.hash, base, b"finished", b"", self.size)
        return hmac.digest(key, hashlib.new(self.hash, transcript).digest(), self.hash)

    def binder(self, truncated):
        return self.finished(self.derive(b"res binder", b""), truncated)

    def ticket_psk(self, resumption_master, nonce):
        return hkdf_expand_label(self.hash, resumption_master, b"resumption", nonce, self.size)
