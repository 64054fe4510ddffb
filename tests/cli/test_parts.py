"""The parts of a message, drawn and listed."""

from __future__ import annotations

from gatepost.checks.content.formats.format import Link, Seen, Trait
from gatepost.checks.content.formats.walk import Item
from gatepost.checks.facts import Content
from gatepost.cli.parts import plain_parts, tree

MESSAGE = (
    b"Content-Type: multipart/mixed; boundary=cut\r\n\r\n"
    b"--cut\r\n\r\nHello.\r\n"
    b'--cut\r\nContent-Disposition: attachment; filename="a\x1b.zip"\r\n\r\nPK\r\n--cut--\r\n'
)


def content() -> Content:
    made = Content(len(MESSAGE), MESSAGE)
    made.items.append(("2", Item(("a.zip",), "zip", 2, "ab" * 32)))
    inner = Item(
        ("a.zip", "b.exe"),
        "pe",
        9,
        "cd" * 32,
        (Seen(Trait.PROGRAM, "a program"),),
        (Link("https://x.test/"),),
    )
    made.items.append(("2", inner))
    return made


def test_the_tree_shows_each_file_below_what_holds_it() -> None:
    drawn = tree(content())
    assert [line.rstrip() for line in drawn] == [
        "  message  multipart/mixed, 91 octets",
        "    1  text/plain, 6 octets",
        '    2  text/plain, "a?.zip", 2 octets',
        "      ! name-invisible: the name has characters that are not shown: 'a\\x1b.zip'",
        "      a.zip  zip, 2 octets, abababababababab",
        "        b.exe  pe, 9 octets, cdcdcdcdcdcdcdcd",
        "          ! program: a program",
    ]


def test_a_script_gets_each_part_with_its_files() -> None:
    parts = plain_parts(content())
    assert [part["part"] for part in parts] == ["", "1", "2"]
    files = parts[2]["files"]
    assert isinstance(files, list)
    assert files[1]["path"] == ("a.zip", "b.exe")
    assert files[1]["links"] == ["https://x.test/"]
