"""Prices: each rounding has one direction, and no way of splitting changes what is paid."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenpurse.pricing import (
    Rate,
    affordable,
    ceil_steps,
    floor_steps,
    operation_cost,
    postpaid_cost,
    postpaid_most,
    prepaid_cost,
    sale_price,
)
from tokenpurse.units import Unit, as_unit

USD = as_unit("USD")
JPY = as_unit("JPY")
TOKENS = as_unit("tokens")


def rate(cost: str, per: int, unit: Unit = USD) -> Rate:
    return Rate(unit, unit.steps(Decimal(cost)), per)


GROVE = rate("3", 1_000)
LLM = rate("0.60", 1_000_000)
THIRD = rate("1", 3)

rates = st.builds(Rate, st.sampled_from([USD, JPY, TOKENS]), st.integers(0, 10**8), st.integers(1, 10**7))
paid = rates.filter(lambda found: found.cost_steps > 0)
quantities = st.integers(0, 10**9)


@pytest.mark.parametrize(
    ("price", "before", "quantity", "cost"),
    [
        (LLM, 0, 1_000_000, "0.60"),
        (LLM, 0, 1, "0.000001"),  # 0.0000006, up
        (LLM, 1, 1, "0.000001"),  # 0.0000012 in all, up, less the first
        (LLM, 2, 1, "0"),  # 0.0000018 in all: paid for already
        (LLM, 0, 3, "0.000002"),
        (LLM, 0, 0, "0"),
        (rate("0", 1), 0, 10**9, "0"),
    ],
)
def test_a_prepaid_price_is_rounded_up_once_for_all_use_so_far(
    price: Rate, before: int, quantity: int, cost: str
) -> None:
    """A spend draws what all use so far costs, less what was drawn before."""
    assert USD.steps(Decimal(cost)) == prepaid_cost(price, before, quantity)


@pytest.mark.parametrize(
    ("price", "quantity", "cost"),
    [
        (GROVE, 2_347, "7.04"),  # 7.041
        (GROVE, 1, "0.00"),
        (GROVE, 2, "0.01"),
        (THIRD, 1, "0.33"),
        (THIRD, 2, "0.67"),
        (rate("0.01", 2), 1, "0.01"),  # exactly half a cent
        (rate("0.03", 2), 1, "0.02"),
        (rate("0.03", 2), 0, "0.00"),
    ],
)
def test_a_statement_line_is_rounded_half_up_to_the_cent(price: Rate, quantity: int, cost: str) -> None:
    """Once per line, at the places that are paid."""
    assert USD.steps(Decimal(cost)) == postpaid_cost(price, quantity)


@pytest.mark.parametrize(
    ("price", "quantity", "cost"),
    [
        (rate("5", 2_000_000), 1_000_000, "2.50"),
        (rate("5", 2_000_000), 1, "0.01"),
        (rate("5", 2_000_000), 4_000, "0.01"),
        (rate("5", 2_000_000), 4_001, "0.02"),
        (rate("5", 2_000_000), 0, "0"),
    ],
)
def test_a_purchase_is_rounded_up_to_the_cent_so_that_it_never_costs_nothing(
    price: Rate, quantity: int, cost: str
) -> None:
    """Half a price step is sold at half the price, and one token costs a cent."""
    assert USD.steps(Decimal(cost)) == sale_price(price, quantity)


def test_prices_in_yen_have_no_fractions_and_prices_in_tokens_are_whole() -> None:
    """The smallest coin decides, and a meter's coin is one step."""
    assert sale_price(rate("5", 1_000, JPY), 1) == JPY.steps(Decimal(1))
    assert postpaid_cost(rate("5", 1_000, JPY), 99) == 0
    assert postpaid_cost(rate("5", 1_000, JPY), 100) == JPY.steps(Decimal(1))
    assert sale_price(Rate(TOKENS, 5, 2), 1) == 3
    assert postpaid_cost(Rate(TOKENS, 5, 2), 1) == 3


@given(rates, quantities, st.lists(quantities, max_size=6))
def test_no_way_of_splitting_changes_a_prepaid_total(price: Rate, before: int, parts: list[int]) -> None:
    """The parts cost what the whole costs, and never less than the exact price of all use so far."""
    total, at = 0, before
    for part in parts:
        cost = prepaid_cost(price, at, part)
        assert cost >= 0
        total, at = total + cost, at + part

    assert total == prepaid_cost(price, before, sum(parts))
    assert Fraction(at * price.cost_steps, price.per_steps) <= prepaid_cost(price, 0, at)
    assert prepaid_cost(price, 0, at) < Fraction(at * price.cost_steps, price.per_steps) + 1


@given(paid, quantities, st.integers(0, 10**12))
def test_what_is_affordable_is_the_largest_quantity_that_the_budget_covers(
    price: Rate, before: int, budget: int
) -> None:
    """One more would cost more than there is."""
    most = affordable(price, before, budget)

    assert most is not None
    assert most >= 0
    assert prepaid_cost(price, before, most) <= budget < prepaid_cost(price, before, most + 1)


