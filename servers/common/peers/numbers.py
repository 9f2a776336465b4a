"""Code points by name, of those that the peers speak."""

from collections import namedtuple

VERSIONS = {"1.0": 0x0301, "1.1": 0x0302, "1.2": 0x0303, "1.3": 0x0304}
VERSION_NAMES = {code: name for name, code in VERSIONS.items()}

CONTENT = {"ChangeCipherSpec": 20, "Alert": 21, "Handshake": 22, "ApplicationData": 23, "Heartbeat": 24}

HANDSHAKE = {
    "HelloRequest": 0, "ClientHello": 1, "ServerHello": 2, "NewSessionTicket": 4, "EndOfEarlyData": 5,
    "EncryptedExtensions": 8, "Certificate": 11, "ServerKeyExchange": 12, "CertificateRequest": 13,
    "ServerHelloDone": 14, "CertificateVerify": 15, "ClientKeyExchange": 16, "Finished": 20, "CertificateStatus": 22,
    "KeyUpdate": 24, "CompressedCertificate": 25}
HANDSHAKE_NAMES = {code: name for name, code in HANDSHAKE.items()}

EXTENSION = {
    "server_name": 0, "max_fragment_length": 1, "status_request": 5, "supported_groups": 10, "ec_point_formats": 11,
    "signature_algorithms": 13, "heartbeat": 15, "alpn": 16, "signed_certificate_timestamp": 18,
    "encrypt_then_mac": 22, "extended_master_secret": 23, "compress_certificate": 27, "record_size_limit": 28,
    "delegated_credential": 34, "session_ticket": 35, "pre_shared_key": 41, "early_data": 42, "supported_versions": 43,
    "cookie": 44, "psk_key_exchange_modes": 45,
    "certificate_authorities": 47, "post_handshake_auth": 49, "key_share": 51, "ticket_request": 58,
    "renegotiation_info": 0xff01}

ALERT = {
    "close_notify": 0, "unexpected_message": 10, "bad_record_mac": 20, "record_overflow": 22, "handshake_failure": 40,
    "bad_certificate": 42, "unsupported_certificate": 43, "certificate_revoked": 44, "certificate_expired": 45,
    "certificate_unknown": 46, "illegal_parameter": 47, "unknown_ca": 48, "access_denied": 49, "decode_error": 50,
    "decrypt_error": 51, "protocol_version": 70, "insufficient_security": 71, "internal_error": 80,
    "user_canceled": 90, "no_renegotiation": 100, "missing_extension": 109, "unsupported_extension": 110,
    "unrecognized_name": 112, "certificate_required": 116}
ALERT_NAMES = {code: name for name, code in ALERT.items()}

GROUP = {"secp256r1": 23, "secp384r1": 24, "x25519": 29}

SIGNATURE = {
    "rsa_pkcs1_sha256": 0x0401, "rsa_pkcs1_sha384": 0x0501, "rsa_pkcs1_sha512": 0x0601, "ecdsa_secp256r1_sha256": 0x0403,
    "rsa_pss_rsae_sha256": 0x0804, "rsa_pss_rsae_sha384": 0x0805, "rsa_pss_rsae_sha512": 0x0806, "rsa_pkcs1_sha1": 0x0201,
    "ecdsa_sha1": 0x0203, "ecdsa_secp384r1_sha384": 0x0503}

RETRY_RANDOM = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")

Suite = namedtuple("Suite", "code name openssl exchange auth cipher key hash")


def _suite(code, name, openssl, exchange, auth, cipher, key, hash="sha256"):
    return Suite(code, name, openssl, exchange, auth, cipher, key, hash)


SUITES = [
    _suite(0x1302, "TLS_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384", "any", "any", "gcm", 32, "sha384"),
    _suite(0x1301, "TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256", "any", "any", "gcm", 16),
    _suite(0x1303, "TLS_CHACHA20_POLY1305_SHA256", "TLS_CHACHA20_POLY1305_SHA256", "any", "any", "chacha", 32),
    _suite(0xc02c, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384", "ecdhe", "ecdsa", "gcm", 32,
           "sha384"),
    _suite(0xc02b, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256", "ecdhe", "ecdsa", "gcm", 16),
    _suite(0xcca9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305", "ecdhe", "ecdsa",
           "chacha", 32),
    _suite(0xc030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384", "ecdhe", "rsa", "gcm", 32,
           "sha384"),
    _suite(0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256", "ecdhe", "rsa", "gcm", 16),
    _suite(0xcca8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305", "ecdhe", "rsa", "chacha",
           32),
    _suite(0xc00a, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "ECDHE-ECDSA-AES256-SHA", "ecdhe", "ecdsa", "cbc", 32),
    _suite(0xc009, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "ECDHE-ECDSA-AES128-SHA", "ecdhe", "ecdsa", "cbc", 16),
    _suite(0xc014, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "ECDHE-RSA-AES256-SHA", "ecdhe", "rsa", "cbc", 32),
    _suite(0xc013, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "ECDHE-RSA-AES128-SHA", "ecdhe", "rsa", "cbc", 16),
    _suite(0x009c, "TLS_RSA_WITH_AES_128_GCM_SHA256", "AES128-GCM-SHA256", "rsa", "rsa", "gcm", 16),
    _suite(0x0035, "TLS_RSA_WITH_AES_256_CBC_SHA", "AES256-SHA", "rsa", "rsa", "cbc", 32),
    _suite(0x002f, "TLS_RSA_WITH_AES_128_CBC_SHA", "AES128-SHA", "rsa", "rsa", "cbc", 16)]
BY_CODE = {suite.code: suite for suite in SUITES}


def spoken_at(suite, version):
    """Whether a suite may be agreed at that version."""
    if version == 0x0304 or suite.exchange == "any":
        return version == 0x0304 and suite.exchange == "any"
    return suite.cipher == "cbc" or version == 0x0303


def code_of(table, word):
    """A code point by its name in `table`, or as a script's number or hexadecimal text."""
    if isinstance(word, int):
        return word
    return table[word] if word in table else int(word, 16)


def suite_code(word):
    return code_of({name: suite.code for suite in SUITES for name in (suite.name, suite.openssl)}, word)
