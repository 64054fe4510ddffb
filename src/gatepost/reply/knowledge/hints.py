"""What single words hint at, learned from the phrases and examples of the rules: the last resort for unseen wordings.

Naive Bayes over words: a word that stands in many rules of one cause and few of others hints at that cause. It
only sorts the causes in question when nothing else decided; it never makes anything certain. Pure; worked out once,
when the tables are compiled.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Final

from gatepost.reply.knowledge import Rule
from gatepost.reply.words import split, without_addresses

SMOOTHING: Final = 1.5  # how many rules of average make a word be trusted as far as what was seen of it
COMMON: Final = 12  # a word that rules of so many causes have tells nothing: "please", "not", "now"
# "unknown" is no cause to guess, and a vague deferral is not greylisting unless it says so.
_NEVER: Final = ("unknown", "greylist")

Hints = dict[str, list[tuple[str, float]]]


def hints(rules: Iterable[Rule]) -> Hints:
    """Give for each word the causes it hints at, with the logarithm of how much likelier it makes each."""
    seen: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for rule in rules:
        if rule.cause not in _NEVER:
            for word in _words(rule):
                seen[word][rule.cause] += 1
    seen = defaultdict(Counter, {word: causes for word, causes in seen.items() if len(causes) < COMMON})
    shares = Counter[str]()
    for causes in seen.values():
        shares.update(causes)
    total = shares.total()
    # A cause that a word was not seen with gets the same from it as all others of these: nothing.
    return {
        word: [
            (cause, round(math.log1p(count * total / (SMOOTHING * shares[cause])), 3))
            for cause, count in causes.items()
        ]
        for word, causes in seen.items()
    }


def telling(word: str) -> bool:
    """Tell whether a word may hint: no number, no mark, no single letter."""
    return len(word) > 1 and not any(map(str.isdigit, word))


def _words(rule: Rule) -> set[str]:
    found = {part for phrase in rule.phrases.replace(",", " ").split() for part in phrase.split("|")}
    for example in rule.examples:
        found.update(split(without_addresses(example)))
    return {word for word in found if telling(word)}
