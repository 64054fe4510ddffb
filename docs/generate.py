"""Write the pages that are made from the code, or say which of them are stale.

    python docs/generate.py            write them anew
    python docs/generate.py --check    write nothing; exit status 1 when a page differs

A page is a row in PAGES: its file in this folder, and the function that gives its text.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import explained_pages
import journal_page

from gatepost.cli.replies import STAGES, by_stage
from gatepost.gateway.describe import reference
from gatepost.reply.entry import Entry
from gatepost.smtp.state import diagram

HERE = Path(__file__).parent


def replies() -> str:
    """Give the page of the catalogue: a table, then each entry in full."""
    lines = [
        "# Every reply of the gateway",
        "",
        "<!-- Written by docs/generate.py from gatepost.reply.catalogue. Do not edit. -->",
        "",
        "The gateway says nothing but what stands here. A reply ends in the name of its entry and the id of the",
        "session or message, for example `550 5.7.1 <x@example.org>: this gateway does not take mail for the domain",
        "from you (relay-denied 7zq4k0v3m8x2a)`; `gatepost trace` with that id tells the whole story. A name in",
        "braces stands for a fact that is filled in.",
        "",
        "| entry | code | text |",
        "| --- | --- | --- |",
    ]
    groups = by_stage()
    for entries in groups.values():
        for entry in entries:
            text = _cell(entry.text.partition("\n")[0])
            lines.append(f"| [{entry.id}](#{entry.id}) | {_status(entry)} | {text} |")
    for stage, entries in groups.items():
        lines += ["", f"## {STAGES[stage]}"]
        for entry in entries:
            lines += ["", *_entry(entry)]
    return "\n".join(lines) + "\n"


def dialogue() -> str:
    """Give the page of the server's state table."""
    lines = [
        "# The dialogue",
        "",
        "<!-- Written by docs/generate.py from gatepost.smtp.state. Do not edit. -->",
        "",
        "Which command may come when. A cell names the state that a positive answer leads to, or the code and the",
        "entry that refuses the command there; a negative answer changes nothing, and 421 closes in any state.",
        "",
        diagram().rstrip(),
    ]
    return "\n".join(lines) + "\n"


def _entry(entry: Entry) -> list[str]:
    lines = [f"### {entry.id}", "", "```text"]
    lines += [f"{_status(entry)} {line}" for line in entry.text.split("\n")]
    lines += [
        "```",
        "",
        f"- **When:** {_prose(entry.when)}",
        f"- **Why:** {_prose(entry.why)}",
        f"- **Sender:** {_prose(entry.sender_action)}",
        f"- **Operator:** {_prose(entry.operator_action)}",
    ]
    if entry.cause:
        lines.append(f"- **Cause:** `{entry.cause}`")
    lines.append(f"- **See:** {', '.join(entry.references)}")
    return lines


def _status(entry: Entry) -> str:
    return f"{entry.code} {entry.enhanced}".rstrip()


def _prose(text: str) -> str:
    return text.replace("[[domain]]", "`[[domain]]`").replace("<", "\\<")


def _cell(text: str) -> str:
    return f"`{text}`".replace("|", "\\|")


PAGES: dict[str, Callable[[], str]] = {
    "replies.md": replies,
    "journal.md": journal_page.page,
    "settings.md": reference,
    "dialogue.md": dialogue,
    **explained_pages.pages(),
}


def main() -> int:
    """Write or check every page; give the exit status."""
    parser = argparse.ArgumentParser(description="Write the generated pages.")
    parser.add_argument("--check", action="store_true", help="write nothing, fail when a page is stale")
    checking = parser.parse_args().check
    stale = []
    for name, page in PAGES.items():
        path = HERE / name
        text = page()
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if not checking:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    for path in (HERE / explained_pages.FOLDER).rglob("*.md"):
        if path.relative_to(HERE).as_posix() not in PAGES:  # of a cause or code that is no more
            stale.append(str(path.relative_to(HERE)))
            if not checking:
                path.unlink()
    if checking and stale:
        print(f"stale: {', '.join(stale)}; write them anew with docs/generate.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
