"""Opening a wallet, empty-handed or with what it brings from another system."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from attrs import evolve

from tokenpurse import entries as e
from tokenpurse._engine import doors
from tokenpurse._engine.act import ELSEWHERE
from tokenpurse._engine.apply import open_book
from tokenpurse._engine.apply.moves import PAYMENTS_MAX
from tokenpurse._engine.context import BUCKETS_MAX, known
from tokenpurse._engine.frame import Frame
from tokenpurse._engine.funding import repay
from tokenpurse._engine.lives import grant_end
from tokenpurse._engine.making import full_bucket, issued_id, period_id
from tokenpurse._engine.opening import first_grants
from tokenpurse._engine.settle import State
from tokenpurse._engine.watch import watched
from tokenpurse.arrivals import Balance
from tokenpurse.buckets import Bucket, Debt, Money
from tokenpurse.errors import AmountError, ArgumentError, ClockError, PlanError
from tokenpurse.periods import Anchor, Period, instant
from tokenpurse.plans.catalogue import Catalogue
from tokenpurse.plans.plan import Plan
from tokenpurse.units import STEPS_MAX, Unit, steps_positive

__all__ = ["committed", "opened"]

RING_MAX = 1_000
TOLERANCE_MAX = timedelta(days=1)


def catalogue_of(plan: Plan | str, catalogue: Catalogue | None) -> tuple[Plan, Catalogue]:
    """Find the plan and the catalogue that a wallet is bound to.

    Raises:
        PlanError: neither a plan nor a name, or a plan that is not in the catalogue given.
        UnknownNameError: no plan of that name.
    """
    if catalogue is not None and not isinstance(catalogue, Catalogue):
        raise PlanError("wallet", "catalogue", catalogue, "it must be a Catalogue")
    if isinstance(plan, Plan):
        bound = Catalogue((plan,)) if catalogue is None else catalogue
        if bound.get(plan.name, plan.revision) != plan:
            raise PlanError("wallet", "plan", plan.name, "the catalogue has another plan of that name and revision")
        return plan, bound
    if catalogue is None:
        raise PlanError("wallet", "plan", plan, "it must be a Plan, or a name together with catalogue=")
    return catalogue.newest(plan), catalogue


def opened(  # all that a wallet can bring
    plan: Plan | str,
    *,
    id: str,  # the word that every host uses for it
    at: datetime,
    catalogue: Catalogue | None,
    anchor: datetime | None,
    zone: str,
    counts: Mapping[str, int],
    balances: Iterable[Balance],
    used: Mapping[str, object],
    debt: Mapping[str, object],
    payments: Iterable[str],
    tolerance: timedelta,
    ring: int,
    by: str | None,
) -> tuple[e.Opened, Catalogue]:
    """Decide the first entry of a wallet; see `Wallet.open`."""
    wallet = doors.named_id("id", id)
    found, bound = catalogue_of(plan, catalogue)
    frame = Frame(bound, found, ())
    moment = instant(at)
    since = Anchor(moment if anchor is None else instant(anchor, "anchor"), zone)
    if since.at > moment:
        raise ClockError(f"anchor is {since.at}, it must not be after {moment}, when the wallet opens", at=since.at)
    _check_settings(tolerance, ring)
    period = found.period.period_at(moment, since, zone)
    brought = tuple(balances)
    counts = _counts(frame, counts)
    buckets = _buckets(frame, counts, brought, used, moment, period, since)
    entry = e.Opened(
        wallet=wallet,
        sequence=1,
        at=moment,
        by=by,
        plan=e.PlanKey(found.name, found.revision),
        anchor=since,
        zone=zone,
        tolerance=tolerance,
        ring=ring,
        period=period,
        counts=tuple(sorted(counts.items())),
        buckets=buckets,
        debts=tuple(
            Debt(unit, steps, steps)
            for unit, steps in (
                (frame.unit(name), frame.unit(name).steps(owed, what="debt")) for name, owed in sorted(debt.items())
            )
            if steps
        ),
        used=tuple(
            (name, steps)
            for name, steps in ((name, frame.unit(name).steps(one)) for name, one in sorted(used.items()))
            if steps
        ),
        remembered=_payments((*payments, *(one.payment for one in brought if one.payment is not None)), moment),
        once=found.once,
    )
    return entry, bound


def committed(entry: e.Opened, catalogue: Catalogue) -> tuple[State, e.Opened]:
    """Complete the first entry: debt that a balance can pay is paid, and lines beyond which it opens are noted."""
    plan = catalogue.get(entry.plan.name, entry.plan.revision)
    frame = Frame(catalogue, plan, entry.buckets)
    entry = evolve(entry, repaid=repay(frame, open_book(entry)))
    entry = watched(frame, entry, open_book(entry))
    return State(open_book(entry), frame), entry


def _check_settings(tolerance: object, ring: object) -> None:
    if type(tolerance) is not timedelta or not timedelta() <= tolerance <= TOLERANCE_MAX:
        raise ArgumentError("tolerance", tolerance, "it must be a timedelta from 0 to 1 day")
    if type(ring) is not int or not 0 <= ring <= RING_MAX:
        raise ArgumentError("ring", ring, f"it must be an int from 0 to {RING_MAX:,}")


def _counts(frame: Frame, counts: Mapping[str, int]) -> Mapping[str, int]:
    names: dict[str, int] = {}
    for one in frame.terms.granting:
        if one.per is not None:
            names[one.per] = max(one.steps, names.get(one.per, 0))
    for name, count in counts.items():
        steps = known("count", name, names)
        if doors.count_of(f"count {name}", count) * steps > STEPS_MAX:
            raise AmountError(f"count {name} is {count:,}, at most {STEPS_MAX // steps:,} fit", value=count)
    least = {name: one.minimum for name, one in frame.terms.counts.items() if one.minimum}
    return {name: max(counts.get(name, 0), least.get(name, 0)) for name in {**counts, **least}}


def _payments(payments: Iterable[str], at: datetime) -> tuple[e.Remembered, ...]:
    keys = [doors.named_id("payment", payment) for payment in payments]
    if len(set(keys)) < len(keys) or len(keys) > PAYMENTS_MAX:
        raise ArgumentError("payments", keys, f"they must be at most {PAYMENTS_MAX:,}, none of them twice")
    return tuple(e.Remembered("payment", key, ELSEWHERE, at, 1) for key in keys)


def _buckets(
    frame: Frame,
    counts: Mapping[str, int],
    brought: tuple[Balance, ...],
    used: Mapping[str, object],
    at: datetime,
    period: Period,
    since: Anchor,
) -> tuple[Bucket, ...]:
    """Make the first buckets: what the plan grants and nothing brought replaces, and what is brought."""
    found: list[Bucket] = []
    for balance in brought:
        found.append(_brought(frame, balance, sum(not one.allowance for one in found) + 1, at, period, since))
    replaced = {(bucket.unit, bucket.kind) for bucket in found if not bucket.kept}
    granted = [
        one
        for one in first_grants(frame, counts, period, since, since.zone, issued=at)
        if (one.unit, one.kind) not in replaced
    ]
    off = {name: frame.unit(name).steps(amount, what="used") for name, amount in used.items()}
    buckets = [_used_up(bucket, off, replaced) for bucket in (*granted, *found)]
    banks = [bucket.unit for bucket in buckets if bucket.kind == "rollover" and not bucket.own_life]
    ids = {bucket.id for bucket in buckets}
    if len(ids) < len(buckets) or len(set(banks)) < len(banks) or len(buckets) > BUCKETS_MAX:
        right = f"they must be at most {BUCKETS_MAX:,}, and one for each allowance and each rollover bank"
        raise ArgumentError("balances", brought, right)
    for unit in {bucket.unit for bucket in buckets}:
        total = sum(bucket.granted_steps for bucket in buckets if bucket.unit == unit)
        if total > STEPS_MAX:
            raise AmountError(f"balances of {unit.text(total)} are more than can be counted", value=total)
    return tuple(buckets)


def _used_up(bucket: Bucket, off: dict[str, int], replaced: set[tuple[Unit, str]]) -> Bucket:
    """Take what was used elsewhere off an allowance; what is brought as left over has it off already."""
    if not bucket.allowance:
        return bucket
    name = bucket.unit.name
    if (bucket.unit, bucket.kind) in replaced:
        steps = min(off.get(name, 0), STEPS_MAX - bucket.left_steps)
        size = bucket.left_steps + steps
        bucket = evolve(bucket, granted_steps=size, opening_steps=size)
    else:
        steps = min(off.get(name, 0), bucket.left_steps)
        bucket = evolve(bucket, left_steps=bucket.left_steps - steps)
    if name in off:
        off[name] -= steps
    return bucket


def _brought(frame: Frame, balance: Balance, place: int, at: datetime, period: Period, since: Anchor) -> Bucket:
    """Read one balance."""
    if not isinstance(balance, Balance):
        raise ArgumentError("balances", balance, "they must be a list of Balance")
    unit = frame.unit(balance.unit)
    word = type(balance.kind) is str
    granted = {one.kind: one for one in frame.terms.allowances if one.unit == unit} if word else {}
    terms = granted.get(balance.kind) if word else None
    kind = balance.kind if terms or (word and balance.kind == "rollover") else doors.kind_of(balance.kind)
    starts = at if balance.issued is None else instant(balance.issued, "issued")
    lot = terms is not None and terms.life is not None
    kept = lot and starts < period.start  # what an earlier period granted, and still lives
    allowance = terms is not None and not kept
    steps = unit.steps(balance.amount) if allowance else steps_positive(unit, balance.amount)
    expires = None if balance.expires is None else instant(balance.expires, "expires")
    if terms is not None and lot and expires is None:
        held_in = frame.plan.period.period_at(max(starts, since.at), since, since.zone)
        expires = grant_end(frame.plan, terms, starts, period=held_in, anchor=since, zone=since.zone)
    if starts > at or (expires is not None and expires <= at):
        raise ClockError(f"a balance of {unit.text(steps)} must have been issued and not have ended by {at}", at=starts)
    scope = doors.scoped(balance.scope)
    if (terms is not None and scope not in {(), terms.scope}) or (kind == "rollover" and scope):
        raise ArgumentError("scope", balance.scope, f"what is left of {kind} pays for what the plan says")
    return full_bucket(
        period_id(kind, unit, starts if kept else period.start) if lot or allowance else issued_id(kind, unit, place),
        kind,
        unit,
        steps,
        starts,
        expires=period.end if allowance and not lot else expires,
        priority=doors.count_of("priority", balance.priority),
        paid=_paid(frame.plan.terms.currency, balance, refilled=allowance or kind == "rollover"),
        payment=doors.optional_id("payment", balance.payment),
        allowance=allowance,
        scope=terms.scope if terms is not None else scope,
        own_life=lot or (kind == "rollover" and expires is not None),  # nothing is carried into what ends
        kept=kept,
    )


def _paid(currency: Unit, balance: Balance, *, refilled: bool) -> Money | None:
    """Read what was paid for a balance; a price is for all of a bucket, so what more may come into has none.

    Raises:
        ArgumentError: it has one.
    """
    if balance.paid is None:
        return None
    if refilled:
        right = f"it must be None: the plan refills {balance.kind}, bring what was bought as another kind"
        raise ArgumentError("paid", balance.paid, right)
    return Money(currency, currency.steps(balance.paid, what="paid"))
