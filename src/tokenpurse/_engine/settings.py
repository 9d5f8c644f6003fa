"""Settings that belong to one wallet: limit, auto top-up, zone; freezing, unfreezing and closing."""

from __future__ import annotations

from attrs import frozen

from tokenpurse import entries as e
from tokenpurse._engine.apply import COUNTERS_MAX
from tokenpurse._engine.context import Context, check_role, known
from tokenpurse._engine.owing import reckoned
from tokenpurse._engine.returning import given_back_at_close
from tokenpurse.buckets import Loss
from tokenpurse.errors import ArgumentError, OutOfBounds, UnknownNameError
from tokenpurse.periods import Period
from tokenpurse.plans.terms import AutoTopUpTerms
from tokenpurse.pricing import floor_steps

__all__ = ["Chosen", "close", "freeze", "set_auto_top_up", "set_limit", "set_zone", "unfreeze"]


def set_limit(ctx: Context, name: str, amount: object, label: str | None) -> e.LimitSet | None:
    """Decide a chosen limit, for all or for one label value; `None` goes back to what holds without it.

    Raises:
        UnknownNameError, NotAllowed, OutOfBounds: in this order; nothing happened.
        AmountError: not an amount of what is limited.
    """
    frame, book = ctx.frame, ctx.book
    terms = known("limit", name, frame.terms.limits)
    check_role(f"limit {name}", ctx.by, terms.setters)
    unit = terms.unit
    if label is not None and terms.per is None:
        raise UnknownNameError("label value", label, hint=f"; limit {name} is over all use")
    chosen = book.limits.get(name) if label is None else book.label_limits.get((name, label))
    if amount is None:
        return None if chosen is None else e.LimitSet(**ctx.stamp, name=name, unit=unit, steps=None, label=label)
    steps = unit.steps(amount, what="limit")
    least = frame.value(book, terms.minimum, unit.name, up=True)
    most = frame.value(book, terms.maximum, unit.name)
    if least is not None and steps < least:
        raise OutOfBounds(f"limit {name} of {unit.text(steps)} asked, at least {unit.digits(least)} can be chosen")
    if most is not None and steps > most:
        raise OutOfBounds(f"limit {name} of {unit.text(steps)} asked, at most {unit.digits(most)} can be chosen")
    if chosen == steps:
        return None
    if label is not None and chosen is None and sum(key[0] == name for key in book.label_limits) >= COUNTERS_MAX:
        raise OutOfBounds(f"limit {name} was chosen for {COUNTERS_MAX:,} label values already")
    return e.LimitSet(**ctx.stamp, name=name, unit=unit, steps=steps, label=label)


@frozen(kw_only=True)
class Chosen:
    """What the customer asks auto top-up to do, as it was given: one of `purchase` and `target`."""

    threshold: object
    purchase: object
    target: object
    purchases_max: int | None
    spend_max: object

    @property
    def is_nothing(self) -> bool:
        """Whether nothing is said: as it was chosen before."""
        return (self.threshold, self.purchase, self.target, self.purchases_max, self.spend_max) == (None,) * 5

    @classmethod
    def before(cls, setting: e.AutoTopUpSetting | None, terms: AutoTopUpTerms) -> Chosen:
        """Choose again what was chosen before.

        Raises:
            ArgumentError: nothing was, or not for what the plan offers.
        """
        if setting is None or (setting.unit, setting.currency) != (terms.offer.unit, terms.offer.rate.unit):
            right = "give threshold, and purchase or target: there is nothing that was chosen before"
            raise ArgumentError("threshold", None, right)
        return cls(
            threshold=setting.threshold,
            purchase=setting.purchase,
            target=setting.target,
            purchases_max=setting.purchases_max,
            spend_max=setting.spend_max,
        )


