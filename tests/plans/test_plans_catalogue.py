"""The catalogue: plans by name and revision, and none that leads nowhere."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.support.rich import july
from tokenpurse import (
    Alert,
    Allowance,
    AutoTopUp,
    Catalogue,
    Limit,
    Offer,
    Plan,
    Switch,
    Wallet,
    policies,
    replay,
)
from tokenpurse.errors import PlanError, UnknownNameError
from tokenpurse.units import Unit

FREE = Plan("free", allowances=[Allowance(10)])
PRO_1 = Plan("pro", allowances=[Allowance(100)], cancels_to="free")
PRO_2 = Plan("pro", revision=2, allowances=[Allowance(200)], cancels_to="free", upgrades_to={"max"})
MAX = Plan("max", rank=1, allowances=[Allowance(1_000)])


def test_the_newest_revision_is_found_by_name_and_any_by_number() -> None:
    """In whatever order they were given."""
    plans = Catalogue([PRO_2, FREE, PRO_1, MAX])

    assert plans.newest("pro") is PRO_2
    assert plans.get("pro", 1) is PRO_1
    assert plans.get("pro", 2) is PRO_2
    assert list(plans) == [PRO_2, FREE, PRO_1, MAX]


def test_what_is_not_there_is_an_error_that_says_what_is() -> None:
    """Names for a name, revisions for a revision."""
    plans = Catalogue([PRO_1, FREE])

    with pytest.raises(UnknownNameError, match="unknown plan 'max'; known: free, pro") as caught:
        plans.newest("max")
    assert caught.value.known == ("free", "pro")
    with pytest.raises(UnknownNameError, match="known: pro revision 1"):
        plans.get("pro", 2)
    with pytest.raises(UnknownNameError, match="known: free, pro"):
        plans.get("max", 1)


@pytest.mark.parametrize(
    ("plans", "part", "field", "value"),
    [
        ([PRO_1, PRO_1, FREE], "Plan 'pro'", "revision", 1),
        ([PRO_1, Plan("pro", cancels_to="free"), FREE], "Plan 'pro'", "revision", 1),
        ([PRO_1], "Plan 'pro'", "cancels_to", "free"),
        ([PRO_1, Plan("free", once=True)], "Plan 'pro'", "cancels_to", "free"),
        ([PRO_2, FREE], "Plan 'pro'", "upgrades_to", "max"),
        ([Plan("up", rank=1, upgrades_to={"free"}), FREE], "Plan 'up'", "upgrades_to", "free"),
        (
            [Plan("pro", on_upgrade=Switch(when="now", keep={"quota", "daily"})), FREE],
            "Plan 'pro'",
            "on_upgrade.keep",
            "daily",
        ),
        ([FREE, 5], "Catalogue", "plans", 5),
        ([FREE, "free"], "Catalogue", "plans", "free"),
    ],
)
def test_a_catalogue_that_makes_no_sense_is_an_error(plans: list[Any], part: str, field: str, value: object) -> None:
    """A plan there twice, or one that leads to a plan that is not there."""
    with pytest.raises(PlanError) as caught:
        Catalogue(plans)

    assert (part, field, value) == (caught.value.part, caught.value.field, caught.value.value)


def test_a_catalogue_is_a_value() -> None:
    """Equal by its plans, frozen, and a copy of the list it was made from."""
    plans = [FREE, MAX]
    catalogue = Catalogue(plans)
    plans.append(PRO_1)

    assert Catalogue([FREE, MAX]) == catalogue
    assert len(catalogue.plans) == 2
    assert repr(catalogue).startswith("Catalogue(plans=(Plan(")
    with pytest.raises(AttributeError):
        catalogue.plans = ()  # type: ignore[misc]  # frozen on purpose
    with pytest.raises(UnknownNameError):
        catalogue.newest("pro")
    assert len(Catalogue(plan for plan in (FREE, MAX)).plans) == 2


# -- kinds ---------------------------------------------------------------------------------------------------------

DAILY = Plan("daily", allowances=[Allowance(5, kind="daily")])


@pytest.mark.parametrize(
    "said",
    [
        {"usable": {"quota", "daily"}},
        {"on_downgrade": Switch(when="now", forfeit={"daily"})},
        {"on_upgrade": Switch(when="now", keep={"daily"})},
        {"on_downgrade": Switch(when="now", trim={"daily": 3})},
        {"alerts": [Alert("low", "left", below=5, kinds={"quota", "daily"})]},
        {"draw": policies.by_kind("daily", "quota")},
        {"draw": policies.evenly(policies.by_kind("daily"))},
        {
            "offers": [Offer("pack", price=Decimal(5))],
            "auto_top_up": AutoTopUp("pack", counts={"top_up", "daily"}),
        },
        {"allowances": [Allowance(5, kind="drip", given="when_empty", empty={"quota", "daily"})]},
    ],
)
def test_a_kind_comes_from_a_plan_or_is_said_to_come_from_the_host(said: dict[str, Any]) -> None:
    """The plan that makes it need not say so again, and is in the catalogue; nobody else's kind passes in silence."""
    plan = Plan("pro", **{"allowances": [Allowance(100)], **said})

    assert Catalogue([plan, DAILY])
    if "on_upgrade" not in said:  # what is kept is left of an allowance, never of what the host grants
        assert Catalogue([Plan("pro", kinds={"daily"}, **{"allowances": [Allowance(100)], **said})])
        assert Catalogue([plan, Plan("free", kinds={"daily"})])
    with pytest.raises(PlanError) as caught:
        Catalogue([plan, FREE])
    assert caught.value.value == "daily"
    assert caught.value.part.startswith("Plan 'pro'")
    with pytest.raises(PlanError):
        Wallet.open(plan, id="acme", at=july(1))


