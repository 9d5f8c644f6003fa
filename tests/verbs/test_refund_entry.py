"""Refund believes an entry only as far as it is one: whatever is changed in it, the error is the library's own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import attrs
import pytest
from attrs import evolve

from tests.support.cases import on
from tests.verbs.test_verb_refund import Walk, plan
from tokenpurse import Allowance, Balance, LateUse, Limit, Offer, PayAsYouGo, Price, periods
from tokenpurse.codec import dump_wallet, load_wallet
from tokenpurse.entries import Captured, Priced, Spent, Use
from tokenpurse.errors import ArgumentError, PurseError
from tokenpurse.units import Unit, as_unit

STRANGE: tuple[Any, ...] = (
    None, True, 0, -1, 7, 2**80, 1.5, "", "tokens", b"x", Decimal(1), (), (1,), ("a", "b"), [], {}, object(), Unit,
    timedelta(1), datetime(2026, 7, 1), datetime(2026, 7, 1, tzinfo=UTC), as_unit("tokens"), as_unit("EUR"),
)  # fmt: skip
"""Values of every type, some of them of the right one."""


def rich() -> tuple[Walk, list[Spent | Captured]]:
    """Use that was paid in every way: buckets, a price, a line, debt; counted, late, and of a hold."""
    walk = Walk(
        plan(
            Allowance(100),
            Allowance(2, "sms"),
            prices=[Price("video", 30, unit="tokens"), Price("tokens", Decimal("0.003"), per=7)],
            pay_as_you_go=[PayAsYouGo(Decimal("0.01"), per=3, meter="sms")],
            offers=[Offer("credits", unit="USD", price=Decimal(1))],
            limits=[Limit("cap", 5_000, per="member")],
            late_use=LateUse("own", grace=timedelta(days=5)),
        ),
        balances=[Balance("promo", 40)],
    )
    walk("top_up", "credits", Decimal("0.02"), payment="p1")
    walk("advance", at=on(8, 1))
    spends: list[Spent | Captured] = [walk.used(4, "sms", occurred_at=on(7, 31), labels={"member": "ann"})]
    spends.append(walk.used({"video": 5, "sms": 9}, overdraw=True, labels={"member": "ann"}))
    walk("hold", {"sms": 3}, ref="h", until=timedelta(hours=1))
    captured = walk("capture", "h", {"sms": 5}, over="spend").entry
    assert isinstance(captured, Captured)
    return walk, [*spends, captured]


def places(part: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """List the way to every part of an entry, however deep."""
    yield path
    if isinstance(part, tuple):
        for place, one in enumerate(part):
            yield from places(one, (*path, place))
    elif attrs.has(type(part)):
        for name in (one.name for one in attrs.fields(type(part))):
            yield from places(getattr(part, name), (*path, name))


def put(part: Any, path: tuple[Any, ...], value: Any) -> Any:
    """Copy an entry with one part replaced; a class that refuses the value is filled past its own check."""
    if not path:
        return value
    new = put(part[path[0]] if isinstance(part, tuple) else getattr(part, path[0]), path[1:], value)
    if isinstance(part, tuple):
        return (*part[: path[0]], new, *part[path[0] + 1 :])
    other = object.__new__(type(part))
    for name in (one.name for one in attrs.fields(type(part))):
        object.__setattr__(other, name, new if name == path[0] else getattr(part, name))
    return other


@pytest.mark.parametrize("which", range(3))
@pytest.mark.parametrize("later", [on(8, 3), on(9, 3)])
def test_whatever_is_put_into_an_entry_the_error_is_ours(which: int, later: datetime) -> None:
    """And a wallet that refuses is the wallet it was; one that does not has taken it for use of its own."""
    walk, spends = rich()
    wallet = walk.wallet.advance(at=later).wallet
    before, refused = wallet._book, 0
    for path in list(places(spends[which]))[1:]:
        for value in STRANGE:
            entry = put(spends[which], path, value)
            try:
                change = wallet.refund(entry, at=later)
            except PurseError:
                refused += 1
            else:
                assert change.view.usage() is not None
    assert wallet._book is before
    assert refused > 500


@pytest.mark.parametrize(
    "change",
    [
        lambda use: evolve(use, draws=list(use.draws)),
        lambda use: evolve(use, draws=({},)),
        lambda use: evolve(use, priced=evolve(use.priced, quantity=0)),
        lambda use: evolve(use, priced=evolve(use.priced, rate=evolve(use.priced.rate, per_steps=0))),
        lambda use: evolve(use, priced=evolve(use.priced, rate=evolve(use.priced.rate, unit=as_unit("EUR")))),
        lambda use: evolve(use, steps=True),
        lambda use: evolve(use, unit="tokens"),
        lambda use: evolve(use, priced=evolve(use.priced, paid=None)),
    ],
)
def test_a_part_that_is_none_is_told_by_its_argument(change: Any) -> None:
    """Of another type, a price that is none, or paid in another unit."""
    walk, spends = rich()
    (video,) = (use for use in spends[1].uses if use.priced is not None)
    with pytest.raises(ArgumentError, match="as the wallet wrote it") as caught:
        walk("refund", evolve(spends[1], uses=(change(video),)))
    assert caught.value.what == "spent"


def test_an_entry_without_end_is_none() -> None:
    """A price that is paid in a price that is paid in a price; or in itself."""
    walk, spends = rich()
    (use,) = (use for use in spends[1].uses if use.priced is not None)
    assert use.priced is not None
    deep: Use = use
    for _ in range(2_000):
        deep = Use(unit=use.unit, steps=use.steps, priced=Priced(use.steps, use.priced.rate, deep))
    with pytest.raises(ArgumentError):
        walk("refund", evolve(spends[1], uses=(deep,)))
    object.__setattr__(deep, "priced", Priced(use.steps, use.priced.rate, deep))
    with pytest.raises(ArgumentError):
        walk("refund", evolve(spends[1], uses=(deep,)))


def test_use_that_no_line_has_is_told() -> None:
    """More than the period ran up, of the running one and of late use."""
    walk, spends = rich()
    for place in (0, 1):
        spent = spends[place]
        (use,) = (use for use in spent.uses if use.unit.name == "sms")
        assert use.postpaid is not None
        forged = evolve(use, steps=use.steps + 90, postpaid=evolve(use.postpaid, quantity=use.postpaid.quantity + 90))
        with pytest.raises(ArgumentError, match="not what the period ran up"):
            walk("refund", evolve(spent, uses=(forged,)))


# -- what the wallet knows better --------------------------------------------------------------------------------------


def knowing() -> tuple[Walk, Spent]:
    """A promotion that paid 100 tokens, and an allowance that paid 40 more."""
    pro = plan(Allowance(1_000))
    walk = Walk(pro, balances=[Balance("promo", 100)])
    spent = walk.used(100)
    walk("spend", 40)
    return walk, spent


def drawn(spent: Spent, steps: int, **named: Any) -> Spent:
    """Say that so much was drawn, of what `named` says."""
    (use,) = spent.uses
    return evolve(spent, uses=(evolve(use, steps=steps, draws=(evolve(use.draws[0], steps=steps, **named),)),))


GONE: Any = {"bucket": "quota:tokens@20260601T000000Z", "kind": "quota", "allowance": True}
"""A bucket of which no wallet remembers anything."""


@pytest.mark.parametrize(
    "changed",
    [
        lambda spent: drawn(spent, 141, **GONE),  # more than was used
        lambda spent: drawn(spent, 41, **GONE),  # more than the allowance paid
        lambda spent: drawn(spent, 100, bucket="bank", kind="rollover"),  # more than buckets paid that are gone
        lambda spent: evolve(drawn(spent, 9_000, **GONE), sequence=1),  # of a period before, more than was ever used
    ],
)
def test_more_than_there_was_is_told(changed: Any) -> None:
    """Of a bucket that nobody remembers: what the wallet counts in all is not less than nothing afterwards."""
    walk, spent = knowing()
    forged = changed(spent)
    with pytest.raises(ArgumentError, match=r"as the wallet wrote it: so much of tokens was not used") as caught:
        walk("refund", forged)
    assert (caught.value.what, caught.value.value) == ("spent", forged.id)


def test_a_price_that_nobody_paid_is_told() -> None:
    """The period has no use at such a price."""
    walk = Walk(plan(Allowance(1_000), prices=[Price("video", 30, unit="tokens")]))
    spent = walk.used(5, "video")
    walk("spend", 90)
    (use,) = spent.uses
    assert use.priced is not None
    dear = evolve(use, priced=evolve(use.priced, rate=evolve(use.priced.rate, cost_steps=31)))
    with pytest.raises(ArgumentError, match="so much of video was not used"):
        walk("refund", evolve(spent, uses=(dear,)))


@pytest.mark.parametrize("later", [on(7, 3), on(8, 3)])
def test_less_than_came_back_before_is_told(later: datetime) -> None:
    """Of the use, of what it was paid in, and of the share of that: nothing comes back twice."""
    walk = Walk(plan(Allowance(1_000), prices=[Price("video", 30, unit="tokens")]))
    spent = walk.used(5, "video")
    walk("advance", at=later)
    walk("refund", spent, 4)
    (use,) = spent.uses
    assert use.priced is not None
    (draw,) = use.priced.paid.draws
    short = evolve(use.priced.paid, steps=119, draws=(evolve(draw, steps=119),))
    for part in (
        evolve(use, steps=3, priced=evolve(use.priced, quantity=3)),
        evolve(use, priced=evolve(use.priced, paid=short)),
        evolve(use, priced=None, draws=(evolve(draw, unit=use.unit, steps=5),)),
    ):
        with pytest.raises(ArgumentError, match="as the wallet wrote it: more was given back of it before"):
            walk("refund", evolve(spent, uses=(part,)))
    with pytest.raises(ArgumentError, match="more was given back of it before"):
        walk("refund", evolve(spent, uses=()))


def test_a_share_of_less_than_came_back_before_is_told() -> None:
    """A larger quantity for the same sum, once a part of that is back."""
    walk = Walk(plan(Allowance(1_000), prices=[Price("video", 30, unit="tokens")]))
    spent = walk.used(5, "video")
    walk("advance", at=on(8, 3))
    walk("refund", spent, 4)
    (use,) = spent.uses
    assert use.priced is not None
    large = evolve(use, steps=500, priced=evolve(use.priced, quantity=500))
    with pytest.raises(ArgumentError, match="as the wallet wrote it: more was given back of it before"):
        walk("refund", evolve(spent, uses=(large,)), 1)


def test_a_count_keeps_its_end() -> None:
    """Whatever an entry says of it: else the stretch would end before it began."""
    walk = Walk(plan(limits=[Limit("day", 50, every=periods.calendar_day())]))
    spent = walk.used(30)
    (fact,) = spent.counted
    walk("refund", evolve(spent, counted=(evolve(fact, end=on(6, 1)),)), 10)
    (counter,) = walk.wallet._book.counters.values()
    assert (counter.steps, counter.end) == (20, fact.end)


@pytest.mark.parametrize(("field", "value"), [("priced", 100), ("since", 1), ("spent", 1)])
def test_a_wallet_that_was_changed_refunds_nothing_that_it_cannot(field: str, value: int) -> None:
    """A document with other figures loads: a refund of it is refused, or is a wallet, too."""
    walk = Walk(
        plan(
            Allowance(100, "sms"),
            prices=[Price("tokens", Decimal("0.10"), per=7)],
            offers=[Offer("credits", unit="USD", price=Decimal(1))],
            pay_as_you_go=[PayAsYouGo(Decimal("0.07"), per=3, meter="fax")],
        )
    )
    walk("top_up", "credits", Decimal(2), payment="p")
    spent = [walk.used(6, "tokens"), walk.used(5, "fax")]
    walk("spend", 8, "tokens")
    if field == "since":
        walk("advance", at=on(8, 1))
    document = dump_wallet(walk.wallet)
    tallies = document["wallet"]["tallies"]
    if field == "priced":
        tallies["priced"][0][1][0] = value
    elif field == "since":
        tallies["since"] = value
    else:
        document["wallet"]["spent"]["tokens"] = value
    wallet = load_wallet(document, id="acme", catalogue=walk.wallet._base.catalogue)
    for entry in spent:
        try:
            wallet = wallet.refund(entry, at=wallet.clock).wallet
        except ArgumentError:
            continue
        assert load_wallet(dump_wallet(wallet), id="acme") == wallet
