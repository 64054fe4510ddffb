"""Search for texts that break the reading of DMARC records."""

from __future__ import annotations

from gatepost.mailauth.dmarc.record import MAX_URIS, Policy, is_record, parse_record


def target(data: bytes) -> None:
    """Any text is no record, or one with valid values that says what is wrong with it in short printable words."""
    text = data.decode("utf-8", "replace")
    record = parse_record(text)
    assert (record is not None) == is_record(text)
    if record is None:
        return
    assert record.psd in ("y", "n", "u")
    assert record.fo
    assert set(record.fo) <= set("01ds")
    assert len(record.rua) <= MAX_URIS
    assert len(record.ruf) <= MAX_URIS
    for place in (*record.rua, *record.ruf):
        assert ":" in place.uri
        assert place.uri.isascii()
        assert place.uri.isprintable()
        assert not set(place.uri) & set(",! ")
    assert record.usable or (record.p is Policy.NONE and not record.rua)
    for problem in record.problems:
        assert problem.isprintable()
        assert len(problem) < 200
    assert parse_record(record.text) is not None
