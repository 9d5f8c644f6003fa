"""Plans to write and read: those of the project, rich ones, and random ones made of what is in those.

Nothing here names a field of a part except `RICH`: what a field may look like is asked of the codec.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import attrs
from attrs import frozen
from hypothesis import strategies as st

from tests.laws.plans import NEXT_SHOP
from tokenpurse import (
    Alert,
    Allowance,
    AtZero,
    AutoTopUp,
    Bound,
    Catalogue,
    Count,
    LateUse,
    Life,
    Limit,
    Offer,
    OnDebt,
    PayAsYouGo,
    Plan,
    Price,
    Renewal,
    Rollover,
    Switch,
    Tier,
    periods,
    policies,
)
from tokenpurse.codec import dump_plan, load_plan
from tokenpurse.codec.parts import Field, Part, part_of
from tokenpurse.errors import PlanError
from tokenpurse.units import Unit

PROJECT = Path(__file__).parents[2]


@frozen
class LargestFirst:
    """A host's own policy."""

    unless: str = "credit"

    def split(self, rows: Any, amount: int, /) -> list[int]:
        shares = [0] * len(rows)
        for index in sorted(range(len(rows)), key=lambda index: (-rows[index].left, rows[index].facts.id)):
            shares[index] = min(rows[index].left, amount)
            amount -= shares[index]
        return shares


def cheapest(facts: policies.Facts) -> int:
    """A host's own key."""
    return facts.priority % 3


OWN = {"cheapest": policies.order_by("cheapest", cheapest), "largest": LargestFirst()}
"""What the host calls its own policies."""

