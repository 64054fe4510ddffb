"""Texts that cannot be told apart by what they mean: the same but for names, addresses and numbers.

A log repeats a few hundred texts with ever new names in them, and explaining one costs many times what it costs to
see that another like it was explained before. A word that no phrase of the knowledge knows tells nothing, whatever
it is; so are all such words made one. Known codes are kept, and so is the number of words, since phrases have gaps.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from gatepost.reply import knowledge

BOUND: Final = 2_000  # characters; a longer text is like no other
_KEPT_WHOLE: Final = 20_000  # texts that are remembered
_KEPT: Final = 50_000  # pieces between blanks that are remembered
# An address of a host is one word here, and so is an enhanced code; look-behinds let neither begin within a number.
_WORDS: Final = re.compile(
    r"((?<![0-9.])[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![0-9a-z.])"
    r"|(?<![0-9a-z.])[245]\.[0-9]{1,3}\.[0-9]{1,3}(?![0-9a-z.])|[a-z0-9]+(?:'[a-z0-9]+)?)"
)
_SIGNS: Final = frozenset("0123456789abcdef:")  # of an address of version 6
_BEHIND: Final = frozenset(("", ":", ":25", ":25:", ",", ")", ";"))  # what may stand behind a host's address
_WORD: Final = re.compile(r"[a-z0-9]+(?:'[a-z0-9]+)?")
# What `reply.words` blanks out before it looks for phrases; where the "@" stood is kept.
_ADDRESS: Final = re.compile(r"(?<![^<>@])[^<>@]*@[^<>]*")
# Addresses that are alike whatever they are, where they stand most; one of each kind is put in the place of all.
_IP: Final = r"(?!127\.)[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![0-9A-Za-z.])"
_ONE_FOR_ALL: Final = (
    (re.compile(r"<[^<>@ \n]*@[^<>@ \n]*>"), "<@>"),
    *((re.compile(re.escape(sign) + _IP), f"{sign}192.0.2.1") for sign in "[/="),
)
# What `reply.parse` and the readers look for beside the phrases.
_STRUCTURE: Final = (
    "said replied responded response reply returned error smtp refused talk me in to of for with by server host "
    "command commands end data rcpt mail from helo ehlo lhlo starttls auth quit bdat connect connection lost while "
    "sending receiving performing the initial greeting message body handshake sasl tls ssl required cannot start "
    "certificate not authentication failed aborted limit exceeded delivery temporarily suspended conversation timed "
    "out is found unknown user name service type try again client recipient sender address rejected access denied"
)


# One text, so that its hash is made once.
Pattern = str


class Likeness(dict[str, str]):
    """The words that mean something, taken from the knowledge once; for each piece of a text what is kept of it."""

    def __init__(self) -> None:
        from gatepost.reply.catalogue import ENTRIES

        super().__init__()
        words = set(_STRUCTURE.split())
        words.update(*(_WORD.findall(rule.phrases.lower()) for rule in knowledge.rules()))
        words.update(*(_WORD.findall(mark.phrases.lower()) for mark in knowledge.marks()))
        words.update(knowledge.tables().hints)
        for name in ENTRIES:
            words.update(name.split("-"))
        words.update(map(str, knowledge.codes()))
        self.words = frozenset(words)
        self._patterns: dict[str, Pattern] = {}

    def pattern(self, text: str) -> Pattern:
        """Give what all texts have in common that mean the same as this one."""
        return " ".join(map(self.__getitem__, text.split(" ")))

    def patterns(self, texts: Sequence[str]) -> list[Pattern]:
        """Do so for many texts that are one line each; those that differ in common addresses only are done once."""
        lines = "\n".join(texts)
        for address, one in _ONE_FOR_ALL:
            lines = address.sub(one, lines)
        known = self._patterns
        found = []
        for text in lines.split("\n") if texts else ():
            pattern = known.get(text)
            if pattern is None:
                if len(known) >= _KEPT_WHOLE:
                    known.clear()
                pattern = known[text] = self.pattern(text)
            found.append(pattern)
        return found

    def __missing__(self, piece: str) -> str:
        """Keep of a piece without blanks what means something."""
        if piece.isalnum() and piece.isascii():  # as most ids are
            kept = self._kept(piece.lower())
        elif "@" in piece:
            # Addresses are too many to be remembered.
            if piece[0] == "<" and piece.count("<") == piece.count(">") == 1:
                return "<@" + self[piece[piece.index(">") :]]
            bare = _ADDRESS.sub("@", piece)
            if bare != piece:
                return self[bare]
            kept = self._kept_of(piece)
        else:
            name, _, rest = piece.partition("[")
            address, _, rest = rest.partition("]")
            words = _words_of(address) if rest in _BEHIND else 0
            # Phrases have gaps, so how many words it is counts.
            kept = f"{self[name]}[{words}]{rest}" if words else self._kept_of(piece)
        if len(self) >= _KEPT:
            self.clear()
        self[piece] = kept
        return kept

    def _kept_of(self, piece: str) -> str:
        parts = _WORDS.split(piece.lower())
        parts[1::2] = map(self._kept, parts[1::2])
        return "".join(parts)

    def _kept(self, word: str) -> str:
        return word if word in self.words else _unknown(word)


def _words_of(address: str) -> int:
    """Tell how many words the address of a host is; 0 for what is none, or means something of its own."""
    if address.count(".") == 3 and address.replace(".", "").isdigit():
        return 0 if address.startswith("127.") else 4
    if address.count(":") > 1 and _SIGNS.issuperset(address):
        return sum(map(bool, address.split(":")))
    return 0


def _unknown(word: str) -> str:
    """Give what is put in the place of a word that no phrase knows."""
    dots = word.count(".")
    if dots == 2:
        return word
    if dots == 3:
        # Lists answer with addresses of 127.0.0.0/8, and those mean something.
        return word if word.startswith("127.") else "x.x.x.x"
    # A number that may be a code that nobody knows: what counts of it is its class.
    return word[0] if len(word) == 3 and word[0] in "245" and word.isdecimal() else "x"
