"""Why a message is taken for spam: the features that weighed most, in words for a person.

Only for messages whose verdict is told: naming features costs more than weighing them. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Final

from gatepost.checks.content.classifier.features import Message, place, runs
from gatepost.checks.content.classifier.model import BODY, HEADER, OCTETS, Model, Weights, even

_MOST: Final = 6
_TOGETHER: Final = 4  # words named in one reason
_LEAST: Final = 0.05  # log-odds: what weighs less is not worth a word
_RUN: Final = 24  # octets of the text that is quoted
_SHOWN: Final = 60

_BY_COLON: Final = {
    "subject": "the word {} in the subject",
    "link": "a link to {}",
    "received": "it came by {}",
    "found": "the other checks say {}",
    "part": "a part of the kind {}",
    "charset": "text in the charset {}",
    "file": "a file that ends in .{}",
    "parts": "the number of its parts ({})",
    "field": "it has a field {}",
    "fields": "the order of its fields: {}",
    "zone": "the time zone {} in its date",
}


def reasons(message: Message, model: Model, most: int = _MOST) -> tuple[str, ...]:
    """Name what speaks most for spam, the weightiest first."""
    named = [(weight, _words(feature)) for feature, weight in weighed(message, model) if weight > _LEAST]
    words = [(weight, text) for weight, (kind, text) in named if kind == "word"]
    found = [(weight, text) for weight, (kind, text) in named if kind != "word"]
    if words:
        heaviest = sorted(words, reverse=True)[:_TOGETHER]
        text = ", ".join([repr(word) for _, word in heaviest])
        found.append(
            (
                sum([weight for weight, _ in heaviest]),
                f"the word{'s' * (len(heaviest) > 1)} {text} in the text",
            )
        )
    quoted = heaviest_run(message.begin, model.octets)
    if quoted is not None and quoted[0] > _LEAST:
        found.append((quoted[0], f"the characters {quoted[1]!r}"))
    return tuple([text[:200] for _, text in sorted(found, reverse=True)[:most]])


def weighed(message: Message, model: Model) -> list[tuple[str, float]]:
    """Give each feature of header and body with the log-odds that it adds."""
    return [
        *_weighed(message.header, model.header, HEADER),
        *_weighed(message.body, model.body, BODY),
    ]


def heaviest_run(begin: bytes, weights: Weights) -> tuple[float, str] | None:
    """Find the text of _RUN octets whose runs of four weigh most together: the log-odds it adds, and the text."""
    each = [weights[number] for number in runs(begin)]
    if not each:
        return None
    sums = list(accumulate(each, initial=0.0))
    width = min(_RUN - 3, len(each))
    weight, start = max((sums[start + width] - sums[start], start) for start in range(len(each) - width + 1))
    text = begin[start : start + width + 3].decode("utf-8", "replace")
    return weight * OCTETS, " ".join(_printable(text).split())


def _weighed(features: frozenset[str], weights: Weights, scale: float) -> Sequence[tuple[str, float]]:
    each = scale * even(tuple(features))
    return [(feature, weights[place(feature)] * each) for feature in sorted(features)]


def _words(feature: str) -> tuple[str, str]:
    """Say a feature in words, and what it is: "word" for a word of the text."""
    shown = _printable(feature)[:_SHOWN]
    name, colon, rest = shown.partition(":")
    if colon and rest and not shown.startswith("<") and "=" not in name:
        if name == "subject" and " " in rest:
            return "subject", f"the words {rest!r} in the subject"
        if name == "fields":
            first, _, second = rest.partition(">")
            return "fields", f"the field {second} stands right behind {first}"
        if name in _BY_COLON:
            return name, _BY_COLON[name].format(repr(rest) if name == "subject" else rest)
        return "header", f"{rest!r} in the field {name}"
    if shown.startswith("<"):
        return "tag", f"the HTML tag {shown}>"
    if "~" in shown[1:]:
        name, _, rest = shown.partition("~")
        if rest == "capitals":
            return "subject", "the subject is in capitals"
        return "shape", f"a {name} of the form {rest!r}"
    if "=" in shown:
        return "tag", f"the HTML attribute {shown}"
    if "@" in shown:
        name, _, rest = shown.partition("@")
        return "header", f"the domain {rest} in the field {name}"
    return "word", shown


def _printable(text: str) -> str:
    return "".join([letter if letter.isprintable() else " " for letter in text])
