"""Files are opened whatever they are, put in order, and what cannot be read is a sentence."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import lzma
import os
import sys
from pathlib import Path

import pytest
import zstandard

from gatepost.cli.reading.sources import Fault, events, first_time, in_order, pieces, size_of

TODAY = dt.date(2026, 11, 23)


def line(stamp: str) -> bytes:
    return f"{stamp} gw postfix/smtpd[1]: connect from unknown[192.0.2.1]\n".encode()


def content(path: Path | str) -> tuple[bytes, list[Fault]]:
    faults: list[Fault] = []
    return b"".join(pieces(str(path), faults.append)), faults


def test_a_plain_file_and_packed_ones_give_their_lines(tmp_path: Path) -> None:
    lines = line("Nov 23 15:05:55") * 100
    for name, octets in (
        ("plain", lines),
        ("gzip.but.named.otherwise", gzip.compress(lines)),
        ("xz", lzma.compress(lines)),
        ("zstd", zstandard.compress(lines)),
        ("short", b"x\n"),
        ("empty", b""),
    ):
        (tmp_path / name).write_bytes(octets)
        expected = b"x\n" if name == "short" else b"" if name == "empty" else lines
        assert content(tmp_path / name) == (expected, [])


def test_what_came_before_a_fault_is_given_and_the_fault_is_told(tmp_path: Path) -> None:
    lines = b"".join(line(f"Nov 23 15:{n // 60:02}:{n % 60:02}") for n in range(3_000))
    path = tmp_path / "mail.log.1.gz"
    path.write_bytes(gzip.compress(lines)[:-500])
    octets, [fault] = content(path)
    assert octets
    assert lines.startswith(octets)
    assert fault.octet == len(octets)
    assert fault.path == str(path)
    assert (
        fault.sentence
        == f"{path} can be read only in part: it ends too early: it was cut off, or is still being written."
    )


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: path.mkdir(), "it is a folder; name the files in it."),
        (lambda path: None, "there is no such file."),
        (lambda path: path.write_bytes(b"PK\x03\x04 and more"), "it is a zip archive"),
    ],
    ids=["folder", "missing", "zip"],
)
def test_what_cannot_be_read_is_a_sentence(tmp_path: Path, make: object, reason: str) -> None:
    path = tmp_path / "x"
    make(path)  # type: ignore[operator]
    octets, [fault] = content(path)
    assert octets == b""
    assert reason in fault.sentence


def test_a_name_that_no_file_can_have_is_a_sentence() -> None:
    octets, [fault] = content("a\0b")
    assert (octets, fault.octet) == (b"", 0)
    assert "no file can have that name" in fault.sentence


def test_a_file_that_may_not_be_read_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b"x\n")
    path.chmod(0)
    if os.geteuid() == 0:  # root may read anything
        monkeypatch.setattr(
            "builtins.open", lambda *args, **more: (_ for _ in ()).throw(PermissionError(13, "no"))
        )
    _, [fault] = content(path)
    assert "run this as one who may" in fault.sentence


def test_standard_input_is_read_also_where_it_is_no_file_of_the_system(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(b"a\nb\n"))))
    assert content("-") == (b"a\nb\n", [])


def test_standard_input_is_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"a\nb\n")
    os.close(writing)
    with os.fdopen(reading) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        assert content("-") == (b"a\nb\n", [])


def test_octets_of_the_file_itself_are_told(tmp_path: Path) -> None:
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(b"x" * 5_000_000))
    told: list[int] = []
    total = sum(map(len, pieces(str(path), lambda fault: None, told.append)))
    assert total == 5_000_000
    assert sum(told) == size_of(str(path)) == path.stat().st_size


def test_files_are_put_in_order_of_their_first_time(tmp_path: Path) -> None:
    (tmp_path / "mail.log").write_bytes(line("Nov 23 00:00:01"))
    (tmp_path / "mail.log.1").write_bytes(b"a line without a time\n" + line("Nov 22 00:00:01"))
    (tmp_path / "mail.log.2.gz").write_bytes(gzip.compress(line("Nov 21 00:00:01")))
    (tmp_path / "exim").write_bytes(b"2026-11-20 15:05:55 1v2abc-000000-11 Completed\n")
    (tmp_path / "replies").write_bytes(b"550 5.1.1 no\n")
    names = ["mail.log", "replies", "mail.log.1", "-", "mail.log.2.gz", "missing", "exim"]
    paths = [name if name == "-" else str(tmp_path / name) for name in names]
    ordered = [Path(path).name for path in in_order(paths, TODAY)]
    assert ordered == ["exim", "mail.log.2.gz", "mail.log.1", "mail.log", "replies", "-", "missing"]


def test_a_year_that_is_left_out_counts_for_the_order(tmp_path: Path) -> None:
    (tmp_path / "old").write_bytes(line("Dec 31 23:59:59"))
    (tmp_path / "new").write_bytes(line("Jan  1 00:00:01"))
    paths = [str(tmp_path / "new"), str(tmp_path / "old")]
    assert [Path(path).name for path in in_order(paths, dt.date(2027, 1, 2))] == ["old", "new"]
    assert first_time(paths[1], dt.date(2027, 1, 2)) == "2026-12-31T23:59:59"


def test_events_come_with_their_lines_in_order_of_time(tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(line("Nov 23 00:00:01") + b"what is this")
    (tmp_path / "a").write_bytes(line("Nov 22 00:00:01"))
    faults: list[Fault] = []
    told = list(events([str(tmp_path / name) for name in ("b", "a", "c")], TODAY, faults.append))
    assert [event and event.time for _, event in told] == ["2026-11-22T00:00:01", "2026-11-23T00:00:01", None]
    assert told[2][0] == "what is this"
    assert [fault.path for fault in faults] == [str(tmp_path / "c")]


def test_the_size_of_a_pipe_is_not_known_and_that_of_what_is_missing_is_none(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert size_of(str(tmp_path / "pipe")) is None
    assert size_of("-") is None
    assert size_of(str(tmp_path / "missing")) == 0
