"""Limits on kinds of payers: nobody pays past one while another can, and what each counts is what an auditor sums."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from typing import Any

import hypothesis.strategies as st
from hypothesis import given

from tests.laws.plans import START
from tokenpurse import Allowance, Limit, Offer, PayAsYouGo, Plan, Price, Wallet, periods, policies, replay
from tokenpurse import entries as e
from tokenpurse.errors import LimitReached, NotEnough
from tokenpurse.policies import Facts, Row
from tokenpurse.pricing import Rate, postpaid_cost

KINDS = ("quota", "bonus", "top_up", "promo")
NESTED = st.sampled_from(
    [
        [{"quota"}],
        [{"quota"}, {"bonus"}],
        [{"quota"}, {"quota", "top_up"}],
        [{"bonus", "promo"}, {"promo"}, {"quota", "bonus", "promo"}],
        [set(KINDS)],
    ]
)
CENTS = st.integers(0, 60).map(lambda cents: Decimal(cents).scaleb(-2))
STRETCHES: tuple[dict[str, Any], ...] = (
    {},
    {"window": timedelta(hours=5)},
    {"every": periods.calendar_day()},
    {"per": "member"},
    {"scope": {"member": {"ann"}}, "window": timedelta(hours=1)},
)
LABELS = st.sampled_from([None, {"member": "ann"}, {"member": "ben"}])


def _odd(rows: Any, amount: int) -> list[int]:
    """Split it otherwise for each amount, as a host's own policy may."""
    order = sorted(range(len(rows)), key=lambda place: ((place + amount) % len(rows), place))
    amounts = [0] * len(rows)
    for place in order:
        amounts[place] = min(rows[place].left, amount)
        amount -= amounts[place]
    return amounts


class Odd:
    """A policy of the host's."""

    name = "odd"

    def split(self, rows: tuple[Row, ...], amount: int) -> list[int]:
        return _odd(rows, amount)

    def sort_key(self, facts: Facts) -> Any:  # pragma: no cover  # it is not asked
        return facts.id


DRAWS = st.sampled_from(
    [
        policies.DEFAULT,
        policies.by_kind("top_up", "promo"),
        policies.by_priority,
        policies.evenly(),
        policies.evenly(policies.by_kind("bonus")),
    ]
)


@st.composite
def plans(draw: st.DrawFn, draws: Any = DRAWS) -> Plan:
    """Tokens of four kinds, a price, pay-as-you-go, and limits on who pays, on the tokens and on the money."""
    prices, billed = [], []
    if draw(st.booleans()):
        prices.append(Price("tokens", Decimal(draw(st.integers(1, 30))).scaleb(-2), per=draw(st.integers(1, 9))))
    if draw(st.booleans()):
        prices.append(Price("talk", draw(st.integers(1, 4)), per=draw(st.integers(1, 3)), unit="tokens"))
    if draw(st.booleans()):
        billed = [PayAsYouGo(draw(CENTS), per=draw(st.integers(1, 9)), meter="tokens")]
    limits = [
        Limit(f"k{place}", draw(st.integers(0, 20)), unit="tokens", kinds=kinds, **draw(st.sampled_from(STRETCHES)))
        for place, kinds in enumerate(draw(NESTED))
    ]
    if draw(st.booleans()):
        limits.append(Limit("money", draw(CENTS), unit="USD", kinds={"quota"}, **draw(st.sampled_from(STRETCHES))))
    if billed and draw(st.booleans()):
        unit, amount = draw(st.sampled_from([("USD", Decimal("0.20")), ("tokens", 7)]))
        kinds = {"pay_as_you_go"} if unit == "tokens" or draw(st.booleans()) else {"pay_as_you_go", "quota", "credit"}
        limits.append(Limit("billed", amount, unit=unit, kinds=kinds, **draw(st.sampled_from(STRETCHES))))
    if draw(st.booleans()):
        limits.append(Limit("all", draw(st.integers(0, 60)), unit="tokens"))
    if draw(st.booleans()):
        limits.append(Limit("budget", draw(CENTS), unit="USD"))
    return Plan(
        "p",
        allowances=[
            Allowance(draw(st.integers(0, 20))),
            Allowance(draw(st.integers(0, 9)), kind="bonus", priority=1),
            Allowance(draw(CENTS), "USD"),
        ],
        offers=[Offer("pack", price=Decimal(1), unit="tokens"), Offer("money", price=Decimal(1), unit="USD")],
        prices=prices,
        pay_as_you_go=billed,
        limits=limits,
        draw=draw(draws),
    )


