"""The body of a structured header field as tokens (RFC 5322 §3.2): space, comments, quoted strings, the rest.

Under the readers of From and Authentication-Results, which differ in what is special to them. Nothing is refused:
a quote or comment that is never closed is none, as what readers do see must not stay unseen. Linear time.
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import Final

from msgspec import Struct


class Kind(IntEnum):
    """What a token is; the text of a string is without quotes, that of a comment without its brackets."""

    SPACE = 1
    SPECIAL = 2
    LITERAL = 3  # [192.0.2.1]
    ATOM = 4  # a run of what is nothing else
    STRAY = 5  # a quote or bracket that stands for itself
    STRING = 6
    COMMENT = 7


Token = tuple[Kind, str]


class Lexed(Struct, frozen=True, gc=False):
    """The tokens of a text, and whether all quotes and comments in it are closed."""

    tokens: list[Token]
    balanced: bool


# The end of a quoted string may be missing: then this takes all that follows, and is tried no more.
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.)*("?)', re.DOTALL)
_QUOTED_PAIR: Final = re.compile(r"\\(.)", re.DOTALL)
_COMMENT_PIECE: Final = re.compile(r"[^()\\]+|\\.|[()\\]", re.DOTALL)
_KINDS: Final = tuple(Kind)


class Lexer:
    """Takes texts apart whose `specials` are these characters."""

    def __init__(self, specials: str) -> None:
        chosen = re.escape(specials)
        self._token = re.compile(rf"(\s+)|([{chosen}])|(\[[^\[\]]*\])|([^\s{chosen}()\"\[]+)|(.)", re.DOTALL)

    def lex(self, text: str) -> Lexed:
        """Take a text apart; nothing of it but quotes, brackets of comments and backslashes before others is lost."""
        tokens: list[Token] = []
        quotes = comments = True
        at, size = 0, len(text)
        while at < size:
            if text[at] == '"' and quotes:
                quoted = _QUOTED.match(text, at)
                if quoted is not None and quoted[1]:
                    tokens.append((Kind.STRING, _unescaped(quoted[0][1:-1])))
                    at = quoted.end()
                    continue
                quotes = False
            elif text[at] == "(" and comments:
                end = _comment_end(text, at)
                if end > 0:
                    tokens.append((Kind.COMMENT, _unescaped(text[at + 1 : end - 1])))
                    at = end
                    continue
                comments = False
            token = self._token.match(text, at)
            assert token is not None, "the last alternative takes any character"  # noqa: S101
            tokens.append((_KINDS[(token.lastindex or 5) - 1], token[0]))
            at = token.end()
        return Lexed(tokens, quotes and comments)


def _unescaped(text: str) -> str:
    return _QUOTED_PAIR.sub(r"\1", text) if "\\" in text else text


def _comment_end(text: str, start: int) -> int:
    """Find where a comment ends, just behind its bracket (RFC 5322 §3.2.2: they nest); 0 when it does not."""
    depth = 0
    for piece in _COMMENT_PIECE.finditer(text, start):
        if piece[0] == "(":
            depth += 1
        elif piece[0] == ")":
            depth -= 1
            if not depth:
                return piece.end()
    return 0