CREDIT = Unit.money("CRD", kept=4, paid=1)
RICH = Plan(
    "rich",
    revision=7,
    allowances=[
        Allowance(5_000, Unit.meter("gpu_seconds", shown=2), per="seats", priority=3, given="on_payment"),
        Allowance(70, kind="some", scope={"model": {"gpt-5", "gpt-4"}, "action": {"image", "tokens"}}),
        Allowance(Decimal("2.50"), CREDIT, kind="gift", life=Life(days=65)),
        Allowance(300),
        Allowance(
            5,
            kind="daily",
            every=periods.calendar_day(zone="UTC"),
            ceiling=30,
            ceiling_every=periods.calendar_month(),
            first="prorated",
        ),
        Allowance(6, kind="login", given="on_claim"),
        Allowance(7, "drops", kind="drip", given="when_empty", empty={"quota", "daily"}),
        Allowance(9, "drops", given="on_payment"),
        Allowance(8, kind="bonus", given="while_bought", bought=Decimal(10)),
    ],
    counts=[Count("seats", minimum=2, added="prorated", removed="now")],
    rollovers=[
        Rollover(unit="tokens", bank_max=Bound("allowance", Decimal("1.50"), otherwise=9), share=Decimal("0.75")),
        Rollover(
            unit="gpu_seconds",
            carry_max=Bound("original", 2),
            total_max=Bound("allowance", 3),
            same_plan=True,
            life=Life(months=5),
        ),
    ],
    offers=[
        Offer(
            "pack",
            price=Decimal("1.990"),
            per=1_000,
            unit="tokens",
            pack=500,
            minimum=500,
            maximum=10_000,
            kind="extra",
            currency="EUR",
            buyers={"owner", "admin"},
            self_service=False,
            priority=2,
            bonus=Bound("purchase", Decimal("0.1")),
            refund_window=timedelta(days=14),
            balance_max=30_000,
            life=Life(months=12, counted_from="last_purchase", ends="end_of_day"),
            scope={"region": {"eu"}},
        ),
        Offer("money", price=Decimal(1), unit="USD", bonus=Decimal("0.05"), life=Life(days=90, counted_from="renewal")),
        Offer("soon", price=Decimal(1), unit="tokens", life=Life(periods=1)),
        Offer("year", price=Decimal(1), unit="tokens", life=Life(terms=1)),
    ],
    prices=[
        Price("image", 40, per=3, unit="tokens", times={"model": {"opus": 10, "mini": Decimal("0.25")}}),
        Price("tokens", Decimal("0.60"), per=1_000_000),
        Price("page", tiers=[Tier(100, 2), Tier(None, 1)], unit="tokens"),
        Price(
            "video",
            Decimal("0.5"),
            per=30,
            unit=CREDIT,
            base=Decimal(1),
            round_to=Decimal("0.5"),
            rounding="half_up",
            counted="per_operation",
            step=15,
            minimum=45,
        ),
    ],
    pay_as_you_go=[
        PayAsYouGo(Decimal(3), per=1_000, meter="sms", currency="GBP", times={"to": {"US": 2}}, bill_at=Decimal(50)),
        PayAsYouGo(
            tiers=[Tier(10, Decimal("0.50")), Tier(None, Decimal("0.4"))],
            per=2,
            tiering="volume",
            meter="calls",
            currency="CHF",
        ),
        PayAsYouGo(Bound("plan_price", Decimal("1.25")), meter="tokens", step=1_000, minimum=3_000, pack=5_000),
        PayAsYouGo(meter="EUR", bill_at=Decimal("99.5")),
    ],
    limits=[
        Limit("daily", 50, unit="tokens", every=periods.calendar_day(zone="Asia/Tokyo"), minimum=1, maximum=80),
        Limit("rolling", Bound("allowance"), unit="tokens", window=timedelta(hours=5, minutes=30), per="member"),
        Limit("plain", unit="tokens", setters={"admin"}, degrade_to="slow"),
        Limit("spared", 20, unit="tokens", every=periods.calendar_week(), kinds={"quota", "pay_as_you_go"}),
        Limit("large", 9, unit="tokens", scope={"model": {"large", "huge"}, "team": {"a"}}),
    ],
    at_zero=AtZero(degrade_to="slow", overdraft=Bound("allowance", 2), unit="gpu_seconds"),
    alerts=[
        Alert("a", "left", below=5, unit="tokens", kinds={"quota"}, notify=False),
        Alert("b", "left", at_or_below=Decimal("0.5"), unit="USD"),
        Alert("c", "used", above=5, unit="tokens"),
        Alert("e", "used", every=Bound("allowance", Decimal("0.1")), unit="tokens"),
        Alert("f", "expiring", within=timedelta(days=7), unit="tokens"),
        Alert("g", "left", below=2, unit="tokens", when="recovered"),
        Alert("d", "used", at_or_above=Bound("limit", Decimal("0.75")), unit="tokens"),
    ],
    auto_top_up=AutoTopUp(
        "money",
        when="at_or_below",
        counts={"credit", "quota"},
        cool_down=timedelta(seconds=1, microseconds=50),
        attempts=None,
        every=periods.calendar_weeks(2, "sunday"),
        purchases_max=4,
        bought_max=Decimal(400),
        spend_max=Decimal("99.99"),
        threshold_max=Bound("auto_top_up_purchase", 2),
        setters={"owner"},
        on_success="bought",
        on_failure="declined",
        on_off="gave up",
        on_blocked="blocked",
    ),
    draw=policies.promo_before_paid.then(policies.by_kind("rollover", "extra")),
    usable={"quota", "rollover", "credit", "gift", "extra"},
    kinds={"welcome", "legacy"},
    period=periods.subscription_month(zone="Europe/Paris"),
    term=periods.subscription_year(),
    renewal=Renewal(grace=timedelta(days=3), rest="locked", on_failure="unpaid", on_end="left"),
    rank=5,
    upgrades_to={"payg", "banked"},
    cancels_to="free",
    currency=CREDIT,
    price=Decimal("20.0"),
    once=True,
    on_upgrade=Switch(when="now", use="cleared", anchor="restarted", auto_top_up="paused"),
    on_downgrade=Switch(when="now", keep={"quota"}, prorated=True, after_upgrade=False),
    on_cancel=Switch(when="now", forfeit={"promo"}, trim={"rollover": Bound("allowance"), "extra": 7}),
    on_debt=[
        OnDebt("bill", price=Decimal("0.50"), per=10, unit="gpu_seconds", currency="EUR"),
        OnDebt("carry", unit="sms"),
    ],
    late_use=LateUse("own", grace=timedelta(days=2), otherwise="refuse"),
    units=[CREDIT, Unit.meter("gpu_seconds", shown=2)],
)
DRAWS = (
    policies.evenly(),
    policies.evenly(policies.by_kind("promo")),
    policies.evenly(OWN["cheapest"].then(policies.oldest_first)),
    policies.soonest_expiring.then(OWN["cheapest"]),
    OWN["cheapest"],
    OWN["largest"],
)
PERIODS = (
    periods.once(),
    periods.hours(36),
    periods.calendar_week("saturday"),
    periods.subscription_years(2, zone="Asia/Kolkata"),
)


