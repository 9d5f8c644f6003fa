"""Verbs of one wallet's own settings."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from tokenpurse._engine import doors, settings
from tokenpurse._engine.context import Context
from tokenpurse._engine.settings import Chosen
from tokenpurse.change import Change
from tokenpurse.entries import Entry
from tokenpurse.errors import ArgumentError
from tokenpurse.periods import zone_named
from tokenpurse.units import Amount
from tokenpurse.wallet._core import Core

__all__ = ["Settings"]


class Settings(Core):
    """Limits, auto top-up, zone; freezing and closing. See `Wallet`."""

    __slots__ = ()

    def set_limit(
        self,
        name: str,
        amount: Amount | None,
        *,
        at: datetime,
        label: str | None = None,
        ref: str | None = None,
        by: str | None = None,
    ) -> Change:
        """Choose a limit on what may be used; `None` goes back to the plan's own.

        A limit below what was used already is a limit that is reached. Notices on shares of it follow it at once.

        Args:
            name: of a limit of the plan.
            amount: the cap, inclusive.
            at: when.
            label: of a limit per label value, the value that it is chosen for; left out, it is chosen for all that
                have none of their own. `None` as the amount then goes back to that.
            ref: the caller's key.
            by: the role that chooses.

        Raises:
            AmountError: not an amount of what is limited.
            UnknownNameError: the plan has no such limit, or it is not per label value.
            NotAllowed: not by this role.
            OutOfBounds: outside the plan's bounds for it.
        """
        if amount is not None:
            doors.amount_like("limit", amount)
        doors.name_of("limit", name)
        value = None if label is None else doors.label_value("label", label)

        def decide(ctx: Context) -> Entry | None:
            return settings.set_limit(ctx, name, amount, value)

        said = ("set_limit", name, doors.amount_word(amount), *(() if value is None else ("for", value)))
        return self._act(decide, at=at, said=said, ref=ref, by=by)

    def set_auto_top_up(
        self,
        *,
        at: datetime,
        threshold: Amount | None = None,
        purchase: Amount | None = None,
        target: Amount | None = None,
        purchases_max: int | None = None,
        spend_max: Decimal | None = None,
        enabled: bool = True,
        ref: str | None = None,
        by: str | None = None,
    ) -> Change:
        """Turn auto top-up on, change it, or turn it off (`enabled=False`). It asks at once if the level is low now.

        What is chosen replaces what was chosen before, all of it. Where declines, a change of plan or a claw-back
        had turned it off, it is on again; and with `enabled=True` alone as it was chosen before. No entry where it is
        on already.

        Args:
            at: when.
            threshold: buy when what counts falls below this (or to it, as the plan says).
            purchase: how much to buy, within the offer's bounds; as many times as it takes.
            target: or what to fill to instead, rounded up to what the offer sells; at least the threshold, and more
                where the plan buys at it.
            purchases_max: how many purchases at most, in each window of the plan's maxima; the stricter one holds.
            spend_max: what it may cost at most in each window, in the offer's currency.
            enabled: `False` turns it off; a request that is pending stays.
            ref: the caller's key.
            by: the role that chooses, recorded with the moment.

        Raises:
            AmountError: not amounts of what the offer sells.
            ArgumentError: not a threshold with a purchase or a target, one of the two; or nothing at all, and nothing
                was chosen before for what the plan offers, or it was turned off with `enabled=False`.
            UnknownNameError: the plan offers no auto top-up.
            NotAllowed: not by this role.
            OutOfBounds: outside the offer's bounds, a threshold above the plan's highest, or a target that would not
                end what asked for it.
        """
        doors.yes_or_no("enabled", enabled)
        chosen = Chosen(
            threshold=threshold, purchase=purchase, target=target, purchases_max=purchases_max, spend_max=spend_max
        )
        for what, amount in (
            ("threshold", threshold),
            ("purchase", purchase),
            ("target", target),
            ("spend_max", spend_max),
        ):
            if amount is not None:
                doors.amount_like(what, amount)
        if purchases_max is not None:
            doors.count_of("purchases_max", purchases_max)
        if purchase is not None and target is not None:
            raise ArgumentError("target", target, "and purchase is given as well: give purchase or target, not both")
        if enabled and not chosen.is_nothing:
            if threshold is None:
                raise ArgumentError("threshold", None, "it must be given: the level below which to buy")
            if purchase is None and target is None:
                raise ArgumentError("purchase", None, "give purchase or target: how much to buy, or what to fill to")

        def decide(ctx: Context) -> Entry | None:
            return settings.set_auto_top_up(ctx, chosen if enabled else None)

        words = (doors.amount_word(amount) for amount in (threshold, purchase, target, spend_max))
        said = ("set_auto_top_up", enabled, *words, purchases_max)
        return self._act(decide, at=at, said=said, ref=ref, by=by)

    def set_zone(self, zone: str, *, at: datetime, ref: str | None = None, by: str | None = None) -> Change:
        """Change the zone in which boundaries are taken. The running period keeps its end, so nothing is granted twice.

        No entry for the zone that it has already.

        Raises:
            UnknownNameError: no such IANA zone, or one whose meaning depends on the machine.
        """
        doors.name_of("zone", zone)

        def decide(ctx: Context) -> Entry | None:
            zone_named(zone)
            return settings.set_zone(ctx, zone)

        return self._act(decide, at=at, said=("set_zone", zone), ref=ref, by=by)

    def freeze(self, *, at: datetime, ref: str | None = None, by: str | None = None) -> Change:
        """Stop spending, and auto top-up with it. Time goes on: periods reset, buckets end, purchases arrive.

        No entry if it is frozen already.
        """
        return self._act(settings.freeze, at=at, said=("freeze",), ref=ref, by=by)

    def unfreeze(self, *, at: datetime, ref: str | None = None, by: str | None = None) -> Change:
        """Let spending go on, and auto top-up with it. No entry if it is not frozen."""
        return self._act(settings.unfreeze, at=at, said=("unfreeze",), ref=ref, by=by)

    def close(self, *, at: datetime, ref: str | None = None, by: str | None = None) -> Change:
        """End the wallet: the statement is closed, everything is forfeited, kind by kind, in one entry. No way back.

        After it only repeats and reads are answered, and reports of the bills that are pending, its own among them.

        Raises:
            WalletClosed: it was closed before, with another ref or none.
        """
        return self._act(settings.close, at=at, said=("close",), ref=ref, by=by)
