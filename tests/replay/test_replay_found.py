"""Each fact that `replay` knows twice: altered in one of the two places, it is found at its entry, and named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from tests.laws.stories import stories
from tokenpurse import entries as e
from tokenpurse import replay
from tokenpurse.buckets import Money
from tokenpurse.errors import HistoryError
from tokenpurse.periods import Anchor
from tokenpurse.units import Unit

DAY = timedelta(days=1)
POINTS = Unit("points")


def put(part: Any, path: str, value: Any) -> Any:
    """Copy an entry with one of its facts replaced; `path` leads there: `uses.0.priced.paid`. A function changes it."""
    name, _, rest = path.partition(".")
    old = part[int(name)] if isinstance(part, tuple) else getattr(part, name)
    new = put(old, rest, value) if rest else value(old) if callable(value) else value
    if isinstance(part, tuple):
        return (*part[: int(name)], new, *part[int(name) + 1 :])
    return evolve(part, **{name: new})


def more(steps: int) -> int:
    return steps + 1


def day_later(moment: Any) -> Any:
    return moment + DAY


def is_(kind: type[e.Entry], **has: Any) -> Callable[[Any], bool]:
    """Pick the first entry of a kind that has something: `count=1` is that, `ref=...` is whatever is not nothing."""
    return lambda entry: (
        type(entry) is kind
        and all(
            bool(getattr(entry, name)) if value is ... else getattr(entry, name) == value for name, value in has.items()
        )
    )


def priced(entry: Any) -> bool:
    return isinstance(entry, e.Spent) and entry.uses[0].priced is not None


def postpaid(entry: Any) -> bool:
    return isinstance(entry, e.Spent) and entry.uses[0].postpaid is not None


def owing(entry: Any) -> bool:
    return isinstance(entry, e.Spent) and entry.uses[0].debt is not None


def billed(entry: Any) -> bool:
    return postpaid(entry) and len(entry.counted) > 3


def run(entry: Any) -> bool:
    return isinstance(entry, e.PeriodOpened) and entry.count > 1


def renumbered(entry: Any) -> bool:
    return isinstance(entry, e.PlanChanged) and entry.period is not None


BANK, MONEY, LATE, TIMED = range(4)
RENEWALS, OWED = 6, 9
CASES: dict[str, tuple[int, Callable[[Any], bool], str, Any, str]] = {
    # balances
    "a draw's kind": (BANK, is_(e.Spent), "uses.0.draws.0.kind", "promo", "does not hold promo"),
    "a debt after": (BANK, owing, "uses.0.debt.after_steps", more, "by the amounts and"),
    "a debt paid": (
        BANK,
        is_(e.PeriodOpened, repaid=...),
        "repaid.0.draws",
        (),
        "of a debt were paid, and 0 sms drawn",
    ),
    "a debt brought": (BANK, is_(e.Opened), "debts.0.steps", more, "the first debt is"),
    "use brought": (BANK, is_(e.Opened), "used", (("tokens", 99),), "were used elsewhere"),
    "a bucket's size": (BANK, is_(e.Granted), "bucket.granted_steps", more, "of the new bucket"),
    "a new bucket's held part": (BANK, is_(e.Granted), "bucket.held_steps", more, "is held, lost or forfeited already"),
    "what a new bucket lost": (BANK, is_(e.Granted), "bucket.lost_steps", more, "is held, lost or forfeited already"),
    # what limits counted
    "what a limit counted": (TIMED, is_(e.Spent), "counted.0.steps", more, "limit day counted 6 of 5 tokens"),
    "a count": (
        TIMED,
        is_(e.Spent, labels=...),
        "counted.2.after_steps",
        more,
        "limit each has counted 3 by the amounts",
    ),
    "a limit twice": (
        TIMED,
        is_(e.Spent),
        "counted",
        lambda old: (*old, old[0]),
        "limit day counted it twice",
    ),
    "a count of money": (TIMED, billed, "counted.3.steps", more, "limit budget counted"),
    "a stretch of time": (
        TIMED,
        is_(e.Spent, labels=...),
        "counted.1.end",
        day_later,
        "limit rolling counts from .*was",
    ),
    "a stretch that is over": (TIMED, is_(e.Spent), "counted.0.end", lambda end: end - DAY, "and it is of"),
    "a stretch to come": (TIMED, is_(e.Spent), "counted.0.start", day_later, "limit day counts from"),
    # units
    "places of a unit": (MONEY, is_(e.ToppedUp), "price.unit.kept", 5, "is counted in other places"),
    # refs
    "a ref's entry": (BANK, is_(e.Spent, ref=...), "ref.sequence", more, "its ref is of entry"),
    "a ref's moment": (LATE, is_(e.Granted), "ref.at", day_later, "its ref is of entry"),
    "a ref's amount": (LATE, is_(e.Granted), "ref.steps", (("tokens", 4),), "its ref says {'tokens': 4} were moved"),
    "a ref brought": (LATE, is_(e.Opened), "remembered.1.sequence", 2, "payment old_2 was made elsewhere"),
    "a ref of lists": (LATE, is_(e.Granted), "ref.said", ["grant"], "lists are not what a wallet wrote"),
    # requests
    "a charge's number": (MONEY, is_(e.AutoTopUpSet), "requests.0.id", "charge:2", "it must be charge:1"),
    "a charge's amount": (MONEY, is_(e.AutoTopUpSet), "requests.0.steps", more, "is not what auto top-up was set to"),
    "a charge of nobody's": (MONEY, is_(e.AutoTopUpSet), "setting", None, "is not what auto top-up was set to"),
    "a bill": (MONEY, is_(e.PeriodOpened, requests=...), "requests.0.statement.lines.0.quantity", more, "its bill is"),
    "no bill": (LATE, is_(e.Closed), "requests", (), "its bill is not for its statement"),
    "a failed renewal's price": (
        RENEWALS,
        is_(e.Declined),
        "notices.0.figure_steps",
        more,
        "is not of 9.00",
    ),
    # alerts
    "a crossing": (BANK, is_(e.Spent, lines=...), "lines.0.crossings", more, "was crossed 0 times before, and 2 with"),
    "a line that stays": (BANK, is_(e.Spent, lines=...), "lines.0.crossed", False, "was crossed"),
    "a crossing of an opening": (BANK, is_(e.Opened), "lines.0.crossings", 1, "was crossed 0 times before, and 1"),
    "a notice's moment": (BANK, is_(e.Spent, notices=...), "notices.0.at", day_later, "its notice"),
    "a notice of nothing": (BANK, is_(e.Spent, notices=...), "notices.0.id", "empty#9", "is of nothing that it did"),
    "a notice's figure": (MONEY, is_(e.Declined), "notices.0.figure_steps", more, "its notice credit_purchase_failed"),
    # prices
    "a price": (MONEY, priced, "uses.0.priced.rate.cost_steps", lambda old: old * 2, "and 0.04.*were paid"),
    "a price in another unit": (MONEY, priced, "uses.0.priced.paid.unit", Unit.money("EUR"), "were paid|were used"),
    "a price per nothing": (MONEY, priced, "uses.0.priced.rate.per_steps", 0, "which is no price"),
    "a price below nothing": (LATE, postpaid, "uses.0.postpaid.rate.cost_steps", -1, "which is no price"),
    "a statement's price per nothing": (
        OWED,
        is_(e.PeriodOpened, statement=...),
        "statement.lines.0.rate.per_steps",
        0,
        "its statement prices .* which is no price",
    ),
    "another meter on the statement": (LATE, postpaid, "uses.0.postpaid.meter", POINTS, "is said in points"),
    "another unit owed": (BANK, owing, "uses.0.debt.unit", POINTS, "left over|by the amounts"),
    "another unit used": (BANK, is_(e.Spent), "uses.0.unit", POINTS, "points were used, and other units drawn"),
    # purchases
    "what was paid": (MONEY, is_(e.ToppedUp), "price.steps", more, "cost 2.00 USD by payment p1, and 2.000001 USD by"),
    "a payment": (MONEY, is_(e.ToppedUp), "payment", "p9", "by payment p9"),
    "a gift that cost something": (
        LATE,
        is_(e.Granted),
        "bucket.paid",
        Money(POINTS, 1),
        "cost 1 point by payment None",
    ),
    "a bucket's start": (LATE, is_(e.Granted), "bucket.starts", day_later, "starts at"),
    "a charge answered": (
        MONEY,
        is_(e.ToppedUp, request="charge:2"),
        "offer",
        "other",
        "charge:2 was to charge 2.00 USD for 2.00 USD, offer credits, and 2.00 USD were bought",
    ),
    "an answer to nothing": (MONEY, is_(e.ToppedUp, request="charge:2"), "request", "charge:7", "no request charge:7"),
    "a bill answered": (MONEY, is_(e.Confirmed), "request", "charge:3", "no request charge:3 was pending"),
    "a failure of nothing": (MONEY, is_(e.Declined), "request", "charge:7", "no request charge:7 was pending"),
    # moments
    "when it was asked": (LATE, is_(e.Spent, asked_at=...), "asked_at", day_later, "it was asked at"),
    "when a choice was made": (MONEY, is_(e.AutoTopUpSet), "setting.at", day_later, "its setting was made at"),
    "who made a choice": (MONEY, is_(e.AutoTopUpSet), "setting.by", "nobody", "by nobody"),
    # periods
    "a first period": (LATE, is_(e.Opened), "period.start", day_later, "and its period is from"),
    "a first period's end": (LATE, is_(e.Opened), "period.end", lambda end: end - 400 * DAY, "and its period is from"),
    "an anchor to come": (LATE, is_(e.Opened), "anchor.at", day_later, "and its period is from"),
    "a closed period": (BANK, is_(e.PeriodOpened), "closed.number", more, "it closed period"),
    "a closed period's end": (BANK, is_(e.PeriodOpened), "closed.end", day_later, "it closed period"),
    "a period's start": (BANK, is_(e.PeriodOpened), "period.start", day_later, "its period starts at"),
    "a bucket's end": (BANK, is_(e.PeriodOpened), "granted.0.expires", day_later, "bucket quota:tokens"),
    "a single period's count": (BANK, is_(e.PeriodOpened), "count", 2, "2 periods opened, from"),
    "a run's count": (BANK, run, "count", 1, "1 periods opened, from"),
    "a run's count by one": (BANK, run, "count", more, "periods opened, from number"),
    "a count of none": (BANK, is_(e.PeriodOpened), "count", 0, "0 periods opened"),
    "an early run": (BANK, run, "early", True, "it closed period|periods opened"),
    "a period's number": (
        MONEY,
        is_(e.PeriodOpened, early=True),
        "period.number",
        more,
        "1 periods opened, from number",
    ),
    "a restart": (LATE, is_(e.PeriodOpened, early=True), "anchor.at", day_later, "its anchor is"),
    "a restart's number": (LATE, is_(e.PeriodOpened, early=True), "period.number", more, "its period has number 1"),
    "a statement's period": (LATE, is_(e.Closed), "statement.period.number", more, "its statement is of period"),
    "a statement's lines": (
        LATE,
        is_(e.Closed),
        "statement.lines.0.rate.per_steps",
        more,
        "not what the period ran up",
    ),
    "no statement": (LATE, is_(e.Closed), "statement", None, "its statement is not what the period ran up"),
    # plans and counts
    "a plan to come": (
        LATE,
        is_(e.PeriodOpened, early=False),
        "plan.name",
        "quota",
        "it opened plan quota|the plan before",
    ),
    "a plan before": (
        LATE,
        is_(e.PeriodOpened, early=False),
        "previous",
        None,
        "the plan before it was payg r1, not None",
    ),
    "a plan left": (
        BANK,
        is_(e.PlanChanged),
        "previous.revision",
        more,
        "the plan before it was banked r1, not banked r2",
    ),
    "counts to come": (BANK, is_(e.PeriodOpened, counts=...), "counts", (), "it changed the counts {}, to come were"),
    "limits dropped": (BANK, is_(e.PeriodOpened), "limits_dropped", ("x",), "it dropped the limits x"),
    "label limits dropped": (
        TIMED,
        is_(e.PlanChanged),
        "label_limits_dropped",
        (("x", "ann"),),
        "it dropped the limits x for ann, which nobody chose",
    ),
    "limits that a change dropped": (MONEY, is_(e.PlanChanged), "limits_dropped", ("x",), "it dropped the limits x"),
    "a period goes on": (BANK, renumbered, "period.end", day_later, "it goes on with period"),
    "a change that is due": (LATE, is_(e.PlanChangeScheduled), "due", None, "it is due at None"),
    # runs
    "totals of a run": (BANK, run, "between", (), "its totals are not those of its allowances"),
    "what a run granted": (BANK, run, "between.0.granted_steps", more, "a run granted"),
}


def altered(name: str) -> tuple[list[e.Entry], int]:
    which, pick, path, value, _ = CASES[name]
    entries = list(stories()[which].entries)
    at = next(place for place, entry in enumerate(entries) if pick(entry))
    entries[at] = put(entries[at], path, value)
    return entries, at


@pytest.mark.parametrize("name", CASES)
def test_a_fact_that_is_altered_in_one_place_is_found_there(name: str) -> None:
    """At its own entry, whatever comes after it, and with the two things that are said."""
    entries, at = altered(name)
    with pytest.raises(HistoryError, match=CASES[name][-1]) as caught:
        replay(entries)

    assert at == caught.value.position


class _Strange(e.Frozen):
    """A host's own."""


