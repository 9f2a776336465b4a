"""Captures once more, each packet in other headers: link types, tags and tunnels.

A wrapping is a link type (LINKTYPE registry) and a function from an IPv4 packet, its TCP inside, to a frame.
"""
import pathlib
import struct

ETHERNET, NULL, PPP, RAW, LOOP, SLL, IPV4, SLL2 = 1, 0, 9, 101, 108, 113, 228, 276
MACS = bytes(range(12))
OUTER = bytes([192, 0, 2, 1, 192, 0, 2, 2])
OUTER6 = bytes.fromhex("20010db8000000000000000000000001" "20010db8000000000000000000000002")


def ether(packet, kind=0x0800, tags=b""):
    return MACS + tags + struct.pack(">H", kind) + packet


def ipv4(protocol, payload, fragment=0):
    header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 7, fragment, 64, protocol, 0) + OUTER
    total = sum(struct.unpack(">10H", header))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return header[:10] + struct.pack(">H", ~total & 0xFFFF) + header[12:] + payload


def ipv6(protocol, payload):
    return struct.pack(">IHBB", 6 << 28, len(payload), protocol, 64) + OUTER6 + payload


def udp(port, payload):
    return ipv4(17, struct.pack(">HHHH", 50000, port, 8 + len(payload), 0) + payload)


WRAPPINGS = {
    "ethernet": (ETHERNET, ether),
    "vlan": (ETHERNET, lambda p: ether(p, tags=b"\x81\x00\x00\x05")),
    "qinq": (ETHERNET, lambda p: ether(p, tags=b"\x88\xa8\x00\x05\x81\x00\x00\x06")),
    "pppoe": (ETHERNET, lambda p: ether(struct.pack(">BBHHH", 0x11, 0, 1, len(p) + 2, 0x21) + p, 0x8864)),
    "mpls": (ETHERNET, lambda p: ether(struct.pack(">II", 16 << 12 | 64, 17 << 12 | 0x100 | 64) + p, 0x8847)),
    "null": (NULL, lambda p: struct.pack("<I", 2) + p),
    "loop": (LOOP, lambda p: struct.pack(">I", 2) + p),
    "ppp": (PPP, lambda p: b"\xff\x03\x00\x21" + p),
    "raw": (RAW, lambda p: p),
    "ipv4": (IPV4, lambda p: p),
    "cooked": (SLL, lambda p: struct.pack(">HHH8sH", 0, 1, 6, MACS[:8], 0x0800) + p),
    "cooked2": (SLL2, lambda p: struct.pack(">HHIHBB8s", 0x0800, 0, 1, 1, 0, 6, MACS[:8]) + p),
    "ipip": (RAW, lambda p: ipv4(4, p)),
    "4in6": (ETHERNET, lambda p: ether(ipv6(4, p), 0x86DD)),
    "6-options": (ETHERNET, lambda p: ether(ipv6(0, b"\x04\x00\x01\x04\x00\x00\x00\x00" + p), 0x86DD)),
    "gre": (RAW, lambda p: ipv4(47, b"\x20\x00\x08\x00\x00\x00\x00\x09" + p)),
    "gre-ethernet": (RAW, lambda p: ipv4(47, b"\x00\x00\x65\x58" + ether(p))),
    "vxlan": (ETHERNET, lambda p: ether(udp(4789, b"\x08\x00\x00\x00\x00\x00\x07\x00" + ether(p)))),
    "geneve": (ETHERNET, lambda p: ether(udp(6081, b"\x00\x00\x65\x58\x00\x00\x07\x00" + ether(p)))),
    "gtp-u": (ETHERNET, lambda p: ether(udp(2152, struct.pack(">BBHI", 0x30, 0xFF, len(p), 9) + p))),
}


def blocks_of(capture):
    """(type, body) of each block of a pcapng file, little-endian as all of ours are."""
    data = pathlib.Path(capture).read_bytes()
    at = 0
    while at + 12 <= len(data):
        kind, length = struct.unpack_from("<II", data, at)
        yield kind, data[at + 8:at + length - 4]
        at += length


def block(kind, body):
    body += bytes(-len(body) % 4)
    return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)


def ip_of(frame, link_type):
    """The IPv4 packet in a frame of Ethernet or raw IP."""
    return frame[14:] if link_type == ETHERNET else frame


def wrap(capture, wrapping, target):
    """Writes the capture with each packet in the wrapping."""
    link_type, frame_of = WRAPPINGS[wrapping]
    written = b""
    was = RAW
    for kind, body in blocks_of(capture):
        if kind == 1:
            was = struct.unpack_from("<H", body)[0]
            body = struct.pack("<H", link_type) + body[2:]
        elif kind == 6:
            length = struct.unpack_from("<I", body, 12)[0]
            frame = frame_of(ip_of(body[20:20 + length], was))
            body = body[:12] + struct.pack("<II", len(frame), len(frame)) + frame
        written += block(kind, body)
    pathlib.Path(target).write_bytes(written)
