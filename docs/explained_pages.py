"""The pages on causes and reply codes: the same knowledge that `gatepost explain` speaks from.

One page for each cause and each code, and an index of both; made by generate.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from gatepost.reply import knowledge
from gatepost.reply.catalogue import ENTRIES
from gatepost.reply.explanation import Side
from gatepost.reply.knowledge import Cause, Rule

FOLDER: Final = "explained"
MADE: Final = "<!-- Written by docs/generate.py from gatepost.reply.knowledge. Do not edit. -->"
EXAMPLES: Final = 12  # on a page; the rest stands in the tables
GROUPS: Final = {
    "recipient": "The recipient",
    "capacity": "Room",
    "routing": "The way there",
    "remote_system": "The receiving system",
    "rate": "Too much at a time",
    "reputation": "The name that an address or domain has made itself",
    "sender_auth": "Authentication of the sender's domain",
    "content": "What is in the message",
    "policy": "Rules",
    "access": "Access",
    "protocol": "The dialogue",
    "none": "Not known",
}
SIDES: Final[dict[Side, str]] = {
    "sender": "the sending side",
    "recipient": "the receiving side",
    "gateway": "you, who run the system that wrote the log",
    "network": "whoever looks after the network between",
    "nobody": "nobody",
    "unknown": "cannot be told from this alone",
}
RETRY: Final = {
    "no": "does not help",
    "soon": "happens by itself within minutes",
    "later": "happens by itself, later",
    "after_change": "helps only after something was changed",
}


def pages() -> dict[str, Callable[[], str]]:
    """Give each page's path below docs/ and the function that gives its text."""
    found: dict[str, Callable[[], str]] = {f"{FOLDER}/README.md": _index}
    for name in knowledge.causes():
        found[f"{FOLDER}/causes/{name}.md"] = partial(_cause, name)
    for number in knowledge.codes():
        found[f"{FOLDER}/codes/{number}.md"] = partial(_code, number)
    return found


def _index() -> str:
    lines = [
        "# What replies mean",
        "",
        MADE,
        "",
        "A number alone seldom tells why mail was refused: who said it to whom, at which step and in which words",
        "decides. `gatepost explain` takes a reply, a line of a log or a whole log and names the cause. These are",
        "the causes it knows, and what the numbers stand for.",
        "",
        "## Causes",
    ]
    causes = knowledge.causes()
    for group, title in GROUPS.items():
        lines += ["", f"**{title}**", ""]
        lines += [
            f"- [{cause.title}](causes/{name}.md) (`{name}`): {_prose(cause.meaning)}"
            for name, cause in causes.items()
            if cause.group == group
        ]
    lines += ["", "## Reply codes", "", "| code | meaning |", "| --- | --- |"]
    lines += [
        f"| [{number}](codes/{number}.md) | {_prose(code.meaning)} |"
        for number, code in sorted(knowledge.codes().items())
    ]
    return _text(lines)


# --- a cause ---


def _cause(name: str) -> str:
    cause = knowledge.causes()[name]
    lines = [f"# {cause.title} ({name})", "", MADE, "", f"**{_prose(cause.meaning)}**", ""]
    lines += _moves(cause)
    lines += ["", "## What to do", "", _prose(cause.action)]
    for direction, action in (
        ("Your server refused it", cause.action_sent),
        ("Another server refused your mail", cause.action_received),
        ("Your own system says so, no other server did", cause.action_local),
    ):
        if action:
            lines += ["", f"*{direction}:* {_prose(action)}"]
    lines += ["", "## How it is said", ""]
    lines += _sayings([rule for rule in knowledge.rules() if rule.cause == name])
    codes = [str(number) for number, code in knowledge.codes().items() if name in code.causes]
    if codes:
        lines += ["## Numbers", ""]
        lines.append("Reply codes: " + ", ".join(f"[{code}](../codes/{code}.md)" for code in codes) + ".")
    registered = [
        f"- `X.{detail}`: {_prose(meant.meaning)}"
        for detail, meant in knowledge.enhanced().items()
        if meant.cause == name
    ]
    if registered:
        lines += ["", "Enhanced codes in the registry:", "", *registered]
    lines += _private(name)
    ours = [entry for entry in ENTRIES.values() if entry.cause == name]
    if ours:
        lines += ["", "## When Gatepost says it", ""]
        lines += [
            f"- [{entry.id}](../../replies.md#{entry.id}) (`{entry.code} {entry.enhanced}`): {_prose(entry.when)}"
            for entry in ours
        ]
    lines += ["", f"See {', '.join(cause.references)}."]
    return _text(lines)


