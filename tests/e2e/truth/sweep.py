"""The sweep: every generic mutation at every message that a scripted peer sends, against healthy real peers.

A mutation is `(name, entry)`; `verdict_of` says what may be said of it. Three things are wrong whatever the mutation: a
`fail` of the healthy side, an `error`, and a `pass` where the mutation is a breach that the wire shows.
"""

import collections

VERSIONS = ("1.0", "1.1", "1.2", "1.3")
SERVERS = ["openssl", "nginx"]
CLIENTS = ["openssl", "boringssl", "gnutls", "s_client"]
CLIENTS_THAT_RENEW = ["openssl", "boringssl"]  # others forget a renewal: reports/KNOWN.md

# What a mutation is.
BREACH = "breach"  # one that the wire or the contracts' witnesses show: its side has failed
HIDDEN = "hidden"  # one that not all of them show: its side has failed, or nobody is blamed; no pass
FREE = "free"      # none: all is well
OPEN = "open"      # one or none: nobody but its side is blamed

# Where a script can act: the connection of a timeline, and the messages that each side sends there.
Place = collections.namedtuple("Place", "name timeline connection choose messages")


def places(side, version):
    modern = version == "1.3"
    if side == "server":
        end = ["ApplicationData", "close_notify"]
        first = (["ServerHello", "ChangeCipherSpec", "EncryptedExtensions", "Certificate", "CertificateVerify", "Finished",
                  "NewSessionTicket"] if modern else
                 ["ServerHello", "Certificate", "ServerKeyExchange", "ServerHelloDone", "NewSessionTicket",
                  "ChangeCipherSpec", "Finished"])
        renewal = (["ServerHello", "ChangeCipherSpec", "EncryptedExtensions", "Finished", "NewSessionTicket"] if modern else
                   ["ServerHello", "NewSessionTicket", "ChangeCipherSpec", "Finished"])
        yield Place("full", "young", 1, {}, first + end)
        yield Place("renewal", "renew", 2, {}, renewal + end)
        yield Place("resumed", "young", 2, {}, [each for each in renewal if each != "NewSessionTicket"] + end)
        yield Place("asking", "request", 1, {}, ["CertificateRequest"])
        if modern:
            yield Place("retry", "young", 1, {"group": "secp384r1"}, ["HelloRetryRequest", "ServerHello"])
    else:
        end = ["ChangeCipherSpec", "Finished", "ApplicationData", "close_notify"]
        yield Place("full", "young", 1, {}, ["ClientHello"] + ([] if modern else ["ClientKeyExchange"]) + end)
        yield Place("renewal", "renew", 2, {}, ["ClientHello"] + end)
        yield Place("resumed", "young", 2, {}, ["ClientHello"] + end)
        yield Place("asking", "request", 1, {}, ["Certificate", "CertificateVerify"])
        if modern:
            yield Place("retry", "young", 1, {"shares": []}, ["ClientHello"])


HANDSHAKE = ("ClientHello", "ServerHello", "HelloRetryRequest", "EncryptedExtensions", "Certificate", "ServerKeyExchange",
             "CertificateRequest", "CertificateVerify", "ServerHelloDone", "ClientKeyExchange", "NewSessionTicket",
             "Finished")
ALERTS = ("unexpected_message", "bad_record_mac", "record_overflow", "handshake_failure", "bad_certificate",
          "certificate_expired", "certificate_unknown", "illegal_parameter", "unknown_ca", "access_denied", "decode_error",
          "decrypt_error", "protocol_version", "insufficient_security", "internal_error", "missing_extension",
          "unsupported_extension", "unrecognized_name", "certificate_required", 255)
WARNINGS = ("close_notify", "user_canceled", "no_renegotiation", "unrecognized_name", "bad_certificate")
INSERTED = {"HelloRequest": "", "ClientHello": "0303" + 32 * "11" + "000002c02b0100", "ServerHelloDone": "",
            "EndOfEarlyData": "", "Finished": "000102030405060708090a0b", "KeyUpdate": "00",
            "NewSessionTicket": "00001c20000401020304", "CertificateRequest": "0102400000", "Certificate": "000000", 99: "",
            "ApplicationData": "6869", "Heartbeat": "01000000", "ChangeCipherSpec": "01"}

