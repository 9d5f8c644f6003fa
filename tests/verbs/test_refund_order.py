"""Refunds of one price line in any order: in the end everything that was paid is back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from tests.support.cases import on
from tests.verbs.test_verb_refund import CREDITS, USD7, Walk, paid, plan, priced
from tokenpurse import Allowance, Balance, Limit, PayAsYouGo, Price, replay
from tokenpurse._history import undone
from tokenpurse.entries import Refunded


def test_the_step_that_stayed_for_another_use_comes_back_with_it() -> None:
    """The first token paid a step that covers the second; refunded first, it stays until the second is."""
    walk = priced()
    walk.used(10)
    first, second = walk.used(1), walk.used(1)
    assert paid(walk) == 1
    assert walk.refunded(first) == []
    assert paid(walk) == 1
    assert walk.refunded(second) == [("credit", 1, "back")]
    assert (paid(walk), walk.view.usage(), walk.view.usage("USD"), walk.wallet._book.tallies.withheld) == (0, 10, 0, {})


@given(
    amounts=st.lists(st.integers(1, 9), min_size=1, max_size=7),
    order=st.lists(st.tuples(st.integers(0, 6), st.integers(1, 9)), max_size=8),
    more=st.integers(0, 5),
    per=st.sampled_from([7, 10, 1_000]),
)
def test_any_order_of_refunds_brings_back_all_the_money(
    amounts: list[int], order: list[tuple[int, int]], more: int, per: int
) -> None:
    """Parts and wholes, with use in between; what stays used stays paid at every moment."""
    price = Price("tokens", Decimal("0.000003"), per=per)
    walk = Walk(
        plan(Allowance(10), prices=[price], offers=[CREDITS]), balances=[Balance("promo", Decimal("0.000002"), "USD")]
    )
    walk("top_up", "credits", Decimal(1), payment="p1")
    walk.used(10)
    full = walk.view.balance("USD")
    spends = [walk.used(amount) for amount in amounts]
    left = dict(enumerate(amounts))
    for pick, part in order:
        place = pick % len(spends)
        if amount := min(part, left[place]):
            walk("refund", spends[place], amount)
            left[place] -= amount
        if pick == more:
            left[len(spends)] = part
            spends.append(walk.used(part))
        there = walk.view.balance("USD")
        assert (full - there) * 1_000_000 * per >= 3 * sum(left.values())
    for place in sorted(left, key=lambda one: (one * 5) % 7):
        if left[place]:
            walk("refund", spends[place])
    assert (walk.view.balance("USD"), walk.view.usage(), walk.view.usage("USD")) == (full, 10, 0)
    assert walk.wallet._book.tallies.withheld == {}
    assert {kind: left for kind, left in walk.view.by_kind("USD").items() if left} == {
        "promo": Decimal("0.000002"),
        "credit": Decimal(1),
    }


@pytest.mark.parametrize("turned", [False, True])
def test_a_price_that_is_paid_at_a_price_comes_back_whole(turned: bool) -> None:
    """Searches cost tokens, tokens cost dollars: a token that stayed brings back the dollars that it cost."""
    prices = [Price("search", 1, per=10, unit="tokens"), USD7]
    walk = Walk(plan(Allowance(1), prices=prices, offers=[CREDITS]))
    walk("top_up", "credits", Decimal(1), payment="p1")
    spends = [walk.used(1, "search") for _ in range(25)]
    assert (paid(walk), walk.view.balance()) == (1, 0)
    for spent in spends if turned else reversed(spends):
        walk("refund", spent)
    assert (paid(walk), walk.view.balance(), walk.view.usage(), walk.view.usage("search")) == (0, 1, 0, 0)
    assert walk.wallet._book.tallies.withheld == {}


def test_what_is_withheld_pays_for_use_that_follows() -> None:
    """It is paid already: the next token costs nothing, and brings the step back when it is refunded."""
    walk = priced()
    walk.used(10)
    first, second = walk.used(1), walk.used(1)
    walk("refund", first)
    third = walk.used(1)
    assert paid(walk) == 1
    walk("refund", second)
    assert paid(walk) == 1
    walk("refund", third)
    assert paid(walk) == 0


def test_the_entry_says_what_was_withheld_and_came_back() -> None:
    """At places of its own, for no use of the entry that is refunded is it."""
    walk = priced()
    walk.used(10)
    first, second = walk.used(1), walk.used(1)
    walk("refund", first)
    entry = walk("refund", second).entry
    assert isinstance(entry, Refunded)
    assert [(one.place, one.unit.name, one.steps, one.cost) for one in entry.undone] == [
        ((0, 0), "tokens", 1, 0),
        ((0, 1), "USD", 0, 0),
        ((-1, 0), "tokens", 0, 1),
        ((-1, 1), "USD", 1, 0),
    ]
    assert entry.withheld[0].uses == ()
    before = replay(walk.entries[:-1])._book
    assert not list(undone.contradictions(before, entry))
    assert "is withheld" in " / ".join(undone.contradictions(before, evolve(entry, withheld=())))


def test_a_limit_does_not_count_less_for_another_member() -> None:
    """What comes back of what was withheld was counted for who was refunded before."""
    cap = Limit("cap", Decimal("0.000001"), unit="USD", per="member")
    walk = Walk(plan(Allowance(10), prices=[USD7], offers=[CREDITS], limits=[cap]))
    walk("top_up", "credits", Decimal(1), payment="p1")
    walk.used(10)
    ann, ben = (walk.used(1, labels={"member": name}) for name in ("ann", "ben"))
    walk("refund", ann)
    walk("refund", ben)
    assert paid(walk) == 0
    assert [walk.view.can_spend(1, labels={"member": name}) for name in ("ann", "ben")] == [False, True]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda one: evolve(one, running=False), "is withheld"),
        (lambda one: evolve(one, withheld=(evolve(one.withheld[0], uses=()),)), "is withheld"),
        (lambda one: evolve(one, withheld=(evolve(one.withheld[0], uses=one.withheld[0].uses * 9),)), "is withheld"),
        (
            lambda one: evolve(
                one, withheld=(evolve(one.withheld[0], uses=(evolve(one.withheld[0].uses[0], steps=9),)),)
            ),
            "is withheld",
        ),
        (
            lambda one: evolve(
                one, withheld=(evolve(one.withheld[0], rate=evolve(one.withheld[0].rate, per_steps=8)),)
            ),
            "is withheld",
        ),
    ],
)
def test_a_forged_rest_is_found(change: Any, problem: str) -> None:
    """More or less is withheld than what was, and what came back of it."""
    walk = priced()
    walk.used(10)
    spends = [walk.used(1) for _ in range(6)]
    for spent in spends[:3:2]:
        walk("refund", spent, at=on(7, 2))
    walk("refund", spends[4])
    last = walk.entries[-1]
    assert isinstance(last, Refunded)
    before = replay(walk.entries[:-1])._book
    assert sum(use.steps for uses in before.tallies.withheld.values() for use in uses) == 1
    assert not list(undone.contradictions(before, last))
    assert problem in " / ".join(undone.contradictions(before, change(last)))


def test_a_price_that_was_owed_is_owed_no_more() -> None:
    """What stays of it is debt."""
    walk = Walk(plan(Allowance(10), prices=[USD7], offers=[CREDITS]))
    walk.used(10)
    spends = [walk.used(1, overdraw=True) for _ in range(6)]
    assert walk.view.debt("USD") == Decimal("0.000003")
    for spent in spends:
        walk("refund", spent)
    assert (walk.view.debt("USD"), walk.wallet._book.tallies.withheld) == (0, {})


@pytest.mark.parametrize("turned", [False, True])
def test_a_price_that_is_paid_afterwards_comes_off_its_line(turned: bool) -> None:
    """Searches cost tokens, tokens are post-paid beyond the two that are there."""
    prices = [Price("search", 1, per=2, unit="tokens")]
    walk = Walk(plan(Allowance(2), prices=prices, pay_as_you_go=[PayAsYouGo(Decimal(1), per=10)]))
    spends = [walk.used(size, "search") for size in (1, 1, 5, 1, 1, 3, 1, 1)]
    assert walk.lines() == ["5 tokens"]
    for spent in spends if turned else spends[1:] + spends[:1]:
        walk("refund", spent)
    assert (walk.lines(), walk.view.balance(), walk.view.usage("search"), walk.view.usage()) == ([], 2, 0, 0)
    assert walk.wallet._book.tallies.withheld == {}
