"""Holds that were tampered with: what is held, used and given back contradicts what was said when it was made."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from tests.support.rich import july
from tokenpurse import Allowance, Limit, Plan, Wallet, replay
from tokenpurse import entries as e
from tokenpurse.errors import HistoryError
from tokenpurse.periods import calendar_day


def ledger() -> list[e.Entry]:
    """Four holds: captured, released by a ref, lapsed, and open."""
    change = Wallet.open(Plan("plan", allowances=[Allowance(100)]), id="acme", at=july(1))
    entries = list(change.entries)
    for verb, args, named in (
        ("hold", (30,), {"ref": "h1", "until": timedelta(days=2)}),
        ("hold", (20,), {"ref": "h2", "until": timedelta(days=2)}),
        ("capture", ("h1", 10), {}),
        ("release", ("h2",), {"ref": "r2"}),
        ("hold", (5,), {"ref": "h3", "until": timedelta(hours=1)}),
        ("spend", (1,), {"at": july(4)}),
        ("hold", (5,), {"ref": "h4", "until": timedelta(days=2), "at": july(4)}),
    ):
        change = getattr(change.wallet, verb)(*args, **{"at": july(2), **named})
        entries += change.entries
    return entries


def found(position: int, **changed: Any) -> str:
    entries = ledger()
    entries[position] = evolve(entries[position], **changed)
    with pytest.raises(HistoryError) as caught:
        replay(entries)
    assert position == caught.value.position
    return str(caught.value)


HELD, CAPTURED, RELEASED, LAPSED = 1, 3, 4, 6


def test_the_ledger_itself_is_a_history() -> None:
    assert [e.Held, e.Captured, e.Released, e.Lapsed] == [
        type(ledger()[at]) for at in (HELD, CAPTURED, RELEASED, LAPSED)
    ]
    assert replay(ledger()).version == len(ledger())


def test_a_hold_needs_a_name_and_a_deadline_ahead() -> None:
    assert "without a ref" in found(HELD, ref=None)
    assert "holds until" in found(HELD, until=july(2))


@pytest.mark.parametrize("position", [CAPTURED, RELEASED])
def test_the_end_of_a_hold_is_that_of_one_that_was_open(position: int) -> None:
    ended = ledger()[position].ended  # type: ignore[attr-defined]
    ref = ended.ref
    for wrong, said in (
        (evolve(ended, hold="h9"), "no hold h9 was open"),
        (evolve(ended, made=evolve(ended.made, key="h9")), "made otherwise"),
        (evolve(ended, how="lapsed"), "was lapsed"),
        (evolve(ended, at=july(1)), "the entry is of"),
        (evolve(ended, ref=None), "not this entry's"),
        (evolve(ended, ref=evolve(ref, steps=(("tokens", 1),))), "were moved"),
    ):
        assert said in found(position, ended=wrong)


def test_the_end_of_a_hold_has_its_entrys_ref() -> None:
    ended = ledger()[RELEASED].ended  # type: ignore[attr-defined]
    assert "another ref" in found(RELEASED, ended=evolve(ended, ref=evolve(ended.ref, key="r9")))


def test_time_ends_a_hold_at_its_deadline() -> None:
    """Dropped from the ledger's moment, and given back otherwise than it was held."""
    entries = ledger()
    lapsed = entries[LAPSED]
    later = lapsed.at + timedelta(hours=1)
    ended = tuple(evolve(one, at=later) for one in lapsed.ended)  # type: ignore[attr-defined]
    assert "lapses at" in found(LAPSED, at=later, ended=ended)


def test_what_comes_back_is_what_was_held() -> None:
    returned = ledger()[RELEASED].returned  # type: ignore[attr-defined]
    moved = evolve(returned[0], went="forfeited", left_steps=returned[0].left_steps - 20, steps=19)
    assert found(RELEASED, returned=(moved,))
    stranger = evolve(returned[0], bucket="promo:tokens/9", steps=1, left_steps=0, went="expired")
    assert found(RELEASED, returned=(*returned, stranger))
    lapsed = ledger()[LAPSED].returned  # type: ignore[attr-defined]
    less = evolve(lapsed[0], went="expired", left_steps=lapsed[0].left_steps - 5, steps=4)
    assert "5 were held, and 4 used or given back" in found(LAPSED, returned=(less,))
    used = ledger()[CAPTURED].uses  # type: ignore[attr-defined]
    draw = evolve(used[0].draws[0], left_steps=1)
    assert "left" in found(CAPTURED, uses=(evolve(used[0], draws=(draw,)),))


def test_what_is_used_of_a_hold_is_something() -> None:
    """A use of nothing beside the one that is said is none of it."""
    entry = ledger()[CAPTURED]
    assert isinstance(entry, e.Captured)
    nothing = evolve(entry.uses[0], steps=0, draws=())
    assert "0 tokens were used of 30 tokens held" in found(CAPTURED, uses=(*entry.uses, nothing))


def test_a_limit_counts_a_capture_and_what_goes_beyond_it_once() -> None:
    """Both parts are one use of the day."""
    plan = Plan("plan", allowances=[Allowance(100)], limits=[Limit("day", 60, every=calendar_day())])
    first = Wallet.open(plan, id="acme", at=july(1))
    second = first.wallet.hold(20, at=july(2), ref="h1", until=timedelta(hours=1))
    third = second.wallet.capture("h1", 35, at=july(2), over="spend")
    [counted] = third.entry.counted  # type: ignore[union-attr]
    assert (counted.steps, counted.after_steps) == (35, 35)
    assert replay([*first.entries, *second.entries, *third.entries]) == third.wallet
    assert third.view.available() == 25


def test_forgiven_debt_of_money_that_went_back_is_let_go_bucket_by_bucket() -> None:
    """Of those that are over as of those that are there, and no more than was forgiven."""
    plan = Plan(
        "plan",
        allowances=[Allowance(10)],
        on_debt="forgive",
    )
    change = Wallet.open(plan, id="acme", at=july(1))
    entries = list(change.entries)
    for verb, args, named in (
        ("grant", (20,), {"ref": "g1", "expires": july(5)}),
        ("grant", (20,), {"ref": "g2"}),
        ("grant", (4,), {"ref": "g3"}),
        ("spend", (54,), {}),
        ("claw_back", ("g1",), {}),
        ("claw_back", ("g2",), {}),
        ("advance", (), {"at": july(33)}),
        ("reinstate", ("g1",), {"at": july(33)}),
        ("reinstate", ("g2",), {"at": july(33)}),
    ):
        change = getattr(change.wallet, verb)(*args, **{"at": july(2), **named})
        entries += change.entries
        assert replay(entries) == change.wallet
    assert change.view.by_kind() == {"quota": 10}
