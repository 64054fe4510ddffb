"""Write small MMDB files, by the format's specification (MaxMind DB 2.0): a tree of bits, then the data."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any


def write(path: Path, networks: Mapping[str, Mapping[str, Any]], *, version: int = 6) -> None:
    """Write a file that knows these networks, which must not lie in one another; IPv4 stands below ::/96."""
    nodes: list[list[Any]] = [[None, None]]
    data = bytearray()
    for text, record in networks.items():
        network = ip_network(text)
        bits = f"{int(network.network_address):0{network.max_prefixlen}b}"[: network.prefixlen]
        if version == 6 and network.version == 4:
            bits = "0" * 96 + bits
        place = len(data)
        data += encode(dict(record))
        node = 0
        for bit in bits[:-1]:
            following = nodes[node][int(bit)]
            if following is None:
                nodes.append([None, None])
                following = nodes[node][int(bit)] = len(nodes) - 1
            node = following
        nodes[node][int(bits[-1])] = bytes(place.to_bytes(4, "big"))
    count = len(nodes)
    tree = bytearray()
    for pair in nodes:
        for side in pair:
            if side is None:
                value = count
            elif isinstance(side, bytes):
                value = count + 16 + int.from_bytes(side, "big")
            else:
                value = side
            tree += value.to_bytes(4, "big")
    metadata = {
        "node_count": count, "record_size": 32, "ip_version": version, "database_type": "Test",
        "languages": ["en"], "binary_format_major_version": 2, "binary_format_minor_version": 0,
        "build_epoch": 1, "description": {"en": "a test"},
    }  # fmt: skip
    new = path.with_suffix(".new")
    new.write_bytes(tree + bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + encode(metadata))
    new.rename(path)


# Readers want each number of the metadata in its own width; by the kind that the specification gives it.
WIDTHS = {"node_count": 6, "build_epoch": 9} | dict.fromkeys(
    ("record_size", "ip_version", "binary_format_major_version", "binary_format_minor_version"), 5
)


def encode(value: Any, width: int = 6) -> bytes:
    """Write a value: text, a number, a list or a table."""
    match value:
        case str():
            octets = value.encode()
            return control(2, len(octets)) + octets
        case int():
            octets = value.to_bytes((value.bit_length() + 7) // 8, "big")
            return control(width, len(octets)) + octets
        case list():
            return control(11, len(value)) + b"".join(map(encode, value))
        case dict():
            entries = [encode(key) + encode(each, WIDTHS.get(key, 6)) for key, each in value.items()]
            return control(7, len(entries)) + b"".join(entries)
    raise TypeError(value)


def control(kind: int, size: int) -> bytes:
    """Write the octet that says what follows and how long it is; kinds above 7 take another."""
    more = b""
    if size >= 29:
        size, more = 29, bytes([size - 29])
    if kind > 7:
        return bytes([size, kind - 7]) + more
    return bytes([kind << 5 | size]) + more