@pytest.mark.parametrize("kind", [e.Entry, _Strange])
def test_a_kind_that_no_wallet_writes_is_found(kind: type[e.Entry]) -> None:
    """The bare class, and what is derived from a kind."""
    first = stories()[LATE].entries[0]
    with pytest.raises(HistoryError, match=f"it is a {kind.__name__}, no kind that a wallet writes") as caught:
        replay([first, kind(wallet=first.wallet, sequence=2, at=first.at)])

    assert caught.value.position == 1


def test_every_kind_that_a_wallet_writes_is_known() -> None:
    """Replay's list is the one by which entries are applied, and the opening."""
    from tokenpurse._engine.apply import _EFFECTS
    from tokenpurse.replay import _KINDS

    assert {*_EFFECTS, e.Opened} == _KINDS


def test_a_renewal_is_paid_once() -> None:
    """A payment that stands in the ledger twice finds no renewal that waits for it."""
    entries = list(stories()[RENEWALS].entries)
    at = next(place for place, entry in enumerate(entries) if type(entry) is e.Renewed)
    empty = evolve(entries[at], sequence=entries[at].sequence + 1, granted=(), forfeited=(), carried=(), ref=None)
    with pytest.raises(HistoryError, match=r"no request renewal:.* was pending") as caught:
        replay([*entries[: at + 1], empty])

    assert caught.value.position == at + 1


