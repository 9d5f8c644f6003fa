"""No way of cutting use into pieces changes what it costs, who pays, or what is left."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import hypothesis.strategies as st
from hypothesis import given

from tests.laws.plans import START
from tokenpurse import Alert, Allowance, AutoTopUp, Balance, Limit, Offer, PayAsYouGo, Plan, Price, Wallet, policies
from tokenpurse import entries as e
from tokenpurse.errors import NotEnough

POLICIES = st.sampled_from(
    [
        policies.DEFAULT,
        policies.by_kind("top_up", "promo"),
        policies.by_priority,
        policies.soonest_expiring,
        policies.oldest_first,
        policies.promo_before_paid,
        policies.narrowest_scope_first,
        policies.evenly(),
        policies.evenly(policies.by_kind("promo")),
    ]
)
SCOPES = st.sampled_from(
    [{}, {}, {"model": {"a", "b"}}, {"model": {"a"}}, {"action": {"chat"}}, {"action": {"tokens"}}]
)
LABELS = st.sampled_from([None, None, {"model": "a"}, {"model": "b", "action": "chat"}, {"model": "c"}])
PER = st.integers(1, 40)
CENTS = st.integers(0, 400).map(lambda cents: Decimal(cents).scaleb(-2))


def _is_of(prices: list[Price]) -> Any:
    """A plan's own scopes name no action that it does not have; a grant's may."""
    return lambda scope: scope != {"action": {"chat"}} or any(price.meter == "chat" for price in prices)


@st.composite
def wallets(draw: st.DrawFn) -> Wallet:
    """Buckets in all sizes, of which some is held, and a rest that is priced, billed, or both."""
    prices, postpaid = [], []
    if draw(st.booleans()):
        prices = [Price("tokens", draw(CENTS.filter(bool)), per=draw(PER))]
        if draw(st.booleans()):
            prices.append(Price("chat", draw(st.integers(1, 5)), per=draw(st.integers(1, 5)), unit="tokens"))
    if draw(st.booleans()):
        postpaid = [PayAsYouGo(draw(CENTS), per=draw(PER), meter="tokens")]
    plan = Plan(
        "drawn",
        allowances=[
            Allowance(draw(st.integers(0, 30))),
            Allowance(5, kind="bonus", priority=draw(st.integers(0, 3)), scope=draw(SCOPES.filter(_is_of(prices)))),
        ],
        prices=prices,
        pay_as_you_go=postpaid,
        draw=draw(POLICIES),
    )
    wallet = Wallet.open(plan, id="acme", at=START, used={"tokens": draw(st.integers(0, 12))}).wallet
    for kind, amount, life in draw(
        st.lists(
            st.tuples(st.sampled_from(["promo", "top_up", "own"]), st.integers(1, 30), st.integers(1, 9)), max_size=4
        )
    ):
        ends, scope = START + timedelta(days=life), draw(SCOPES)
        wallet = wallet.grant(
            amount, "tokens", kind=kind, at=START, priority=life % 3, expires=ends, scope=scope
        ).wallet
    if prices and draw(st.booleans()):
        wallet = wallet.grant(draw(CENTS.filter(bool)), "USD", kind="credit", at=START).wallet
    if held := draw(st.integers(0, 40)):
        until = timedelta(days=1)
        with suppress(NotEnough):  # of nothing there is no hold, in part neither
            wallet = wallet.hold(held, "tokens", at=START, ref="held", until=until, partial=True).wallet
    return wallet


def facts(wallet: Wallet) -> Any:
    """Everything of a book that is not the number of entries."""
    book = wallet._book
    return book.buckets, book.debts, book.tallies, book.spent, book.lines, book.pending


def spent_of(entries: list[e.Entry]) -> Any:
    """Who paid how much in all: by bucket, at each price, post-paid, as debt."""
    sums: dict[Any, int] = {}
    for entry in entries:
        todo = list(entry.uses) if isinstance(entry, e.Spent) else []
        while todo:
            use = todo.pop()
            moves: list[tuple[Any, int]] = [(draw.bucket, draw.steps) for draw in use.draws]
            moves += [(("priced", use.unit.name), use.priced.quantity)] if use.priced else []
            moves += [(("postpaid", use.unit.name), use.postpaid.quantity)] if use.postpaid else []
            moves += [(("debt", use.unit.name), use.debt.steps)] if use.debt else []
            for key, steps in moves:
                sums[key] = sums.get(key, 0) + steps
            todo += [use.priced.paid] if use.priced else []
    return sums


def all_of(wallet: Wallet, pieces: list[int], meter: str, **named: Any) -> tuple[Wallet, list[e.Entry]]:
    entries: list[e.Entry] = []
    for piece in pieces:
        change = wallet.spend(piece, meter, at=START, **named)
        wallet, entries = change.wallet, entries + list(change.entries)
    return wallet, entries


@given(
    wallets(),
    st.lists(st.integers(0, 25), min_size=1, max_size=8),
    st.sampled_from(["tokens", "tokens", "chat"]),
    LABELS,
)
def test_pieces_come_to_the_same_as_the_whole(
    wallet: Wallet, pieces: list[int], meter: str, labels: dict[str, str] | None
) -> None:
    """Keys, evenly, priced cumulatively and post-paid alike, and what nobody pays is the same debt."""
    if meter == "chat" and "chat" not in wallet.at(START)._plan().terms.units:
        meter = "tokens"
    whole, at_once = all_of(wallet, [sum(pieces)], meter, overdraw=True, labels=labels)
    split, one_by_one = all_of(wallet, pieces, meter, overdraw=True, labels=labels)
    assert facts(whole) == facts(split)
    assert spent_of(at_once) == spent_of(one_by_one)


@given(wallets(), st.lists(st.integers(1, 25), min_size=1, max_size=8), LABELS)
def test_pieces_can_be_spent_exactly_when_the_whole_can(
    wallet: Wallet, pieces: list[int], labels: dict[str, str] | None
) -> None:
    """Cutting a spend never gets more out of a wallet, nor less."""
    can, total = wallet.at(START).can_spend(sum(pieces), "tokens", labels=labels), 0
    left = wallet
    for piece in pieces:
        if not left.at(START).can_spend(piece, "tokens", labels=labels):
            break
        left, total = left.spend(piece, "tokens", at=START, labels=labels).wallet, total + piece
    assert can == (total == sum(pieces))
    available = wallet.at(START).available("tokens", labels=labels)
    assert available is None or available == total + (left.at(START).available("tokens", labels=labels) or 0)


@given(wallets(), st.lists(st.integers(1, 9), min_size=1, max_size=6), st.data())
def test_holds_of_pieces_set_aside_what_one_hold_would(wallet: Wallet, pieces: list[int], data: st.DataObject) -> None:
    """Given back in any order, they leave the wallet as it was."""
    can = wallet.at(START).available("tokens")
    if can is not None and can < sum(pieces) + len(pieces):  # each hold of a price may round up by itself
        return
    until = timedelta(hours=1)
    try:
        whole = wallet.hold(sum(pieces), "tokens", at=START, ref="whole", until=until).wallet
        split = wallet
        for number, piece in enumerate(pieces):
            split = split.hold(piece, "tokens", at=START, ref=f"h{number}", until=until).wallet
    except NotEnough:  # a price is held at its most
        assert wallet.at(START)._plan().terms.prices
        return
    before = {bucket.id: bucket.left for bucket in wallet.at(START).buckets("tokens")}
    held = [bucket.left for bucket in whole.at(START).buckets("tokens")]
    assert held == [bucket.left for bucket in split.at(START).buckets("tokens")]
    assert whole.at(START).held("tokens") == split.at(START).held("tokens")
    for name in data.draw(st.permutations([f"h{number}" for number in range(len(pieces))])):
        split = split.release(name, at=START).wallet
    for each in (split, whole.advance(START + until).wallet):
        assert before == {bucket.id: bucket.left for bucket in each.at(each.clock).buckets("tokens")}


@given(st.integers(1, 900), st.integers(1, 60), st.lists(st.integers(0, 70), min_size=1, max_size=12))
def test_prepaid_use_costs_at_least_the_exact_price_and_less_than_a_step_more(
    cost: int, per: int, pieces: list[int]
) -> None:
    """After every piece the period's total is the exact price, rounded up once: at the kept places."""
    plan = Plan("metered", prices=[Price("tokens", Decimal(cost).scaleb(-6), per=per)])
    wallet = Wallet.open(plan, id="acme", at=START, balances=[Balance("credit", Decimal(1), "USD")]).wallet
    used = 0
    for piece in pieces:
        wallet, used = wallet.spend(piece, "tokens", at=START).wallet, used + piece
        paid = Fraction(Decimal(1) - wallet.at(START).balance("USD")) * 10**6  # type: ignore[operator,arg-type]
        assert Fraction(used * cost, per) <= paid < Fraction(used * cost, per) + 1


