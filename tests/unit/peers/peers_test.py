#!/usr/bin/python3
"""peers_test.py: the TLS of the scripted peers against published vectors and against itself; no sockets."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "servers" / "common"))

from peers import messages, protection, schedule
from peers.encoding import Malformed
from peers.numbers import BY_CODE
from peers.script import Script, ScriptError, edit, edit_body
from peers.tickets import Ring

unhex = bytes.fromhex


class KeySchedule(unittest.TestCase):
    def test_handshake_secret_of_rfc_8448(self):
        """Section 3: the early secret, the handshake secret, and the server's traffic keys."""
        made = schedule.Schedule("sha256")
        self.assertEqual(made.secret.hex(), "33ad0a1c607ec03b09e6cd9893680ce210adf300aa1f2660e1b22e10f170f92a")
        made.go_on(unhex("8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d"))
        self.assertEqual(made.secret.hex(), "1dc826e93606aa6fdc0aadc12f741b01046aa6b99f691ed221a9f0ca043fbeac")
        secret = unhex("b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38")
        self.assertEqual(schedule.hkdf_expand_label("sha256", secret, b"key", b"", 16).hex(),
                         "3fce516009c21727d0f2e4e86ee403bc")
        self.assertEqual(schedule.hkdf_expand_label("sha256", secret, b"iv", b"", 12).hex(), "5d313eb2671276ee13000b30")

    def test_resumption_psk_of_rfc_8448(self):
        master = unhex("7df235f2031d2a051287d02b0241b0bfdaf86cc856231f2d5aba46c434ec196c")
        self.assertEqual(schedule.Schedule("sha256").ticket_psk(master, b"\0\0").hex(),
                         "4ecd0eb6ec3b4d87f5d6028f922ca4c5851a277fd41311c9e62d2c9492e1c4f3")

    def test_prf_of_tls_1_2(self):
        """The vector of the IETF's TLS list, P_SHA256."""
        out = schedule.prf(0x0303, "sha256", unhex("9bbe436ba940f017b17652849a71db35"), b"test label",
                           unhex("a0ba9f936cda311827a6f796ffd5198c"), 100)
        self.assertTrue(out.hex().startswith("e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a"))

    def test_prf_below_is_of_both_hashes(self):
        secret = b"an odd secret"
        out = schedule.prf(0x0301, "sha256", secret, b"label", b"seed", 20)
        left = schedule.expand(secret[:7], b"labelseed", 20, "md5")
        right = schedule.expand(secret[6:], b"labelseed", 20, "sha1")
        self.assertEqual(out, bytes(a ^ b for a, b in zip(left, right)))


class Records(unittest.TestCase):
    def sealed_and_opened(self, version, code):
        suite = BY_CODE[code]
        ours, _ = protection.protections(version, suite, bytes(48), bytes(32), bytes(32))
        theirs, _ = protection.protections(version, suite, bytes(48), bytes(32), bytes(32))
        for text in (b"one", b"", b"x" * 1000):
            record = ours.seal(23, version, text)
            self.assertEqual(theirs.open(23, version, record[5:]), (23, text))
        record = ours.seal(23, version, b"garbled")
        with self.assertRaises(protection.BadRecord):
            theirs.open(23, version, record[5:-1] + bytes([record[-1] ^ 1]))

    def test_what_is_sealed_opens_unless_it_is_garbled(self):
        for version, code in ((0x0301, 0xc009), (0x0302, 0xc00a), (0x0303, 0xc009), (0x0303, 0xc02b), (0x0303, 0xcca9)):
            with self.subTest(version=hex(version), suite=hex(code)):
                self.sealed_and_opened(version, code)

    def test_of_tls_1_3(self):
        for code in (0x1301, 0x1302, 0x1303):
            ours, theirs = (protection.Aead13(BY_CODE[code], bytes(32)) for _ in range(2))
            record = ours.seal(22, 0x0303, b"text")
            self.assertEqual(theirs.open(23, 0x0303, record[5:]), (22, b"text"))
            with self.assertRaises(protection.BadRecord):
                theirs.open(23, 0x0303, record[5:])  # its number has passed


class Messages(unittest.TestCase):
    hello = {"version": 0x0303, "random": bytes(32), "session_id": b"", "suites": [0x1301], "compressions": b"\0",
             "extensions": [{"type": 35, "data": b"ticket"}]}

    def test_what_is_written_is_read(self):
        body = messages.write_body("ClientHello", self.hello, 0x0304)
        self.assertEqual(messages.read_body("ClientHello", body, 0x0304), self.hello)
        with self.assertRaises(Malformed):
            messages.read_body("ClientHello", body[:-1], 0x0304)
        with self.assertRaises(Malformed):
            messages.read_body("ServerHello", body + b"\0\0\0\0\0\0\0\0\0\0", 0x0304)


