"""An ambiguity says where it is, and its name is a word that people use."""

from __future__ import annotations

import re

from gatepost.mail.mime import Ambiguity, Trick


def test_names_are_in_kebab_case() -> None:
    assert [trick for trick in Trick if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", trick)] == []


def test_it_says_which_part_it_is_about() -> None:
    assert str(Ambiguity(Trick.TNEF, "1.2", "an attachment")) == "part 1.2: an attachment"
    assert str(Ambiguity(Trick.TNEF, "", "an attachment")) == "an attachment"
