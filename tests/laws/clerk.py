"""What limits must count and keep, said once more without the engine: a clerk looks over each change that was made."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.laws.witness import each_use
from tokenpurse import Change, Wallet
from tokenpurse import entries as e
from tokenpurse._engine.carrying import bank_cap
from tokenpurse.notices import Charge

__all__ = ["check_banks", "check_charges", "check_counted", "check_holds_are_within", "check_signs", "check_uncounted"]


def check_counted(change: Change) -> None:
    """Each limit with a count of its own has counted what was used, under the label that was said, once."""
    terms = change.wallet.at(change.wallet.clock)._plan().terms
    for entry in change.entries:
        if not isinstance(entry, e.Spent | e.Captured):
            continue
        late = isinstance(entry, e.Spent) and entry.period is not None
        uses = uses_of(entry)
        facts = {(one.limit, one.label): one for one in entry.counted}
        assert len(facts) == len(entry.counted), "a limit counted twice"
        for limit in terms.limits.values():
            label = label_of(limit, dict(entry.labels))
            fact = facts.pop((limit.name, label or ""), None)
            if limit.is_plain or label is None or late:
                assert fact is None, f"limit {limit.name} counted what is not its own"
                continue
            steps = counts(limit, uses)
            billed = any(use.postpaid and use.postpaid.rate.unit == limit.unit for use in uses)
            billed = billed and (not limit.kinds or "pay_as_you_go" in limit.kinds)
            said = 0 if fact is None else fact.steps
            assert said == steps or (billed and said > steps), f"limit {limit.name} counted {said} of {steps}"
        assert not facts, f"limits counted that the plan does not have: {sorted(facts)}"


def counts(limit: Any, uses: Iterable[e.Use]) -> int:
    """What a limit counts of uses: all of its unit, or what its kinds paid of it; what is billed in money aside."""
    mine = [use for use in uses if use.unit == limit.unit]
    if not limit.kinds:
        return sum(use.steps for use in mine)
    billed = sum(use.postpaid.asked for use in mine if use.postpaid and "pay_as_you_go" in limit.kinds)
    return billed + sum(draw.steps for use in mine for draw in use.draws if draw.kind in limit.kinds)


def label_of(limit: Any, labels: dict[str, str]) -> str | None:
    """Under which label value a limit counts use with these labels; `None`: it does not."""
    if any(labels.get(key) not in values for key, values in limit.scope):
        return None
    return "" if limit.per is None else labels.get(limit.per)


def uses_of(entry: e.Spent | e.Captured) -> list[e.Use]:
    """All uses of an entry, what was held of it included."""
    return list(each_use(entry.uses if isinstance(entry, e.Spent) else (*entry.uses, *entry.extra)))


def check_holds_are_within(wallet: Wallet, held: Iterable[e.Held], labels: dict[str, str]) -> None:
    """What a hold set aside keeps to every limit, together with what was used and what other holds set aside."""
    book, plan = wallet._book, wallet.at(wallet.clock)._plan()
    holds = list(held)
    for limit in plan.terms.limits.values():
        label = label_of(limit, labels)
        cap = None if label is None else plan.cap(book, limit, label)
        takes = counts(limit, each_use(holds[-1].uses)) > 0
        if label is None or cap is None or not takes:  # use that was overdrawn, or a lower limit, may be beyond it
            continue
        mine = (one for one in holds if label_of(limit, dict(one.labels)) == label)
        aside = sum(counts(limit, each_use(one.uses)) for one in mine)
        key: Any = (limit.name, limit.unit.name, label)
        counter = book.counters.get(key)
        if limit.is_plain:
            counted = book.tallies.usage(limit.unit.name)
        elif limit.with_period:
            counted = book.tallies.counted.get(key, 0)
        else:
            counted = 0 if counter is None or not counter.runs(wallet.clock) else counter.steps
        assert counted + aside <= cap, f"limit {limit.name}: {counted} used, {aside} held, at most {cap}"


def check_banks(change: Change) -> None:
    """What is carried fits into its bank: what is held of that is in it, too."""
    wallet, entry = change.wallet, change.entries[-1]
    plan, book = wallet.at(wallet.clock)._plan(), wallet._book
    carried = {one.unit.name for one in getattr(entry, "carried", ())}
    carried |= {one.unit.name for one in getattr(entry, "returned", ()) if one.went == "carried"}
    for name in carried & set(plan.terms.banks):
        cap = bank_cap(plan, book, name)
        banks = (one for one in book.buckets if one.kind == "rollover" and one.unit.name == name)
        there = sum(one.there_steps for one in banks)
        assert cap is None or there <= cap, f"{there} {name} are banked, at most {cap}"


def check_uncounted(before: Wallet, spent: e.Spent | e.Captured, change: Change) -> None:
    """What is given back is counted less where its own stretch of time is still running, and nowhere else."""
    entry = next(one for one in change.entries if isinstance(one, e.Refunded))
    was, now = before._book, change.wallet._book
    billed = any(one.postpaid is not None for one in entry.undone)
    freed = any(
        one.place[0] < 0 for one in entry.undone
    )  # what was withheld of another refund is among what comes back
    facts = {fact.key: fact for fact in spent.counted}
    for key, counter in now.counters.items():
        fact = facts.get(key)
        mine = fact is not None and fact.start == was.counters[key].start
        less = min(_back(fact, entry), was.counters[key].steps) if mine and fact is not None else 0
        assert was.counters[key].steps - counter.steps == less or (mine and (billed or (freed and facts[key].kinds))), (
            key
        )
    for key, steps in now.tallies.counted.items():
        mine = entry.running and key in facts and facts[key].start is None
        less = min(_back(facts[key], entry), was.tallies.counted[key]) if mine else 0
        assert was.tallies.counted[key] - steps == less or (mine and (billed or (freed and facts[key].kinds))), key


def _back(fact: e.Counted, entry: e.Refunded) -> int:
    """What is given back of what a limit counted, what was billed in money aside."""
    if not fact.kinds:
        return sum(one.steps for one in entry.undone if one.unit == fact.unit)
    drawn = [one for one in entry.returned if one.unit == fact.unit and not one.repaid]
    lines = [one.postpaid for one in entry.undone if one.unit == fact.unit and one.postpaid is not None]
    billed = sum(line.asked for line in lines) if "pay_as_you_go" in fact.kinds else 0
    return billed + sum(one.steps for one in drawn if one.kind in fact.kinds)


def check_signs(wallet: Wallet) -> None:
    """Nothing is below zero, and what is over holds nothing that could be used."""
    book = wallet._book
    for bucket in (*book.buckets, *(past.bucket for past in book.past.values())):
        parts = (bucket.left_steps, bucket.held_steps, bucket.lost_steps, bucket.spent_steps)
        assert min(*parts, bucket.transferred_steps, bucket.excess_steps, bucket.priced_steps) >= 0, bucket
        claw = bucket.claw_back
        assert min(claw.taken, claw.held, claw.lost, claw.debt, claw.let_go) >= 0, bucket
        assert claw.held <= bucket.held_steps, bucket
        assert claw.total <= bucket.priced_steps, bucket
        assert bucket.paid is None or bucket.paid.steps >= 0, bucket
    assert not any(past.bucket.left_steps for past in book.past.values())
    assert all(bucket.started or bucket.starts > book.clock for bucket in book.buckets)
    tallies = book.tallies
    tables = (book.debts, book.held, book.spent, tallies.used, tallies.allowance_paid, tallies.retired, tallies.counted)
    assert min((steps for table in tables for steps in table.values()), default=0) >= 0
    assert min((line.quantity for line in tallies.accrued), default=0) >= 0
    assert min((min(pair) for pair in tallies.priced.values()), default=0) >= 0
    assert min((counter.steps for counter in book.counters.values()), default=0) >= 0


def check_charges(wallet: Wallet) -> None:
    """Auto top-up asks as soon as the level is low, and for as much as lifts it; debt is a level below zero."""
    book, plan = wallet._book, wallet.at(wallet.clock)._plan()
    setting, auto = book.auto_top_up, plan.terms.auto_top_up
    if setting is None or setting.off is not None or auto is None or setting.offer != auto.offer.name:
        return
    if book.frozen or book.closed or book.paused_at is not None or book.retry_at is not None:
        return
    maxima = (auto.purchases_max, auto.bought_max, auto.spend_max, setting.purchases_max, setting.spend_max_steps)
    usable = plan.terms.usable
    level = sum(
        bucket.there_steps
        for bucket in book.buckets
        if bucket.unit == auto.offer.unit and bucket.started and bucket.rest != "locked" and not bucket.scope
        if (usable is None or bucket.kind in usable) and (auto.counts is None or bucket.kind in auto.counts)
    )
    level -= book.debts.get(auto.offer.unit.name, 0)
    low = level < setting.threshold_steps or (level == setting.threshold_steps and not auto.strict)
    sold = setting.purchase_steps is None or auto.offer.sells(setting.purchase_steps)
    if sold and all(one is None for one in maxima):
        asked = any(isinstance(one, Charge) for one in book.pending)
        assert asked or not low, f"the level is {level}, and nobody asks for more"
