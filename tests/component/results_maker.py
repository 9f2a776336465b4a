"""Results as a run writes them (schema 1, which is still read), made up: as many cells as one likes, or hostile ones."""

import hashlib
import json
import pathlib

LIBRARIES = ["GnuTLS", "NSS", "OpenSSL", "wolfSSL", "Botan", "Mbed TLS", "rustls", "Go crypto/tls"]
MESSAGES = ["ClientHello", "ServerHello", "Certificate", "ServerKeyExchange", "ServerHelloDone", "ClientKeyExchange",
            "ChangeCipherSpec", "Finished", "NewSessionTicket", "ChangeCipherSpec", "Finished", "ApplicationData", "Alert"]


def digest(*words):
    return hashlib.sha256(repr(words).encode()).hexdigest()


def message(number, kind, note=None):
    sent = "server" if number in (1, 2, 3, 4, 8, 9, 10) else "client"
    made = {"from": sent, "type": kind, "bytes": 100 + 7 * number, "at_ms": number * 0.21, "sealed": False}
    return made | ({"note": note} if note else {})


def connection(cell, number, offers):
    """A connection of about the size that a true one has."""
    notes = {0: offers, 8: "ticket B, lifetime hint 0 s, 192 bytes"}
    word = {"answered": True, "ok": True, "resumed": number > 0, "version": "1.2",
            "cipher": "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "session_id": digest(cell, number, "id"),
            "tickets_received": 1, "error": None}
    decisions = [{"op": "decrypt", "key": digest(cell, "key")[:32], "age_s": 14, "result": 2}]
    return {"at_s": 15 * number, "handshake": "resumed" if number else "full",
            "resumed_by": "ticket" if number else None, "version": "1.2",
            "cipher": "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
            "offered": digest(cell, number - 1) if number else None,
            "new_tickets": [{"sha256": digest(cell, number), "lifetime_s": 0, "bytes": 192}],
            "messages": [message(i, kind, notes.get(i)) for i, kind in enumerate(MESSAGES)],
            "witness": {"client": word, "server": {"decisions": decisions, "errors": []}}}


def cell(server, client, scenario, tls="1.2", **changes):
    """One that passed, but for `changes`."""
    name = f"{server}/{client}/{scenario}@{tls}"
    made = {"id": name, "server": server, "client": client, "scenario": scenario, "tls": tls, "verdict": "pass",
            "fault": None, "rule": None, "reason": None, "expected": "pass", "known": False, "known_link": None, "at": None,
            "connections": [connection(name, i, "offers A" if i else "asks for a ticket") for i in range(3)],
            "findings": [], "consequences": [], "exercised": ["rfc5077-3.3-one-ticket"], "duration_ms": 41.5,
            "evidence": None}
    return made | changes


def failing(server, client, scenario, tls="1.2", **changes):
    reason = "the client offered A (issued at 0 s), should have offered B (issued at 15 s)"
    return cell(server, client, scenario, tls, **({"verdict": "fail", "fault": "client", "rule": "expect-offered",
                                                   "reason": reason, "at": {"connection": 3, "message": 0}} | changes))


KNOWN = {"known": True, "known_link": "reports/KNOWN.md#a", "expected": "fail"}
UNSUPPORTED = {"verdict": "unsupported", "expected": "unsupported", "connections": [], "exercised": []}


def document(cells, run_id="made-up", versions=None):
    """A whole results.json; `versions`: id of a client -> what it says of itself."""
    cells = sorted(cells, key=lambda each: each["id"])
    ids = sorted({each["id"] for each in cells})
    plan = {"cells": len(ids), "sha256": hashlib.sha256("".join(i + "\n" for i in ids).encode()).hexdigest()}
    clients = sorted({each["client"] for each in cells})
    facts = {client: {"library": LIBRARIES[sum(map(ord, client.split("=")[0])) % len(LIBRARIES)],
                      "version": (versions or {}).get(client, "1.0.2")} for client in clients}
    pairs = sorted({(each["server"], each["client"]) for each in cells})
    counts = {verdict: 0 for verdict in ("pass", "fail", "unsupported", "inconclusive", "error")}
    for each in cells:
        counts[each["verdict"]] += 1
    run = {"id": run_id, "started": "2026-01-01T00:00:00Z", "finished": "2026-01-01T00:05:00Z", "clock": "virtual",
           "argv": ["run"], "version": "0.1.0", "host": "here", "shard": None, "planned": len(cells), "plan": plan,
           "sources": {}}
    return {"schema": "ticket-interop/results/1", "run": run,
            "servers": {server: {"library": "OpenSSL", "version": "3.0.20"} for server in {s for s, _ in pairs}},
            "clients": facts, "scenarios": {each["scenario"]: {"title": "", "spec": []} for each in cells}, "cells": cells,
            "pairs": [{"server": s, "client": c, "verdict": "pass", "cells": counts} for s, c in pairs], "totals": counts}


def like_a_run(count):
    """So many cells in the proportions of a whole run: of three, two are unsupported; of those that ran a third fails."""
    made = []
    for i in range(count):
        names = (f"server-{i % 3}", f"client-{i // 3 % 45}", f"scenario-{i // 540:03}", ["1.0", "1.1", "1.2", "1.3"][i // 135 % 4])
        if i % 3 != 1:
            made.append(cell(*names, **UNSUPPORTED, reason=f"client {names[1]} lacks capability policy-{i % 7}"))
        elif i % 9 == 1:
            made.append(failing(*names, **KNOWN))
        else:
            made.append(cell(*names))
    return made


def write(folder, cells, **how):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(json.dumps(document(cells, **how)))
    return folder