@st.composite
def wallets(draw: st.DrawFn, draws: Any = DRAWS) -> tuple[Wallet, list[e.Entry]]:
    """With what was granted and bought beside the plan, and some of it used or held."""
    change = Wallet.open(draw(plans(draws)), id="acme", at=START)
    entries = list(change.entries)
    for kind, amount in draw(st.lists(st.tuples(st.sampled_from(KINDS[2:]), st.integers(1, 15)), max_size=3)):
        change = change.wallet.grant(amount, "tokens", kind=kind, at=START)
        entries += change.entries
    if draw(st.booleans()):
        change = change.wallet.grant(draw(CENTS.filter(bool)), "USD", kind="credit", at=START)
        entries += change.entries
    for number, (amount, labels) in enumerate(draw(st.lists(st.tuples(st.integers(1, 9), LABELS), max_size=3))):
        with suppress(NotEnough, LimitReached):
            if number % 2:
                until = timedelta(hours=2)
                change = change.wallet.hold(
                    amount, "tokens", at=START, until=until, ref=f"h{number}", partial=True, labels=labels
                )
            else:
                change = change.wallet.spend(amount, "tokens", at=START, partial=True, labels=labels)
            entries += change.entries
    return change.wallet, entries


def meter_of(wallet: Wallet, talks: bool) -> str:
    return "talk" if talks and "talk" in wallet.at(START)._plan().terms.units else "tokens"


def facts(wallet: Wallet) -> Any:
    book = wallet._book
    return book.buckets, book.debts, book.tallies, book.counters, book.spent


@given(wallets(st.one_of(DRAWS, st.just(Odd()))), LABELS, st.booleans())
def test_what_is_available_is_the_most_that_can_be_spent(
    found: tuple[Wallet, list[e.Entry]], labels: dict[str, str] | None, talks: bool
) -> None:
    """Whoever pays it, also by a policy of the host's own; nothing is owed, and then nothing is available."""
    wallet, meter = found[0], meter_of(found[0], talks)
    most = wallet.at(START).available(meter, labels=labels)
    if most is None:
        assert wallet.at(START).can_spend(10**6, meter, labels=labels)
        return
    for more in (1, 2, 9):
        assert not wallet.at(START).can_spend(most + more, meter, labels=labels)
    change = wallet.spend(most, meter, at=START, labels=labels)
    assert change.view.available(meter, labels=labels) == 0
    assert not change.wallet._book.debts
    for limit in change.view.limits(labels):
        if limit.name != "billed":  # what it costs is rounded
            assert limit.cap is None or limit.used <= limit.cap


@given(wallets(), st.lists(st.integers(0, 25), min_size=1, max_size=7), LABELS, st.booleans())
def test_pieces_come_to_the_same_as_the_whole(
    found: tuple[Wallet, list[e.Entry]], pieces: list[int], labels: dict[str, str] | None, talks: bool
) -> None:
    """As far as there is something, and past all limits: the same payers, the same counts."""
    wallet, meter = found[0], meter_of(found[0], talks)
    for how in ("partial", "overdraw"):
        named: dict[str, Any] = {how: True, "labels": labels}
        whole, split = wallet.spend(sum(pieces), meter, at=START, **named).wallet, wallet
        for piece in pieces:
            split = split.spend(piece, meter, at=START, **named).wallet
        assert facts(whole) == facts(split)


@given(wallets(), st.integers(1, 60), LABELS, st.booleans())
def test_what_goes_past_limits_is_first_paid_within_them(
    found: tuple[Wallet, list[e.Entry]], amount: int, labels: dict[str, str] | None, talks: bool
) -> None:
    """A host that reports use after the fact bills the same: only what could not have been spent goes past a limit."""
    wallet, meter = found[0], meter_of(found[0], talks)
    if not wallet.at(START).can_spend(amount, meter, labels=labels):
        return
    spent = wallet.spend(amount, meter, at=START, labels=labels).wallet
    assert facts(spent) == facts(wallet.spend(amount, meter, at=START, labels=labels, overdraw=True).wallet)