def set_auto_top_up(ctx: Context, chosen: Chosen | None) -> e.AutoTopUpSet | None:
    """Decide the customer's auto top-up, `None`: off; each setting records who chose it, and when.

    Raises:
        UnknownNameError, NotAllowed, OutOfBounds: in this order; nothing happened.
        ArgumentError: nothing was chosen, now or before.
        AmountError: not amounts of what the offer sells.
    """
    terms = ctx.frame.terms.auto_top_up
    if terms is None:
        if chosen is None and ctx.book.auto_top_up is not None:  # what an earlier plan offered can always be turned off
            return e.AutoTopUpSet(**ctx.stamp, setting=None)
        raise UnknownNameError("setting", "auto_top_up", hint=f"; plan {ctx.frame.plan.name} offers none")
    check_role("auto top-up", ctx.by, terms.setters)
    if chosen is None:
        return None if ctx.book.auto_top_up is None else e.AutoTopUpSet(**ctx.stamp, setting=None)
    if chosen.is_nothing:
        if ctx.book.auto_top_up is not None and ctx.book.auto_top_up.off is None:
            return None
        chosen = Chosen.before(ctx.book.auto_top_up, terms)
    unit, currency = terms.offer.unit, terms.offer.rate.unit
    threshold = unit.steps(chosen.threshold, what="threshold")
    purchase = None if chosen.target is not None else terms.offer.steps(chosen.purchase, what="purchase")
    target = None if chosen.target is None else unit.steps(chosen.target, what="target")
    _check_threshold(ctx, terms, threshold, purchase)
    _check_reached(ctx, terms, threshold + (purchase or 0) if target is None else target)
    least = threshold if terms.strict else threshold + 1  # or filling to it would not end what asked for it
    if target is not None and target < least:
        raise OutOfBounds(
            f"target of {unit.text(target)} asked, it must be at least {unit.digits(least)} for a threshold of"
            f" {unit.text(threshold)}",
            asked=unit.amount(target),
        )
    setting = e.AutoTopUpSetting(
        offer=terms.offer.name,
        unit=unit,
        currency=currency,
        threshold_steps=threshold,
        purchase_steps=purchase,
        target_steps=target,
        purchases_max=chosen.purchases_max,
        spend_max_steps=None if chosen.spend_max is None else currency.steps(chosen.spend_max, what="spend_max"),
        by=ctx.by,
        at=ctx.at,
    )
    return e.AutoTopUpSet(**ctx.stamp, setting=setting)


def _check_threshold(ctx: Context, terms: AutoTopUpTerms, threshold: int, purchase: int | None) -> None:
    """Go on only where the plan lets one choose this threshold.

    Raises:
        OutOfBounds: it is above the highest.
    """
    figure, unit, said = terms.threshold_max, terms.offer.unit, ""
    most = None
    if figure is not None and figure.base == "auto_top_up_purchase":
        most = figure.otherwise if purchase is None else floor_steps(purchase * figure.times)
        said = "" if purchase is None else f" for a purchase of {unit.text(purchase)}"
    elif figure is not None:
        most = ctx.frame.value(ctx.book, figure, unit.name)
    if most is not None and threshold > most:
        raise OutOfBounds(
            f"threshold of {unit.text(threshold)} asked, it must be at most {unit.text(most)}{said}",
            asked=unit.amount(threshold),
            available=unit.amount(most),
        )


def _check_reached(ctx: Context, terms: AutoTopUpTerms, reached: int) -> None:
    """Go on only where what auto top-up would fill to is within what the offer sells up to.

    Raises:
        OutOfBounds: it is not.
    """
    unit = terms.offer.unit
    cap = ctx.frame.value(ctx.book, terms.offer.balance_max, unit.name)
    if cap is not None and reached > cap:
        raise OutOfBounds(
            f"auto top-up up to {unit.text(reached)} asked, offer {terms.offer.name} sells up to a balance of"
            f" {unit.digits(cap)}",
            asked=unit.amount(reached),
            available=unit.amount(cap),
        )


def set_zone(ctx: Context, zone: str) -> e.ZoneSet | None:
    """Decide another zone: the running period keeps its end, the boundary after it is taken in the new zone."""
    return None if zone == ctx.book.zone else e.ZoneSet(**ctx.stamp, zone=zone)


def freeze(ctx: Context) -> e.Frozen | None:
    """Stop spending; time goes on."""
    return None if ctx.book.frozen else e.Frozen(**ctx.stamp)


def unfreeze(ctx: Context) -> e.Unfrozen | None:
    """Let spending go on."""
    return e.Unfrozen(**ctx.stamp) if ctx.book.frozen else None


def close(ctx: Context) -> e.Closed:
    """End the wallet: give holds back, close the statement, forfeit everything kind by kind, in one entry."""
    book = ctx.book
    closed = Period(book.period.number, book.period.start, ctx.at)
    ended, returning = given_back_at_close(ctx.frame, book, ctx.at)
    back: dict[str, int] = {}
    for one in returning.returned:
        if one.went == "back":
            back[one.bucket] = back.get(one.bucket, 0) + one.steps
    reckoning = reckoned(ctx.frame, book, closed, forgives=False)
    return e.Closed(
        **ctx.stamp,
        statement=reckoning.statement,
        billed=reckoning.billed,
        ended=ended,
        returned=tuple(returning.returned),
        forfeited=tuple(
            Loss(bucket.id, bucket.kind, bucket.unit, left, 0)
            for bucket in book.buckets
            if (left := bucket.left_steps + back.get(bucket.id, 0))
        ),
    )