def test_a_kind_that_nothing_makes_is_told_with_what_there_is() -> None:
    """Which plan, which part, and what was probably meant."""
    plan = Plan("pro", on_downgrade=Switch(when="now", forfeit={"dayly"}))

    with pytest.raises(PlanError) as caught:
        Catalogue([plan, DAILY])
    assert str(caught.value) == (
        "Plan 'pro', Switch on_downgrade: forfeit is 'dayly', it must be daily; "
        "a kind that only you grant is named in Plan(kinds=)"
    )
    with pytest.raises(PlanError, match="nothing makes that kind, there are credit, promo, quota, rollover, top_up; a"):
        Catalogue([plan])


def test_a_revision_that_nobody_comes_to_any_more_may_name_what_is_gone() -> None:
    """It was right in its time; the newest is what is written now."""
    old = Plan("pro", usable={"quota", "daily"})

    assert Catalogue([old, Plan("pro", revision=2)])
    assert Catalogue([DAILY, Plan("daily", revision=2), old])


# -- units ---------------------------------------------------------------------------------------------------------


def test_a_unit_has_one_name_in_all_plans() -> None:
    """Of one and of many, a customer would change plans and lose what is left; both declared, they are two."""
    one, many = Plan("one", allowances=[Allowance(5, "credit")]), Plan("many", allowances=[Allowance(5, "credits")])

    with pytest.raises(PlanError) as caught:
        Catalogue([many, one])
    assert str(caught.value) == (
        "Plan 'one': units is 'credit', another plan of the catalogue says credits; "
        "if they are two units, name both in units="
    )
    both = Plan("both", units=[Unit.meter("credit"), Unit.meter("credits")])
    assert Catalogue([many, one, both])


# -- revisions and wallets -----------------------------------------------------------------------------------------


def test_a_running_period_keeps_its_revision_and_the_next_takes_the_newest() -> None:
    """No edit of a plan ever touches a bucket that is there already."""
    wallet = Wallet.open(PRO_1, id="acme", at=july(1), catalogue=Catalogue([PRO_1, FREE])).wallet
    newer = wallet.bind(Catalogue([PRO_1, PRO_2, FREE, MAX]))

    assert newer == wallet
    assert newer.spend(30, at=july(2)).view.available() == 70
    change = newer.advance(july(32))
    assert change.view.available() == 200
    assert (change.view.plan.name, change.view.plan.revision) == ("pro", 2)
    assert str(change.view.plan) == "pro r2"
    assert change.entries[0].previous == wallet.at(july(1)).plan  # type: ignore[attr-defined]  # a period that opened


