"""Handshake messages as dictionaries of typed fields, to and from the bytes of their bodies.

Fields are whole numbers, bytes and lists; extensions are a list of {"type", "data"}, in order. A message of another name
has the one field `body`. A field that is None is left out of what is written.
"""

import zlib

from .encoding import Malformed, Reader, number, numbers, vector
from .numbers import EXTENSION, HANDSHAKE, RETRY_RANDOM

EMPTY = ("HelloRequest", "ServerHelloDone", "EndOfEarlyData")


def extension(name, data=b""):
    return {"type": EXTENSION[name], "data": data}


def compression_extension(algorithms):
    """RFC 8879, section 3; nothing without algorithms."""
    return [extension("compress_certificate", vector(numbers(algorithms, 2), 1))] if algorithms else []


def find_extension(fields, name):
    """The data of the first extension of that name, or None."""
    for each in fields.get("extensions") or ():
        if each["type"] == EXTENSION[name]:
            return each["data"]
    return None


def write_extensions(extensions):
    return vector(b"".join(number(each["type"], 2) + vector(each["data"], 2) for each in extensions), 2)


def read_extensions(reader):
    inner = Reader(reader.vector(2))
    found = []
    while inner.left():
        found.append({"type": inner.number(2), "data": inner.vector(2)})
    return found


def optional_extensions(fields):
    return b"" if fields.get("extensions") is None else write_extensions(fields["extensions"])


def psk_extension(fields):
    """pre_shared_key of a ClientHello; its binders are the end of what is written."""
    identities = b"".join(vector(each["ticket"], 2) + number(each["age"], 4) for each in fields["identities"])
    binders = b"".join(vector(each, 1) for each in fields["binders"])
    return {"type": EXTENSION["pre_shared_key"], "data": vector(identities, 2) + vector(binders, 2)}


def write_client_hello(fields, version):
    if fields.get("identities"):
        at = fields["psk_at"] if fields.get("psk_at") is not None else len(fields["extensions"])
        extensions = fields["extensions"][:at] + [psk_extension(fields)] + fields["extensions"][at:]
        fields = {**fields, "extensions": extensions}
    return (number(fields["version"], 2) + fields["random"] + vector(fields["session_id"], 1) +
            vector(numbers(fields["suites"], 2), 2) + vector(fields["compressions"], 1) + optional_extensions(fields))


def read_client_hello(reader, version):
    return {"version": reader.number(2), "random": reader.take(32), "session_id": reader.vector(1),
            "suites": reader.numbers(2, 2), "compressions": reader.vector(1),
            "extensions": read_extensions(reader) if reader.left() else None}


def write_server_hello(fields, version):
    return (number(fields["version"], 2) + fields["random"] + vector(fields["session_id"], 1) +
            number(fields["suite"], 2) + number(fields["compression"], 1) + optional_extensions(fields))


def read_server_hello(reader, version):
    return {"version": reader.number(2), "random": reader.take(32), "session_id": reader.vector(1),
            "suite": reader.number(2), "compression": reader.number(1),
            "extensions": read_extensions(reader) if reader.left() else None}


def write_new_session_ticket(fields, version):
    if version < 0x0304:
        return number(fields["lifetime"], 4) + vector(fields["ticket"], 2)
    return (number(fields["lifetime"], 4) + number(fields["age_add"], 4) + vector(fields["nonce"], 1) +
            vector(fields["ticket"], 2) + write_extensions(fields["extensions"]))


def read_new_session_ticket(reader, version):
    if version < 0x0304:
        return {"lifetime": reader.number(4), "ticket": reader.vector(2)}
    return {"lifetime": reader.number(4), "age_add": reader.number(4), "nonce": reader.vector(1),
            "ticket": reader.vector(2), "extensions": read_extensions(reader)}


def write_certificate(fields, version):
    if version < 0x0304:
        return vector(b"".join(vector(each, 3) for each in fields["chain"]), 3)
    more = optional_extensions({"extensions": fields.get("extensions") or []})
    return vector(fields["context"], 1) + vector(b"".join(vector(each, 3) + more for each in fields["chain"]), 3)


def read_certificate(reader, version):
    context = reader.vector(1) if version == 0x0304 else b""
    inner, chain = Reader(reader.vector(3)), []
    while inner.left():
        chain.append(inner.vector(3))
        if version == 0x0304:
            read_extensions(inner)
    return {"context": context, "chain": chain}


