"""Key exchange, signatures and certificates: what the mathematics of a handshake needs."""

import base64
import hashlib
import re

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, x25519

from .numbers import GROUP, SIGNATURE

CURVES = {GROUP["secp256r1"]: ec.SECP256R1, GROUP["secp384r1"]: ec.SECP384R1}
HASHES = {"sha1": hashes.SHA1, "sha256": hashes.SHA256, "sha384": hashes.SHA384, "sha512": hashes.SHA512}


class Share:
    """A private key of a group, and the point that goes with it. A group that we do not know gets x25519's."""

    def __init__(self, group):
        self.group = group
        if group in CURVES:
            self.private = ec.generate_private_key(CURVES[group]())
            self.point = self.private.public_key().public_bytes(serialization.Encoding.X962,
                                                                serialization.PublicFormat.UncompressedPoint)
        else:
            self.private = x25519.X25519PrivateKey.generate()
            self.point = self.private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)

    def secret(self, point):
        """Throws ValueError when the point is none of the group."""
        if self.group in CURVES:
            return self.private.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVES[self.group](), point))
        return self.private.exchange(x25519.X25519PublicKey.from_public_bytes(point))


def pem_blocks(path):
    """The DER of each block of a PEM file."""
    with open(path, "rb") as file:
        return [base64.b64decode(block) for block in
                re.findall(rb"-----BEGIN [A-Z ]+-----(.*?)-----END", file.read(), re.S)]


def load_key(path):
    return serialization.load_pem_private_key(open(path, "rb").read(), None)


def kind_of(key):
    """ "rsa" or "ecdsa", of a private or public key."""
    return "rsa" if isinstance(key, (rsa.RSAPrivateKey, rsa.RSAPublicKey)) else "ecdsa"


def algorithm_for(version, key, offered):
    """The first signature algorithm of the peer's that this key can do; None below TLS 1.2."""
    if version < 0x0303:
        return None
    kind = kind_of(key)
    for code in offered:
        name = NAMES.get(code, "")
        if name.startswith(kind) and not (version == 0x0304 and ("pkcs1" in name or "sha1" in name)):
            return code
    return SIGNATURE["rsa_pss_rsae_sha256" if kind == "rsa" else "ecdsa_secp256r1_sha256"]


NAMES = {code: name for name, code in SIGNATURE.items()}


def old_rsa_block(data, size):
    """What RSA signs below TLS 1.2: MD5 and SHA-1 side by side, without naming them."""
    digest = hashlib.md5(data).digest() + hashlib.sha1(data).digest()
    return int.from_bytes(b"\0\1" + b"\xff" * (size - 3 - len(digest)) + b"\0" + digest, "big")


def method(algorithm):
    """(kind, hash, padding) of a signature algorithm."""
    name = NAMES[algorithm]
    hash = HASHES[name.rsplit("_", 1)[1]]()
    if "pss" in name:
        return "rsa", hash, padding.PSS(padding.MGF1(hash), hash.digest_size)
    return name.split("_")[0], hash, padding.PKCS1v15()


def sign(key, algorithm, data):
    if algorithm is None and kind_of(key) == "rsa":
        numbers, size = key.private_numbers(), key.key_size // 8
        return pow(old_rsa_block(data, size), numbers.d, numbers.public_numbers.n).to_bytes(size, "big")
    _, hash, pad = method(algorithm or SIGNATURE["ecdsa_sha1"])
    return key.sign(data, ec.ECDSA(hash)) if kind_of(key) == "ecdsa" else key.sign(data, pad, hash)


def signed(key, algorithm, signature, data):
    """Whether the signature is right."""
    if algorithm is None and kind_of(key) == "rsa":
        numbers, size = key.public_numbers(), key.key_size // 8
        return pow(int.from_bytes(signature, "big"), numbers.e, numbers.n) == old_rsa_block(data, size)
    if algorithm is not None and algorithm not in NAMES:
        return False
    kind, hash, pad = method(algorithm or SIGNATURE["ecdsa_sha1"])
    if kind != kind_of(key):
        return False
    try:
        if kind == "ecdsa":
            key.verify(signature, data, ec.ECDSA(hash))
        else:
            key.verify(signature, data, pad, hash)
    except InvalidSignature:
        return False
    return True


def context_of(sender, transcript, hash):
    """What a CertificateVerify of TLS 1.3 signs: RFC 8446, section 4.4.3."""
    label = f"TLS 1.3, {sender} CertificateVerify".encode()
    return b" " * 64 + label + b"\0" + hashlib.new(hash, transcript).digest()


def decrypt_premaster(key, encrypted):
    """RFC 5246, section 7.4.7.1: what does not decrypt is as good as a random secret."""
    try:
        secret = key.decrypt(encrypted, padding.PKCS1v15())
    except ValueError:
        secret = b""
    return secret if len(secret) == 48 else hashlib.sha384(encrypted).digest()


def encrypt_premaster(key, premaster):
    return key.encrypt(premaster, padding.PKCS1v15())
