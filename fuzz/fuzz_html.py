"""Search for pages that break the reading of HTML."""

from __future__ import annotations

from gatepost.mail.html import MAX_ATTRIBUTES, MAX_LINKS, MAX_TEXT, read_html


def target(data: bytes) -> None:
    """Any text is a page: what is read of it is within bounds, tidy, and no tag is text."""
    page = data.decode(errors="replace")
    html = read_html(page)
    assert len(html.text) + len(html.hidden) <= MAX_TEXT
    assert len(html.links) <= MAX_LINKS + 200  # those of the last element are all kept
    assert len(html.downloads) <= MAX_ATTRIBUTES
    assert len(html.fields) <= MAX_ATTRIBUTES
    for text in (html.text, html.hidden):
        assert "\n\n" not in text
        assert text == text.strip()
    for link in html.links:
        assert link.target
        assert link.target == link.target.strip()
    if "<" not in page and "&" not in page:
        assert html.text == "\n".join(filter(None, [" ".join(line.split()) for line in page.split("\n")]))
