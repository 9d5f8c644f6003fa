"""What a plan costs and gives: its price and renewal, allowances, and what is left of them."""

from __future__ import annotations

from collections.abc import Iterator

from tokenpurse.periods import calendar_month
from tokenpurse.plans import Allowance, Count, Plan, Renewal, Rollover
from tokenpurse.prose.lives import usable_for
from tokenpurse.prose.telling import Fact, Teller
from tokenpurse.prose.times import a, anew, each, every, lasting, noun, the
from tokenpurse.prose.words import joined, number
from tokenpurse.units import Unit

__all__ = ["granted"]


def granted(teller: Teller) -> Iterator[Fact]:
    """Say what a customer pays for, and gets, again and again."""
    plan = teller.plan
    if plan.price is not None:
        cost = teller.amount(plan.price, teller.plan.terms.currency)
        yield Fact(("price",), cost, lead="The plan costs", rest=a(plan.term or plan.period))
    if plan.term is not None:
        yield Fact(("term",), every(plan.term), lead="It is paid for")
    for allowance in plan.allowances:
        yield _allowance(teller, allowance)
    for count in plan.counts:
        yield _count(teller, count)
    yield from _left(teller)
    if not plan.terms.allowances:
        yield from _period(plan)
    if plan.renewal is not None:
        yield from _renewal(teller, plan.renewal)


def _period(plan: Plan) -> Iterator[Fact]:
    """Say when a period begins, where no allowance says it and something goes by it."""
    counts = plan.pay_as_you_go or plan.limits or plan.price is not None
    if plan.period.step == "once":
        yield Fact(("period",), "the plan goes on without an end")
    elif counts or plan.period != calendar_month():
        yield Fact(("period",), every(plan.period).removeprefix("every "), lead="A new period begins every")


def _allowance(teller: Teller, allowance: Allowance) -> Fact:
    unit = teller.unit(allowance.unit)
    if allowance.amount is None:
        return Fact(("allowance", unit.name, "unlimited"), f"unlimited {teller.words.many(unit.name)}", lead="You get")
    what = teller.goods(teller.amount(allowance.amount, unit), unit, allowance.kind)
    if allowance.per is not None:
        what += f" for each {teller.words.one(allowance.per)}"
    if allowance.scope:
        what += f" ({teller.only_for(allowance.scope)})"
    period = teller.plan.period
    lasts = ""
    if allowance.life is not None:
        lasts = f"; each of them {usable_for(allowance.life, period, teller.plan.term)}"
    if allowance.every is not None or allowance.given not in {"at_once", "on_payment"}:
        return Fact(
            ("allowance", unit.name, allowance.kind),
            what,
            lead="You get",
            rest=f"{_stream(teller, allowance, unit)}{lasts}",
        )
    paid = "" if allowance.given == "at_once" else f", as soon as {the(period)} is paid for"
    when = every(period)
    if teller.plan.once and teller.plan.cancels_to is not None and period.step != "once" and teller.plan.term is None:
        when = f"until {the(period)} ends" if period.form == "calendar" else f"for {a(period).removeprefix('in ')}"
    return Fact(("allowance", unit.name, allowance.kind), what, lead="You get", rest=f"{when}{paid}{lasts}")


def _stream(teller: Teller, allowance: Allowance, unit: Unit) -> str:
    """Say when something is given that has a schedule or a condition of its own."""
    schedule = allowance.every or teller.plan.period
    when = every(schedule)
    if allowance.given == "on_claim":
        when = f"when you claim it, once {a(schedule)}"
    if allowance.empty is not None:
        when = f"as soon as you have nothing left of {teller.kinds(allowance.empty)}, once {a(schedule)}"
    if allowance.bought is not None:
        paid = teller.amount(allowance.bought, teller.plan.terms.currency)
        when = f"{when}, if you have bought for at least {paid}"
    if allowance.ceiling is not None:
        most = teller.amount(allowance.ceiling, unit)
        when += f", at most {most} {anew(allowance.ceiling_every or teller.plan.period)}"
    if allowance.first != "full":
        share = "its share" if allowance.first == "prorated" else "nothing"
        when += f"; a first {noun(schedule)} that is short brings {share}"
    return when


def _count(teller: Teller, count: Count) -> Fact:
    many, period = teller.words.many(count.name), the(teller.plan.period)
    least = teller.words.one(count.name) if count.minimum == 1 else many
    said = [f"you have at least {count.minimum:,} {least}"] if count.minimum else []
    added = "in full" if count.added == "full" else f"for what is left of {period}"
    said.append(f"{many} that you add bring their allowance {added}")
    said.append(f"{many} that you give up go {'at once' if count.removed == 'now' else f'when {period} ends'}")
    return Fact(("count", count.name), "; ".join(said))


def _left(teller: Teller) -> Iterator[Fact]:
    """Say of each unit what becomes of the rest; all in one where it is the same."""
    banks = {teller.unit(rollover.unit).name: rollover for rollover in teller.plan.rollovers}
    units = dict.fromkeys(allowance.unit for allowance in teller.plan.terms.allowances)
    allowances = teller.plan.terms.allowances
    lasting_ones = {unit for unit in units if all(one.life is not None for one in allowances if one.unit == unit)}
    for unit in units if teller.plan.period.step != "once" else ():
        none = "stays as long as it can be used" if unit in lasting_ones else "does not carry over"
        rest = _carried(teller, banks[unit.name]) if unit.name in banks else none
        what = "" if len(units) == 1 or not (banks or lasting_ones) else f"of the {teller.many(unit)}"
        if any(one.unit == unit for one in teller.plan.terms.streams):
            own = joined([teller.words.kind(one.kind) for one in allowances if one.unit == unit])
            what = f"of {own}"
        if unit.name in banks and any(one.unit == unit and one.scope for one in allowances):
            rest += ", except what is for some use only"
        yield Fact(("left", unit.name), what, lead="What is left", rest=rest)


def _carried(teller: Teller, rollover: Rollover) -> str:
    unit = teller.unit(rollover.unit)
    said = "carries over" if rollover.share == 1 else f"carries over by {number(100 * rollover.share)} %"
    if rollover.carry_max is not None:
        said += f", at most {teller.bound(rollover.carry_max, unit)} at a time"
    if rollover.bank_max is not None:
        said += f", up to {teller.bound(rollover.bank_max, unit)} in all"
    if rollover.total_max is not None:
        said += f", as long as you have no more than {teller.bound(rollover.total_max, unit)} with the new allowance"
    said += ", while you stay on this plan" if rollover.same_plan else ""
    life = rollover.life
    if life is None:
        return said
    since = ", counted from when you got it" if life.counted_from == "issue" and life.periods is None else ""
    return f"{said}; what carries over {usable_for(life, teller.plan.period, teller.plan.term)}{since}"


def _renewal(teller: Teller, renewal: Renewal) -> Iterator[Fact]:
    period = teller.plan.term or teller.plan.period
    grace = f"within {lasting(renewal.grace)} of its start" if renewal.grace else "when it starts"
    yield Fact(("renewal",), f"{each(period)} must be paid for {grace}, or the plan ends")
    if renewal.grace:
        waiting = dict.fromkeys(one.unit for one in teller.plan.terms.allowances if one.on_payment)
        kept = joined([f"the {teller.many(unit)}" for unit in waiting]) or "before"
        rest = "can still be used" if renewal.rest == "usable" else "is locked"
        yield Fact(("renewal", "rest"), f"until {the(period)} is paid for, what was left of {kept} {rest}")