def test_what_is_free_is_affordable_without_end() -> None:
    """None is an answer, and not zero."""
    assert affordable(rate("0", 1), 5, 0) is None


@given(rates, quantities)
def test_a_statement_line_is_at_most_half_a_coin_from_the_exact_price(price: Rate, quantity: int) -> None:
    """And it is payable."""
    coin = 1 if price.unit.paid is None else 10 ** (price.unit.kept - price.unit.paid)
    exact = Fraction(quantity * price.cost_steps, price.per_steps)

    cost = postpaid_cost(price, quantity)

    assert cost % coin == 0
    assert exact - Fraction(coin, 2) < cost <= exact + Fraction(coin, 2)


@given(rates, quantities)
def test_a_purchase_costs_less_than_one_coin_more_than_the_exact_price(price: Rate, quantity: int) -> None:
    """Never less than it, and payable."""
    coin = 1 if price.unit.paid is None else 10 ** (price.unit.kept - price.unit.paid)
    exact = Fraction(quantity * price.cost_steps, price.per_steps)

    cost = sale_price(price, quantity)

    assert cost % coin == 0
    assert exact <= cost < exact + coin


@given(st.fractions(min_value=0, max_value=10**12))
def test_shares_round_down_for_caps_and_up_for_lines(exact: Fraction) -> None:
    """To the next whole step, on the side that is promised."""
    assert floor_steps(exact) <= exact <= ceil_steps(exact)
    assert exact - floor_steps(exact) < 1
    assert ceil_steps(exact) - exact < 1


def test_a_rate_reads_like_a_price() -> None:
    """For statements and messages."""
    assert str(GROVE) == "3.00 USD per 1,000"
    assert str(Rate(TOKENS, 2_000, 1)) == "2,000 tokens per 1"


@given(price=paid, budget=st.integers(0, 2**53))
def test_a_post_paid_quantity_fits_a_budget_and_one_more_does_not(price: Rate, budget: int) -> None:
    """The inverse of the cost, its rounding included."""
    most = postpaid_most(price, budget)

    assert most is not None
    assert postpaid_cost(price, most) <= budget < postpaid_cost(price, most + 1)


def test_what_is_billed_at_nothing_fits_any_budget() -> None:
    """No cost bounds it."""
    assert postpaid_most(rate("0", 1), 0) is None


operations = st.builds(
    Rate,
    st.just(TOKENS),
    st.integers(0, 10**4),
    st.integers(1, 10**3),
    st.integers(0, 10**3),
    st.integers(1, 20),
    st.integers(1, 500),
    st.sampled_from(["up", "down", "half_up"]),
)
factors = st.fractions(0, 20, max_denominator=100)


@given(operations, st.integers(1, 10**6), factors)
def test_an_operation_costs_its_base_and_its_quantity_within_one_step(
    price: Rate, quantity: int, factor: Fraction
) -> None:
    """In the direction that is said, and multiplied as a whole."""
    multiplied = price.times(factor)
    exact = factor * (
        Fraction(price.base_steps, price.base_per) + Fraction(quantity * price.cost_steps, price.per_steps)
    )
    step, cost = price.round_to, operation_cost(multiplied, quantity)
    assert cost % step == 0
    assert {
        "up": exact <= cost < exact + step,
        "down": exact - step < cost <= exact,
        "half_up": exact - Fraction(step, 2) < cost <= exact + Fraction(step, 2),
    }[price.rounding]
    assert cost == prepaid_cost(multiplied, 77, quantity, 5)  # nothing before it counts
    assert operation_cost(multiplied, 0) == 0


@given(operations, st.integers(0, 10**6))
def test_what_is_affordable_of_one_operation_is_the_largest_quantity(price: Rate, budget: int) -> None:
    """One more would cost more than there is, base and rounding included."""
    most = affordable(price, 0, budget)
    if most is None:
        assert not price.cost_steps
        assert operation_cost(price, 10**9) <= budget
    else:
        assert operation_cost(price, most) <= budget < operation_cost(price, most + 1)


@pytest.mark.parametrize(
    ("price", "said", "free"),
    [
        (rate("0.50", 30), "0.50 USD per 30", False),
        (
            Rate(TOKENS, 1, 2, 7, 1, 5, "half_up"),
            "7 tokens + 1 token per 2, rounded half up to 5 tokens each time",
            False,
        ),
        (Rate(TOKENS, 0, 1, 7, 2, 1), "7 tokens / 2 + 0 tokens per 1, rounded up to 1 token each time", False),
        (Rate(TOKENS, 0, 1, 0, 1, 1), "0 tokens per 1, rounded up to 1 token each time", True),
    ],
)
def test_a_price_says_what_it_is(price: Rate, said: str, *, free: bool) -> None:
    """Base, quantity and rounding, where there are any."""
    assert (str(price), price.is_free) == (said, free)
