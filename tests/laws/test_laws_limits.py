"""What limits count is what a list of all use says, summed by hand; and what is available is what can be spent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import hypothesis.strategies as st
import pytest
from hypothesis import given

from tests.laws.plans import START
from tokenpurse import Allowance, AtZero, Limit, PayAsYouGo, Plan, Price, Tier, Wallet, periods, replay
from tokenpurse import entries as e
from tokenpurse.errors import LimitReached

Event: TypeAlias = tuple[datetime, str | None, int]
Count: TypeAlias = Callable[[list[Event], datetime], int]
LABELS = (None, "ann", "ben")
WINDOW = timedelta(hours=5)
ZONE = ZoneInfo("America/New_York")


def in_month(events: list[Event], at: datetime) -> int:
    return sum(steps for when, _, steps in events if (when.year, when.month) == (at.year, at.month))


def in_local_day(events: list[Event], at: datetime) -> int:
    day = at.astimezone(ZONE).date()
    return sum(steps for when, _, steps in events if when.astimezone(ZONE).date() == day)


def in_seven_hours(events: list[Event], at: datetime) -> int:
    span = timedelta(hours=7)
    return sum(steps for when, _, steps in events if (when - START) // span == (at - START) // span)


def rolling(events: list[Event], at: datetime) -> int:
    start, total = None, 0
    for when, _, steps in events:
        if start is None or when >= start + WINDOW:
            start, total = when, 0
        total += steps
    return total if start is not None and at < start + WINDOW else 0


KINDS: dict[str, tuple[dict[str, Any], Count]] = {
    "month": ({}, in_month),
    "day": ({"every": periods.calendar_day(zone="America/New_York")}, in_local_day),
    "hours": ({"every": periods.hours(7)}, in_seven_hours),
    "rolling": ({"window": WINDOW}, rolling),
}
CHOSEN = st.lists(st.tuples(st.sampled_from(sorted(KINDS)), st.booleans(), st.integers(0, 30)), min_size=1, max_size=4)
STEPS = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 20, 59, 60, 61, 299, 300, 301, 1_440, 9_000]),
        st.integers(1, 12),
        st.sampled_from(LABELS),
        st.sampled_from(["plain", "plain", "plain", "partial", "overdraw"]),
    ),
    max_size=14,
)


@given(CHOSEN, STEPS)
def test_limits_count_what_a_list_of_all_use_says(
    chosen: list[tuple[str, bool, int]], steps: list[tuple[int, int, str | None, str]]
) -> None:
    """Every kind of stretch, over all and per label value, several at once, the short way and the long way."""
    limits, counts = [], []
    for place, (kind, each, cap) in enumerate(dict.fromkeys((kind, each, cap) for kind, each, cap in chosen)):
        if kind == "month" and not each and any(one.per is None and not one.every and not one.window for one in limits):
            continue
        more, count = KINDS[kind]
        limits.append(Limit(f"{kind}{place}", cap, per="member" if each else None, **more))
        counts.append((each, cap, count))
    change = Wallet.open(Plan("p", allowances=[Allowance(10**6)], limits=limits), id="acme", at=START)
    wallet, entries, events, at = change.wallet, list(change.entries), [], START

    def available(label: str | None) -> int:
        mine = [event for event in events if event[1] == label]
        rooms = [cap - count(mine if each else events, at) for each, cap, count in counts if label or not each]
        return max(0, min(rooms, default=10**6))

    for minutes, amount, label, how in steps:
        at += timedelta(minutes=minutes)
        most = [available(one) for one in LABELS]
        view = wallet.at(at)
        if any(not each for each, _, _ in counts):
            assert most == [view.available(labels=one and {"member": one}) for one in LABELS]
        room = most[LABELS.index(label)]
        named = {"labels": {"member": label}} if label else {}
        flags = {} if how == "plain" else {how: True}
        if how == "plain" and amount > room:
            with pytest.raises(LimitReached) as refused:
                wallet.spend(amount, at=at, **named, **flags)  # type: ignore[arg-type]
            assert refused.value.available == room
            continue
        change = wallet.spend(amount, at=at, **named, **flags)  # type: ignore[arg-type]
        taken = change.moved.get("tokens", 0)
        assert taken == (min(room, amount) if how == "partial" else amount)
        events += [(at, label, int(taken))] if taken else []
        wallet, entries = change.wallet, entries + list(change.entries)
    assert replay(entries) == wallet


CENTS = st.integers(0, 60).map(lambda cents: Decimal(cents).scaleb(-2))
RATES = st.tuples(st.integers(0, 30).map(lambda cents: Decimal(cents).scaleb(-2)), st.integers(1, 9))


STEPS = st.fixed_dictionaries({}, optional={"step": st.integers(1, 5), "minimum": st.integers(1, 9)})


@st.composite
def plans(draw: st.DrawFn, *, stepped: bool = False) -> Plan:
    """Tokens that are granted, priced, billed or owed, and limits on them and on the money."""
    steps = STEPS if stepped else st.just({})
    prices, billed, zero = [], [], None
    if draw(st.booleans()):
        cost, per = draw(RATES.filter(lambda rate: rate[0] > 0))
        prices = [Price("tokens", cost, per=per, **draw(steps))]
        if not stepped and draw(st.booleans()):
            tiers = [Tier(end, draw(RATES)[0]) for end in (4, 11, None)]
            prices = [Price("tokens", tiers=tiers, per=per)]
    if draw(st.booleans()):
        cost, per = draw(RATES)
        billed = [PayAsYouGo(cost, per=per, **draw(steps))]
    if draw(st.booleans()):
        prices.append(Price("talk", draw(st.integers(1, 4)), per=draw(st.integers(1, 3)), unit="tokens"))
    if draw(st.booleans()):
        zero = AtZero(overdraft=draw(CENTS), unit="USD")
        if not any(price.meter == "tokens" for price in prices) and not billed:
            zero = AtZero(overdraft=draw(st.integers(0, 9)))
    money = [
        Limit("money", draw(CENTS), unit="USD"),
        Limit("mine", draw(CENTS), unit="USD", per="member", window=WINDOW),
    ]
    limits = [
        Limit("tokens", draw(st.integers(0, 60))),
        Limit("day", draw(st.integers(0, 60)), every=periods.calendar_day()),
    ]
    return Plan(
        "p",
        allowances=[Allowance(draw(st.integers(0, 20))), Allowance(draw(CENTS), "USD", kind="credit")],
        prices=prices,
        pay_as_you_go=billed,
        at_zero=zero,
        limits=[one for one in money + limits if draw(st.booleans())],
    )


@given(plans() | plans(stepped=True), st.lists(st.integers(1, 15), max_size=5), st.booleans(), st.booleans())
def test_what_is_available_is_the_most_that_can_be_spent(
    plan: Plan, pieces: list[int], talks: bool, labelled: bool
) -> None:
    """Through prices, pay-as-you-go, overdrafts and every limit on the way; and then nothing more is available."""
    meter = "talk" if talks and "talk" in plan.terms.units else "tokens"
    labels = {"member": "ann"} if labelled else None
    wallet = Wallet.open(plan, id="acme", at=START).wallet
    for piece in pieces:
        wallet = wallet.spend(piece, "tokens", at=START, partial=True, labels=labels).wallet
    view = wallet.at(START)
    most = view.available(meter, labels=labels)
    if most is None:
        assert view.can_spend(10**6, meter, labels=labels)
        return
    assert view.can_spend(most, meter, labels=labels)
    for more in (1, 2, 7):
        assert not view.can_spend(most + more, meter, labels=labels)
    spent = wallet.spend(most, meter, at=START, labels=labels).view
    assert spent.available(meter, labels=labels) == 0
    for limit in plan.limits:
        if limit.name in {"money", "tokens"} and not pieces:
            assert spent.usage(str(limit.unit or "tokens")) <= limit.amount  # type: ignore[operator]


@given(plans(), st.lists(st.integers(1, 9), min_size=1, max_size=8), st.booleans())
def test_limits_count_the_same_in_pieces_as_in_the_whole(plan: Plan, pieces: list[int], labelled: bool) -> None:
    """Tokens, money that is drawn and money that is billed; each spend says what was counted of it."""
    labels = {"member": "ann"} if labelled else None
    opened = Wallet.open(plan, id="acme", at=START).wallet
    whole = opened.spend(sum(pieces), "tokens", at=START, overdraw=True, labels=labels).wallet
    split, sums = opened, {}
    for piece in pieces:
        change = split.spend(piece, "tokens", at=START, overdraw=True, labels=labels)
        split = change.wallet
        assert isinstance(change.entry, e.Spent)
        for one in change.entry.counted:
            sums[one.key] = sums.get(one.key, 0) + one.steps
            assert one.after_steps == sums[one.key]
    one, other = whole._book, split._book
    assert (one.tallies, one.counters, one.debts, one.buckets) == (
        other.tallies,
        other.counters,
        other.debts,
        other.buckets,
    )
    assert {key: counter.steps for key, counter in other.counters.items()} == sums
