#!/usr/bin/env python3
"""Compares our decoder with tshark, message by message.

    tshark_differential.py WIRE_DUMP CAPTURE...
    tshark_differential.py WIRE_DUMP --make MAKE_CAPTURES
    tshark_differential.py WIRE_DUMP --run TICKET_INTEROP
    tshark_differential.py WIRE_DUMP --wrap CAPTURE...

Every capture holds its secrets; --run takes those of a small run, --wrap puts each in every link type and tunnel. For each TCP stream both decoders must give the same
messages: sender, type, length (application data and alerts: without the length, which tshark does not give), for a
ticket its lifetime and bytes, for an alert its level and description. Finished that do not verify, and problems of ours,
are differences too. What tshark cannot open (ARIA; the double flight) must still agree in number, order and sender.
Exit 1: they differ; 77: no tshark here.
"""
import concurrent.futures
import hashlib
import itertools
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

import wrapped_captures

SKIPPED = 77

HANDSHAKE = {
    0: "HelloRequest", 1: "ClientHello", 2: "ServerHello", 4: "NewSessionTicket", 5: "EndOfEarlyData",
    8: "EncryptedExtensions", 11: "Certificate", 12: "ServerKeyExchange", 13: "CertificateRequest",
    14: "ServerHelloDone", 15: "CertificateVerify", 16: "ClientKeyExchange", 20: "Finished",
    22: "CertificateStatus", 24: "KeyUpdate", 25: "CompressedCertificate",
}
SERVERS = ["nginx", "openssl", "openssl-double-ticket"]
CLIENTS = ["openssl", "gnutls", "mbedtls", "boringssl", "nss", "s_client"]
SCENARIOS = ["renew", "pr2888"]
VERSIONS = ["1.0", "1.2", "1.3"]
DOUBLE_FLIGHT = "openssl-double-ticket"  # its second ChangeCipherSpec begins the keys anew, and tshark opens no more
SEALED_FOR_TSHARK = ({0xC03C + n for n in range(0x16)} | {0xC050 + n for n in range(0x14)})  # ARIA, RFC 6209
RETRY_RANDOM = "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"


def field(element, name):
    return next((each for each in element.iter("field") if each.get("name") == name), None)


def shown(element, name):
    found = field(element, name)
    return None if found is None else found.get("show")


def handshake_message(element):
    kind = shown(element, "tls.handshake.type")
    if kind is None:
        return ["Encrypted"]
    name = HANDSHAKE.get(int(kind), "UnknownHandshake")
    random = field(element, "tls.handshake.random")
    if name == "ServerHello" and random is not None and random.get("value") == RETRY_RANDOM:
        name = "HelloRetryRequest"
    message = [name, str(int(shown(element, "tls.handshake.length")) + 4)]
    if name == "NewSessionTicket":
        ticket = field(element, "tls.handshake.session_ticket")
        content = b"" if ticket is None else bytes.fromhex(ticket.get("value"))
        message += [shown(element, "tls.handshake.session_ticket_lifetime_hint"), hashlib.sha256(content).hexdigest()]
    return message


def record_messages(record):
    content = shown(record, "tls.record.content_type")
    if content == "20":
        return [["ChangeCipherSpec"]]
    if content == "21":
        description = shown(record, "tls.alert_message.desc")
        return [["Encrypted"] if description is None else ["Alert", shown(record, "tls.alert_message.level"), description]]
    if content == "23":
        return [["ApplicationData"]]
    return [handshake_message(each) for each in record if each.get("name") == "tls.handshake"]


def tshark_messages(tshark, capture):
    """The messages of each stream, by tshark, and the streams it has no cipher for. A client is who speaks first."""
    command = [tshark, "-r", str(capture), "-d", "tcp.port==1-65535,tls", "-T", "pdml", "-J", "tcp tls"]
    streams = {}
    clients = {}
    sealed = set()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        for _, element in ElementTree.iterparse(process.stdout):
            if element.tag != "packet":
                continue
            stream = int(shown(element, "tcp.stream"))
            port = shown(element, "tcp.srcport")
            sender = "client" if clients.setdefault(stream, port) == port else "server"
            if shown(element, "tls.handshake.type") == "2":
                suite = int(shown(element, "tls.handshake.ciphersuite"), 0)
                sealed |= {stream} if suite in SEALED_FOR_TSHARK else set()
            for record in element.iter("field"):
                if record.get("name") == "tls.record":
                    for message in record_messages(record):
                        streams.setdefault(stream, []).append([sender] + message)
            element.clear()
    if process.returncode != 0:
        sys.exit(f"{capture}: tshark ended with {process.returncode}")
    return streams, sealed


