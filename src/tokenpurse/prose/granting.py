"""What a plan costs and gives: its price and renewal, allowances, and what is left of them."""

from __future__ import annotations

from collections.abc import Iterator

from tokenpurse.plans import Allowance, Count, Plan, Renewal, Rollover
from tokenpurse.plans.terms import AllowanceTerms
from tokenpurse.prose.lives import usable_again, usable_for
from tokenpurse.prose.telling import Fact, Teller
from tokenpurse.prose.times import a, anew, each, every, lasting, noun, starting, the
from tokenpurse.prose.words import is_currency, joined, number
from tokenpurse.units import Unit

__all__ = ["granted"]


def granted(teller: Teller) -> Iterator[Fact]:
    """Say what a customer pays for, and gets, again and again."""
    plan = teller.plan
    if plan.price is not None and not plan.price:
        yield Fact(("price",), "the plan is free")
    elif plan.price is not None:
        cost = teller.amount(plan.price, teller.plan.terms.currency)
        stretch = a(plan.period) if plan.term is None else anew(plan.term)
        yield Fact(("price",), cost, lead="The plan costs", rest=stretch)
    elif plan.term is not None:
        yield Fact(("term",), every(plan.term), lead="It is paid for")
    for allowance in plan.allowances:
        yield _allowance(teller, allowance)
    yield from _left(teller)
    for count in plan.counts:
        yield _count(teller, count)
    if not plan.terms.allowances:
        yield from _period(plan)
    if plan.renewal is not None:
        yield from _renewal(teller, plan.renewal)


def _period(plan: Plan) -> Iterator[Fact]:
    """Say when a period begins, where no allowance says it and something goes by it."""
    limits = any(limit.every is None and limit.window is None for limit in plan.limits)
    leaves = plan.cancels_to is not None or plan.once
    lives = [offer.life for offer in plan.offers if offer.life is not None]
    bought = any(life.periods is not None or life.counted_from != "issue" for life in lives)
    owes = plan.on_debt != "carry" or plan.late_use.books != "current"
    if plan.period.step == "once":
        yield Fact(("period",), "the plan goes on without an end")
    elif plan.price is not None or plan.pay_as_you_go or limits or leaves or bought or owes:
        yield Fact(("period",), starting(plan.period))


def _allowance(teller: Teller, allowance: Allowance) -> Fact:
    unit = teller.unit(allowance.unit)
    if allowance.amount is None:
        return Fact(("unlimited", unit.name), f"unlimited {teller.words.many(unit.name)}", lead="You get")
    what = teller.goods(teller.amount(allowance.amount, unit), unit, allowance.kind)
    if allowance.per is not None:
        what += f" for each {teller.words.one(allowance.per)}"
    if allowance.scope:
        what += f" (only {teller.use_of(allowance.scope)})"
    period = teller.plan.period
    lasts = ""
    if allowance.life is not None:
        these = "it" if is_currency(unit) or allowance.amount == 1 else "they"
        lasts = f"; {these} {usable_for(allowance.life, period, teller.plan.term)}"
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
        them = "it" if is_currency(unit) or allowance.amount == 1 else "them"
        when = f"when you claim {them}, at most once {a(schedule)}"
    if allowance.empty is not None:
        when = f"as soon as you have nothing left of {teller.kinds(allowance.empty)}, at most once {a(schedule)}"
    if allowance.bought is not None:
        paid = teller.amount(allowance.bought, teller.plan.terms.currency)
        when = f"{when}, once you have bought for at least {paid} in all"
    if allowance.ceiling is not None:
        most = teller.amount(allowance.ceiling, unit)
        when += f", at most {most} {anew(allowance.ceiling_every or teller.plan.period)}"
    if allowance.first != "full":
        share = "its share" if allowance.first == "prorated" else "nothing"
        when += f"; a first {noun(schedule)} that is short brings {share}"
    return when


def _count(teller: Teller, count: Count) -> Fact:
    one, many, period = teller.words.one(count.name), teller.words.many(count.name), the(teller.plan.period)
    least = one if count.minimum == 1 else many
    said = [f"you have at least {count.minimum:,} {least}"] if count.minimum else []
    added = "in full" if count.added == "full" else f"for what is left of {period}"
    said.append(f"each {one} that you add brings its allowance {added}")
    said.append(f"{many} that you give up go {'at once' if count.removed == 'now' else f'when {period} ends'}")
    return Fact(("count", count.name), "; ".join(said))


def _left(teller: Teller) -> Iterator[Fact]:
    """Say of each unit what becomes of the rest; all in one where it is the same. What has a life has said it."""
    periods = {one.key: one.every or teller.plan.period for one in teller.plan.terms.granting}
    ending = [one for one in teller.plan.terms.granting if periods[one.key].step != "once"]
    resting = {one.key: (one, _rest(teller, one)) for one in ending if one.life is None}
    alike = len(resting) == len(ending) and len({rest for _, rest in resting.values()}) == 1
    for one, rest in resting.values():
        mates = {resting[other.key][1] if other.life is None else () for other in ending if other.unit == one.unit}
        name = teller.allowance(one.unit) if one.kind == "quota" else teller.kind(one.kind)
        what = teller.whole(one.unit) if len(mates) == 1 else name
        yield Fact(("left", one.unit.name, one.kind), "" if alike else f"of {what}", lead=rest[0], rest=rest[1])


def _rest(teller: Teller, allowance: AllowanceTerms) -> tuple[str, str]:
    """Say how much of what is left, and what becomes of it."""
    unit = allowance.unit
    rollover = next((one for one in teller.plan.rollovers if teller.unit(one.unit) == unit), None)
    if rollover is None or allowance.is_stream:
        return "what is left", "does not carry over"
    much = "what is left" if rollover.share == 1 else f"{number(100 * rollover.share)} % of what is left"
    scoped = any(one.unit == unit and one.scope for one in teller.plan.terms.allowances)
    return much, _carried(teller, rollover) + (", except what is for some use only" if scoped else "")


def _carried(teller: Teller, rollover: Rollover) -> str:
    unit = teller.unit(rollover.unit)
    said = "carries over"
    if rollover.carry_max is not None:
        said += f", at most {teller.bound(rollover.carry_max, unit)} at a time"
    if rollover.bank_max is not None:
        said += f", up to {teller.bound(rollover.bank_max, unit)} in all"
    said += ", while you stay on this plan" if rollover.same_plan else ""
    if rollover.total_max is not None:
        said += f", until you have {teller.bound(rollover.total_max, unit)} together with the new allowance"
    life = rollover.life
    if life is None:
        return said
    if life.periods is not None:
        return f"{said}; what carries over {usable_again(life.periods - 1, teller.plan.period)}"
    since = ", counted from when you got it" if life.counted_from == "issue" else ""
    return f"{said}; what carries over {usable_for(life, teller.plan.period, teller.plan.term)}{since}"


def _renewal(teller: Teller, renewal: Renewal) -> Iterator[Fact]:
    period = teller.plan.term or teller.plan.period
    grace = f"within {lasting(renewal.grace)} of its start" if renewal.grace else "when it starts"
    yield Fact(("renewal",), f"{each(period)} must be paid for {grace}, or the plan ends")
    if renewal.grace:
        waiting = dict.fromkeys(one.unit for one in teller.plan.terms.allowances if one.on_payment)
        kept = joined([teller.whole(unit) for unit in waiting]) or "before"
        rest = "can still be used" if renewal.rest == "usable" else "cannot be used"
        yield Fact(("renewal", "rest"), f"until {the(period)} is paid for, what was left of {kept} {rest}")