STEPS = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 30, 61, 299, 301, 1_440]),
        st.sampled_from(["spend", "partial", "overdraw", "hold", "capture", "refund"]),
        st.integers(1, 15),
        LABELS,
    ),
    max_size=10,
)


@given(wallets(), STEPS)
def test_each_limit_counts_what_its_payers_paid(found: tuple[Wallet, list[e.Entry]], steps: list[Any]) -> None:
    """Entry by entry against the draws and bills that it shows; replay agrees; no cap is passed but by overdrawing."""
    wallet, entries = found
    spent: list[Any] = []
    at, past = START, False
    limits = {limit.name: limit for limit in wallet.at(START)._plan().terms.limits.values()}
    for number, (minutes, how, amount, labels) in enumerate(steps):
        at += timedelta(minutes=minutes)
        past = past or how in {"overdraw", "refund"}
        with suppress(NotEnough, LimitReached):
            change = _done(wallet, how, amount, at, labels, spent, number)
            if change is None:
                continue
            wallet, entries = change.wallet, entries + list(change.entries)
            spent += [one for one in change.entries if isinstance(one, e.Spent | e.Captured)]
        if not past:
            rooms = [one for each in (None, {"member": "ann"}) for one in wallet.at(at).limits(each)]
            assert all(one.cap is None or one.used <= one.cap for one in rooms if one.name != "billed")
    for entry, paid in _payments(entries):
        for one in entry.counted:
            kinds = limits[one.limit].kinds
            assert set(one.kinds) == kinds
            assert not kinds or one.steps == sum(paid.get((one.unit.name, kind), 0) for kind in kinds)
    assert replay(entries) == wallet


def _done(
    wallet: Wallet, how: str, amount: int, at: Any, labels: dict[str, str] | None, spent: list[Any], number: int
) -> Any:
    if how == "hold":
        return wallet.hold(amount, "tokens", at=at, until=timedelta(hours=1), ref=f"x{number}", labels=labels)
    if how == "capture":
        held = wallet.advance(at).view.holds()
        wanted = {"over": "spend"} if amount % 2 else {}
        if not held:
            return None
        most = amount if wanted else min(amount, int(next(iter(held[0].amounts.values()))))
        return wallet.capture(held[0].id, most, at=at, **wanted)
    if how == "refund":
        return wallet.refund(spent.pop(), at=at) if spent and wallet.clock <= at else None
    flags = {} if how == "spend" else {how: True}
    return wallet.spend(amount, "tokens", at=at, labels=labels, **flags)


def _payments(entries: list[e.Entry]) -> Iterator[tuple[e.Spent | e.Captured, dict[tuple[str, str], int]]]:
    """Sum who paid each use, by hand, with what stands on the period's lines."""
    lines: dict[Any, int] = {}
    for entry in entries:
        if isinstance(entry, e.PeriodOpened):
            lines.clear()
        for undone in entry.undone if isinstance(entry, e.Refunded) else ():
            if undone.postpaid is not None and undone.postpaid.is_own:
                lines[undone.postpaid.rate] -= undone.postpaid.quantity
        if isinstance(entry, e.Spent | e.Captured):
            yield entry, _paid(entry, lines)


def _paid(entry: e.Spent | e.Captured, lines: dict[Any, int]) -> dict[tuple[str, str], int]:
    paid: dict[tuple[str, str], int] = {}
    for use in (*entry.uses, *(entry.extra if isinstance(entry, e.Captured) else ())):
        for each in use.each():
            for draw in each.draws:
                paid[each.unit.name, draw.kind] = paid.get((each.unit.name, draw.kind), 0) + draw.steps
            if each.postpaid is not None:
                rate: Rate = each.postpaid.rate
                before = lines.get(rate, 0)
                lines[rate] = before + each.postpaid.quantity
                for name, more in (
                    (each.unit.name, each.postpaid.quantity),
                    (rate.unit.name, postpaid_cost(rate, lines[rate]) - postpaid_cost(rate, before)),
                ):
                    key = (name, "pay_as_you_go")
                    paid[key] = paid.get(key, 0) + more
    return paid