@given(st.integers(0, 900), st.integers(1, 60), st.lists(st.integers(0, 70), min_size=1, max_size=12))
def test_a_statement_prices_the_whole_quantity_once_half_up(cost: int, per: int, pieces: list[int]) -> None:
    plan = Plan("billed", pay_as_you_go=[PayAsYouGo(Decimal(cost).scaleb(-2), per=per, meter="tokens")])
    wallet, _ = all_of(Wallet.open(plan, id="acme", at=START).wallet, pieces, "tokens")
    change = wallet.advance(START + timedelta(days=40))
    exact = Fraction(sum(pieces) * cost, per)
    price = Decimal((2 * exact + 1).__floor__() // 2).scaleb(-2)
    entry = change.entries[0]
    assert isinstance(entry, e.PeriodOpened)
    totals = [] if entry.statement is None else [total.amount for total in entry.statement.totals]
    assert ([price] if sum(pieces) else []) == totals
    assert ([price] if price else []) == [bill.statement.totals[0].amount for bill in change.requests]


@given(st.lists(st.integers(1, 12), min_size=1, max_size=10), st.integers(0, 60), st.integers(0, 9))
def test_lines_limits_and_auto_top_up_do_not_depend_on_the_pieces(pieces: list[int], line: int, threshold: int) -> None:
    """The same lines are crossed, in the same number; each piece tells of its own, the whole tells of all at once."""
    plan = Plan(
        "watched",
        allowances=[Allowance(70)],
        offers=[Offer("pack", price=Decimal(1), pack=10)],
        limits=[Limit("cap", 100)],
        alerts=[
            Alert("used", "used", at_or_above=max(line, 1)),
            Alert("left", "left", below=line),
            Alert("all", "used", above=69),
        ],
        auto_top_up=AutoTopUp("pack"),
    )
    wallet = Wallet.open(plan, id="acme", at=START).wallet
    wallet = wallet.set_auto_top_up(threshold=threshold, purchase=10, at=START).wallet
    if sum(pieces) > 70:
        return
    whole, at_once = all_of(wallet, [sum(pieces)], "tokens")
    split, one_by_one = all_of(wallet, pieces, "tokens")
    assert facts(whole) == facts(split)
    assert sorted(notice.id for entry in at_once for notice in entry.notices) == sorted(
        notice.id for entry in one_by_one for notice in entry.notices
    )
