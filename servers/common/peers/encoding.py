"""Numbers and vectors as RFC 8446, section 3, writes them."""


class Malformed(Exception):
    """What was received cannot be read."""


def number(value, width):
    """Big-endian in `width` bytes; a value that does not fit loses its upper bits, as a script may want."""
    return (value & (1 << 8 * width) - 1).to_bytes(width, "big")


def vector(data, width):
    return number(len(data), width) + data


def numbers(values, width):
    return b"".join(number(value, width) for value in values)


class Reader:
    """Takes bytes off the front of a message."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, size):
        end = self.at + size
        if end > len(self.data):
            raise Malformed(f"{size} bytes wanted, {len(self.data) - self.at} left")
        self.at, taken = end, self.data[self.at:end]
        return taken

    def number(self, width):
        return int.from_bytes(self.take(width), "big")

    def vector(self, width):
        return self.take(self.number(width))

    def numbers(self, width, length_width):
        inner = Reader(self.vector(length_width))
        return [inner.number(width) for _ in range(len(inner.data) // width)]

    def left(self):
        return len(self.data) - self.at

    def rest(self):
        return self.take(self.left())
