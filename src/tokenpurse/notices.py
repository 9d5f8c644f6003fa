"""What a verb hands to the host besides wallet and entries: notices for people, requests for the host to act on."""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias

from attrs import frozen

from tokenpurse.buckets import Money
from tokenpurse.periods import Period
from tokenpurse.statements import Statement
from tokenpurse.units import Amount, Unit

__all__ = ["Bill", "Charge", "Notice", "RenewalDue", "Request"]


@frozen(kw_only=True)
class Notice:
    """Something worth telling a person. Its id is stable: send it once per id, after the change is stored.

    Attributes:
        id: unique in its wallet: the name, and how often it was given or the request that it is of; a renewal may fail
            more than once, so of a failure when as well.
        name: the alert's name, or the one that the plan's auto top-up gives its outcomes.
        at: when the line was crossed.
        unit: what is counted.
        figure_steps: what was left, used or bought when the notice was given, in steps.
        line_steps: the line that was crossed, in steps, rounded to the last whole step before it; `None`: no line.
    """

    id: str
    name: str
    at: datetime
    unit: Unit
    figure_steps: int
    line_steps: int | None = None

    def __str__(self) -> str:
        return f"{self.name}: {self.unit.text(self.figure_steps)}"

    @staticmethod
    def id_of(name: str, request: str, failed_at: datetime | None = None) -> str:
        """Name a notice of a request; `failed_at`: of one that may fail more than once."""
        return f"{name}:{request}" + ("" if failed_at is None else f"@{failed_at:%Y%m%dT%H%M%S.%fZ}")

    @staticmethod
    def id_of_line(alert: str, crossings: int, *, recovered: bool) -> str:
        """Name a notice of a line that was crossed so often by now, or that the figure is back from."""
        return f"{alert}#{crossings}{'/recovered' if recovered else ''}"

    @property
    def figure(self) -> Amount:
        """What was left, used or bought when the notice was given; negative for debt."""
        return self.unit.amount(self.figure_steps)

    @property
    def line(self) -> Amount | None:
        """The line that was crossed; `None`: there was none."""
        return None if self.line_steps is None else self.unit.amount(self.line_steps)


@frozen(kw_only=True)
class Charge:
    """Charge the customer for an auto top-up, then report back with `confirm` or `decline`. All of it is pinned.

    Attributes:
        id: stable and unique in its wallet; use it as the payment provider's idempotency key.
        offer: the offer that is bought.
        unit: what is bought.
        steps: how much of it.
        price: what to charge.
        kind: of the bucket that will hold it.
        priority: of that bucket.
        bonus_steps: how much is given beside it.
        count: how many purchases of the amount that the customer chose this is; 1 where it fills to a target.
    """

    id: str
    offer: str
    unit: Unit
    steps: int
    price: Money
    kind: str
    priority: int = 0
    count: int = 1
    bonus_steps: int = 0

    def __str__(self) -> str:
        return f"charge {self.price} for {self.unit.text(self.steps)}, offer {self.offer}"

    @property
    def amount(self) -> Amount:
        """How much is bought."""
        return self.unit.amount(self.steps)


@frozen(kw_only=True)
class Bill:
    """Bill the customer for a closed period's statement, then report back with `confirm` or `decline`.

    Attributes:
        id: stable and unique in its wallet.
        statement: what to bill.
    """

    id: str
    statement: Statement

    def __str__(self) -> str:
        return f"bill {self.statement}"


@frozen(kw_only=True)
class RenewalDue:
    """Collect the payment for a period, then report back with `confirm` or `decline`.

    Attributes:
        id: stable and unique in its wallet: one for each period.
        plan, revision: the plan that is renewed.
        price: what the plan itself costs; `None`: it does not say.
        period: what is paid for.
        until: when the grace is over, exclusive: paid later, the plan has ended, and comes back.
        term: what the payment is for, where the plan is paid by the term; `None`: for the period.
        rest: whether what was left of the period before is `usable` or `locked` until then.
    """

    id: str
    plan: str
    revision: int
    price: Money | None
    period: Period
    until: datetime
    rest: str
    term: Period | None = None

    def __str__(self) -> str:
        price = "" if self.price is None else f" for {self.price}"
        return f"renew plan {self.plan} from {self.period.start:%Y-%m-%dT%H:%M:%SZ}{price}"


Request: TypeAlias = Charge | Bill | RenewalDue
"""Something the host must do and report back."""
