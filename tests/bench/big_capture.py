#!/usr/bin/env python3
"""big_capture.py OUT [MIB] [CONNECTIONS]: a capture for `decode` to be measured with: connections recorded below
tests/golden/wire over and over, each with ports and randoms of its own and application data behind it, eight hundred
of them open at a time. Without keys, as captures from elsewhere mostly are."""

import collections
import pathlib
import struct
import sys

WIRE = pathlib.Path(__file__).resolve().parents[1] / "golden/wire"
OPEN = 800  # connections at a time
SEGMENT = 1400


def packets_of(path):
    """The raw IPv4 packets of a pcapng file of ours."""
    file, at = path.read_bytes(), 0
    while at < len(file):
        kind, length = struct.unpack_from("<II", file, at)
        if kind == 6:
            captured, = struct.unpack_from("<I", file, at + 20)
            yield bytearray(file[at + 28:at + 28 + captured])
        at += length


def connections_of(path):
    by_port = collections.defaultdict(list)
    for packet in packets_of(path):
        ports = struct.unpack_from("!HH", packet, 20)
        by_port[min(ports), max(ports)].append(packet)
    return [packets for packets in by_port.values() if len(packets) > 8]


def hello_randoms(packets):
    """(packet, offset) of the hellos' randoms: they differ from connection to connection."""
    for number, packet in enumerate(packets):
        start = 20 + (packet[32] >> 4) * 4
        if packet[start:start + 1] == b"\x16" and packet[start + 5:start + 6] in (b"\x01", b"\x02"):
            yield number, start + 11


def data_packet(last, size):
    """Application data of the side that sent `last`, behind it."""
    header = bytearray(last[:20 + (last[32] >> 4) * 4])
    seq, = struct.unpack_from("!I", last, 24)
    struct.pack_into("!I", header, 24, seq + len(last) - len(header))
    header[33] = 0x18
    packet = header + b"\x17\x03\x03" + struct.pack("!H", size - 5) + bytes(size - 5)
    struct.pack_into("!H", packet, 2, len(packet))
    return packet


def with_data(packets, size):
    """The connection with so many bytes of application data before its end, which then lies behind them."""
    end = next(i for i, packet in enumerate(packets) if packet[33] & 0x05)
    sender = packets[0][20:22]
    last = next(packet for packet in reversed(packets[:end])
                if packet[20:22] != sender and len(packet) > 20 + (packet[32] >> 4) * 4)
    data = []
    while size > 0:
        data.append(data_packet(data[-1] if data else last, min(size, SEGMENT)))
        size -= SEGMENT
    added = sum(len(packet) - 20 - (packet[32] >> 4) * 4 for packet in data)
    tail = [bytearray(packet) for packet in packets[end:]]
    for packet in tail:
        of_server = packet[20:22] == last[20:22]
        number, = struct.unpack_from("!I", packet, 24 if of_server else 28)
        struct.pack_into("!I", packet, 24 if of_server else 28, (number + added) & 0xffffffff)
    return packets[:end] + data + tail


def main():
    out, mib, connections = sys.argv[1], *(int(word) for word in (sys.argv[2:4] + ["1024", "100000"][len(sys.argv) - 2:]))
    originals = [each for name in ("tls12-gcm", "tls12-chacha20-poly1305", "tls13")
                 for each in connections_of(WIRE / f"{name}.pcapng")]
    mean = sum(16 + len(packet) for each in originals for packet in each) // len(originals)
    data = max(0, (mib << 20) // connections - mean)
    originals = [with_data(each, data) for each in originals]
    places = [list(hello_randoms(each)) for each in originals]
    with open(out, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
        time = 0
        for first in range(0, connections, OPEN):
            group = []
            for number in range(first, min(first + OPEN, connections)):
                chosen = number % len(originals)
                packets = [bytearray(packet) for packet in originals[chosen]]
                client = packets[0][20:22]
                address = struct.pack("!BBBB", 10, number >> 16 & 255, number >> 8 & 255, number & 255)
                for packet in packets:
                    at = 12 if packet[20:22] == client else 16
                    packet[at:at + 4] = address
                for place, offset in places[chosen]:
                    packets[place][offset:offset + 4] = struct.pack("!I", number)
                group.append(packets)
            for step in range(max(len(packets) for packets in group)):
                for packets in group:
                    if step < len(packets):
                        time += 7
                        packet = packets[step]
                        file.write(struct.pack("<IIII", 1700000000 + time // 1000000, time % 1000000, len(packet),
                                               len(packet)) + packet)


main()
