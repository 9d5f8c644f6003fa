"""Threats to a library inside somebody's service: what reports of payments say, who asks, and what users write.

S11 is `snapshots/test_snapshots_sealed.py`; what a stored document may try, S1 to S10, S12 and S17 to S23, is the table
of `snapshots/test_snapshots_refused.py`. How a host answers to S13 to S15, on the wire and in a browser, is `host/`.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.support.cases import on, opened_on
from tokenpurse import Allowance, Limit, Offer, Plan, Wallet
from tokenpurse.codec import canonical, dump_entry, dump_wallet, load_entry, load_wallet
from tokenpurse.entries import ToppedUp
from tokenpurse.errors import (
    ArgumentError,
    ConflictError,
    NotAllowed,
    OutOfBounds,
    PurseError,
    SnapshotError,
    UnknownNameError,
)

PLAN = Plan(
    "team",
    allowances=[Allowance(100)],
    offers=[Offer("pack", price=Decimal("4.50"), pack=500, maximum=1_000, buyers={"owner", "admin"})],
    limits=[Limit("budget", 50, unit="tokens", setters={"admin"})],
)
SECRET = "ann@example.com"  # noqa: S105  # nobody's password
HTML = (
    *("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "javascript:alert(1)", "<svg/onload=alert(1)>"),
    *("{{7*7}}", "${7*7}", "%s%n", "'; DROP TABLE wallets; --", "[a](javascript:alert(1))", "=cmd|' /C calc'!A0"),
    *("&lt;b&gt;", "</textarea><b>", "\\u003cscript\\u003e", "<b onmouseover='alert(1)'>"),
)
"""What a page, a template, a mail or a spreadsheet may take for something else than text."""
MARKS = ("a\nb", "a\r\nInjected: yes", "\x1b[2J", "\x00", "\x7f", "\x85", "\u202egnp.exe", "\u2066", "\u200b", "\u2028")
"""What a log, a terminal or a reader may take for something else than letters."""


def test_s13_a_report_says_who_paid_and_not_what_it_buys() -> None:
    """How many tokens a payment is worth, and what it costs, is the plan's word: no verb takes a price from outside."""
    wallet = opened_on(PLAN)
    change = wallet.top_up("pack", 500, at=on(7, 2), payment="pay_1", by="owner")
    [entry] = change.entries
    assert isinstance(entry, ToppedUp)
    assert entry.bucket.paid is not None
    assert (entry.bucket.granted, entry.bucket.paid.amount) == (500, Decimal("4.50"))
    for named in ({"price": Decimal("0.01")}, {"paid": Decimal(0)}, {"credits": 10**6}, {"labels": {"credits": "9"}}):
        more: dict[str, Any] = named
        with pytest.raises(TypeError):
            wallet.top_up("pack", 500, at=on(7, 2), payment="pay_1", by="owner", **more)
    with pytest.raises(UnknownNameError):
        wallet.top_up("free_pack", 500, at=on(7, 2), payment="pay_1", by="owner")
    with pytest.raises(OutOfBounds):
        wallet.top_up("pack", 10**6, at=on(7, 2), payment="pay_1", by="owner")


@pytest.mark.parametrize("by", [None, "member", "Owner", "owner "])
def test_s14_who_may_not_buy_buys_nothing_and_who_may_is_written_down(by: str | None) -> None:
    """Cogtrix #320, hackerai #539, adcp #6116: a member bought. Where a part names who may, nobody is not enough."""
    wallet = opened_on(PLAN)
    with pytest.raises((NotAllowed, ArgumentError)):
        wallet.top_up("pack", 500, at=on(7, 2), payment="pay_1", by=by)
    with pytest.raises((NotAllowed, ArgumentError)):
        wallet.set_limit("budget", 90, at=on(7, 2), by=by)
    changes = (
        wallet.top_up("pack", 500, at=on(7, 2), payment="pay_1", by="owner"),
        wallet.set_limit("budget", 90, at=on(7, 2), by="admin"),
    )
    assert [load_entry(canonical(dump_entry(change.entry)), wallet="acme").by for change in changes] == [
        "owner",
        "admin",
    ]