# Fields, how each is changed, and what that is: by message, for all versions or (below, at 1.3).
FIELDS = {
    "ClientHello": {"version": (OPEN, BREACH), "random": FREE, "session_id": FREE, "compressions": BREACH,
                    "identities.0.ticket": HIDDEN, "identities.0.age": BREACH, "binders.0": HIDDEN},
    "ServerHello": {"version": BREACH, "random": FREE, "session_id": BREACH, "suite": BREACH, "compression": BREACH},
    "HelloRetryRequest": {"version": BREACH, "session_id": BREACH, "suite": HIDDEN, "compression": BREACH},
    "Certificate": {"context": BREACH, "chain.0": BREACH},
    "ServerKeyExchange": {"curve_type": BREACH, "group": BREACH, "point": HIDDEN, "algorithm": BREACH, "signature": BREACH},
    "ClientKeyExchange": {"point": HIDDEN},
    "CertificateVerify": {"algorithm": BREACH, "signature": BREACH},
    "NewSessionTicket": {"lifetime": FREE, "age_add": FREE, "nonce": HIDDEN, "ticket": HIDDEN},
    "Finished": {"verify_data": BREACH},
}
NUMBERS = ("version", "suite", "compression", "curve_type", "group", "algorithm", "lifetime", "age_add", "identities.0.age")
EXTENSIONS = {
    "ClientHello": ("supported_groups", "ec_point_formats", "signature_algorithms", "renegotiation_info",
                    "extended_master_secret", "session_ticket", "supported_versions", "psk_key_exchange_modes", "key_share",
                    "server_name"),
    "ServerHello": ("renegotiation_info", "extended_master_secret", "session_ticket", "supported_versions", "key_share",
                    "pre_shared_key", "ec_point_formats"),
    "HelloRetryRequest": ("supported_versions", "key_share"),
}


def has_field(message, path, place, side, version):
    modern = version == "1.3"
    resumes = place.name in ("renewal", "resumed")
    if path in ("identities.0.ticket", "identities.0.age", "binders.0"):
        return modern and resumes
    if path in ("context", "age_add", "nonce"):
        return modern
    if path == "algorithm":
        return version in ("1.2", "1.3")
    if path == "session_id":
        return (modern or resumes) and not (modern and message == "ClientHello")  # the scripted client looks for its own
    return True


def has_extension(message, name, place, version):
    modern = version == "1.3"
    resumes = place.name in ("renewal", "resumed")
    only = {"supported_versions": modern, "psk_key_exchange_modes": modern, "key_share": modern,
            "renegotiation_info": not modern, "extended_master_secret": not modern, "ec_point_formats": not modern,
            "signature_algorithms": version in ("1.2", "1.3"), "session_ticket": not modern and place.name != "resumed",
            "pre_shared_key": modern and resumes}
    if message == "ClientHello":
        only.update(ec_point_formats=True, session_ticket=not modern)
    elif name == "ec_point_formats" and resumes:
        return False  # it says nothing there
    return only.get(name, True)


def sealed(message, version):
    if version == "1.3":
        return message not in ("ClientHello", "ServerHello", "HelloRetryRequest", "ChangeCipherSpec")
    return message in ("Finished", "ApplicationData", "close_notify")


def field_mutations(message, place, side, version):
    for path, kind in FIELDS.get(message, {}).items():
        if not has_field(message, path, place, side, version):
            continue
        kind = kind[version == "1.3"] if isinstance(kind, tuple) else kind
        if path in NUMBERS:
            edit = {"add": {path: 9000 if path == "identities.0.age" else 1}}
        elif path in ("context", "compressions"):
            edit = {"set": {path: "01"}}
        else:
            edit = {"flip": {path: 85 if path == "chain.0" else 3}}
        yield f"field-{path}", edit, kind
    if message == "Certificate":
        yield "field-empty", {"set": {"chain": []}}, BREACH if side == "server" else OPEN
    for name in EXTENSIONS.get(message, ()):
        if not has_extension(message, name, place, version):
            continue
        yield f"extension-{name}-removed", {"extension": name, "change": "remove"}, removed(message, name, version, place.name in ("renewal", "resumed"))
        yield f"extension-{name}-repeated", {"extension": name, "change": "repeat"}, BREACH
        yield f"extension-{name}-garbled", {"extension": name, "change": "set", "data": "ff"}, garbled(message, name)
    if message in ("ServerHello", "HelloRetryRequest", "EncryptedExtensions"):
        yield "extension-unknown", {"extension": "ff77", "data": "01"}, BREACH
    if message == "ClientHello":
        yield "extension-unknown", {"extension": "ff77", "change": "first", "data": "01"}, FREE


def removed(message, name, version, resumes):
    """Extensions that need not be there; with the others something does not fit any more."""
    if name in ("renegotiation_info", "ec_point_formats", "server_name"):
        return OPEN
    if message == "ClientHello":
        needed = ("supported_groups", "key_share") + (() if resumes else ("signature_algorithms",))
        return BREACH if name in needed and version == "1.3" else OPEN
    if resumes and name == "key_share":
        return HIDDEN  # to who lists psk_ke it says that the secret is the PSK's alone, and what it is nobody is told
    return HIDDEN if name in ("extended_master_secret", "pre_shared_key") else BREACH