def examples() -> Iterator[Plan]:
    """Give the plans that the examples sell."""
    for folder in ("systems", "plans"):
        for path in sorted((PROJECT / "examples" / folder).glob("[!_]*.py")):
            for value in vars(importlib.import_module(f"examples.{folder}.{path.stem}")).values():
                yield from [value] if isinstance(value, Plan) else value if isinstance(value, Catalogue) else ()


KNOWN: tuple[Plan, ...] = (
    RICH,
    *(Plan("drawn", draw=draw) for draw in DRAWS),
    *(Plan("timed", period=period) for period in PERIODS),
    *NEXT_SHOP,
    *examples(),
)


# --- what documents are made of ---


def holes(document: Any, shape: Any) -> Iterator[tuple[dict[str, Any], Field]]:
    """Give each field of each part of a document, as the object that it is in, and what it may look like."""
    if isinstance(shape, Part):
        for field in shape.fields:
            yield document, field
            if field.name in document:
                yield from holes(document[field.name], field.shape)
    for inner in getattr(shape, "shapes", ()):
        if inner.fits(document):
            yield from holes(document, inner)
            return
    if hasattr(shape, "of"):
        for item in document.values() if isinstance(document, dict) else document:
            yield from holes(item, shape.of)


def every_field(shape: Any = None, seen: set[Any] | None = None) -> Iterator[tuple[type, Field]]:
    """Give each field of a plan, and of all that it is made of, with the class that has it."""
    seen = set() if seen is None else seen
    shape = shape or part_of(Plan)
    if isinstance(shape, Part) and shape not in seen:
        seen.add(shape)
        for field in shape.fields:
            yield shape.cls, field
            yield from every_field(field.shape, seen)
    for inner in (*getattr(shape, "shapes", ()), *([shape.of] if hasattr(shape, "of") else ())):
        yield from every_field(inner, seen)


def _found() -> dict[tuple[str, str], list[Any]]:
    """Collect what each field of each class looks like in the known plans."""
    found: dict[tuple[str, str], list[Any]] = {}
    classes = {field: cls for cls, field in every_field()}
    for plan in KNOWN:
        for holder, field in holes(dump_plan(plan, policies=OWN), part_of(Plan)):
            if field.name in holder:
                found.setdefault((classes[field].__name__, field.name), []).append(holder[field.name])
    return found


FOUND = _found()
ATOMS = st.sampled_from(
    (
        *(0, 1, 2, 3, 7, 12, 100, 2**31, 2**53, "0.5", "1.50", "12", "0.000001", True, False, None),
        *("tokens", "sms", "USD", "gpu_seconds", "JPY", "quota", "top_up", "rollover", "admin", "free"),
        *("PT1H", "P3D", "P2W", "once", "evenly", "bill"),
    )
)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Draw a plan: a known one in which fields were replaced by what others have there, as long as it stays one."""
    plan = draw(st.sampled_from(KNOWN))
    for _ in range(draw(st.integers(0, 6))):
        document = dump_plan(plan, policies=OWN)
        holder, field = draw(st.sampled_from(list(holes(document, part_of(Plan)))))
        others = [value for (_, name), values in FOUND.items() if name == field.name for value in values]
        change = draw(st.sampled_from(["others", "atom", "default"]))
        if change == "default":
            holder.pop(field.name, None)
        else:
            holder[field.name] = draw(st.sampled_from(others) if change == "others" and others else ATOMS)
        try:
            plan = load_plan(document, policies=OWN)
        except PlanError:
            continue
    return plan


def respelled(value: Any) -> Any:
    """Say the same in other words: lists for tuples, sets for sorted names, decimals with another count of places."""
    if isinstance(value, Decimal):
        return Decimal(f"{value:f}0" if "." in f"{value:f}" else f"{value:f}.00")
    if isinstance(value, Bound):
        times = respelled(value.times) if isinstance(value.times, Decimal) else Decimal(value.times)
        return attrs.evolve(value, times=times, otherwise=respelled(value.otherwise))
    if isinstance(value, tuple) and value == ():
        return value
    if isinstance(value, tuple) and all(isinstance(item, tuple) for item in value):
        return {kind: respelled(cap) for kind, cap in reversed(value)}
    if isinstance(value, tuple):
        return [respelled(item) for item in value]
    if isinstance(value, frozenset):
        return sorted(value, reverse=True)
    if attrs.has(type(value)) and type(value).__module__.startswith("tokenpurse.plans"):
        fields = [field.name for field in attrs.fields(type(value)) if field.init]
        return attrs.evolve(value, **{name: respelled(getattr(value, name)) for name in fields})
    return value
