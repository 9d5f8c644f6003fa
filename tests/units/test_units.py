"""Units: amounts as people write them go in exactly, and come out as they went in."""

from __future__ import annotations

from decimal import Context, Decimal, localcontext
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenpurse.errors import AmountError, PlanError
from tokenpurse.units import STEPS_MAX, Unit, as_unit, steps_positive

TOKENS = as_unit("tokens")
USD = as_unit("USD")
JPY = as_unit("JPY")
BHD = as_unit("BHD")
GPU = Unit.meter("gpu_seconds", shown=2)
CENTS = Unit.money("CREDIT", kept=2, paid=2)


# -- what a unit is ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "money", "kept", "paid"),
    [
        ("tokens", False, 0, None),
        ("USD", True, 6, 2),
        ("EUR", True, 6, 2),
        ("JPY", True, 6, 0),
        ("KRW", True, 6, 0),
        ("BHD", True, 6, 3),
        ("CHF", True, 6, 2),
        ("sms", False, 0, None),
        ("USDC", False, 0, None),
        ("gpt-4o/input", False, 0, None),
        ("a" * 64, False, 0, None),
    ],
)
def test_three_capitals_are_money_and_anything_else_is_a_meter(
    name: str, money: bool, kept: int, paid: int | None
) -> None:
    """The places come from the currency, and a meter has none."""
    unit = as_unit(name)

    assert (name, money, kept, paid) == (str(unit), unit.is_money, unit.kept, unit.paid)
    assert as_unit(unit) is unit


@pytest.mark.parametrize("name", ["usd", "Eur", "jPY"])
def test_a_currency_that_is_not_in_capitals_is_no_meter(name: str) -> None:
    """Money would buy a bucket that nothing draws from."""
    with pytest.raises(PlanError, match=f"a currency is spelled in capitals: {name.upper()}"):
        as_unit(name)


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("name", {"name": ""}),
        ("name", {"name": "a b"}),
        ("name", {"name": "a" * 65}),
        ("name", {"name": "tökens"}),
        ("name", {"name": "a\n"}),
        ("name", {"name": 5}),
        ("name", {"name": None}),
        ("kept", {"name": "x", "kept": 2}),
        ("kept", {"name": "x", "kept": -1, "paid": 0}),
        ("kept", {"name": "x", "kept": 13, "paid": 0}),
        ("kept", {"name": "x", "kept": True, "paid": 0}),
        ("kept", {"name": "x", "kept": "2", "paid": 0}),
        ("shown", {"name": "x", "shown": -1}),
        ("shown", {"name": "x", "shown": 1.0}),
        ("paid", {"name": "x", "kept": 2, "paid": 3}),
        ("paid", {"name": "x", "kept": 2, "paid": -1}),
        ("paid", {"name": "x", "kept": 2, "paid": False}),
        ("paid", {"name": "x", "kept": 2, "paid": 1.0}),
    ],
)
def test_a_unit_that_contradicts_itself_is_an_error_when_it_is_made(field: str, given: dict[str, Any]) -> None:
    """The error names the field and the value."""
    with pytest.raises(PlanError) as caught:
        Unit(**given)

    assert ("Unit", field, given[field]) == (caught.value.part, caught.value.field, caught.value.value)


# -- in --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("unit", "amount", "steps"),
    [
        (TOKENS, 0, 0),
        (TOKENS, 5, 5),
        (TOKENS, STEPS_MAX, STEPS_MAX),
        (USD, Decimal(0), 0),
        (USD, Decimal("-0.0"), 0),
        (USD, Decimal("0E+1000000"), 0),
        (USD, Decimal("0E-1000000"), 0),
        (USD, Decimal(5), 5_000_000),
        (USD, Decimal("5.00"), 5_000_000),
        (USD, Decimal("0.035"), 35_000),
        (USD, Decimal("0.000001"), 1),
        (USD, Decimal("1.0000000000"), 1_000_000),
        (USD, Decimal("1." + "0" * 5_000), 1_000_000),
        (USD, Decimal("1E+9"), 10**15),
        (USD, Decimal("12E-1"), 1_200_000),
        (USD, Decimal("9007199254.740991"), STEPS_MAX),
        (JPY, Decimal(500), 500_000_000),
        (CENTS, Decimal("0.01"), 1),
    ],
)
def test_an_amount_goes_in_exactly(unit: Unit, amount: Any, steps: int) -> None:
    """Trailing zeros and exponents are spelling; the value is what counts."""
    assert steps == unit.steps(amount)


