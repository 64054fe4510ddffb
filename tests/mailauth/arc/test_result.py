from __future__ import annotations

from gatepost.mailauth.arc.result import Chain, Sealer, Status


def test_a_chain_names_its_domains_the_newest_first() -> None:
    chain = Chain(Status.PASS, sealers=(Sealer(2, "b.test", "s", ""), Sealer(1, "a.test", "s", "")))
    assert chain.domains == ("b.test", "a.test")
    assert Chain(Status.NONE).domains == ()