def test_a_catalogue_without_the_wallets_plan_and_revision_cannot_be_bound() -> None:
    """Its buckets could not be explained any more."""
    wallet = Wallet.open(PRO_1, id="acme", at=july(1), catalogue=Catalogue([PRO_1, FREE])).wallet

    with pytest.raises(UnknownNameError):
        wallet.bind(Catalogue([PRO_2, FREE, MAX]))
    with pytest.raises(UnknownNameError):
        wallet.bind(Catalogue([FREE]))


def test_a_wallet_opens_on_a_plan_of_its_catalogue_and_no_other() -> None:
    """By name the newest; as an object the one it is."""
    plans = Catalogue([PRO_1, PRO_2, FREE, MAX])

    assert Wallet.open("pro", id="a", at=july(1), catalogue=plans).view.plan.revision == 2
    assert Wallet.open(PRO_1, id="a", at=july(1), catalogue=plans).view.plan.revision == 1
    with pytest.raises(PlanError, match="another plan of that name and revision"):
        Wallet.open(Plan("pro", cancels_to="free"), id="a", at=july(1), catalogue=plans)
    with pytest.raises(UnknownNameError):
        Wallet.open(Plan("new"), id="a", at=july(1), catalogue=plans)
    with pytest.raises(PlanError, match="together with catalogue="):
        Wallet.open("pro", id="a", at=july(1))
    with pytest.raises(PlanError, match="not in the catalogue"):
        Wallet.open(PRO_1, id="a", at=july(1))


def test_the_binding_is_not_part_of_the_wallets_value() -> None:
    """A wallet rebuilt from its entries is equal, with plans or without."""
    opened = Wallet.open(PRO_1, id="acme", at=july(1), catalogue=Catalogue([PRO_1, FREE]))

    assert replay(opened.entries) == opened.wallet
    assert replay(opened.entries).bind(Catalogue([PRO_1, FREE])).spend(1, at=july(2)).entries
    assert replay(opened.entries, catalogue=Catalogue([PRO_1, FREE])).spend(1, at=july(2)).entries


def test_payers_may_be_what_another_plan_makes() -> None:
    """Bought there, it still pays here; of the unit that the limit is on."""
    boosted = Plan("a", allowances=[Allowance(5)], limits=[Limit("day", 3, kinds={"boost"})])
    seller = Plan("b", allowances=[Allowance(5)], offers=[Offer("pack", price=Decimal(1), kind="boost")], rank=1)
    catalogue = Catalogue([boosted, seller])
    wallet = Wallet.open("b", id="acme", at=july(1), catalogue=catalogue).wallet
    wallet = wallet.top_up("pack", 9, at=july(1), payment="p").wallet.change_plan("a", at=july(1), when="now").wallet
    assert wallet.at(july(1)).available() == 5 + 3
    sms = Plan("b", allowances=[Allowance(5)], offers=[Offer("pack", unit="sms", price=Decimal(1), kind="boost")])
    with pytest.raises(PlanError) as refused:
        Catalogue([boosted, sms])
    right = "none of them pays for tokens on a plan of the catalogue, there are credit, promo, quota, top_up"
    assert str(refused.value) == f"Plan 'a', Limit 'day': kinds is ('boost',), {right}"


def test_payers_of_money_are_of_money() -> None:
    limit = Limit("a", Decimal(5), unit="USD", kinds={"quota"})
    plan = Plan("a", allowances=[Allowance(5)], limits=[limit], units=[Unit.money("USD")])
    with pytest.raises(
        PlanError, match="none of them pays for USD on a plan of the catalogue, there are credit, promo"
    ):
        Catalogue([plan])
