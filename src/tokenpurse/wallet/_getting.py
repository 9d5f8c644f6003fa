"""Verbs by which something comes in: given, bought, reported as paid or failed."""

from __future__ import annotations

from datetime import datetime

from tokenpurse._engine import doors, renewing, selling, streams
from tokenpurse._engine.context import Context
from tokenpurse.change import Change
from tokenpurse.entries import Entry
from tokenpurse.notices import RenewalDue, Request
from tokenpurse.periods import instant
from tokenpurse.scopes import Written
from tokenpurse.units import Amount, steps_positive
from tokenpurse.wallet._core import Core

__all__ = ["Getting"]


class Getting(Core):
    """Grants, purchases, and what the host reports of requests. See `Wallet`."""

    __slots__ = ()

    def grant(
        self,
        amount: Amount,
        unit: str | None = None,
        *,
        at: datetime,
        kind: str = "promo",
        starts: datetime | None = None,
        expires: datetime | None = None,
        priority: int = 0,
        scope: Written = (),
        ref: str | None = None,
        by: str | None = None,
    ) -> Change:
        """Give an amount for nothing: a bucket of its own, which no reset touches. It pays debt first, once it starts.

        Args:
            amount: more than nothing.
            unit: what is given; a unit of any plan in the catalogue; the plan's first meter.
            at: when.
            kind: of the bucket: `promo`, `credit`, `top_up`, or the host's own word; not `rollover`.
            starts: from when it can be used, inclusive, not before `at`; until then it is seen and counts for nothing.
                `None`: at once.
            expires: from when it cannot be used any more, exclusive; `None`: never.
            priority: for `policies.by_priority`, lower first.
            scope: it pays only for use whose labels match every key, `{"model": {"gpt-4"}}`, as of `Allowance`; debt it
                does not pay. Empty: for all use.
            ref: the business fact behind it, in the namespace of payments: remembered 400 days or as long as the
                bucket lives.
            by: who gives.

        Raises:
            AmountError: not an amount, zero, or more than can be counted.
            ClockError: it would have started, or ended, already; or end before it starts.
            UnknownNameError: no such unit.
            ArgumentError: not a scope.
        """
        kind = doors.kind_of(kind)
        pays_for = doors.scoped(scope)
        begins = None if starts is None else instant(starts, "starts")
        ends = None if expires is None else instant(expires, "expires")
        doors.count_of("priority", priority)
        doors.amount_like("amount", amount)
        if unit is not None:
            doors.name_of("meter", unit)
        said = ("grant", doors.amount_word(amount), unit, kind, None if ends is None else ends.isoformat(), priority)

        def decide(ctx: Context) -> Entry:
            counted = ctx.frame.unit_of_any_plan(unit)
            return selling.grant(
                ctx,
                counted,
                steps_positive(counted, amount),
                kind,
                starts=begins,
                expires=ends,
                priority=priority,
                scope=pays_for,
            )

        later = (*_later(begins), *doors.scope_said(pays_for))
        return self._act(decide, at=at, said=said + later, namespace="payment", ref=ref, by=by)

    def claim(
        self,
        kind: str | None = None,
        *,
        at: datetime,
        unit: str | None = None,
        ref: str | None = None,
        by: str | None = None,
    ) -> Change:
        """Grant what the plan gives on claim, such as credits for each day with a login: once in each stretch.

        Claimed again in the same stretch, it grants nothing and makes no entry, so a login may claim each time. So
        does what only another plan gives on claim.

        Args:
            kind: of what is claimed; `None`: all that the plan gives on claim.
            at: when. The stretch is the one that holds it, and what is granted ends with it, or by its own `life`.
            unit: of what is claimed; `None`: of every unit.
            ref: the caller's key.
            by: who claims.

        Raises:
            UnknownNameError: no plan of the catalogue gives that kind, or that unit, on claim.
            WalletPaused: nothing is granted until it is resumed.
        """
        if kind is not None:
            doors.name_of("kind", kind)
        if unit is not None:
            doors.name_of("unit", unit)

        def decide(ctx: Context) -> Entry | None:
            return streams.claim(ctx, kind, unit)

        return self._act(decide, at=at, said=("claim", kind, unit), ref=ref, by=by, opens=True)

    def top_up(
        self,
        offer: str,
        amount: Amount,
        *,
        at: datetime,
        payment: str,
        starts: datetime | None = None,
        by: str | None = None,
    ) -> Change:
        """Add what was bought and paid. Call it when the payment is reported, not when it is asked for.

        Args:
            offer: the name of an offer of the wallet's plan.
            amount: how much was bought, within the offer's bounds.
            at: when the payment was reported.
            payment: the payment's id, not the webhook's: it is the ref, remembered 400 days or as long as the bucket
                lives, so that a report that comes twice adds nothing.
            starts: from when it can be used, inclusive, not before `at`; until then it is seen and counts for nothing.
                `None`: at once.
            by: the role that bought.

        Raises:
            ClockError: it would have started already.
            AmountError: not an amount of what is sold, zero, or more than can be counted.
            ConflictError: the payment was reported before for something else.
            UnknownNameError: no plan of the catalogue has such an offer.
            NotSold: not on this plan.
            NotAllowed: not by this role; where it is not self-service, with the roles to contact.
            OutOfBounds: not in this amount.
        """
        doors.named_id("payment", payment)
        doors.amount_like("amount", amount)
        doors.name_of("offer", offer)
        begins = None if starts is None else instant(starts, "starts")

        def decide(ctx: Context) -> Entry:
            return selling.top_up(ctx, offer, amount, payment, begins)

        said = ("top_up", offer, doors.amount_word(amount))
        return self._act(decide, at=at, said=said + _later(begins), namespace="payment", ref=payment, by=by)

    def confirm(self, request: Request | str, *, at: datetime, payment: str, by: str | None = None) -> Change:
        """Report that a request was paid: a charge becomes its bucket, a bill is settled, a renewal grants.

        A renewal that is paid in its grace grants what waited for it, and the period keeps its end. Paid later, the
        plan that its grace ended comes back for what is left of that period; where no plan took its place, and that
        period is over, for the period that holds the moment.

        A charge that was declined may still be paid: of the last 16 that were, each makes its bucket once. One that was
        asked for meanwhile stays pending: it may be under way. A bill can be confirmed, and declined, after closing.

        Args:
            request: the request, or its id.
            at: when the payment was reported.
            payment: the payment's id; a report that comes twice adds nothing.
            by: who reports.

        Raises:
            UnknownNameError: no such request is pending, nor a charge among those declined last.
            ConflictError: the payment was reported before for something else.
            WalletPaused: the period that a renewal is for was over when the pause began: none opens until it is
                resumed.
        """
        request_id = doors.request_id(request)
        doors.named_id("payment", payment)

        def decide(ctx: Context) -> Entry:
            found = selling.pending(ctx, request_id, late=True)
            if isinstance(found, RenewalDue):
                return renewing.renewed(ctx, found, payment)
            return selling.confirm(ctx, found, payment)

        said = ("confirm", request_id)
        return self._act(decide, at=at, said=said, namespace="payment", ref=payment, by=by, request=request_id)

    def decline(
        self,
        request: Request | str,
        *,
        at: datetime,
        hard: bool = False,
        ref: str | None = None,
        by: str | None = None,
    ) -> Change:
        """Report that a request's payment failed.

        A charge is over, and none follows before the plan's cool-down is over or a payment settled. Declined hard, or
        as often in a row as the plan lets it, auto top-up is off until the customer turns it on again. A bill or a
        renewal stays owed and may be confirmed later.

        Args:
            request: the request, or its id.
            at: when.
            hard: it cannot succeed by being tried again: the card is lost, the consent withdrawn.
            ref: the caller's key.
            by: who reports.

        Raises:
            UnknownNameError: no such request is pending.
        """
        request_id = doors.request_id(request)
        doors.yes_or_no("hard", hard)

        def decide(ctx: Context) -> Entry:
            found = selling.pending(ctx, request_id)
            if isinstance(found, RenewalDue):
                return renewing.failed(ctx, found, hard=hard)
            return selling.decline(ctx, found, hard=hard)

        return self._act(decide, at=at, said=("decline", request_id, hard), ref=ref, by=by, request=request_id)


def _later(starts: datetime | None) -> tuple[tuple[str, str], ...]:
    """Say a start for a ref to remember, where one was given."""
    return () if starts is None else (("starts", starts.isoformat()),)
