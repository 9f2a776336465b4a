"""bad_adapter.py MISDEED: the example adapter with one thing wrong, which is the name of a class here."""

import json
import os
import ssl
import sys

import example_adapter


class NothingWrong(example_adapter.Example):
    exit_code = 0

    def answer(self, line):
        return example_adapter.answer(self, line)


# What is said in lines.

class SaysAnotherCarry(NothingWrong):
    def hello(self, order):
        return {**super().hello(order), "carry": "export"}


class SaysNoVersion(NothingWrong):
    def hello(self, order):
        return {**super().hello(order), "version": ""}


class SaysTheWrongTime(NothingWrong):
    def hello(self, order):
        return {**super().hello(order), "time": 0}


class TakesAnyArgument(NothingWrong):
    pass


class ObeysUnknownCommands(NothingWrong):
    def answer(self, line):
        said = super().answer(line)
        return {"ok": True} if "unimplemented" in said else said


class IgnoresUnknownFields(NothingWrong):
    def answer(self, line):
        try:
            order = json.loads(line)
            known = example_adapter.KNOWN[order["do"]]
            return super().answer(json.dumps({field: value for field, value in order.items() if field in known}))
        except (ValueError, TypeError, KeyError):
            return super().answer(line)


class TakesAnyOffer(NothingWrong):
    def offered(self, offer):
        return self.newest if offer == "nonsense-4711" else super().offered(offer)


class TakesAnyRead(NothingWrong):
    def connect(self, order):
        return super().connect({**order, "read": "none" if order.get("read") == "none" else "all"})


class DiesOfBrokenLines(NothingWrong):
    def answer(self, line):
        json.loads(line)
        return super().answer(line)


class AnswersBrokenLinesWithAList(NothingWrong):
    def answer(self, line):
        said = super().answer(line)
        return [] if said.get("error", {}).get("stage") == "protocol" else said


class AppliesWhatItRefuses(NothingWrong):
    def answer(self, line):
        said = super().answer(line)
        order = json.loads(line)
        if "unimplemented" in said and order["do"] == "configure":
            self.server_name = order["server_name"]
        return said


class ExitsInError(NothingWrong):
    exit_code = 3


class TalksOnAtTheEnd(NothingWrong):
    def __del__(self):
        print("bye", flush=True)


# What is seen on the wire.

class SaysItResumed(NothingWrong):
    def connect(self, order):
        return {**super().connect(order), "resumed": True}


class SaysAnotherVersion(NothingWrong):
    def connect(self, order):
        return {**super().connect(order), "version": "1.1"}


class SaysAnotherCipher(NothingWrong):
    def connect(self, order):
        return {**super().connect(order), "cipher": "ECDHE-RSA-AES128-SHA"}


class CountsTooManyTickets(NothingWrong):
    def connect(self, order):
        return {**super().connect(order), "tickets_received": 99}


class CountsTooFewBytes(NothingWrong):
    def connect(self, order):
        return {**super().connect(order), "response_bytes": 1}


class SaysAnotherSessionId(NothingWrong):
    def connect(self, order):
        return {**super().connect(order), "session_id": "deadbeef"}


class ClosesWithoutNotice(NothingWrong):
    def close(self, tls):
        pass


class SendsNoRequest(NothingWrong):
    def connect(self, order):
        return super().connect({**order, "request": None, "read": "none"})


class AlwaysReads(NothingWrong):
    def connect(self, order):
        return super().connect({**order, "read": "all"})


class AlwaysAsks(NothingWrong):
    def connect(self, order):
        return super().connect({**order, "request": "GET / HTTP/1.0\r\n\r\n"})


class ConnectsTwice(NothingWrong):
    def connect(self, order):
        super().connect(order)
        return super().connect({**order, "offer": "none"})


class OffersOlderVersions(NothingWrong):
    def configure(self, order):
        said = super().configure(order)
        self.context.minimum_version = ssl.TLSVersion.TLSv1
        return said


class TakesNewerVersionsForOld(NothingWrong):
    def configure(self, order):
        return super().configure({**order, "tls": max(order["tls"], "1.2")})


class SaysAllWentWell(NothingWrong):
    def connect(self, order):
        try:
            return super().connect(order)
        except example_adapter.Failure:
            return {}


class FailsAtTheWrongStage(NothingWrong):
    def connect(self, order):
        try:
            return super().connect(order)
        except example_adapter.Failure as failure:
            failure.answer["stage"] = "close"
            raise


class FailsWithoutAWord(NothingWrong):
    def connect(self, order):
        try:
            return super().connect(order)
        except example_adapter.Failure as failure:
            failure.answer["text"] = ""
            raise


class LosesSessions(NothingWrong):
    def keep(self, connection, session):
        pass


class LosesSessionsOfTls12(NothingWrong):
    def keep(self, connection, session):
        if self.context.maximum_version != ssl.TLSVersion.TLSv1_2:
            super().keep(connection, session)


class KeepsTheFirstSession(NothingWrong):
    def keep(self, connection, session):
        if self.newest is None:
            super().keep(connection, session)


class FailsToResume(NothingWrong):
    def connect(self, order):
        said = super().connect(order)
        if said["resumed"]:
            raise example_adapter.Failure("verify", ValueError("the certificate is empty"))
        return said


class ForgetsBeforeItStartsAfresh(NothingWrong):
    def connect(self, order):
        if order["offer"] == "none":
            self.newest = None
        return super().connect(order)


class ForgetsWhereThereAreNoTickets(NothingWrong):
    def keep(self, connection, session):
        self.newest = session if session.has_ticket else None


class OffersAlways(NothingWrong):
    def offered(self, offer):
        return self.newest


class TrustsEveryone(NothingWrong):
    def configure(self, order):
        said = super().configure(order)
        self.context.check_hostname = False
        self.context.verify_mode = ssl.CERT_NONE
        return said


class TakesAnyName(NothingWrong):
    def configure(self, order):
        said = super().configure(order)
        self.context.check_hostname = False
        return said


class LivesInRealTime(NothingWrong):
    def __init__(self):
        if os.environ.pop("LD_PRELOAD", None):
            os.execv(sys.executable, [sys.executable, "-B", *sys.argv])


class Chatters(NothingWrong):
    def connect(self, order):
        print("connecting", file=sys.stderr, flush=True)
        return super().connect(order)


# What is declared.

class OffersTheNewestForSaved(NothingWrong):
    def offered(self, offer):
        return super().offered("latest" if type(offer) is int else offer)


class IgnoresItsCertificate(NothingWrong):
    def configure(self, order):
        return super().configure({**order, "certificate": None})


class IgnoresTheCiphers(NothingWrong):
    def configure(self, order):
        return super().configure({**order, "ciphers": None})


class HasFewCiphers(NothingWrong):
    def configure(self, order):
        said = super().configure(order)
        self.context.set_ciphers("ECDHE:@SECLEVEL=0")
        return said


class IgnoresItsClock(NothingWrong):
    def connect(self, order):
        return super().connect({**order, "clock_offset_s": None})


class WritesNoKeyLog(NothingWrong):
    def configure(self, order):
        return super().configure({**order, "keylog": None})


class RemembersAcrossConfigure(NothingWrong):
    def configure(self, order):
        if hasattr(self, "context"):
            return {}
        return super().configure(order)


misdeed = globals()[sys.argv[1]]
if len(sys.argv) > 2 and misdeed is not TakesAnyArgument:
    sys.exit(89)
adapter = misdeed()
for line in sys.stdin:
    print(json.dumps(adapter.answer(line)), flush=True)
sys.exit(adapter.exit_code)