@pytest.mark.parametrize(
    ("unit", "amount", "said"),
    [
        (TOKENS, -1, "must not be negative"),
        (TOKENS, STEPS_MAX + 1, "at most 9,007,199,254,740,991 tokens"),
        (TOKENS, 10**5_000, "an integer of 16,610 bits"),
        (TOKENS, -(10**5_000), "must not be negative"),
        (TOKENS, Decimal(5), "type Decimal, it must be an int"),
        (TOKENS, 5.0, "5.0 of type float"),
        (TOKENS, True, "True of type bool"),
        (TOKENS, "5", "'5' of type str"),
        (TOKENS, None, "None of type NoneType"),
        (USD, 5, "5 of type int, it must be a Decimal"),
        (USD, 5.0, "type float"),
        (USD, Decimal("-0.01"), "must not be negative"),
        (USD, Decimal("0.0000001"), "USD is kept in 6 places"),
        (USD, Decimal("1E-1000000"), "USD is kept in 6 places"),
        (USD, Decimal("1E+1000000"), "at most 9,007,199,254.740991 USD"),
        (USD, Decimal("-1E+1000000"), "at most"),
        (USD, Decimal("9007199254.740992"), "at most"),
        (USD, Decimal("NaN"), "must be finite"),
        (USD, Decimal("sNaN"), "must be finite"),
        (USD, Decimal("-Infinity"), "must be finite"),
        (USD, Decimal("1" * 5_000), "a decimal of many digits"),
        (CENTS, Decimal("0.001"), "kept in 2 places"),
    ],
    ids=count(),  # pytest cannot show them all
)
def test_an_amount_that_cannot_be_one_is_refused_never_rounded(unit: Unit, amount: Any, said: str) -> None:
    """The message names what, the value in short, and what would be right."""
    with pytest.raises(AmountError, match="threshold of") as caught:
        unit.steps(amount, what="threshold")

    assert said in str(caught.value)
    assert len(str(caught.value)) < 200
    assert caught.value.value is amount


@pytest.mark.parametrize("unit", [TOKENS, USD])
def test_zero_is_an_amount_unless_it_would_mean_nothing(unit: Unit) -> None:
    """Who can use zero takes it, who cannot says so."""
    zero = unit.amount(0)

    assert unit.steps(zero) == 0
    with pytest.raises(AmountError, match="more than nothing"):
        steps_positive(unit, zero)
    assert steps_positive(unit, unit.amount(1)) == 1


# -- out -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("unit", "steps", "amount", "text"),
    [
        (TOKENS, 0, 0, "0 tokens"),
        (TOKENS, 1_500_000, 1_500_000, "1,500,000 tokens"),
        (TOKENS, -1_500, -1_500, "-1,500 tokens"),
        (USD, 0, Decimal("0.00"), "0.00 USD"),
        (USD, 5_000_000, Decimal("5.00"), "5.00 USD"),
        (USD, 7_040_000, Decimal("7.04"), "7.04 USD"),
        (USD, 35_000, Decimal("0.035"), "0.035 USD"),
        (USD, 1, Decimal("0.000001"), "0.000001 USD"),
        (USD, -1_234_500_000, Decimal("-1234.50"), "-1,234.50 USD"),
        (USD, -500_000, Decimal("-0.50"), "-0.50 USD"),
        (JPY, 500_000_000, Decimal(500), "500 JPY"),
        (BHD, 1_500_000, Decimal("1.500"), "1.500 BHD"),
        (GPU, 1_500, 1_500, "15.00 gpu_seconds"),
        (GPU, 5, 5, "0.05 gpu_seconds"),
    ],
)
def test_steps_come_out_as_people_write_them(unit: Unit, steps: int, amount: Any, text: str) -> None:
    """An int for a meter; for money a Decimal with the paid places and no needless ones."""
    out = unit.amount(steps)

    assert (amount, str(amount), type(amount)) == (out, str(out), type(out))
    assert text == unit.text(steps)
    assert text == f"{unit.digits(steps)} {unit}"


@given(st.sampled_from([TOKENS, USD, JPY, BHD, GPU, CENTS]), st.integers(0, STEPS_MAX))
def test_what_comes_out_goes_in_again(unit: Unit, steps: int) -> None:
    """In and out are inverse, for every amount that can be counted."""
    assert steps == unit.steps(unit.amount(steps))


@given(st.integers(-STEPS_MAX, STEPS_MAX))
def test_the_callers_decimal_context_touches_nothing(steps: int) -> None:
    """An ambient context of one digit that traps everything neither rounds nor raises."""
    plain = (USD.amount(steps), USD.text(steps), abs(steps))

    with localcontext(Context(prec=1, Emin=0, Emax=0, traps=list(Context().flags))):
        assert plain == (USD.amount(steps), USD.text(steps), USD.steps(USD.amount(abs(steps))))


# -- payment providers -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("unit", "minor", "amount"),
    [
        (USD, 500, "5.00"),
        (USD, 0, "0.00"),
        (USD, 1, "0.01"),
        (JPY, 500, "500"),
        (BHD, 500, "0.500"),
        (CENTS, 5, "0.05"),
    ],
)
def test_minor_units_are_read_and_written(unit: Unit, minor: int, amount: str) -> None:
    """Five dollars are 500 for a payment provider, 500 yen are 500, and half a dinar is 500."""
    assert amount == str(unit.from_minor(minor))
    assert minor == unit.to_minor(Decimal(amount))


@pytest.mark.parametrize("minor", [-1, 5.0, True, "5", None, Decimal(5), 10**12, 10**5_000], ids=count())
def test_a_minor_amount_that_cannot_be_one_is_refused(minor: Any) -> None:
    """Only a whole number that can be counted is one."""
    with pytest.raises(AmountError, match="minor amount of USD"):
        USD.from_minor(minor)


def test_what_is_not_payable_exactly_is_refused() -> None:
    """A payment is never rounded on the way to the provider, and a meter has no minor unit."""
    with pytest.raises(AmountError, match="paid in 2 places"):
        USD.to_minor(Decimal("0.035"))
    with pytest.raises(AmountError, match="type int"):
        USD.to_minor(5)  # type: ignore[arg-type]  # wrong on purpose
    with pytest.raises(AmountError, match="only money"):
        TOKENS.to_minor(Decimal(5))
    with pytest.raises(AmountError, match="only money"):
        TOKENS.from_minor(5)
