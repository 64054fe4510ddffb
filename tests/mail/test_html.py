"""HTML as a person meets it: what is shown, what is hidden, and where it leads."""

from __future__ import annotations

from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatepost.mail.html import MAX_LINKS, MAX_TEXT, read_html


def links(html: str) -> list[tuple[str, str]]:
    return [(link.target, link.shown) for link in read_html(html).links]


def test_text_is_what_is_shown_with_lines_where_blocks_end() -> None:
    read = read_html(
        "<html><head><title>T</title></head><body><p>One&nbsp;<b>bold</b></p><div>Two &lt;3</div>"
    )
    assert read.text == "T\nOne bold\nTwo <3"


def test_a_link_has_its_target_and_what_is_shown_for_it() -> None:
    assert links('<a class=x href="https://a.test/?x=1&amp;y=2">go <i>there</i></a> now') == [
        ("https://a.test/?x=1&y=2", "go there")
    ]


@pytest.mark.parametrize(
    "html",
    [
        "<a href=https://x.test/>",
        "<A HREF='https://x.test/'>",
        "<a\nhref\n=\n'https://x.test/'>",
        "<a/href=https://x.test/>",
        '<a title="a > b" href="https://x.test/">',
        "<a href=&#104;ttps&colon;//x.test/>",
        "<!-- a --><a href=https://x.test/>",
        "<!--><a href=https://x.test/>",
        "<![CDATA[ ]]><a href=https://x.test/>",
        "<p <a href=https://x.test/>",
        '<a href="https://x.test/>no quote closes',
        "</p foo><a href=https://x.test/>",
        "<style>a</style><a href=https://x.test/>",
        "<a href=  https://x.test/ >",
        "<a x='1' href=https://x.test/ href=https://other.test/>",
        "a < b <a href=https://x.test/>",
    ],
)
def test_however_it_is_written_the_link_is_seen(html: str) -> None:
    assert any("https://x.test/" in target for target, _ in links(html))


@pytest.mark.parametrize(
    ("html", "element", "attribute"),
    [
        ("<img src=//x.test/i.png>", "img", "src"),
        ("<form action=//x.test/i.png>", "form", "action"),
        ("<button formaction=//x.test/i.png>", "button", "formaction"),
        ("<iframe src=//x.test/i.png></iframe>", "iframe", "src"),
        ("<script src=//x.test/i.png></script>", "script", "src"),
        ("<object data=//x.test/i.png>", "object", "data"),
        ("<link href=//x.test/i.png>", "link", "href"),
        ("<body background=//x.test/i.png>", "body", "background"),
        ('<meta http-equiv="Refresh" content="0;URL=//x.test/i.png">', "meta", "refresh"),
        ("<p style=\"background:url('//x.test/i.png')\">", "p", "style"),
        ("<style>a{background:url(//x.test/i.png)}</style>", "style", "style"),
        ("<img srcset='//x.test/i.png 2x, b 3x'>", "img", "srcset"),
        ("<svg><a xlink:href=//x.test/i.png>", "a", "xlink:href"),
    ],
)
def test_what_is_loaded_or_sent_somewhere_is_a_link_too(html: str, element: str, attribute: str) -> None:
    first = read_html(html).links[0]
    assert (first.element, first.attribute, first.target) == (element, attribute, "//x.test/i.png")


@pytest.mark.parametrize(
    "style",
    ["display:none", "DISPLAY : none", "font-size:0px", "visibility:hidden", "opacity:0", "mso-hide:all"],
)
def test_text_that_a_style_hides_is_told_apart(style: str) -> None:
    read = read_html(f'<p>seen<div style="{style}">not <div>seen</div> at all</div>again')
    assert read.text == "seen\nagain"
    assert read.hidden.split() == ["not", "seen", "at", "all"]


def test_a_style_that_hides_nothing_hides_nothing() -> None:
    read = read_html('<p style="font-size:0.9em">a<p style="opacity:0.5">b<p style="font-size:01px">c')
    assert (read.text, read.hidden) == ("a\nb\nc", "")


def test_scripts_forms_downloads_and_the_base_are_told() -> None:
    read = read_html(
        "<base href=https://b.test/><script>var a = '</p>';</script><input type=PassWord>"
        "<a download='x.zip' href='data:,1'>"
    )
    assert read.scripts == ("var a = '</p>';",)
    assert read.base == "https://b.test/"
    assert read.fields == ("password",)
    assert read.downloads == ("x.zip",)


def test_what_an_event_starts_is_a_script_too() -> None:
    assert read_html("<body onload='go()'><p once=1>").scripts == ("go()",)


@pytest.mark.parametrize(
    "made",
    [
        lambda n: "<div>" * n,
        lambda n: '<a x="' * n,
        lambda n: "<a x='" * n + '"',
        lambda n: "<a " * n,
        lambda n: "<" * n,
        lambda n: "</" * n,
        lambda n: "<!--" * n,
        lambda n: "<![CDATA[" * n,
        lambda n: "<script>" * n,
        lambda n: "<title>a" * n,
        lambda n: "<p " + "a=b " * n,
        lambda n: "&amp" * n,
        lambda n: "<a" + " " * n,
        lambda n: "\n " * n,
        lambda n: '<p style="url(">' * n,
        lambda n: "<a href=x>" * n,
    ],
)
def test_hostile_shapes_are_read_to_a_bound(made: Callable[[int], str]) -> None:
    read = read_html(made(50_000))
    assert len(read.links) <= MAX_LINKS + 1
    assert len(read.text) <= MAX_TEXT


class _Reference(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        target = next((value for name, value in attrs if name == "href"), None)
        if tag == "a" and target and target.strip() and not target.strip().startswith("#"):
            self.targets.append(target.strip())


_PIECES = st.sampled_from(
    [
        "<a href='u1'>", '<a href="u2" title="x > y">', "<a href=u3>", "</a>",
        "<p>", "</p>", "text ", "<br/>", "<!-- c -->",
        "<b>", "</b>", "<img src='i'>", "&amp;", "<a name=n>", "<A HREF = 'u4' >", '<div class="x">', "</div>",
    ]
)  # fmt: skip


@settings(max_examples=400)
@given(st.lists(_PIECES, max_size=30))
def test_no_link_that_the_standard_library_sees_is_unseen(pieces: list[str]) -> None:
    reference = _Reference()
    reference.feed("".join(pieces))
    assert [target for target, _ in links("".join(pieces)) if target != "i"] == reference.targets


@given(st.text(alphabet="<>/!-\"'= abhrefscripty&;[]", max_size=200))
def test_anything_can_be_read(html: str) -> None:
    read_html(html)