def _moves(cause: Cause) -> Iterator[str]:
    yield "| | whose move it is |"
    yield "| --- | --- |"
    yield f"| when it is not known who said it | {SIDES[cause.side]} |"
    yield f"| your server said it to a client | {SIDES[cause.side_sent or cause.side]} |"
    yield f"| another server said it to yours | {SIDES[cause.side_received or cause.side]} |"
    yield f"| your own system made it up | {SIDES[cause.side_local or cause.side]} |"
    yield ""
    lasting = {
        "class": "The reply code says whether it lasts: 4xx passes, 5xx does not.",
        "temporary": "It passes, whatever the code says.",
        "permanent": "It does not pass by itself, whatever the code says.",
    }[cause.persistence]
    after_4, after_5 = RETRY[cause.retry_temporary], RETRY[cause.retry_permanent]
    if after_4 == after_5:
        yield f"{lasting} Trying again {after_4}."
    else:
        yield f"{lasting} Trying again {after_4} when the code is 4xx; when it is 5xx, it {after_5}."


def _sayings(rules: list[Rule]) -> Iterator[str]:
    """Give examples, those of different sources first."""
    left = EXAMPLES
    for number in range(max((len(rule.examples) for rule in rules), default=0)):
        for rule in rules:
            if number < len(rule.examples) and left:
                left -= 1
                yield "```text"
                yield rule.examples[number]
                yield "```"
                own = f" {_prose(rule.meaning)}" if rule.meaning else ""
                yield f"{_prose(rule.source)}.{own}"
                yield ""


def _private(name: str) -> Iterator[str]:
    rows = [
        f"| {_prose(speaker.title)} | `X.{detail}` | {_prose(meant.meaning)} |"
        for speaker in knowledge.speakers().values()
        for detail, meant in speaker.enhanced.items()
        if meant.cause == name
    ]
    if rows:
        yield from (
            "",
            "Enhanced codes that some use in their own way:",
            "",
            "| who | code | meaning there |",
            "| --- | --- | --- |",
        )
        yield from rows


# --- a reply code ---


def _code(number: int) -> str:
    code, causes = knowledge.codes()[number], knowledge.causes()
    lines = [f"# {number}", "", MADE, "", f"**{_prose(code.meaning)}**", ""]
    lines += [f"- **Whose move:** {_prose(code.move)}", f"- **What to do:** {_prose(code.action)}"]
    if code.misread:
        lines.append(f"- **Beware:** {_prose(code.misread)}")
    if code.causes:
        lines += ["", "## What it stands for", ""]
        lines += [
            f"- [{causes[name].title}](../causes/{name}.md): {_prose(causes[name].meaning)}"
            for name in code.causes
        ]
    for stage, names in code.by_stage.items():
        links = ", ".join(f"[{causes[name].title}](../causes/{name}.md)" for name in names)
        lines += ["", f"At the step *{stage}* it mostly means {links}."]
    if code.causes and not code.sure:
        lines += ["", f'The words behind the number decide: `gatepost explain "{number} …"`.']
    examples = [
        (example, rule.cause)
        for rule in knowledge.rules()
        for example in rule.examples
        if example.startswith(str(number))
    ]
    if examples:
        lines += ["", "## How it is said", ""]
        seen: set[str] = set()
        for example, cause in examples:
            if cause not in seen and len(seen) < EXAMPLES:
                seen.add(cause)
                lines += ["```text", example, "```", f"[{causes[cause].title}](../causes/{cause}.md)", ""]
    ours = [entry for entry in ENTRIES.values() if entry.code == number]
    if ours:
        lines += ["", "## When Gatepost says it", ""]
        lines += [f"- [{entry.id}](../../replies.md#{entry.id}): {_prose(entry.when)}" for entry in ours]
    lines += ["", f"See {', '.join(code.references)}."]
    return _text(lines)


def _text(lines: list[str]) -> str:
    text = "\n".join(lines)
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text.rstrip() + "\n"


def _prose(text: str) -> str:
    return text.replace("[[domain]]", "`[[domain]]`").replace("<", "\\<").replace("|", "\\|")