def bought_with_a_bonus() -> list[e.Entry]:
    """By the customer's own hand, then by auto top-up."""
    from tests.laws.plans import START
    from tokenpurse import AutoTopUp, Offer, Plan, Wallet

    plan = Plan("p", offers=[Offer("pack", price=Decimal(1), pack=5, bonus=2)], auto_top_up=AutoTopUp("pack"))
    change = Wallet.open(plan, id="acme", at=START)
    entries = [*change.entries]
    for call in (
        lambda wallet: wallet.top_up("pack", 5, at=START, payment="p1"),
        lambda wallet: wallet.set_auto_top_up(threshold=10, purchase=10, at=START),
        lambda wallet: wallet.confirm("charge:1", at=START, payment="p2"),
    ):
        change = call(change.wallet)
        entries += change.entries
    assert replay(entries) == change.wallet
    return entries


@pytest.mark.parametrize(
    ("at", "changes", "said"),
    [
        (1, {"bonus.payment": "p9"}, "the bonus .* is not of the payment of"),
        (1, {"bonus.paid": Money(Unit.money("USD"), 1)}, "the bonus .* is not of the payment of"),
        (
            3,
            {"bonus.granted_steps": 3, "bonus.opening_steps": 3, "bonus.left_steps": 3, "ref.steps": (("tokens", 13),)},
            "its bonus is another one",
        ),
        (3, {"bonus": None, "ref.steps": (("tokens", 10),)}, "its bonus is another one"),
    ],
)
def test_a_bonus_is_that_of_the_purchase_and_of_the_charge(at: int, changes: dict[str, Any], said: str) -> None:
    """Of the same payment, for nothing, and as much as was asked for."""
    entries = bought_with_a_bonus()
    for path, value in changes.items():
        entries[at] = put(entries[at], path, value)
    with pytest.raises(HistoryError, match=said) as caught:
        replay(entries)

    assert at == caught.value.position


