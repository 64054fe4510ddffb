"""A log is cut at line ends into spans that hold each line once."""

from __future__ import annotations

import datetime as dt
import gzip
import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.cli.reading import spans as module
from gatepost.cli.reading.spans import Span, can_be_cut, pieces_of, spans

TODAY = dt.date(2026, 11, 23)
POSTFIX = b"Nov 23 15:05:55 gw postfix/smtpd[1]: connect from unknown[192.0.2.1]\n"


def octets_of(span: Span) -> bytes:
    return b"".join(pieces_of(span, lambda octets: None))


@given(st.lists(st.integers(0, 40), max_size=30), st.integers(1, 60), st.booleans())
def test_however_it_is_cut_each_line_is_in_one_span(
    tmp_path_factory: pytest.TempPathFactory, lengths: list[int], step: int, ended: bool
) -> None:
    path = tmp_path_factory.getbasetemp() / "cut.log"
    data = b"".join(b"%c" % (65 + number % 26) * length + b"\n" for number, length in enumerate(lengths))
    data = data if ended else data[:-1]
    path.write_bytes(data)
    cuts = [*range(0, len(data), step), len(data)]
    parts = [octets_of(Span(str(path), begin, end)) for begin, end in itertools.pairwise(cuts)]
    assert b"".join(parts) == data
    assert all(part.endswith(b"\n") for part in parts[:-1] if part and not data.endswith(part))


def test_a_large_log_is_cut_into_ever_smaller_spans_without_a_gap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LEAST", 1 << 12)
    monkeypatch.setattr(module, "MOST", 1 << 15)
    (tmp_path / "large").write_bytes(POSTFIX * 5_000)
    (tmp_path / "small").write_bytes(POSTFIX)
    (tmp_path / "packed").write_bytes(gzip.compress(POSTFIX * 100))
    paths = [str(tmp_path / name) for name in ("small", "large", "packed", "missing", "-")]
    found = spans(paths, TODAY, 2)
    of_large = [span for span in found if span.path == paths[1]]
    assert [span.path for span in found if span not in of_large] == [paths[0], *paths[2:]]
    assert all(span.end == 0 for span in found if span not in of_large)
    lengths = [span.end - span.begin for span in of_large]
    assert [span.begin for span in of_large[1:]] == [span.end for span in of_large[:-1]]
    assert sum(lengths) == len(POSTFIX) * 5_000
    assert lengths[:-1] == sorted(lengths[:-1], reverse=True)
    assert spans(paths[:2], TODAY, 1) == [Span(paths[0]), Span(paths[1])]


@pytest.mark.parametrize(
    ("head", "cut"),
    [
        (POSTFIX * 3, True),
        (b"Nov 23 15:05:55 gw sshd[1]: x\n" + POSTFIX, True),
        (b"2026-11-23 15:05:55 1v2abc-000000-11 Completed\n", True),
        (b"550 5.1.1 no\n", False),
        (b"#Software: Microsoft Exchange Server\n#Fields: date-time,connector-id\n", False),
        (gzip.compress(POSTFIX * 3), False),
        ("\n".join([POSTFIX.decode()] * 3).encode("utf-16"), False),
        (b"", False),
    ],
    ids=["postfix", "mixed", "exim", "replies", "exchange", "packed", "utf-16", "empty"],
)
def test_only_logs_whose_lines_stand_for_themselves_are_cut(tmp_path: Path, head: bytes, cut: bool) -> None:
    path = tmp_path / "x.log"
    path.write_bytes(head)
    assert can_be_cut(str(path), TODAY) is cut


def test_what_cannot_be_opened_cannot_be_cut(tmp_path: Path) -> None:
    assert not can_be_cut(str(tmp_path / "missing"), TODAY)
    assert not can_be_cut("a\0b", TODAY)
