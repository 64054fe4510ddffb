"""The pages as an administrator has them: in a real browser, while mail comes in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gatepost.journal.records import Reception
from tests.peers.chromium import PHONE, WIDE, browser
from tests.web import sample
from tests.web.conftest import NOW, Site

pytestmark = pytest.mark.peer("chromium")

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'"


def test_a_message_appears_without_reload_and_leads_to_its_story(
    begin: Callable[[], Site], tmp_path: Path
) -> None:
    site = begin()
    with browser(tmp_path / "profile") as chromium:
        page = chromium.page
        page.goto(site.url)
        page.get_by_text("First steps").wait_for()
        page.locator("#live-state", has_text="Live").wait_for()
        site.happen(sample.taken(NOW, subject="Hello from a new customer", node=41))
        card = page.locator(".session", has_text="Hello from a new customer")
        card.locator(".badge", has_text="on its way").wait_for()
        assert not page.get_by_text("First steps").is_visible()

        ok = sample.delivered(NOW, node=41)[-1]
        site.happen([ok], name="worker2")
        card.locator(".badge", has_text="delivered").wait_for()
        page.locator(".tile.is-delivered b", has_text="1").wait_for()
        assert page.locator(".session").count() == 1

        card.get_by_role("link", name="Hello from a new customer").click()
        page.get_by_role("heading", name="Hello from a new customer").wait_for()
        page.get_by_role("heading", name="Delivered to 10.0.0.5:25").wait_for()
        page.get_by_text("The whole dialogue with it").click()
        page.get_by_text("RCPT TO:<sam@example.org>").wait_for()
        page.get_by_role("link", name="its session").click()
        page.get_by_text("EHLO mail.partner.example").first.wait_for()
        page.get_by_role("searchbox").fill("550 5.1.1 User unknown")
        page.get_by_role("searchbox").press("Enter")
        page.get_by_text("Whose move").wait_for()
        assert chromium.complaints == []
        assert {url for url in chromium.requested if not url.startswith(site.url)} == set()


def test_hostile_words_stay_words_also_when_they_come_in_live(
    begin: Callable[[], Site], tmp_path: Path
) -> None:
    site = begin()
    with browser(tmp_path / "profile") as chromium:
        page = chromium.page
        page.goto(site.url)
        page.locator("#live-state", has_text="Live").wait_for()
        story = sample.taken(NOW, subject=EVIL, helo=EVIL, sender=EVIL, recipients=(EVIL,), client=EVIL)
        site.happen(story)
        page.locator(".session .subject").wait_for()
        assert page.locator(".session .subject").inner_text() == EVIL
        (message,) = [record.message for record in story if isinstance(record, Reception)]
        for path in (f"/message/{message}", f"/session/{message[:13]}"):
            page.goto(site.url + path)
            page.get_by_text(EVIL).first.wait_for()
        assert page.locator("main script, main img").count() == 0
        assert chromium.complaints == []


def test_a_paused_page_stands_still_and_then_catches_up(begin: Callable[[], Site], tmp_path: Path) -> None:
    site = begin()
    with browser(tmp_path / "profile") as chromium:
        page = chromium.page
        page.goto(site.url)
        page.locator("#live-state", has_text="Live").wait_for()
        page.get_by_role("button", name="Pause").click()
        page.locator("#live-state", has_text="Paused").wait_for()
        site.happen(sample.delivered(NOW))
        assert "Minutes of Tuesday" in site.get("/")[2]
        assert page.locator(".session").count() == 0
        page.get_by_role("button", name="Go on").click()
        page.locator(".session", has_text="Minutes of Tuesday").wait_for()
        assert chromium.complaints == []


def test_the_page_works_without_scripts(site: Site, tmp_path: Path) -> None:
    with browser(tmp_path / "profile", scripts=False) as chromium:
        page = chromium.page
        page.goto(site.url)
        assert page.locator(".session").count() == 13
        assert page.get_by_text("Reload to see what is new").is_visible()
        assert not page.locator("#live").is_visible()


def test_no_page_is_wider_than_a_phone_or_complains(site: Site, tmp_path: Path) -> None:
    bounced = f"{sample.session_id(NOW - 1100, 9)}-1"
    paths = ("/", "/held", "/queue", "/replies", "/replies/help", "/explain?q=550", f"/message/{bounced}",
             f"/session/{bounced[:13]}", "/search?q=example")  # fmt: skip
    for size, dark in ((PHONE, True), (WIDE, False)):
        with browser(tmp_path / f"profile-{size[0]}", size, dark=dark) as chromium:
            for path in paths:
                chromium.page.goto(site.url + path)
                wide = chromium.page.evaluate("document.documentElement.scrollWidth - innerWidth")
                assert (path, wide <= 0) == (path, True)
                assert chromium.page.locator("h1").count() == 1
            assert chromium.complaints == []
