"""Units and exact amounts: the only door between an amount as people write it and as the engine counts it.

Inside the library an amount is an `int` of its unit's smallest step; this module turns amounts into steps and back.
It never rounds: an amount that has more digits than its unit keeps is an error (rounding lives in `pricing`).
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TypeAlias

from attrs import frozen

from tokenpurse._plurals import one_of
from tokenpurse.errors import AmountError, PlanError, shown

__all__ = ["STEPS_MAX", "Amount", "Unit", "as_unit", "steps_positive"]

Amount: TypeAlias = int | Decimal
"""A meter's amounts are `int`, money's are `Decimal`."""

STEPS_MAX = 2**53 - 1
"""The most steps one amount, or one total, may have: what every JSON reader still reads exactly."""

_NAME = re.compile(r"[A-Za-z0-9._:@/-]{1,64}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_NUMBER = re.compile(r"[0-9]{1,15}(\.[0-9]{1,6})?")
_SIGNS = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY"}
# ISO 4217: currencies whose smallest coin is not a hundredth.
_PAID_PLACES = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG"), 0),
    **dict.fromkeys(("RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
_CURRENCIES = frozenset(_PAID_PLACES) | {"AUD", "BRL", "CAD", "CHF", "CNY", "EUR", "GBP", "INR", "SEK", "SGD", "USD"}
_KEPT_PLACES = 6
_PLACES_MAX = 12  # room for any real unit


@frozen
class Unit:
    """What is counted: a meter in whole steps, or money in decimal places.

    Attributes:
        name: `tokens`, `sms`, `USD`.
        kept: decimal places an amount is kept in; 0 for a meter.
        paid: decimal places it is paid in, for money; `None` for a meter.
        shown: decimal places a meter is shown with: 1,500 `gpu_seconds` of two shown places read `15.00`.
    """

    name: str
    kept: int = 0
    paid: int | None = None
    shown: int = 0

    def __attrs_post_init__(self) -> None:
        part = "Unit"
        if type(self.name) is not str or not _NAME.fullmatch(self.name):
            raise PlanError(part, "name", self.name, "a name is 1 to 64 characters of A-Z a-z 0-9 . _ : @ / -")
        for name in ("kept", "shown"):
            places = getattr(self, name)
            if type(places) is not int or not 0 <= places <= _PLACES_MAX:
                raise PlanError(part, name, places, f"places are an int from 0 to {_PLACES_MAX}")
        if self.paid is None and self.kept:
            raise PlanError(part, "kept", self.kept, "a meter is counted in whole steps: use shown=")
        if self.paid is not None and (type(self.paid) is not int or not 0 <= self.paid <= self.kept):
            raise PlanError(part, "paid", self.paid, f"money is paid in 0 to {self.kept} places, those it is kept in")

    @classmethod
    def meter(cls, name: str, *, shown: int = 0) -> Unit:
        """Make a unit that is counted in whole steps."""
        return cls(name, shown=shown)

    @classmethod
    def money(cls, name: str, *, kept: int = _KEPT_PLACES, paid: int = 2) -> Unit:
        """Make a currency, kept in `kept` decimal places and paid in `paid`."""
        return cls(name, kept, paid)

    @property
    def is_money(self) -> bool:
        """Whether it is a currency."""
        return self.paid is not None

    def steps(self, amount: object, *, what: str = "amount") -> int:
        """Turn an amount into steps of this unit. Zero is let through; who cannot use it says so.

        Args:
            amount: `int` for a meter; `Decimal` for money, with no more places than are kept.
            what: what the amount is, for the message.

        Raises:
            AmountError: any other type (`bool`, `float`, `str` and subclasses included), negative, not finite,
                more digits than the unit keeps, or more than `STEPS_MAX` steps.
        """
        if not self.is_money:
            if type(amount) is not int:
                raise AmountError(
                    f"{what} of {self.name} is {shown(amount)} of type {type(amount).__name__}, it must be an int",
                    value=amount,
                )
            steps: int = amount
        else:
            steps = self._money_steps(amount, what)
        if steps < 0:
            raise AmountError(f"{what} of {self.name} is {shown(amount)}, it must not be negative", value=amount)
        if steps > STEPS_MAX:
            raise AmountError(
                f"{what} of {self.name} is {shown(amount)}, at most {self.text(STEPS_MAX)} can be counted", value=amount
            )
        return steps

    def _money_steps(self, amount: object, what: str) -> int:
        if type(amount) is not Decimal:
            raise AmountError(
                f"{what} of {self.name} is {shown(amount)} of type {type(amount).__name__}, it must be a Decimal,"
                f" such as {_such_as(amount)}",
                value=amount,
            )
        money: Decimal = amount
        sign, digits, exponent = money.as_tuple()
        if not isinstance(exponent, int):
            raise AmountError(f"{what} of {self.name} is {shown(amount)}, it must be finite", value=amount)
        if not any(digits):
            return 0
        # Lengths before values: Decimal("1e1000000") must cost nothing.
        if len(digits) + exponent > len(str(STEPS_MAX)):
            raise AmountError(
                f"{what} of {self.name} is {shown(amount)}, at most {self.text(STEPS_MAX)} can be counted", value=amount
            )
        dropped = -(exponent + self.kept)
        if dropped > 0 and any(digits[max(0, len(digits) - dropped) :]):
            raise AmountError(
                f"{what} of {self.name} is {shown(amount)}, {self.name} is kept in {self.kept} places", value=amount
            )
        kept = digits[: max(0, len(digits) - dropped)] if dropped > 0 else digits
        steps = 0
        for digit in kept:
            steps = steps * 10 + digit
        return (-steps if sign else steps) * int(10 ** max(0, -dropped))

    def amount(self, steps: int) -> Amount:
        """Turn steps back into an amount: an `int` for a meter, a `Decimal` with at least the paid places for money."""
        return steps if self.paid is None else Decimal(self._digits(steps, self.kept, self.paid))

    def text(self, steps: int) -> str:
        """Write steps for a reader: `1,500,000 tokens`, `1 token`, `7.04 USD`."""
        digits = self.digits(steps)
        return f"{digits} {one_of(self.name) if digits == '1' else self.name}"

    def digits(self, steps: int) -> str:
        """Write steps for a reader without the unit's name: `1,500,000`, `7.04`."""
        whole, _, places = self._digits(
            steps, self.kept or self.shown, self.shown if self.paid is None else self.paid
        ).partition(".")
        sign, whole = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
        return f"{sign}{int(whole):,}" + (f".{places}" if places else "")

    @staticmethod
    def _digits(steps: int, places: int, least: int) -> str:
        """Write steps as a plain decimal number, trailing zeros cut to `least` places; no decimal context is asked."""
        if not places:
            return str(steps)
        whole, part = divmod(abs(steps), 10**places)
        digits = f"{part:0{places}d}"
        while len(digits) > least and digits.endswith("0"):
            digits = digits[:-1]
        return f"{'-' if steps < 0 else ''}{whole}" + (f".{digits}" if digits else "")

    def from_minor(self, minor: object) -> Decimal:
        """Read a payment provider's amount: 500 cents are `Decimal("5.00")`.

        Raises:
            AmountError: a meter, anything but an `int`, negative, or too large.
        """
        paid = self._paid_places(minor)
        if type(minor) is not int or not isinstance(minor, int):
            raise AmountError(f"minor amount of {self.name} is {shown(minor)}, it must be an int", value=minor)
        if not 0 <= minor * 10 ** (self.kept - paid) <= STEPS_MAX:
            raise AmountError(f"minor amount of {self.name} is {shown(minor)}, out of range", value=minor)
        return Decimal(self._digits(minor, paid, paid))

    def to_minor(self, amount: Decimal) -> int:
        """Write an amount for a payment provider: `Decimal("5.00")` is 500 cents.

        Raises:
            AmountError: a meter, or an amount that is not exact in the places that are paid: `Decimal("0.035")`.
        """
        paid = self._paid_places(amount)
        minor, rest = divmod(self.steps(amount), int(10 ** (self.kept - paid)))
        if rest:
            raise AmountError(
                f"amount of {self.name} is {shown(amount)}, {self.name} is paid in {paid} places", value=amount
            )
        return minor

    def _paid_places(self, value: object) -> int:
        if self.paid is None:
            raise AmountError(f"{self.name} is a meter, only money has a minor unit", value=value)
        return self.paid

    def __str__(self) -> str:
        return self.name


