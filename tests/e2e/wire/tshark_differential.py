#!/usr/bin/env python3
"""Compares our decoder with tshark, message by message.

    tshark_differential.py WIRE_DUMP CAPTURE...
    tshark_differential.py WIRE_DUMP --make MAKE_CAPTURES

Every capture holds its secrets. For each TCP stream both decoders must give the same messages: sender, type, length
(application data and alerts: without the length, which tshark does not give), and for a ticket its lifetime and bytes.
Finished that do not verify, and problems of ours, are differences too. What tshark cannot open (ARIA) must still agree
in number, order and sender. Exit 1: they differ; 77: no tshark here.
"""
import hashlib
import itertools
import pathlib
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

SKIPPED = 77

HANDSHAKE = {
    0: "HelloRequest", 1: "ClientHello", 2: "ServerHello", 4: "NewSessionTicket", 5: "EndOfEarlyData",
    8: "EncryptedExtensions", 11: "Certificate", 12: "ServerKeyExchange", 13: "CertificateRequest",
    14: "ServerHelloDone", 15: "CertificateVerify", 16: "ClientKeyExchange", 20: "Finished",
    22: "CertificateStatus", 24: "KeyUpdate", 25: "CompressedCertificate",
}
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
        return [["Alert" if field(record, "tls.alert_message.desc") is not None else "Encrypted"]]
    if content == "23":
        return [["ApplicationData"]]
    return [handshake_message(each) for each in record if each.get("name") == "tls.handshake"]


def tshark_messages(tshark, capture):
    """The messages of each stream, by tshark, and the streams it has no cipher for. A client is who speaks first."""
    command = [tshark, "-r", str(capture), "-d", "tcp.port==44330,tls", "-T", "pdml", "-J", "tcp tls"]
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
        if name == "NewSessionTicket":
            message += words[4:]
        if name == "Finished" and words[4:] != ["verified"]:
            complaints.append(f"{line}: expected a Finished that verifies")
        streams.setdefault(int(stream), []).append(message)
    return streams, complaints


def agree(mine, other, sealed):
    if mine is None or other is None:
        return False
    return mine == other or (sealed and other[1] == "Encrypted" and mine[0] == other[0])


def compare(capture, wire_dump, tshark):
    theirs, sealed = tshark_messages(tshark, capture)
    ours, complaints = our_messages(wire_dump, capture)
    differences = list(complaints)
    for stream in sorted(theirs.keys() | ours.keys()):
        pairs = itertools.zip_longest(ours.get(stream, []), theirs.get(stream, []))
        for index, (mine, other) in enumerate(pairs):
            if not agree(mine, other, stream in sealed):
                differences.append(f"stream {stream} message {index}: ours {mine}, tshark's {other}")
                break
    messages = sum(len(stream) for stream in theirs.values())
    print(f"{capture.name}: {len(theirs)} connections, {messages} messages, {len(differences)} differences"
          + (f", {len(sealed)} not opened by tshark" if sealed else ""))
    for difference in differences[:20]:
        print("   ", difference)
    return not differences and messages > 0


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
            captures = sorted(pathlib.Path(directory).glob("*.pcapng"))
        else:
            captures = [pathlib.Path(name) for name in rest]
        same = [compare(capture, wire_dump, tshark) for capture in captures]
    return 0 if same and all(same) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
