"""Buying and being given: offers, purchases, grants, and what the host reports of charges and bills."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from attrs import evolve

from tokenpurse import entries as e
from tokenpurse._engine.book import Book
from tokenpurse._engine.context import BUCKETS_MAX, Context, check_role, check_room, holding, known, with_repayment
from tokenpurse._engine.frame import Frame
from tokenpurse._engine.lives import living, moved_ends
from tokenpurse._engine.making import full_bucket, issued_id
from tokenpurse.buckets import Bucket, Money
from tokenpurse.errors import AmountError, ClockError, NotSold, OutOfBounds, Remedy, UnknownNameError, shown
from tokenpurse.notices import Bill, Charge, Notice, Request
from tokenpurse.periods import later
from tokenpurse.plans.terms import OfferTerms
from tokenpurse.plans.walking import switch_of
from tokenpurse.scopes import Scope
from tokenpurse.units import STEPS_MAX, Unit

__all__ = ["bought", "confirm", "decline", "extend", "grant", "most_sold", "offer_named", "pending", "top_up"]


COOL_DOWN = timedelta(days=1)
"""After a decline on a plan that offers no auto top-up, and so says nothing of a cool-down."""


def _anyhow(_: OfferTerms) -> bool:
    return True


def offer_named(frame: Frame, name: str, serves: Callable[[OfferTerms], bool] = _anyhow) -> OfferTerms:
    """Find an offer of the wallet's plan.

    Args:
        frame: of the wallet.
        name: of the offer.
        serves: whether another plan's offer of that name would do, so that changing to that plan would help.

    Raises:
        NotSold: another plan of the catalogue sells it, or this one sells nothing.
        UnknownNameError: no plan of the catalogue has such an offer.
    """
    offers = frame.terms.offers
    if type(name) is str and name in offers:
        return offers[name]
    everywhere = {offer for plan in frame.catalogue for offer in plan.terms.offers}
    if type(name) is not str or name not in everywhere:
        raise UnknownNameError("offer", name, tuple(sorted(everywhere)))

    def remedies() -> tuple[Remedy, ...]:
        plans = frame.catalogue.upgrades_of(frame.plan)
        return tuple(
            Remedy(kind="upgrade", name=plan.name)
            for plan in plans
            if switch_of(frame.plan, plan).when == "now"
            and name in plan.terms.offers
            and serves(plan.terms.offers[name])
        )

    raise NotSold(f"offer {shown(name)} is not sold on plan {frame.plan.name}", remedies=remedies)


def most_sold(frame: Frame, book: Book, offer: OfferTerms) -> int:
    """The largest amount that one purchase may be, for this wallet; 0: none fits."""
    held = sum(bucket.there_steps for bucket in book.buckets if bucket.unit.name == offer.unit.name)
    most = min(STEPS_MAX - held, offer.payable if offer.maximum is None else min(offer.maximum, offer.payable))
    room = _room(frame, book, offer)
    most = most if room is None else min(most, room)
    most -= most % offer.step
    return most if most >= offer.minimum and holding(book) < BUCKETS_MAX else 0


def _room(frame: Frame, book: Book, offer: OfferTerms) -> int | None:
    """How much more may be bought before the wallet holds all that an offer sells up to; `None`: it has no such cap."""
    cap = frame.value(book, offer.balance_max, offer.unit.name)
    if cap is None:
        return None
    alike = (one for one in book.buckets if (one.kind, one.unit.name) == (offer.kind, offer.unit.name))
    return max(0, cap - sum(one.there_steps for one in alike)) + book.debts.get(offer.unit.name, 0)


def _check_balance(ctx: Context, offer: OfferTerms, steps: int) -> None:
    """Go on only where the wallet may hold what it would after a purchase.

    Raises:
        OutOfBounds: it would be more than the offer sells up to.
    """
    room, unit = _room(ctx.frame, ctx.book, offer), offer.unit
    if room is not None and steps > room:
        cap = ctx.frame.value(ctx.book, offer.balance_max, unit.name) or 0
        raise OutOfBounds(
            f"{unit.text(steps)} asked, offer {offer.name} sells up to a balance of {unit.digits(cap)}:"
            f" {unit.digits(room)} more",
            asked=unit.amount(steps),
            available=unit.amount(room),
        )


def top_up(ctx: Context, name: str, amount: object, payment: str, starts: datetime | None) -> e.ToppedUp:
    """Decide a purchase that was paid.

    Raises:
        ClockError: it would have started already.
        UnknownNameError, NotSold, NotAllowed, OutOfBounds: in this order; nothing happened.
        AmountError: not an amount of what is sold, or more than can be counted.
    """

    def serves(other: OfferTerms) -> bool:
        return (other.buyers is None or ctx.by in other.buyers) and _in_bounds(other, amount)

    begins = _starting(ctx, starts)
    offer = offer_named(ctx.frame, name, serves)

    def contact() -> tuple[Remedy, ...]:
        roles = sorted(offer.buyers or ()) if _in_bounds(offer, amount) else []
        return tuple(Remedy(kind="contact", name=role) for role in roles)

    what = f"buying offer {offer.name}" if offer.self_service else f"adding offer {offer.name} (not self-service)"
    check_role(what, ctx.by, offer.buyers, tuple if offer.self_service else contact)
    steps = offer.steps(amount)
    _check_balance(ctx, offer, steps)
    entry = bought(ctx, offer, steps, payment, begins)
    check_room(ctx.book, *_both(entry.bucket, entry.bonus))
    return entry


def _in_bounds(offer: OfferTerms, amount: object) -> bool:
    """Tell whether an offer sells an amount."""
    try:
        offer.steps(amount)
    except (AmountError, OutOfBounds):
        return False
    return True


def _starting(ctx: Context, starts: datetime | None) -> datetime:
    """Say when a bucket starts that is made now: at once, unless a later moment was given.

    Raises:
        ClockError: an earlier one.
    """
    if starts is None:
        return ctx.at
    asked: datetime = ctx.stamp["asked_at"] or ctx.at
    if starts < asked:
        raise ClockError(
            f"starts is {starts:%Y-%m-%dT%H:%M:%SZ}, it must not be before {asked:%Y-%m-%dT%H:%M:%SZ}", at=starts
        )
    return max(starts, ctx.at)


def bought(ctx: Context, offer: OfferTerms, steps: int, payment: str, starts: datetime | None = None) -> e.ToppedUp:
    """Make the entry of a purchase."""
    price = offer.price(steps)
    bucket = _bucket(
        ctx,
        offer.kind,
        offer.unit,
        steps,
        starts=starts,
        priority=offer.priority,
        paid=price,
        payment=payment,
        scope=offer.scope,
    )
    until = None if offer.refund_window is None else later(ctx.at, offer.refund_window)
    bucket = living(ctx, offer, evolve(bucket, refund_until=until))
    bonus = _bonus(ctx, bucket, offer.bonus_steps(steps))
    entry = e.ToppedUp(
        **ctx.stamp,
        bucket=bucket,
        offer=offer.name,
        price=price,
        payment=payment,
        bonus=bonus,
        ends=moved_ends(ctx, offer),
    )
    return with_repayment(ctx.frame, ctx.book, entry)


def _bonus(ctx: Context, bought: Bucket, steps: int) -> Bucket | None:
    """Give a bonus beside what was bought: of the same payment, so that a claw-back takes both."""
    if not steps:
        return None
    bonus = _bucket(
        ctx,
        "promo",
        bought.unit,
        steps,
        starts=bought.starts,
        expires=bought.expires,
        payment=bought.payment,
        scope=bought.scope,
    )
    name = issued_id("promo", bought.unit, ctx.book.issued + 2)
    return evolve(bonus, id=name, restarted_by=bought.restarted_by)


def _both(bucket: Bucket, bonus: Bucket | None) -> tuple[Bucket, ...]:
    return (bucket,) if bonus is None else (bucket, bonus)


def _bucket(
    ctx: Context,
    kind: str,
    unit: Unit,
    steps: int,
    *,
    starts: datetime | None = None,
    priority: int = 0,
    expires: datetime | None = None,
    paid: Money | None = None,
    payment: str | None = None,
    scope: Scope = (),
) -> Bucket:
    return full_bucket(
        issued_id(kind, unit, ctx.book.issued + 1),
        kind,
        unit,
        steps,
        starts or ctx.at,
        expires=expires,
        priority=priority,
        paid=paid,
        payment=payment,
        started=starts is None or starts <= ctx.at,
        scope=scope,
    )


def grant(
    ctx: Context,
    unit: Unit,
    steps: int,
    kind: str,
    *,
    starts: datetime | None,
    expires: datetime | None,
    priority: int,
    scope: Scope = (),
) -> e.Granted:
    """Decide a gift of the host's.

    Raises:
        ClockError: it would have started, or ended, already; or end before it starts.
        AmountError: more than can be counted.
    """
    begins = _starting(ctx, starts)
    if expires is not None and expires <= begins:
        raise ClockError(
            f"expires is {expires:%Y-%m-%dT%H:%M:%SZ}, it must be after {begins:%Y-%m-%dT%H:%M:%SZ}", at=expires
        )
    bucket = _bucket(ctx, kind, unit, steps, starts=begins, priority=priority, expires=expires, scope=scope)
    check_room(ctx.book, bucket)
    return with_repayment(ctx.frame, ctx.book, e.Granted(**ctx.stamp, bucket=bucket))


def extend(ctx: Context, name: str, until: datetime | None) -> e.Extended | None:
    """Decide a later end for a bucket; `None`: it is the end that it has.

    Raises:
        UnknownNameError: no such bucket.
        OutOfBounds: it has no end of its own, or ended already; or the new end is earlier.
    """
    bucket = known("bucket", name, {held.id: held for held in ctx.book.buckets})
    if bucket.allowance or name in ctx.book.turning:
        raise OutOfBounds(f"bucket {name} is what the plan grants, it ends with its period")
    ends = bucket.expires
    if ends == until:
        return None
    if ends is None:
        raise OutOfBounds(f"bucket {name} never ends")
    if bucket.of_plan and ctx.book.paused_at is not None:
        raise OutOfBounds(f"bucket {name} is paused with its plan: its end is known when the wallet is resumed")
    if ends <= ctx.at:
        raise OutOfBounds(f"bucket {name} ended at {ends:%Y-%m-%dT%H:%M:%SZ}")
    if until is not None and until < ends:
        raise OutOfBounds(
            f"until is {until:%Y-%m-%dT%H:%M:%SZ}, bucket {name} ends later, at {ends:%Y-%m-%dT%H:%M:%SZ}"
        )
    return e.Extended(**ctx.stamp, bucket=name, previous=ends, expires=until)


def pending(ctx: Context, request_id: str, *, late: bool = False) -> Request:
    """Find a request that waits for its answer; or, paid `late`, a charge that was declined.

    Raises:
        UnknownNameError: there is none of that id, or none any more.
    """
    for request in (*ctx.book.pending, *(ctx.book.declined if late else ())):
        if request.id == request_id:
            return request
    waiting = tuple(request.id for request in ctx.book.pending)
    raise UnknownNameError("pending request", request_id, waiting, hint=f"; {_known_of(ctx, request_id)}")


def _known_of(ctx: Context, request_id: str) -> str:
    """Say what is known of a request that does not wait: it was answered, it is not asked for yet, or neither."""
    book, opens = ctx.book, ctx.book.period.end
    if any(request.id == request_id for request in book.declined):
        return "it was declined already: give the report's id as ref, and a copy of it is a repeat"
    charge = re.fullmatch(r"charge:([1-9][0-9]{0,15})", request_id)
    if charge is not None and int(charge[1]) <= book.requested:
        return "an answered request is over, money that arrives all the same is a top_up"
    if opens is not None and ctx.frame.terms.renewal and request_id == f"renewal:{opens:%Y%m%dT%H%M%S.%fZ}":
        return f"it is not asked for before its period opens, at {opens:%Y-%m-%dT%H:%M:%SZ}"
    late = "; money that arrives all the same is a top_up, a grant or a change of plan"
    return f"it is over, or was never asked for{late if request_id.startswith('renewal:') else ''}"


def confirm(ctx: Context, request: Charge | Bill, payment: str) -> e.ToppedUp | e.Confirmed:
    """Decide what the host's report of a payment does: a charge becomes a bucket, a bill is settled.

    A charge that was declined may be paid late; one that was asked for meanwhile stays pending.

    Raises:
        UnknownNameError: no such request is pending, nor a charge of that id among those declined last.
    """
    if isinstance(request, Bill):
        return e.Confirmed(**ctx.stamp, request=request.id, payment=payment)
    bucket = _bucket(
        ctx, request.kind, request.unit, request.steps, priority=request.priority, paid=request.price, payment=payment
    )
    offer = ctx.frame.terms.offers.get(request.offer)
    if offer is not None and offer.refund_window is not None:
        bucket = evolve(bucket, refund_until=later(ctx.at, offer.refund_window))
    bucket = bucket if offer is None else living(ctx, offer, bucket)
    bonus = _bonus(ctx, bucket, request.bonus_steps)
    check_room(ctx.book, *_both(bucket, bonus))
    auto = ctx.frame.terms.auto_top_up
    name = "auto_top_up_succeeded" if auto is None else auto.on_success
    entry = e.ToppedUp(
        **ctx.stamp,
        bucket=bucket,
        offer=request.offer,
        price=request.price,
        payment=payment,
        request=request.id,
        bonus=bonus,
        ends=() if offer is None else moved_ends(ctx, offer),
        notices=(_outcome(ctx, request, name),),
        window=_counted(ctx, request),
    )
    return with_repayment(ctx.frame, ctx.book, entry)


def _counted(ctx: Context, charge: Charge) -> e.AutoTopUpWindow:
    """Count a charge that was paid in the window of the moment it is reported at."""
    window = ctx.frame.window_at(ctx.book, ctx.at, charge.unit, charge.price.unit)
    return evolve(
        window,
        purchases=window.purchases + charge.count,
        bought_steps=window.bought_steps + charge.steps,
        spent=Money(charge.price.unit, window.spent.steps + charge.price.steps),
    )


def decline(ctx: Context, request: Charge | Bill, *, hard: bool) -> e.Declined:
    """Decide what a failed payment does: a charge is over and rests for the cool-down, a bill stays owed.

    Declined hard, or as often in a row as the plan lets it, auto top-up is off until the customer turns it on again.

    Raises:
        UnknownNameError: no such request is pending.
    """
    if isinstance(request, Bill):
        return e.Declined(**ctx.stamp, request=request.id, hard=hard)
    auto, setting = ctx.frame.terms.auto_top_up, ctx.book.auto_top_up
    declines = ctx.book.declines + 1
    given_up = hard or (auto is not None and auto.attempts is not None and declines >= auto.attempts)
    off = e.AutoTopUpOff(ctx.at, "declined_hard" if hard else "declined") if given_up and setting is not None else None
    names = ["auto_top_up_failed" if auto is None else auto.on_failure]
    if off is not None:
        names.append("auto_top_up_off" if auto is None else auto.on_off)
    return e.Declined(
        **ctx.stamp,
        request=request.id,
        hard=hard,
        declines=declines,
        retry_at=None if off is not None else ctx.at + (COOL_DOWN if auto is None else auto.cool_down),
        off=off,
        notices=tuple(_outcome(ctx, request, name) for name in names),
    )


def _outcome(ctx: Context, request: Charge, name: str) -> Notice:
    told = Notice.id_of(name, request.id)
    return Notice(id=told, name=name, at=ctx.at, unit=request.unit, figure_steps=request.steps)
