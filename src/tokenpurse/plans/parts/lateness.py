"""What becomes of use that is reported after its period has closed."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar, Literal

from attrs import field, frozen

from tokenpurse.errors import PlanError
from tokenpurse.plans import checks

__all__ = [
    "LateUse",
]

_GRACE_MAX = timedelta(days=366)


@frozen
class LateUse:
    """Where use is booked that occurred in a period that is closed when it is reported (`occurred_at`).

    Attributes:
        books: `current`: in the running period, as any other use; `own`: in the period in which it occurred, if that is
            the one before the running one, and it is reported within the grace; `refuse`: nowhere.
        grace: with `own`: how long after its end a period still takes its use, exclusive; more than nothing, at most
            366 days, and at most until the next period ends.
        otherwise: with `own`: what is done with use that is reported later, or is older: `current` or `refuse`.
    """

    books: Literal["current", "own", "refuse"] = "current"
    grace: timedelta | None = field(default=None, kw_only=True)
    otherwise: Literal["current", "refuse"] = field(default="current", kw_only=True)

    BOOKS: ClassVar[tuple[str, ...]] = ("current", "own", "refuse")

    def __attrs_post_init__(self) -> None:
        checks.chosen("LateUse", "books", self.books, self.BOOKS)
        checks.chosen("LateUse", "otherwise", self.otherwise, ("current", "refuse"))
        if self.books != "own":
            if (self.grace, self.otherwise) != (None, "current"):
                raise PlanError("LateUse", "books", self.books, "grace and otherwise go with own")
        elif type(self.grace) is not timedelta or not timedelta() < self.grace <= _GRACE_MAX:
            raise PlanError(
                "LateUse", "grace", self.grace, "it must be a timedelta of more than 0 and at most 366 days"
            )
