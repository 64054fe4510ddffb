"""Search for texts that break the reading or the expansion of macro strings."""

from __future__ import annotations

from gatepost.mailauth.spf.macro import BadMacro, parse_domain_spec, parse_explanation, parse_macro_string

VALUES = {
    "s": "o'neil=x@example.org",
    "l": "o'neil=x",
    "o": "example.org",
    "d": "a..b.example.org",
    "i": "2.0.0.1",
    "p": "unknown",
    "h": "[192.0.2.1]",
    "v": "ip6",
    "c": "2001:db8::1",
    "r": "gate.example",
    "t": "1700000000",
}
LONGEST = max(map(len, VALUES.values()))


def target(data: bytes) -> None:
    """Any text is a macro string or says why not; what expands is bounded; a domain-spec is a macro string."""
    text = data.decode(errors="replace")
    plain, explanation = parse_macro_string(text), parse_explanation(text)
    for string in (plain, explanation, parse_domain_spec(text)):
        if isinstance(string, BadMacro):
            assert string.why.isascii()
            assert string.why.isprintable()
            continue
        assert string.text == text
        expanded = string.expand(VALUES)
        assert len(expanded) <= 3 * LONGEST * max(1, len(text))
        if "%" not in text:
            assert expanded == text
        assert string == explanation  # whose grammar allows all that the others do
    if not isinstance(parse_domain_spec(text), BadMacro):
        assert not isinstance(plain, BadMacro)