def compressed(body, how):
    """A Certificate's body as that of a CompressedCertificate (RFC 8879, section 4), by zlib whatever it says."""
    return number(how.get("algorithm", 1), 2) + number(len(body) + how.get("length", 0), 3) + vector(zlib.compress(body), 3)


def read_compressed_certificate(reader, version):
    algorithm, length, data = reader.number(2), reader.number(3), reader.vector(3)
    try:
        body = zlib.decompress(data)
    except zlib.error:
        body = None
    return {"algorithm": algorithm, "body": body if body is not None and len(body) == length else None}


def key_exchange_parameters(fields):
    """What the signature of a ServerKeyExchange is over, beside both random values."""
    return number(fields["curve_type"], 1) + number(fields["group"], 2) + vector(fields["point"], 1)


def signature(fields):
    algorithm = b"" if fields.get("algorithm") is None else number(fields["algorithm"], 2)
    return algorithm + vector(fields["signature"], 2)


def read_signature(reader, version):
    return {"algorithm": reader.number(2) if version >= 0x0303 else None, "signature": reader.vector(2)}


def write_server_key_exchange(fields, version):
    return key_exchange_parameters(fields) + signature(fields)


def read_server_key_exchange(reader, version):
    return {"curve_type": reader.number(1), "group": reader.number(2), "point": reader.vector(1),
            **read_signature(reader, version)}


def write_certificate_request(fields, version):
    if version == 0x0304:
        return vector(fields["context"], 1) + write_extensions(fields["extensions"])
    algorithms = b"" if fields.get("algorithms") is None else vector(numbers(fields["algorithms"], 2), 2)
    return vector(fields["types"], 1) + algorithms + vector(fields["authorities"], 2)


def read_certificate_request(reader, version):
    if version == 0x0304:
        return {"context": reader.vector(1), "extensions": read_extensions(reader)}
    return {"types": reader.vector(1), "algorithms": reader.numbers(2, 2) if version == 0x0303 else None,
            "authorities": reader.vector(2)}


def write_client_key_exchange(fields, version):
    return vector(fields["point"], 1) if "point" in fields else vector(fields["encrypted"], 2)


def write_verify_data(fields, version):
    return fields["verify_data"]


def read_verify_data(reader, version):
    return {"verify_data": reader.rest()}


def read_key_update(reader, version):
    return {"request": reader.number(1)}


WRITERS = {
    "ClientHello": write_client_hello, "ServerHello": write_server_hello, "HelloRetryRequest": write_server_hello,
    "NewSessionTicket": write_new_session_ticket, "Certificate": write_certificate,
    "ServerKeyExchange": write_server_key_exchange, "CertificateRequest": write_certificate_request,
    "CertificateVerify": lambda fields, version: signature(fields), "ClientKeyExchange": write_client_key_exchange,
    "Finished": write_verify_data, "KeyUpdate": lambda fields, version: number(fields["request"], 1),
    "EncryptedExtensions": lambda fields, version: write_extensions(fields["extensions"])}

READERS = {
    "ClientHello": read_client_hello, "ServerHello": read_server_hello, "HelloRetryRequest": read_server_hello,
    "NewSessionTicket": read_new_session_ticket, "Certificate": read_certificate,
    "ServerKeyExchange": read_server_key_exchange, "CertificateRequest": read_certificate_request,
    "CompressedCertificate": read_compressed_certificate, "CertificateVerify": read_signature,
    "Finished": read_verify_data, "KeyUpdate": read_key_update,
    "EncryptedExtensions": lambda reader, version: {"extensions": read_extensions(reader)}}


def write_body(name, fields, version):
    if "body" in fields:
        return fields["body"]
    return b"" if name in EMPTY else WRITERS[name](fields, version)


def type_of(name):
    """The type of a handshake message; a script may give any by its number."""
    if isinstance(name, int):
        return name
    return HANDSHAKE["ServerHello" if name == "HelloRetryRequest" else name]


def read_body(name, body, version):
    """The fields of a message that was received, all of it used up. Throws Malformed."""
    if name not in READERS:
        return {"body": body}
    reader = Reader(body)
    fields = READERS[name](reader, version)
    if reader.left():
        raise Malformed(f"{reader.left()} bytes too many in {name}")
    return fields


def name_of(name, fields):
    return "HelloRetryRequest" if name == "ServerHello" and fields["random"] == RETRY_RANDOM else name
