"""Read a bounce that was written for people, in the forms that mail systems have.

One walk over the lines: an address that stands where these systems put it opens a recipient, what follows
belongs to it, a transcript of the dialogue is kept beside, and the copy of the message ends it. Works for the part
for people of a report as well. Whether a message is a bounce at all is decided above; junk gives no recipients.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import Final

from msgspec import Struct, field

from gatepost.mail.bounce import forms
from gatepost.mail.bounce.said import Said, joined, said, stage
from gatepost.mail.bounce.value import Failure

MAX_FAILURES: Final = 500
_MAX_LINES: Final = 5000
_MAX_LINE: Final = 1000
_MAX_LINES_EACH: Final = 60
_MAX_STEPS: Final = 1000
_MAX_WORDS: Final = 600

_ADDRESS: Final = r"(?P<address>[^@\s<>()\[\]\"',;:]{1,128}@[^@\s<>()\[\]\"',;:]{1,253}?)"
_OPENING: Final = re.compile(
    rf"[ \t>*]{{0,40}}(?P<label>{forms.LABELS})?[ \t]{{0,8}}[<\['\"]{{0,2}}(?:smtp:|rfc822;)?{_ADDRESS}"
    r"(?P<close>[>\]'\"]{0,2})(?P<rest>\.{0,3}(?:[:<( \t#].{0,1000})?)",
    re.IGNORECASE,
)
_LOCAL_NAME: Final = re.compile(r"[ \t]{0,12}(?:<(?P<bracketed>[^\s<>@]{1,64})>|(?P<plain>[^\s<>@()]{1,64})(?= \())"
                                r"(?P<rest>.{0,1000})")  # fmt: skip
_EXCHANGE_DATE: Final = re.compile(r" (?:on|am|le|el) (?:[A-Z][a-z]{2}, )?[0-9]{1,4}[./-]")
_STEP: Final = re.compile(
    r"[ \t]{0,12}(?:[A-Z][a-z]{2} [0-9-]{10} [0-9:.]{8,12}:?[ ]{1,4}\*? ?)?"
    r"(?P<mark>>>>|<<<|-->|<--|hmailserver sent:|remote server replied:|sent[ ]{1,3}<<<|received[ ]{1,3}>>>)"
    r"[ ]{0,4}(?P<words>.{0,1000})",
    re.IGNORECASE,
)
_OF_PEER: Final = ("<<<", "<--", "remote server replied:")
_TALKING: Final = re.compile(
    r"(?:while talking to|smtp connection to) \[?([A-Za-z0-9][A-Za-z0-9._:\-]{0,252})",
    re.IGNORECASE,
)
_REASON: Final = re.compile(r"[ \t]{1,12}\(reason: (.{1,1000}?)\)?[ \t]*\Z")
_NAMES: Final = re.compile(r"(?<=[<:])[^\s<>]{1,320}(?=>)|[^@\s<>()\"']{1,128}@[^@\s<>()\"',;:]{1,253}")
_ORIGIN: Final = re.compile(
    r"\((?:ultimately )?(?:generated|expanded) from:? <?([^\s<>()]{1,320})>?\)", re.IGNORECASE
)
_RULERS: Final = ("----------", "==========", "**********", "__________")
_SUBJECT: Final = re.compile(
    r"[ \t]{0,12}(?:the )?subject(?: of the message is)?:[ \t]{1,12}(\S.{0,200})", re.IGNORECASE
)


class Step(Struct):
    """A command in a transcript, and the reply; `address` is the recipient that the lines before were about."""

    command: str
    reply: str = ""
    peer: str = ""
    address: str = ""


class _Open(Struct):
    """A recipient that is being read."""

    address: str
    lines: list[str] = field(default_factory=list)
    reason: str = ""


class Text(Struct, frozen=True):
    """What the text for people says. `copy` is what stands behind it: the message that came back, or ""."""

    form: str
    delay: bool
    reporting: str
    subject: str
    failures: tuple[Failure, ...]
    words: str
    copy: str


class _Walk:
    """The state of one walk over the lines."""

    def __init__(self, form: str) -> None:
        self.form = form
        self.recipients: dict[str, _Open] = {}
        self.steps: list[Step] = []
        self.current: _Open | None = None
        self.in_transcript = False
        self.peer = ""

    def line(self, line: str, lower: str) -> None:
        """Take the next line."""
        if ("transcript" in lower and "follows" in lower) or "session transcript" in lower:
            self.in_transcript, self.current = True, None
            return
        talking = _TALKING.search(line)
        if talking is not None:
            self.peer = talking[1].rstrip(".:").removesuffix(":25")
        step = _STEP.match(line)
        if step is not None:
            self._step(step["mark"].lower(), step["words"].strip())
        elif self.in_transcript and _is_reply(line):  # what the mail system made of it
            if len(self.steps) < _MAX_STEPS:
                self.steps.append(Step("", reply=line.strip()))
        elif not self._opens(line):
            self._more(line)

    def _step(self, mark: str, words: str) -> None:
        of_peer = mark in _OF_PEER or mark.startswith("received") or (mark == ">>>" and _is_reply(words))
        address = self.current.address if self.current is not None else ""
        last = self.steps[-1] if self.steps else None
        if of_peer and last is not None and (not last.reply or last.reply[:3] == words[:3]):
            last.reply = f"{last.reply}\n{words}".strip() if len(last.reply) < _MAX_LINE else last.reply
            last.peer, last.address = last.peer or self.peer, last.address or address
        elif len(self.steps) < _MAX_STEPS:
            command, reply = ("", words) if of_peer else (words, "")
            self.steps.append(Step(command, reply, self.peer, address))

    def _opens(self, line: str) -> bool:
        """Begin a recipient, or take one up again, if the line names one where these systems do."""
        found = _OPENING.fullmatch(line)
        if self.in_transcript and self.form == "sendmail":
            if found is not None and found["address"].lower() in self.recipients:
                self.recipients[found["address"].lower()].lines.append(found["rest"].lstrip(". "))
            return True
        if found is None:
            sentence = forms.SENTENCES.search(line)
            if sentence is not None and not self.recipients:
                self._begin(sentence["address"], line)
                return True
            return self._opens_local(line)
        address, rest = found["address"].rstrip("."), found["rest"]
        if not (found["label"] or _may_follow(rest, found["close"])):
            return False
        if (
            self.current is not None
            and self.current.address.lower() == address.lower()
            and self.current.lines
        ):
            return False  # a folded reply that names it again
        told = (found["label"] or "").lower().startswith(("unknown", "user mailbox"))
        rest = "" if rest.startswith("<mailto:") else rest.lstrip(":. \t")
        self._begin(address, line.strip() if told else rest)
        return True

    def _opens_local(self, line: str) -> bool:
        if self.form not in ("sendmail", "groupwise"):
            return False
        found = _LOCAL_NAME.fullmatch(line)
        name = found and (found["bracketed"] or (found["plain"] if self.form == "groupwise" else ""))
        if found is None or not name or self.in_transcript:
            return False
        self._begin(name, found["rest"].strip())
        return True

    def _begin(self, address: str, rest: str) -> None:
        key = address.lower()
        if key not in self.recipients:
            if len(self.recipients) >= MAX_FAILURES:
                return
            self.recipients[key] = _Open(address)
        self.current = self.recipients[key]
        if _EXCHANGE_DATE.match(f" {rest}"):
            rest = ""
        if rest:
            self.current.lines.append(rest)

    def _more(self, line: str) -> None:
        current = self.current
        if current is None or len(current.lines) >= _MAX_LINES_EACH:
            return
        if line.startswith(_RULERS):
            self.current = None
            return
        reason = _REASON.match(line)
        if reason is not None and not current.reason:
            current.reason = reason[1]
        elif line.strip() or current.lines:
            current.lines.append(line.strip())

    def failures(self) -> tuple[Failure, ...]:
        """Give the recipients, each with what was said about it."""
        return tuple(self._failure(each) for each in self.recipients.values())

    def _failure(self, each: _Open) -> Failure:
        lines, original = _without_origin(each.lines)
        words = _words(lines)
        heard = said(each.reason) if each.reason else _said(lines)
        step = self._step_of(each.address)
        if step is not None and (not heard.reply or heard.reply[:3] == step.reply[:3]):
            at = stage(f">>> {step.command}") if step.command else heard.stage
            heard = Said(heard.reply or joined(step.reply), heard.peer or step.peer, at)
        elif not heard.reply and not words:
            words = self._made_of_it(each.address)
        return Failure(
            final=each.address,
            original=original,
            peer=heard.peer,
            diagnostic=heard.reply,
            local=heard.local,
            stage=heard.stage,
            words=words,
        )

    def _made_of_it(self, address: str) -> str:
        """Give what the mail system itself says in the transcript, where no peer is quoted."""
        own = [s.reply for s in self.steps if s.reply[:1] in ("4", "5") and not (s.command or s.peer)]
        named = [reply for reply in own if address.lower() in reply.lower()]
        return joined((named or own or [""])[-1])

    def _step_of(self, address: str) -> Step | None:
        """Find the refusal in the transcript that is about a recipient."""
        refusals, named = self._refusals
        lower = address.lower()
        if lower in named:
            return named[lower]
        if len(self.recipients) == 1:
            unbound = [step for step in refusals if not step.address]
        else:
            unbound = [s for s in refusals if not (s.address or s.command.lower().startswith("rcpt"))]
        return unbound[-1] if unbound else None

    @cached_property
    def _refusals(self) -> tuple[list[Step], dict[str, Step]]:
        """What peers refused, and by address or name the first refusal that is about it."""
        refusals = [s for s in self.steps if s.reply[:1] in ("4", "5") and (s.command or s.peer or s.address)]
        named: dict[str, Step] = {}
        for step in refusals:
            for name in (step.address, *_NAMES.findall(step.command), *_NAMES.findall(step.reply)):
                named.setdefault(name.lower(), step)
        return refusals, named


def read_text(text: str) -> Text:
    """Read the text that a mail system wrote for people."""
    lines = text.split("\n", _MAX_LINES)[:_MAX_LINES]
    lowers = [" ".join(line[:_MAX_LINE].lower().split()) for line in lines]
    end = next((i for i, lower in enumerate(lowers) if lower and forms.ends(lower)), len(lines))
    whole = " ".join(lowers[:end])
    form = next((name for name, openings in forms.OPENINGS if any(words in whole for words in openings)), "")
    walk = _Walk(form)
    for line, lower in zip(lines[:end], lowers, strict=False):
        walk.line(line[:_MAX_LINE].rstrip(), lower)
    spoken = [line.strip() for line in lines[:end] if line.strip()]
    reporting = forms.REPORTING.search(whole)
    subject = next(filter(None, (_SUBJECT.fullmatch(line[:_MAX_LINE]) for line in lines[:end])), None)
    return Text(
        form=form,
        delay=any(words in whole for words in forms.DELAYS),
        reporting=reporting[1] if reporting else "",
        subject=subject[1].strip() if subject else "",
        failures=walk.failures(),
        words=_cut(" ".join(spoken[:40])),
        copy=_copy(lines, lowers, end),
    )


def _may_follow(rest: str, close: str) -> bool:
    """Tell whether what stands behind an address at the beginning of a line marks it as a recipient that failed."""
    if (
        not rest.strip()
        or rest[0] in ":#"
        or rest.startswith(("<mailto:", "(mailto:", "...", " #", " (", "("))
    ):
        return True
    return (
        bool(_EXCHANGE_DATE.match(rest)) or "error_code" in rest.lower() or (close == ">" and rest[0] == " ")
    )


def _is_reply(line: str) -> bool:
    line = line.strip()
    return line[:1] in ("4", "5") and line[1:3].isdecimal() and line[3:4] in (" ", "-")


def _words(lines: list[str]) -> str:
    """Give the first paragraph that says something."""
    paragraph: list[str] = []
    for line in lines:
        lower = line.lower()
        if not line or set(line) <= set("-=_* "):
            if paragraph:
                break
        elif not lower.startswith(forms.NOISE) and not lower.endswith(" reports:"):
            paragraph.append(line)
    text = " ".join(" ".join(paragraph).split())
    return _cut(text[1:-1] if text.startswith("(") and text.find(")") == len(text) - 1 else text)


def _without_origin(lines: list[str]) -> tuple[list[str], str]:
    """Take out what names the address that this one came from, and give that address."""
    for at, line in enumerate(lines[:4]):
        origin = _ORIGIN.match(line)
        if origin is not None:
            rest = line[origin.end() :].lstrip(" :")
            return [*lines[:at], *([rest] if rest else []), *lines[at + 1 :]], origin[1]
    return lines, ""


def _said(lines: list[str]) -> Said:
    """Find the reply, which does not run over into another paragraph; peer and stage may stand in another one."""
    paragraphs: list[list[str]] = [[]]
    for line in lines:
        if line:
            paragraphs[-1].append(line)
        elif paragraphs[-1]:
            paragraphs.append([])
    heard = (said(" ".join(paragraph)) for paragraph in paragraphs)
    quoting = next((each for each in heard if each.reply), None)
    whole = said(" ".join(lines))
    if quoting is None:
        return whole
    at = quoting.stage if quoting.stage != "unknown" else whole.stage
    return Said(quoting.reply, quoting.peer or whole.peer, at)


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_WORDS else text[: _MAX_WORDS - 1] + "…"


def _copy(lines: list[str], lowers: list[str], end: int) -> str:
    """Give what came back: from its first line that is a field of a header."""
    for at in range(end, min(len(lines), end + 10)):
        name, colon, _ = lowers[at].partition(":")
        if colon and name and " " not in name:
            return "\n".join(lines[at : at + 200])
    return ""