def our_messages(wire_dump, capture):
    """The messages of each stream, by us, and what we have to complain of."""
    streams = {}
    complaints = []
    for line in subprocess.run([wire_dump, str(capture)], check=True, capture_output=True, text=True).stdout.splitlines():
        words = line.split()
        if words[0] == "!":
            complaints.append(line)
            continue
        stream, sender, name, size = words[:4]
        message = [sender, name]
        if name not in ("ApplicationData", "ChangeCipherSpec", "Alert", "Encrypted"):
            message.append(size)
        if name in ("NewSessionTicket", "Alert"):
            message += words[4:]
        if name == "Finished" and words[4:] != ["verified"]:
            complaints.append(f"{line}: expected a Finished that verifies")
        streams.setdefault(int(stream), []).append(message)
    return streams, complaints


def agree(mine, other, sealed):
    if mine is None or other is None:
        return False
    return mine == other or (sealed and other[1] == "Encrypted" and mine[0] == other[0])


def is_behind_double_flight(messages, index):
    changes = [i for i, message in enumerate(messages) if message == ["server", "ChangeCipherSpec"]]
    return len(changes) > 1 and index > changes[1] and messages[index][0] == "server"


def compare(name, capture, wire_dump, tshark):
    theirs, sealed = tshark_messages(tshark, capture)
    ours, complaints = our_messages(wire_dump, capture)
    differences = list(complaints)
    for stream in sorted(theirs.keys() | ours.keys()):
        messages = ours.get(stream, [])
        for index, (mine, other) in enumerate(itertools.zip_longest(messages, theirs.get(stream, []))):
            double = name.startswith(DOUBLE_FLIGHT) and index < len(messages) and is_behind_double_flight(messages, index)
            if not agree(mine, other, stream in sealed or double):
                differences.append(f"stream {stream} message {index}: ours {mine}, tshark's {other}")
                break
    messages = sum(len(stream) for stream in theirs.values())
    print(f"{name}: {len(theirs)} connections, {messages} messages, {len(differences)} differences"
          + (f", {len(sealed)} not opened by tshark" if sealed else ""))
    for difference in differences[:20]:
        print("   ", difference)
    return not differences and messages > 0


def captures_of_run(program, folder):
    """Cell -> capture, of every cell that ran."""
    command = [program, "run", "--keep", "all", "--quiet", "--out", folder]
    for flag, names in ("server", SERVERS), ("client", CLIENTS), ("scenario", SCENARIOS), ("tls", VERSIONS):
        command += [f"--{flag}={name}" for name in names]
    ended = subprocess.run(command, capture_output=True, text=True)
    if ended.returncode not in (0, 1):
        sys.exit(f"the run ended with {ended.returncode}: {ended.stdout}{ended.stderr}")
    cells = json.loads(pathlib.Path(folder, "results.json").read_text())["cells"]
    captures = {cell["id"]: pathlib.Path(folder, cell["evidence"]["capture"]) for cell in cells
                if cell["evidence"] and cell["evidence"]["capture"]}
    for server in SERVERS:
        if not any(name.startswith(server + "/") for name in captures):
            sys.exit(f"no cell of {server} ran: servers/{server}/build.sh build/servers/{server} builds it")
    return captures


def main(arguments):
    if len(arguments) < 2:
        sys.exit(__doc__)
    wire_dump, *rest = arguments
    tshark = shutil.which("tshark")
    if tshark is None:
        print("SKIPPED: tshark is not installed, so nothing was compared with it")
        return SKIPPED
    with tempfile.TemporaryDirectory() as directory:
        if rest[0] == "--make":
            subprocess.run([rest[1], directory], check=True)
            captures = {capture.name: capture for capture in sorted(pathlib.Path(directory).glob("*.pcapng"))}
        elif rest[0] == "--run":
            captures = captures_of_run(rest[1], directory)
        elif rest[0] == "--wrap":
            captures = {}
            for capture, wrapping in itertools.product(map(pathlib.Path, rest[1:]), wrapped_captures.WRAPPINGS):
                captures[f"{capture.stem} in {wrapping}"] = target = pathlib.Path(directory, f"{capture.stem}-{wrapping}")
                wrapped_captures.wrap(capture, wrapping, target)
        else:
            captures = {name: pathlib.Path(name) for name in rest}
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            same = list(pool.map(lambda named: compare(*named, wire_dump, tshark), captures.items()))
    return 0 if same and all(same) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
