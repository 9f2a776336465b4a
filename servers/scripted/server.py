#!/usr/bin/python3 -B
"""The scripted server: a healthy TLS server, until the script that it is given says otherwise. README.md says how."""

import argparse
import os
import signal
import socket
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

from peers.endpoint import Ended
from peers.script import Script, ScriptError, load
from peers.server import Identity, ServerConnection, Settings
from peers.tickets import Ring

VERSION = "scripted server 1"


def arguments():
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--version", action="version", version=VERSION)
    parser.add_argument("--socket", required=True)
    parser.add_argument("--tls", required=True)
    parser.add_argument("--identity", nargs=2, action="append", metavar=("CERT", "KEY"), required=True)
    parser.add_argument("--keylog")
    parser.add_argument("--ciphers", default="ALL")
    parser.add_argument("--client-ca")
    parser.add_argument("--renew-after", type=int)
    parser.add_argument("--expire-after", type=int)
    parser.add_argument("--results", default="")
    parser.add_argument("--renewed-hint", default="full")
    parser.add_argument("--no-tickets", action="store_true")
    parser.add_argument("--tickets", type=int, default=2)
    parser.add_argument("--script")
    return parser.parse_args()


def held_to(ciphers):
    """The suites of an OpenSSL cipher string, or None for all."""
    names = [name for name in ciphers.split(":") if not name.startswith(("@", "!"))]
    return None if "ALL" in names else names


def settings_of(told, document):
    always = Script(document, 0).choices
    ring = Ring(told.renew_after, told.expire_after, [int(each) for each in told.results.split(",") if each],
                always.get("never_rotates", False))
    return Settings(told.tls, ring, [Identity(*files) for files in told.identity], keylog=told.keylog,
                    suites=held_to(told.ciphers), tickets=not told.no_tickets, count=told.tickets,
                    renewed_hint=told.renewed_hint, ca=told.client_ca)


def end_of(tcp, patient):
    """Closes, after the peer has, so that nothing that is still on its way to it is lost."""
    try:
        tcp.shutdown(socket.SHUT_WR)
        while patient and tcp.recv(4096):
            pass
    except OSError:
        pass
    tcp.close()


def converse(tcp, script, settings):
    """One connection, to its end."""
    connection = ServerConnection(tcp, script, settings)
    patient = True
    try:
        connection.serve()
    except Ended as end:
        patient = end.by != "peer"
        print(f"connection ended: {end}", flush=True)
    except ScriptError as wrong:
        print(f"the script asks for what there is not: {wrong}", flush=True)
        os._exit(2)
    if script.choice("ends", True):
        end_of(tcp, patient)


def main():
    told = arguments()
    document = load(told.script) if told.script else []
    settings = settings_of(told, document)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(told.socket)
    listener.listen(64)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    print("ready", flush=True)
    number = 0
    while True:
        number += 1
        script = Script(document, number)
        if script.choice("accepts", True):
            tcp, _ = listener.accept()
            threading.Thread(target=converse, args=(tcp, script, settings), daemon=True).start()
        else:
            signal.pause()


main()
