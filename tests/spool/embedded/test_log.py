from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from gatepost.spool.embedded import log
from gatepost.spool.embedded.log import Entry, Frame
from tests.spool.embedded.shard import message

SALT = b"saltsalt"
CONTENTS = [b"Received: x\r\n", b"first", b"second" * 3000]
ENTRIES: list[tuple[object, ...]] = [
    (18, message(1)),
    (18_000, message(2)),
    (7, message(3), "x.content", b"head"),
]


def frame(
    salt: bytes, done: Sequence[str], entries: Sequence[tuple[object, ...]], contents: list[bytes]
) -> bytes:
    encoded = log.encode((done, entries))
    return log.frame_header(salt, encoded, contents) + encoded + b"".join(contents)


def read(path: Path, octets: bytes, start: int = 0) -> list[Frame]:
    path.write_bytes(octets)
    return list(log.frames(path, start))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "00000001.segment"


def small_log(salt: bytes = SALT) -> tuple[bytes, list[int]]:
    """Give a log of three small frames, and where each of them ends."""
    octets = log.file_header(salt)
    ends = []
    for number in range(3):
        octets += frame(salt, [message(number - 1).id], [(5, message(number))], [b"%05d" % number])
        ends.append(len(octets))
    return octets, ends


def test_what_was_written_is_read_back_frame_by_frame(path: Path) -> None:
    octets = log.file_header(SALT) + frame(SALT, [], ENTRIES, CONTENTS)
    first_end = len(octets)
    octets += frame(SALT, [message(1).id, message(2).id], [(4,)], [b"copy"]) + bytes(5000)
    first, second = read(path, octets)
    assert first.entries == [
        Entry(18, message(1)),
        Entry(18_000, message(2)),
        Entry(7, message(3), "x.content", b"head"),
    ]
    assert (first.done, first.end) == ([], first_end)
    assert octets[first.contents : first.end] == b"".join(CONTENTS)
    assert (second.done, second.entries) == ([message(1).id, message(2).id], [Entry(4)])
    assert read(path, octets, first_end) == [second]


def test_a_frame_cut_off_anywhere_is_ignored_whole(path: Path) -> None:
    octets, ends = small_log()
    for cut in range(len(octets) + 1):
        whole = [end for end in ends if end <= cut]
        assert [one.end for one in read(path, octets[:cut])] == whole
        assert [one.end for one in read(path, octets[:cut] + bytes(len(octets) - cut))] == whole


def test_an_octet_changed_anywhere_ends_the_log_before_its_frame(path: Path) -> None:
    octets, ends = small_log()
    for at in range(len(octets)):
        changed = bytearray(octets)
        changed[at] ^= 0x41
        before = [end for end in ends if end <= at] if at >= log.FILE_HEADER else []
        assert [one.end for one in read(path, bytes(changed))] == before


def test_what_an_earlier_use_of_the_same_space_left_is_not_read(path: Path) -> None:
    old, _ = small_log(b"old-salt")
    now = log.file_header(SALT) + frame(SALT, [], [(5, message(0))], [b"00000"])
    assert len(read(path, now + old[len(now) :])) == 1
    new, ends = small_log()
    assert len(new) == len(old)
    for end in ends:  # the old frames begin exactly where the new ones end
        assert [one.end for one in read(path, new[:end] + old[end:])] == [e for e in ends if e <= end]


@pytest.mark.parametrize("octets", [b"", b"gp-log", b"something else that is long enough"])
def test_a_file_that_is_no_segment_has_no_frames(path: Path, octets: bytes) -> None:
    assert read(path, octets) == []


def test_no_piece_is_so_long_that_the_sum_lets_go_of_the_interpreter_lock(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lengths: list[int] = []
    real = log.crc32

    def measured(octets: bytes, crc: int = 0) -> int:
        lengths.append(len(octets))
        return real(octets, crc)

    monkeypatch.setattr(log, "crc32", measured)
    contents = [os.urandom(length) for length in (0, 1, 5 << 10, (5 << 10) + 1, 100_000)]
    log.frame_header(SALT, b"e" * 20_000, contents)
    assert max(lengths) <= 5 << 10
    assert sum(lengths) == sum(map(len, contents)) + 20_000 + log.HEADER - 4