def _such_as(amount: object) -> str:
    """Write what was probably meant: `Decimal('5')` of 5, of '5' and of 5.0."""
    number = shown(amount).strip("'")
    return f"Decimal('{number}')" if _NUMBER.fullmatch(number) else "Decimal('5.00')"


def as_unit(unit: str | Unit) -> Unit:
    """Name a unit: three capitals are money (ISO 4217 says in how many places it is paid), anything else is a meter.

    Raises:
        PlanError: not a name, or a currency that is not spelled in capitals: `usd` would be a meter.
    """
    if isinstance(unit, Unit):
        return unit
    if type(unit) is str and unit not in _CURRENCIES and unit.upper() in _CURRENCIES:
        raise PlanError("Unit", "name", unit, f"a currency is spelled in capitals: {unit.upper()}")
    if type(unit) is str and unit in _SIGNS:
        raise PlanError("Unit", "name", unit, f"a currency is spelled in three capitals: {_SIGNS[unit]}")
    if type(unit) is str and _CURRENCY.fullmatch(unit):
        return Unit.money(unit, paid=_PAID_PLACES.get(unit, 2))
    return Unit(unit)


def steps_positive(unit: Unit, amount: object, *, what: str = "amount") -> int:
    """Turn an amount into steps where zero would mean nothing.

    Raises:
        AmountError: as `Unit.steps`, and for zero.
    """
    steps = unit.steps(amount, what=what)
    if not steps:
        raise AmountError(f"{what} of {unit.name} is 0, it must be more than nothing", value=amount)
    return steps
