"""Debian's Chromium, without a window and without a word to the outside, for tests of the pages."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE = (1280, 800)
PHONE = (390, 844)


class Browser:
    """A page in Chromium, and everything it complained about."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.requested: set[str] = set()
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on(
            "dialog", lambda dialog: (self.complaints.append(f"dialog: {dialog.message}"), dialog.dismiss())
        )
        page.on("request", lambda request: self.requested.add(request.url))


@contextmanager
def browser(
    profile: Path, size: tuple[int, int] = WIDE, *, dark: bool = False, scripts: bool = True
) -> Iterator[Browser]:
    """Open a browser with a profile of its own."""
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium")
    assert program is not None
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=program,
            args=ARGUMENTS,
            headless=True,
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if dark else "light",
            java_script_enabled=scripts,
        )
        try:
            yield Browser(context.pages[0])
        finally:
            context.close()
