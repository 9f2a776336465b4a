"""What a peer is told to do otherwise: a JSON document, applied to one connection. README.md is its manual."""

import copy
import json
import re

from .numbers import EXTENSION, code_of

EDITS = ("set", "add", "flip")


class ScriptError(Exception):
    """A script that asks for what there is not."""


def load(path):
    """The list of deviations in a file, in which lines that begin with // are comments."""
    with open(path) as file:
        return json.loads("".join(line for line in file if not line.lstrip().startswith("//")))


def applies(entry, connection):
    wanted = entry.get("connection")
    return wanted is None or connection in (wanted if isinstance(wanted, list) else [wanted])


def step_into(fields, path):
    """(holder, key) of the value that a dotted path names, or None if there is nothing of that name."""
    words = [int(word) if re.fullmatch(r"-?\d+", word) else word for word in path.split(".")]
    for word in words[:-1]:
        try:
            fields = fields[word]
        except (KeyError, IndexError, TypeError):
            return None
    last = words[-1]
    here = last in fields if isinstance(fields, dict) else isinstance(last, int) and last < len(fields)
    return (fields, last) if here else None


def as_value(old, given):
    """A script's value in the type of the one that it replaces: bytes are written in hexadecimal."""
    if isinstance(given, str) and (isinstance(old, bytes) or old is None):
        return bytes.fromhex(given)
    if isinstance(old, list) and old and isinstance(old[0], bytes):
        return [bytes.fromhex(each) for each in given]
    return given


def changed(edit, old, given):
    if edit == "set":
        return as_value(old, given)
    if edit == "add":
        return old + given
    return bytes(byte ^ (0x80 >> given % 8 if at == given // 8 % len(old) else 0) for at, byte in enumerate(old))


def edit_fields(fields, entry):
    """Applies the edits of whose fields there are; gives the entry that is left to be done."""
    left = {}
    for edit in EDITS:
        for path, given in entry.get(edit, {}).items():
            place = step_into(fields, path)
            if place is None:
                left.setdefault(edit, {})[path] = given
            else:
                holder, key = place
                holder[key] = changed(edit, holder[key], given)
    return left


def edit_extensions(fields, entry):
    """Adds, sets, removes, repeats or moves an extension by its name or number."""
    kind = code_of(EXTENSION, entry["extension"])
    data = bytes.fromhex(entry.get("data", ""))
    change = entry.get("change", "add")
    extensions = fields.get("extensions") or []
    same = [each for each in extensions if each["type"] == kind]
    others = [each for each in extensions if each["type"] != kind]
    if change == "add":
        extensions = extensions + [{"type": kind, "data": data}]
    elif change == "first":
        extensions = (same or [{"type": kind, "data": data}]) + others
    elif change == "last":
        extensions = others + same
    elif change == "remove":
        extensions = others
    elif change == "repeat":
        extensions = extensions + same
    elif change == "set":
        extensions = [{"type": kind, "data": data} if each["type"] == kind else each for each in extensions]
    else:
        raise ScriptError(f"an extension is not changed by \"{change}\"")
    fields["extensions"] = extensions


def edit_body(body, entry):
    """Bytes of a body that was written: cut, extended, one of them garbled."""
    if "cut" in entry:
        body = body[:-entry["cut"]]
    if "extend" in entry:
        body = body + bytes.fromhex(entry["extend"])
    if "garble" in entry:
        at = entry["garble"] % len(body)
        body = body[:at] + bytes([body[at] ^ 1]) + body[at + 1:]
    return body


class Script:
    """The deviations of one connection. `points` counts how often each point was reached."""

    def __init__(self, document, connection):
        self.entries = [entry for entry in document if applies(entry, connection)]
        self.choices = {}
        for entry in self.entries:
            self.choices.update(entry.get("choose", {}))
        self.points = {}

    def choice(self, name, natural):
        return self.choices.get(name, natural)

    def at(self, point):
        """What is to be done at a point of the connection, in order."""
        count = self.points[point] = self.points.get(point, 0) + 1
        return [entry for entry in self.entries if entry.get("at") == point and entry.get("nth", count) == count]


def edit(fields, entries, complete):
    """A message's fields as the script wants them. `complete(fields)` adds those that depend on the others, such as
    signatures; what it adds may be edited as well."""
    fields = copy.deepcopy(fields)
    left = []
    for entry in entries:
        if "extension" in entry:
            edit_extensions(fields, entry)
        left.append(edit_fields(fields, entry))
    if complete:
        complete(fields)
    for entry in left:
        for rest in edit_fields(fields, entry).values():
            raise ScriptError(f"there are no such fields: {', '.join(rest)}")
    return fields
