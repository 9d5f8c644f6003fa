"""`extend`: a bucket's own end moves later."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from tests.support.rich import after, july, opened
from tokenpurse import Allowance, Balance, Change, Plan, Wallet, policies, replay
from tokenpurse.entries import Expired, Extended
from tokenpurse.errors import HistoryError, OutOfBounds, Refused, UnknownNameError

NINTH = july(9)


def promised(ends: datetime | None = NINTH) -> Wallet:
    return after(lambda w: w.grant(50, at=july(2), expires=ends))


@pytest.mark.parametrize(
    ("until", "moment", "expected"),
    [(july(20), july(19), 50), (july(20), july(20), 0), (july(33), july(32), 50), (None, july(62), 50)],
)
def test_it_can_be_used_until_its_new_end(until: datetime | None, moment: datetime, expected: int) -> None:
    """The new end is exclusive as the old one was, and no reset touches it."""
    wallet = promised().extend("promo:tokens/1", until, at=july(8)).wallet

    assert expected == wallet.at(moment).by_kind().get("promo", 0)


def test_the_entry_says_both_ends() -> None:
    """And who decided."""
    wallet = promised()
    change = wallet.extend(wallet.at(july(2)).buckets()[-1], july(20), at=july(3), by="support")

    (entry,) = change.entries
    assert isinstance(entry, Extended)
    assert (entry.bucket, entry.previous, entry.expires) == ("promo:tokens/1", july(9), july(20))
    assert (entry.by, entry.notices, entry.requests, change.moved) == ("support", (), (), {})


def test_the_end_that_it_has_already_books_nothing() -> None:
    """As a setting that is chosen again."""
    wallet = promised()

    assert wallet.extend("promo:tokens/1", july(9), at=july(3)).wallet is wallet
    endless = promised(None)
    assert endless.extend("promo:tokens/1", None, at=july(3)).wallet is endless


@pytest.mark.parametrize(
    ("wallet", "bucket", "until", "problem"),
    [
        (promised, "promo:tokens/1", july(8, 23, 59), "ends later, at 2026-07-09T00:00:00Z"),
        (promised, "quota:tokens@20260701T000000Z", july(40), "is what the plan grants, it ends with its period"),
        (promised, "quota:tokens@20260701T000000Z", None, "is what the plan grants, it ends with its period"),
        (lambda: promised(None), "promo:tokens/1", july(40), "never ends"),
    ],
)
def test_what_cannot_end_later_is_refused(wallet: Any, bucket: str, until: datetime | None, problem: str) -> None:
    """Nothing ends earlier, and what has no end of its own gets none."""
    with pytest.raises(OutOfBounds, match=problem) as caught:
        wallet().extend(bucket, until, at=july(3))
    assert caught.value.remedies == ()


def test_what_has_ended_is_over() -> None:
    """Gone with what was left of it; a drained one stands to its period's end, and is over all the same."""
    with pytest.raises(UnknownNameError, match="unknown bucket 'promo:tokens/1'; known: quota"):
        promised().extend("promo:tokens/1", july(20), at=july(9))
    plan = Plan("drain", allowances=[Allowance(10)], draw=policies.soonest_expiring)
    drained = Wallet.open(plan, id="acme", at=july(1), balances=[Balance("promo", 5, expires=july(9))]).wallet
    drained = drained.spend(5, at=july(2)).wallet
    assert drained.extend("promo:tokens/1", july(20), at=july(8)).entries
    with pytest.raises(OutOfBounds, match="ended at 2026-07-09T00:00:00Z"):
        drained.extend("promo:tokens/1", july(20), at=july(9))


def test_the_order_of_use_follows_the_new_end() -> None:
    """Of two promises the one that ends first is used first."""
    wallet = after(
        lambda w: w.spend(1_000, at=july(1)),
        lambda w: w.grant(5, at=july(2), expires=july(9)),
        lambda w: w.grant(5, at=july(2), expires=july(12)),
        lambda w: w.extend("promo:tokens/1", july(15), at=july(3)),
    )

    (spent,) = wallet.spend(3, at=july(4)).entries
    assert [draw.bucket for draw in spent.draws()] == ["promo:tokens/2"]  # type: ignore[attr-defined]


def test_a_frozen_wallet_can_be_extended_and_a_closed_one_not() -> None:
    """Freezing stops spending; only repeats are answered after closing."""
    frozen = promised().freeze(at=july(3)).wallet
    change = frozen.extend("promo:tokens/1", july(20), at=july(4), ref="late")

    assert change.view.buckets()[-1].expires == july(20)
    closed = change.wallet.close(at=july(5)).wallet
    assert closed.extend("promo:tokens/1", july(20), at=july(4), ref="late").repeated
    with pytest.raises(Refused, match="was closed"):
        closed.extend("promo:tokens/1", july(21), at=july(5))


def test_years_of_silence_part_at_the_new_end() -> None:
    """The bucket expires once, at the end that it was given last."""
    plan = Plan("daily", allowances=[Allowance(10)])
    opened_at = Wallet.open(plan, id="acme", at=july(1), balances=[Balance("credit", 7, expires=july(9))])
    wallet = opened_at.wallet.extend("credit:tokens/1", july(20).replace(year=2030), at=july(2)).wallet
    change = wallet.advance(july(1).replace(year=2036))

    expired = [(entry.at, entry.expired[0].steps) for entry in change.entries if isinstance(entry, Expired)]
    assert expired == [(july(20).replace(year=2030), 7)]


def history() -> tuple[Wallet, list[Any]]:
    first = opened()
    given = first.wallet.grant(Decimal(5), "USD", at=july(2), expires=july(9))
    last: Change = given.wallet.extend("promo:USD/1", july(20), at=july(3))
    return last.wallet, [*first.entries, *given.entries, *last.entries]


def test_it_is_replayed() -> None:
    """From the entry alone."""
    wallet, entries = history()
    assert replay(entries) == wallet


@pytest.mark.parametrize(
    "wrong",
    [
        {"bucket": "promo:USD/2"},
        {"bucket": "quota:tokens@20260701T000000Z", "previous": july(32)},
        {"previous": july(10)},
        {"expires": july(9)},
        {"expires": july(8)},
        {"at": july(9)},
    ],
)
def test_an_altered_end_is_found(wrong: dict[str, Any]) -> None:
    """Whatever the bucket says differently, or no wallet would have booked."""
    _, entries = history()
    with pytest.raises(HistoryError) as caught:
        replay([*entries[:2], evolve(entries[2], **wrong)])
    assert caught.value.position == 2