class Scripts(unittest.TestCase):
    def test_edits_reach_into_fields(self):
        fields = {"lifetime": 5, "ticket": b"\0\0", "identities": [{"ticket": b"a", "age": 7}], "extensions": []}
        edited = edit(fields, [{"set": {"lifetime": 0, "identities.0.ticket": "ff"}, "add": {"identities.0.age": 1000},
                                "flip": {"ticket": 9}}, {"extension": "early_data", "data": "00"}], None)
        self.assertEqual(edited, {"lifetime": 0, "ticket": b"\0\x40", "identities": [{"ticket": b"\xff", "age": 1007}],
                                  "extensions": [{"type": 42, "data": b"\0"}]})
        self.assertEqual(fields["lifetime"], 5)

    def test_what_depends_on_other_fields_is_made_after_them_and_edited_last(self):
        def complete(fields):
            fields["signature"] = bytes([fields["group"]])

        self.assertEqual(edit({"group": 1}, [{"set": {"group": 2}}], complete)["signature"], b"\2")
        self.assertEqual(edit({"group": 1}, [{"flip": {"signature": 7}}], complete)["signature"], b"\0")

    def test_a_field_that_there_is_not_is_told(self):
        with self.assertRaises(ScriptError):
            edit({"group": 1}, [{"set": {"grupo": 2}}], None)

    def test_bodies_are_cut_extended_and_garbled(self):
        self.assertEqual(edit_body(b"abc", {"cut": 1, "extend": "64"}), b"abd")
        self.assertEqual(edit_body(b"abc", {"garble": -1}), b"abb")

    def test_an_entry_is_for_its_connections_and_its_time(self):
        document = [{"connection": 2, "at": "Finished", "nth": 2, "do": "omit"}, {"choose": {"resume": False}}]
        script = Script(document, 2)
        self.assertFalse(script.choice("resume", True))
        self.assertEqual([len(script.at("Finished")) for _ in range(3)], [0, 1, 0])
        self.assertEqual(Script(document, 1).at("Finished"), [])


class Tickets(unittest.TestCase):
    def setUp(self):
        self.log = []

    def say(self, op, key, age, result):
        self.log.append((op, age, result))

    def test_keys_age_as_the_contract_says(self):
        ring = Ring(10, 20)
        ticket = ring.seal({"n": 1}, 100, self.say)
        for now, result in ((109, 1), (110, 2), (119, 2), (120, 0)):
            got, state = ring.open(ticket, now, self.say)
            self.assertEqual((got, state["n"]), (result, 1))
        self.assertNotEqual(ring.seal({}, 110, self.say)[:16], ticket[:16])
        self.assertEqual(self.log, [("encrypt", 0, 1), ("decrypt", 9, 1), ("decrypt", 10, 2), ("decrypt", 19, 2),
                                    ("decrypt", 20, 0), ("encrypt", 0, 1)])

    def test_what_is_garbled_or_unknown_opens_nothing(self):
        ring = Ring()
        ticket = ring.seal({}, 0, self.say)
        self.assertEqual(ring.open(ticket[:-1] + bytes([ticket[-1] ^ 1]), 0, self.say), (0, None))
        self.assertEqual(ring.open(bytes(200), 0, self.say), (0, None))
        self.assertEqual(self.log[1:], [("decrypt", 0, 0), ("decrypt", None, 0)])

    def test_results_by_script_go_on_with_the_last(self):
        ring = Ring(results=[2, 0])
        ticket = ring.seal({}, 0, self.say)
        self.assertEqual([ring.open(ticket, 0, self.say)[0] for _ in range(3)], [2, 0, 0])


class Compression(unittest.TestCase):
    def test_what_was_compressed_is_read_and_what_was_broken_is_not(self):
        body = b"\0\0\0\2ab"
        read = lambda how: messages.read_body("CompressedCertificate", messages.compressed(body, how), 0x0304)
        self.assertEqual(read({}), {"algorithm": 1, "body": body})
        self.assertEqual(read({"algorithm": 2}), {"algorithm": 2, "body": body})
        self.assertEqual(read({"length": 1}), {"algorithm": 1, "body": None})


if __name__ == "__main__":
    unittest.main()
