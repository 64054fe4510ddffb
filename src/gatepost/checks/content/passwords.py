"""Words of a message that may be the password of a file attached to it: senders of malware tell it there.

The check of files asks here before it asks an inspector. Knows texts, not files.
"""

from __future__ import annotations

import re
from typing import Final

MAX_PASSWORDS: Final = 30
_MAX_TEXT: Final = 20_000
"""Characters of a text that are looked at: a password stands where people see it."""
_MAX_BEHIND: Final = 3
"""Words behind the word for it that are the likeliest."""

# How people call it. Where a language has one word with endings, its stem is enough.
_NAMED: Final = re.compile(
    r"pass\s?-?word|passcode|pass\s?phrase|\bpass\b|\bpwd?\b|\bp/w\b|\bpin\b|\bcode\b"
    r"|passwor[td]|kennwort|zugangscode|mot\s+de\s+passe|contrase(?:ñ|n)a|clave|senha|palavra-passe|wachtwoord"
    r"|adgangskode|lösenord|passord|salasana|hasł[oaem]|heslo|jelszó|parol[aăe]|lozink|şifre|slaptažod"
    r"|парол|код|пасворд|κωδικός|סיסמ|كلمة\s+(?:السر|المرور)|رمز|密码|密碼|口令|パスワード|비밀번호|암호|mật\s+khẩu|รหัสผ่าน|kata\s+sandi",
    re.IGNORECASE,
)
_TOKEN: Final = re.compile(r"[^\s\"'“”„«»‘’`<>()\[\]{}：:=,;|]{3,20}")
_QUOTED: Final = re.compile(r"[\"“„«‘`]([^\"”“»’`\n]{3,40})[\"”“»’`]")
_LINK_WORDS: Final = frozenset(
    ("is", "ist", "the", "for", "est", "es", "lautet", "und", "and", "zum", "der", "die", "das", "für")
)
_TRAILS: Final = ".!?。！？…*_"
_DIGIT: Final = re.compile(r"\d")


def passwords_in(text: str) -> tuple[str, ...]:
    """Give words to try, the likeliest first, each once: what follows a word for "password", then other words."""
    text = text[:_MAX_TEXT]
    found: dict[str, None] = {}
    for named in _NAMED.finditer(text):
        behind = text[named.end() : named.end() + 120]
        for quoted in _QUOTED.finditer(behind[:60]):
            found[quoted[1]] = None
        likely = 0
        for token in _TOKEN.finditer(behind):
            word = token[0]
            if word.lower() in _LINK_WORDS or _NAMED.fullmatch(word):
                continue
            _add(found, word)
            likely += 1
            if likely == _MAX_BEHIND:
                break
        before = [token[0] for token in _TOKEN.finditer(text[max(0, named.start() - 40) : named.start()])]
        if before and (named.start() < 40 or len(before) > 1):
            _add(found, before[-1])
        if len(found) >= MAX_PASSWORDS:
            break
    rest = dict.fromkeys([token[0] for token in _TOKEN.finditer(text)])
    for word in sorted(rest, key=_unlike):
        if len(found) >= MAX_PASSWORDS:
            break
        _add(found, word)
    return tuple(found)[:MAX_PASSWORDS]


def _add(found: dict[str, None], word: str) -> None:
    """Put down a word as it is, or as it is without what ends a sentence, and both where they differ."""
    bare = word.rstrip(_TRAILS).lstrip("*_")
    if len(bare) >= 3:
        found[bare] = None
    if bare != word:
        found[word] = None


def _unlike(word: str) -> int:
    """Tell how little a word looks like a password: digits do, mixed letters do, plain words do not."""
    bare = word.rstrip(_TRAILS)
    mixed = bare != bare.lower() and bare[1:] != bare[1:].lower()
    return 2 - bool(_DIGIT.search(bare)) - mixed