@pytest.mark.parametrize("text", HTML)
def test_s15_what_users_write_stays_text(text: str) -> None:
    """Crater #1327, invoiceninja #1727: as it was written, never read as anything, and in no name, id or message."""
    wallet = opened_on(PLAN)
    stored = canonical(dump_entry(wallet.spend(1, at=on(7, 2), labels={"note": text}).entry))
    read: Any = load_entry(stored, wallet="acme")
    assert stored.isascii()
    assert read.labels == (("note", text),)
    for verb in (
        lambda: wallet.spend(1, at=on(7, 2), ref=text),
        lambda: wallet.spend(1, at=on(7, 2), labels={text: "x"}),
        lambda: wallet.spend(1, at=on(7, 2), by=text),
        lambda: wallet.top_up("pack", 500, at=on(7, 2), payment=text, by="owner"),
        lambda: Wallet.open(PLAN, id=text, at=on(7, 1)),
        lambda: wallet.grant(1, at=on(7, 2), kind=text),
    ):
        with pytest.raises(PurseError) as problem:
            verb()
        assert str(problem.value).isprintable()


@pytest.mark.parametrize("text", MARKS)
def test_s15_what_would_forge_a_line_is_refused_at_the_door(text: str) -> None:
    """A line break in a log, a colour in a terminal, a mark that turns the direction: by a verb, and when loaded."""
    wallet = opened_on(PLAN)
    with pytest.raises(ArgumentError) as problem:
        wallet.spend(1, at=on(7, 2), labels={"note": text})
    assert (str(problem.value).isascii(), str(problem.value).isprintable()) == (True, True)
    document = dump_entry(wallet.spend(1, at=on(7, 2), labels={"note": "fine"}).entry)
    document["entry"]["labels"] = [["note", text]]
    with pytest.raises(SnapshotError) as problem:
        load_entry(document, wallet="acme")
    assert (str(problem.value).isascii(), str(problem.value).isprintable()) == (True, True)


def test_s16_what_is_shown_of_a_wallet_says_nothing_of_anybody() -> None:
    """Reprs and tracebacks end in logs: of labels nothing, of an id 32 letters, of a wallet figures only."""
    wallet = opened_on(PLAN, id="u" * 128)
    held = wallet.hold(9, at=on(7, 2), until=on(7, 3), ref="job-1", labels={"who": SECRET})
    spent = held.wallet.spend(5, at=on(7, 2), labels={"who": SECRET}, ref="r1")
    wallet = spent.wallet
    view = wallet.at(on(7, 2))
    shown = [repr(one) for one in (wallet, view, held, spent, held.entry, spent.entry, *view.holds())]
    assert [text for text in shown if SECRET in text] == []
    assert "u" * 33 not in "".join(shown[:4])
    for verb in (
        lambda: wallet.spend(10**6, at=on(7, 2), labels={"who": SECRET}),
        lambda: wallet.hold(10**6, at=on(7, 2), until=on(7, 3), ref="job-2", labels={"who": SECRET}),
        lambda: wallet.spend(1, at=on(7, 2) - timedelta(days=9), labels={"who": SECRET}),
        lambda: wallet.top_up("pack", 500, at=on(7, 2), payment="pay_1", by="member"),
    ):
        with pytest.raises(PurseError) as problem:
            verb()
        assert SECRET not in f"{problem.value} {problem.value!r}"


def test_s16_a_message_shows_no_more_of_a_value_than_a_line() -> None:
    """Of what is refused 60 letters at most: enough to find it, and not all of it."""
    document = dump_wallet(opened_on(PLAN))
    document["wallet"]["plan"]["name"] = (SECRET * 400)[:5_000]
    with pytest.raises(SnapshotError) as problem:
        load_wallet(document, id="acme")
    assert str(problem.value).count(SECRET) <= 4
    with pytest.raises(ArgumentError) as refused:
        opened_on(PLAN).spend(1, at=on(7, 2), ref=f"{SECRET} " * 400)
    assert str(refused.value).count(SECRET) <= 4


def test_s16_what_a_ref_was_used_for_is_told_to_who_used_it() -> None:
    """The one message that says what was asked, both times, in 60 letters: without that nobody finds the mistake."""
    wallet = opened_on(PLAN).spend(5, at=on(7, 2), ref="r1", labels={"who": SECRET}).wallet
    with pytest.raises(ConflictError) as problem:
        wallet.spend(6, at=on(7, 2), ref="r1", labels={"who": SECRET * 50})
    assert len(str(problem.value)) < 300
