"""Text that is a file: what it says and where it leads."""

from __future__ import annotations

import pytest

from tests.checks.content.formats.looking import links, looked


@pytest.mark.parametrize(
    "octets",
    [
        b"BEGIN:VCALENDAR\r\nDESCRIPTION:Join https://x.te\r\n st/meet now\r\n",
        b"BEGIN:VCARD\r\nURL:https://x.test/\r\n meet\r\n",
        b"Dear all,\r\nsee https://x.test/meet.\r\n",
        "see https://x.test/meet\n".encode("utf-16"),
        b'<?xml version="1.0"?><a xmlns="http://www.w3.org/1999/xhtml" href="https://x.test/meet"/>',
    ],
)
def test_links_in_text_are_told(octets: bytes) -> None:
    assert links(looked(octets)) == ["https://x.test/meet"]


def test_what_it_says_is_told() -> None:
    [item] = looked(b"Dear all,\r\n")
    assert item.text == "Dear all,\r\n"