def garbled(message, name):
    return OPEN if message == "ClientHello" and name == "session_ticket" else BREACH


def written_mutations(message, version):
    """What is done to the written bytes of a message, and to its records."""
    data = message == "ApplicationData"
    if message not in ("ServerHelloDone", "close_notify"):
        yield "cut", {"cut": 1}, OPEN if data else BREACH
    yield "extend", {"extend": "00"}, OPEN if data or message == "close_notify" else BREACH
    if message in HANDSHAKE:
        yield "longer", {"length": 1}, BREACH
        if message != "ServerHelloDone":
            yield "shorter", {"length": -1}, BREACH
    if message != "ServerHelloDone":
        yield "garbled-first", {"garble": 0}, OPEN
        yield "garbled-last", {"garble": -1}, OPEN
    yield "as-data", {"record": {"type": 22 if data else 23}}, OPEN if message == "close_notify" else BREACH
    yield "as-unknown", {"record": {"type": 99}}, BREACH
    if not (version == "1.3" and sealed(message, version)):
        yield "record-version", {"record": {"version": 1285}}, OPEN if message == "ClientHello" else BREACH
    if sealed(message, version):
        yield "plain", {"record": {"plain": True}}, OPEN if message == "close_notify" else BREACH
        yield "corrupt", {"record": {"corrupt": True}}, BREACH
    yield "split", {"record": {"split": 1}}, OPEN if message in ("close_notify", "ChangeCipherSpec") else FREE
    yield "merged", {"record": {"merge": True}}, FREE


def message_mutations(message, place, side, version):
    modern = version == "1.3"
    compatible = modern and message == "ChangeCipherSpec"
    end = message == "close_notify"
    data = message == "ApplicationData"
    excused = FREE if side == "client" else BREACH
    yield "omitted", {"do": "omit"}, FREE if compatible else excused if end else BREACH
    yield "repeated", {"do": "repeat"}, OPEN if compatible or end or data else BREACH
    if modern and message == "NewSessionTicket":
        yield "swapped", {"do": "hold", "nth": 1}, FREE if place.name == "full" else OPEN
    else:
        yield "swapped", {"do": "hold"}, OPEN if compatible or data and side == "server" else excused if end else BREACH
    for name, body in INSERTED.items():
        if not (modern and name == message):
            yield f"insert-{name}", {"do": "insert", "message": {"type": name, "body": body}}, inserted(
                name, message, place, side, version)


def inserted(name, message, place, side, version):
    modern = version == "1.3"
    over = message in ("ApplicationData", "close_notify")
    if name == "HelloRequest" and side == "server" and not modern:
        return OPEN
    if name == "ApplicationData" and (over or message == "NewSessionTicket" and modern):
        return OPEN
    if name == "ChangeCipherSpec" and modern:
        return OPEN
    if name == "NewSessionTicket" and side == "server" and modern and message == "NewSessionTicket":
        return OPEN
    if name == "ClientHello" and side == "client":
        return OPEN if message == "ClientHello" or over and not modern else BREACH
    return OPEN if message == "close_notify" else BREACH


def end_mutations(message, place, side, version):
    last = message == "close_notify"
    late = OPEN if last and side == "client" else BREACH
    yield "close", {"do": "close"}, late
    yield "reset", {"do": "reset"}, late
    yield "half-closed", {"do": "half_close"}, late
    yield "hang", {"do": "hang"}, BREACH
    yield "die", {"do": "die"}, BREACH
    yield "kill", {"do": "kill"}, BREACH
    yield "slow", {"do": "delay", "ms": 120}, FREE
    yield "garbage", {"do": "raw", "bytes": "485454502f312e31203430300d0a0d0a"}, OPEN if last else BREACH
    yield "empty-record", {"do": "raw", "bytes": "1603030000"}, OPEN
    for alert in ALERTS:
        yield f"alert-{alert}", {"do": "alert", "alert": alert}, HIDDEN
    for alert in WARNINGS:
        yield f"warning-{alert}", {"do": "alert", "alert": alert, "level": 1}, OPEN
    yield "alert-and-on", {"do": "alert", "alert": "internal_error", "goes_on": True}, OPEN
    yield "alert-twice", {"do": "alert", "alert": "decode_error", "together": 2}, HIDDEN