def test_an_end_that_a_period_never_had_may_be_given_to_it() -> None:
    """A change of plan does that, at the moment the period opened."""
    from tests.laws.plans import SHOP, START
    from tokenpurse import Wallet

    opened = Wallet.open("once", catalogue=SHOP, id="acme", at=START)
    changed = opened.wallet.change_plan("quota", at=START, when="now")
    wrong = put(changed.entries[0], "period.start", day_later)

    assert replay([*opened.entries, *changed.entries]) == changed.wallet
    with pytest.raises(HistoryError, match="it goes on with period"):
        replay([*opened.entries, wrong])


def test_an_anchor_is_set_only_where_a_person_closed_the_period() -> None:
    """Time itself restarts nothing."""
    story = stories()[BANK].entries
    first = next(place for place, entry in enumerate(story) if isinstance(entry, e.PeriodOpened))
    entries = list(story[: first + 1])
    entries[-1] = put(entries[-1], "anchor", Anchor(entries[-1].at, "UTC"))
    with pytest.raises(HistoryError, match="its anchor is"):
        replay(entries)


@pytest.mark.parametrize("path", ["repaid.0.steps", "repaid.0.draws.0.steps", "between.0.repaid_steps"])
def test_what_a_run_paid_of_a_debt_is_what_its_periods_gave(path: str) -> None:
    """Those inside the run as its totals say, the last one by its own draw."""
    from tests.laws.plans import SHOP, START
    from tokenpurse import Wallet

    opened = Wallet.open("quota", catalogue=SHOP, id="acme", at=START, debt={"tokens": 150})
    later = opened.wallet.advance(at=START + 200 * DAY)
    history = [*opened.entries, *later.entries]
    at = next(place for place, entry in enumerate(history) if run(entry) and entry.repaid)

    assert replay(history) == later.wallet
    with pytest.raises(HistoryError) as caught:
        replay([*history[:at], put(history[at], path, more), *history[at + 1 :]])
    assert at == caught.value.position
