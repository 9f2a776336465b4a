"""The scripted client: a healthy TLS client by clients/PROTOCOL.md, until the script that it is given says otherwise."""

import json
import os
import pathlib
import socket
import sys
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2] / "servers" / "common"
sys.path.insert(0, str(SOURCE))

from peers.certificates import load_root
from peers.client import ClientConnection, ClientSettings
from peers.endpoint import Ended, wait, wait_for_ever
from peers.numbers import SUITES, VERSIONS
from peers.script import Script, load
from peers.server import Identity

FIELDS = ("resumed", "version", "cipher", "session_id", "tickets_received", "response_bytes", "session")


class Unimplemented(Exception):
    pass


class Failure(Exception):
    def __init__(self, stage, text, code=None):
        super().__init__(text)
        self.answer = {"stage": stage, "text": text, "code": code}


def checked(command, kinds):
    """The fields of a command: {name: its type}, in which a type in a list may be null or missing."""
    for name, value in command.items():
        if name not in kinds and value is not None:
            raise Unimplemented(name)
    for name, kind in kinds.items():
        optional = isinstance(kind, list)
        value = command.get(name)
        if value is None and optional:
            continue
        if type(value) not in (kind if optional else [kind]):
            raise Failure("protocol", f"{name} is missing or has the wrong type")
    return command


class Client:
    """`newest` is what is offered next; `kept` what it was after each connection."""

    configured = False

    def configure(self, command):
        told = checked(command, {"do": str, "tls": str, "server_name": str, "ca": str, "certificate": [dict],
                                 "ciphers": [list], "keylog": [str], "script": [str]})
        if told["tls"] not in VERSIONS:
            raise Unimplemented(f"tls {told['tls']}")
        known = {suite.openssl for suite in SUITES}
        ciphers = told.get("ciphers")
        for name in ciphers or []:
            if name not in known:
                raise Unimplemented(f"ciphers {name}")
        if ciphers == []:
            raise Failure("protocol", "ciphers is empty")
        identity = told.get("certificate")
        try:
            root = load_root(told["ca"])
            identity = Identity(identity["cert"], identity["key"]) if identity else None
            document = load(told["script"]) if told.get("script") else []
        except (OSError, ValueError, KeyError) as error:
            raise Failure("protocol", str(error)) from None
        self.settings = ClientSettings(VERSIONS[told["tls"]], told["server_name"], root, identity, ciphers,
                                       told.get("keylog"))
        self.document, self.newest, self.kept = document, None, {}
        self.configured = True
        return {"ok": True}

    def offered(self, offer, script):
        """The session to offer. A script may offer another, or one whose time is over."""
        offer = script.choice("offer", offer)
        if offer == "none":
            return None
        if offer != "latest" and offer not in self.kept:
            raise Failure("protocol", f"connection {offer} has not been made")
        session = self.newest if offer == "latest" else self.kept[offer]
        return session if session and (session.alive() or script.choice("offers_dead", False)) else None

    def connect(self, command):
        if not self.configured:
            raise Failure("protocol", "connect before configure")
        told = checked(command, {"do": str, "connection": int, "host": str, "port": int, "offer": str, "session": [str],
                                 "request": [str], "read": [str]} | ({"offer": int} if type(command.get("offer")) is int
                                                                      else {}))
        if type(told["offer"]) is str and told["offer"] not in ("latest", "none"):
            raise Unimplemented(f"offer {told['offer']}")
        if told.get("read") not in (None, "all", "none"):
            raise Unimplemented(f"read {told['read']}")
        if not 1 <= told["port"] <= 65535 or told["connection"] < 1 or type(told["offer"]) is int and told["offer"] < 1:
            raise Failure("protocol", "a number is out of range")
        script = Script(self.document, told["connection"])
        session = self.offered(told["offer"], script)
        self.kept[told["connection"]] = self.newest
        answer = dict.fromkeys(FIELDS)
        try:
            self.converse(told, script, session, answer)
            answer = {"ok": True, **answer}
        except Failure as failure:
            answer = {"ok": False, "error": failure.answer, **answer}
        return told_by(script, answer)

    def converse(self, told, script, session, answer):
        for _ in range(script.choice("spare_connections", 0)):
            socket.create_connection((told["host"], told["port"])).close()
        try:
            tcp = socket.create_connection((told["host"], told["port"]))
        except OSError as error:
            raise Failure("connect", str(error)) from None
        tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = ClientConnection(tcp, script, self.settings, session)
        stage = "handshake"
        try:
            connection.run()
            answer.update(connection.result)
            stage = "write"
            if told.get("request") is not None:
                connection.request(told["request"])
            stage = "read"
            if told.get("read") != "none":
                connection.read_response()
            stage = "close"
            if script.choice("close_notify", True):
                self.say_goodbye(connection)
        except Ended as end:
            answer.update(connection.result)
            raise Failure(stage, str(end), end.alert) from None
        finally:
            self.keep(told["connection"], script, connection, answer)
            if script.choice("ends", True):
                tcp.close()

    @staticmethod
    def say_goodbye(connection):
        """A peer that has closed already no longer hears it."""
        try:
            connection.say_goodbye()
        except Ended as end:
            if end.by != "peer":
                raise

    def keep(self, number, script, connection, answer):
        answer["tickets_received"] = len(connection.tickets)
        answer["response_bytes"] = connection.response_bytes
        if connection.tickets and script.choice("keeps", True):
            self.newest = self.kept[number] = connection.tickets[-1]


def told_by(script, answer):
    """What the client says of a connection, lies of the script's among it: a text instead of an answer, or None."""
    for entry in script.at("answer"):
        answer = {**answer, **entry.get("set", {})} if isinstance(answer, dict) else answer
        answer = {name: value for name, value in answer.items() if name not in entry.get("without", ())}
        do = entry.get("do")
        if do == "delay":
            wait(entry["ms"] / 1000)
        elif do == "exit":
            os._exit(entry.get("code", 1))
        elif do == "hang":
            wait_for_ever()
        elif do == "stderr":
            print(entry["text"], file=sys.stderr, flush=True)
        elif do == "say":
            return entry["text"].replace("{answer}", json.dumps(answer)) * entry.get("times", 1)
        elif do == "omit":
            return ""
    return json.dumps(answer) + "\n"


def hello(command):
    protocol = checked(command, {"do": str, "protocol": int})["protocol"]
    if protocol != 1:
        raise Unimplemented(f"protocol {protocol}")
    return {"ok": True, "protocol": 1, "library": "peers", "version": "1", "carry": "cache", "time": time.time()}


def answer_to(client, line):
    verbs = {"hello": hello, "configure": client.configure, "connect": client.connect}
    try:
        try:
            command = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise Failure("protocol", f"the line is not JSON: {error}") from None
        if not isinstance(command, dict) or not isinstance(command.get("do"), str):
            raise Failure("protocol", "not a JSON object that says what to do")
        if command["do"] not in verbs:
            raise Unimplemented(command["do"])
        answer = verbs[command["do"]](command)
    except Failure as failure:
        answer = {"ok": False, "error": failure.answer}
    except Unimplemented as what:
        answer = {"ok": False, "unimplemented": str(what)}
    return answer if isinstance(answer, str) else json.dumps(answer) + "\n"


def main():
    if len(sys.argv) > 1:
        sys.exit(89)
    client = Client()
    for line in sys.stdin.buffer:
        sys.stdout.write(answer_to(client, line))
        sys.stdout.flush()


main()