def log_lies(place, version):
    """What a server's log may say instead of the truth, in a connection that seals and opens."""
    lines = ["encrypt"] * (place.name in ("full", "renewal")) + ["decrypt"] * (place.name in ("renewal", "resumed"))
    for line in lines:
        at = {"at": f"log {line}", "nth": 1}
        for key in ("00" * 16, "garbage", ""):
            yield f"log-{line}-key-{key[:7]}", {**at, "set": {"key": key}}, BREACH
        for age in ("-", 900, -900):
            yield f"log-{line}-age-{age}", {**at, "set": {"age": age}}, BREACH
        for result in (-1, 0, 1, 2, 7):
            natural = 2 if place.name == "renewal" and line == "decrypt" else 1
            if result != natural:
                yield f"log-{line}-result-{result}", {**at, "set": {"result": result}}, (
                    OPEN if version == "1.3" and {result, natural} == {1, 2} else BREACH)
        yield f"log-{line}-other-op", {**at, "set": {"op": "decrypt" if line == "encrypt" else "encrypt"}}, BREACH
        yield f"log-{line}-omitted", {**at, "do": "omit"}, BREACH
        yield f"log-{line}-repeated", {**at, "do": "repeat"}, BREACH if line == "encrypt" else OPEN


def answer_lies(place):
    """What a client may say instead of the truth."""
    resumed = place.name != "full"
    for name, value in (("resumed", not resumed), ("version", "1.1"), ("version", "7"), ("cipher", "DHE-RSA-AES256-SHA"),
                        ("tickets_received", 5), ("response_bytes", 1), ("response_bytes", 100000)):
        yield f"answer-{name}-{value}", {"set": {name: value}}, BREACH
    for name, value in (("ok", False), ("ok", None), ("resumed", "yes"), ("version", 12), ("tickets_received", -1),
                        ("tickets_received", 1.5), ("response_bytes", 1e300)):
        yield f"answer-{name}-of-wrong-kind-{value}", {"set": {name: value}}, BREACH
    for name in ("resumed", "version", "cipher", "session_id", "tickets_received", "response_bytes"):
        yield f"answer-{name}-null", {"set": {name: None}}, FREE
    for name, text, times in (("bad-json", "{\n", 1), ("two-lines", "{answer}\n", 2), ("array", "[]\n", 1), ("empty-line", "\n", 1),
                              ("nul", "\u0000\n", 1), ("long-line", "0123456789abcdef", 70000), ("no-newline", "{answer}", 1)):
        yield f"answer-{name}", {"do": "say", "text": text, "times": times}, BREACH
    yield "answer-extra-field", {"set": {"more": 1}}, OPEN
    yield "answer-unimplemented", {"do": "say", "text": "{\"ok\": false, \"unimplemented\": \"x\"}\n"}, "unsupported"
    yield "answer-slow", {"do": "delay", "ms": 1500}, FREE
    yield "answer-hang", {"do": "hang"}, BREACH
    yield "answer-exit", {"do": "exit", "code": 0}, BREACH
    yield "answer-stderr", {"do": "stderr", "text": "odd"}, BREACH


def mutations(place, side, version):
    """(name, entry, kind) of all that is tried at a place."""
    for message in place.messages:
        nth = {"nth": 2} if place.name == "retry" and message == "ClientHello" else {}
        for name, entry, kind in (*message_mutations(message, place, side, version),
                                  *written_mutations(message, version), *field_mutations(message, place, side, version),
                                  *end_mutations(message, place, side, version)):
            yield f"{message}.{name}", {"at": message, **nth, **entry}, kind
    if place.name in ("full", "renewal", "resumed"):
        if side == "server":
            yield from log_lies(place, version)
        else:
            for name, entry, kind in answer_lies(place):
                yield name, {"at": "answer", **entry}, kind


def verdicts(kind, side):
    fail = f"fail {side}"
    return {BREACH: [fail], HIDDEN: [fail, "inconclusive"], FREE: ["pass"], OPEN: ["pass", fail, "inconclusive"]}.get(kind, [kind])


def peers(side, place):
    if side == "client":
        return {"servers": SERVERS}
    return {"clients": CLIENTS_THAT_RENEW if place.timeline == "renew" else CLIENTS}


def rows():
    """One row of a table of truths for each mutation, the versions at which it is of the same kind together."""
    found = {}
    for side in ("server", "client"):
        for version in VERSIONS:
            for place in places(side, version):
                for name, entry, kind in mutations(place, side, version):
                    script = [{"connection": place.connection, **entry}]
                    if place.choose:
                        script.insert(0, {"connection": place.connection, "choose": place.choose})
                    key = (side, place.name, name, kind, str(script))
                    row = found.setdefault(key, {
                        "id": f"sweep-{side}.{place.name}.{name}.{kind}", "why": f"a {side}'s {name}, {place.name}: {kind}",
                        "tls": [], f"{side}_script": script, "timeline": place.timeline, "verdict": verdicts(kind, side),
                        **peers(side, place)})
                    row["tls"].append(version)
    return list(found.values())


if __name__ == "__main__":
    made = rows()
    print(len(made), "truths,", sum(len(row["tls"]) for row in made), "cells for one peer")
    print(collections.Counter(row["id"].split(".")[0] for row in made))
