from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.checks.content.formats.text import addresses, decoded


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_text_is_read_in_the_encoding_that_it_has(encoding: str) -> None:
    assert decoded("Grüße aus Köln".encode(encoding)) == "Grüße aus Köln"


def test_what_a_page_declares_is_believed_and_else_windows_is_guessed() -> None:
    assert "Привет" in decoded('<meta charset="koi8-r">Привет'.encode("koi8-r"))
    assert decoded("Grüße".encode("windows-1252")) == "Grüße"
    assert "a" in decoded(b'<meta charset="no-such-charset">a')


@given(st.binary(max_size=200))
def test_any_octets_are_some_text(octets: bytes) -> None:
    decoded(octets)


def test_addresses_are_taken_as_they_are_written_without_the_end_of_the_sentence() -> None:
    text = "See HTTPS://x.test/a?b=1, (ftp://y.test/z) or https://x.test/a?b=1; not mailto:a@x.test."
    assert list(addresses(text)) == ["HTTPS://x.test/a?b=1", "ftp://y.test/z", "https://x.test/a?b=1"]
