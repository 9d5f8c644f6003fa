"""`set_auto_top_up`: the customer lets the host buy by itself, within the plan's bounds."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal

import pytest
from attrs import evolve

from tests.support.rich import RICH, july, opened
from tokenpurse import AutoTopUp, Balance, Bound, Catalogue, Offer, Plan, Switch, Wallet
from tokenpurse.entries import AutoTopUpSet
from tokenpurse.errors import AmountError, ArgumentError, NotAllowed, OutOfBounds, PurseError, UnknownNameError


def cashed(balance: str, when: Literal["below", "at_or_below"] = "below", **auto: Any) -> Wallet:
    plan = Plan(
        "p",
        offers=[Offer("cash", unit="USD", price=Decimal(1), minimum=Decimal(5), maximum=Decimal(100))],
        auto_top_up=AutoTopUp("cash", when=when, **auto),
    )
    brought = [Balance("credit", Decimal(balance), "USD")] if Decimal(balance) else []
    return Wallet.open(plan, id="acme", at=july(1), balances=brought).wallet


def enabled(wallet: Wallet, threshold: str = "10", purchase: str = "20", **more: Any) -> Any:
    return wallet.set_auto_top_up(threshold=Decimal(threshold), purchase=Decimal(purchase), at=july(2), **more)


def test_it_is_off_until_the_customer_turns_it_on_and_who_and_when_are_kept() -> None:
    """Spending to nothing asks for nothing before."""
    wallet = cashed("15")
    assert wallet.spend(Decimal(15), "USD", at=july(2)).requests == ()
    assert wallet.at(july(2)).auto_top_up is None

    change = enabled(wallet, by="owner")
    setting = change.view.auto_top_up

    assert isinstance(change.entries[0], AutoTopUpSet)
    assert (setting.by, setting.at, setting.offer) == ("owner", july(2), "cash")
    assert (setting.threshold, setting.purchase) == (Decimal(10), Decimal(20))
    assert change.requests == ()


@pytest.mark.parametrize(
    ("when", "balance", "asks"),
    [
        ("below", "9.999999", True),
        ("below", "10", False),
        ("below", "10.000001", False),
        ("at_or_below", "9.999999", True),
        ("at_or_below", "10", True),
        ("at_or_below", "10.000001", False),
        ("below", "0", True),
    ],
)
def test_below_and_at_or_below_are_what_they_say(
    when: Literal["below", "at_or_below"], balance: str, asks: bool
) -> None:
    """Judged at once when it is turned on, and the same when a spend leads there."""
    at_once = enabled(cashed(balance, when))
    spent = enabled(cashed("50", when)).wallet.spend(Decimal(50) - Decimal(balance), "USD", at=july(3))

    for change in (at_once, spent):
        assert [request.id for request in change.requests] == (["charge:1"] if asks else [])
        assert [request.amount for request in change.view.pending()] == ([Decimal(20)] if asks else [])


@pytest.mark.parametrize("threshold", ["0", "10", "20"])
def test_the_threshold_goes_from_nothing_to_the_highest(threshold: str) -> None:
    """Inclusive; a plan that names none lets it go above the purchase."""
    within = {"threshold_max": Bound("auto_top_up_purchase")}
    assert enabled(cashed("50", **within), threshold).entries
    assert enabled(cashed("50"), "21").requests == ()


@pytest.mark.parametrize(
    ("threshold", "purchase", "error", "said"),
    [
        (
            "20.000001",
            "20",
            OutOfBounds,
            "threshold of 20.000001 USD asked, it must be at most 20.00 USD for a purchase of 20.00 USD",
        ),
        ("1", "4.99", OutOfBounds, "at least 5.00"),
        ("1", "100.01", OutOfBounds, "at most 100.00"),
        ("1", "0", AmountError, "purchase of USD is 0"),
        ("-1", "20", AmountError, "threshold of USD is"),
    ],
)
def test_outside_the_bounds_it_is_refused(threshold: str, purchase: str, error: type[PurseError], said: str) -> None:
    """The offer's, and the plan's own for the threshold."""
    with pytest.raises(error, match=said):
        enabled(cashed("50", threshold_max=Bound("auto_top_up_purchase")), threshold, purchase)


def test_only_one_request_is_pending_at_a_time() -> None:
    """However deep the balance falls meanwhile; debt counts against the level."""
    wallet = enabled(cashed("50")).wallet
    wallet = wallet.spend(Decimal(45), "USD", at=july(3)).wallet
    deeper = wallet.spend(Decimal(60), "USD", at=july(3), overdraw=True)

    assert deeper.requests == ()
    assert len(deeper.view.pending()) == 1
    paid = deeper.wallet.confirm("charge:1", at=july(4), payment="p1")
    assert [(request.id, request.amount) for request in paid.requests] == [("charge:2", Decimal(60))]


def test_changing_it_does_not_end_a_rest() -> None:
    """Saving the same settings again and again must not charge again and again: the cool-down stands."""
    wallet = enabled(cashed("5")).wallet.decline("charge:1", at=july(3)).wallet
    assert wallet.at(july(3)).next_due() == july(4)

    change = wallet.set_auto_top_up(threshold=Decimal(10), purchase=Decimal(30), at=july(3))

    assert change.requests == ()
    (later,) = change.wallet.advance(july(4)).requests
    assert (later.id, later.amount) == ("charge:2", Decimal(30))  # type: ignore[union-attr]  # a charge


def test_turning_it_off_keeps_what_is_pending() -> None:
    """The customer may be paying right now."""
    wallet = enabled(cashed("5")).wallet
    off = wallet.set_auto_top_up(enabled=False, at=july(3), by="owner")

    assert off.entries[0].setting is None  # type: ignore[attr-defined]
    assert off.view.auto_top_up is None
    assert len(off.view.pending()) == 1
    assert off.wallet.set_auto_top_up(enabled=False, at=july(3)).wallet is off.wallet
    assert off.wallet.decline("charge:1", at=july(3)).wallet.advance(july(5)).requests == ()


@pytest.mark.parametrize(("by", "allowed"), [("owner", True), ("admin", False), (None, False)])
@pytest.mark.parametrize("on", [True, False])
def test_who_may_change_it_is_said_by_the_plan(by: str | None, allowed: bool, on: bool) -> None:
    """Turning it off included."""
    given = {"threshold": Decimal(1), "purchase": Decimal(20)} if on else {"enabled": False}

    if allowed:
        opened().wallet.set_auto_top_up(**given, at=july(2), by=by)
    else:
        with pytest.raises(NotAllowed, match="auto top-up is for owner"):
            opened().wallet.set_auto_top_up(**given, at=july(2), by=by)


def test_a_plan_without_it_has_no_such_setting() -> None:
    """And a change to such a plan leaves it asleep."""
    wallet = opened("big", counts={}).wallet
    with pytest.raises(UnknownNameError, match="plan big offers none"):
        enabled(wallet)

    asleep = enabled(opened().wallet, by="owner").wallet.decline("charge:1", at=july(2)).wallet
    asleep = asleep.change_plan("big", at=july(2)).wallet
    assert RICH.auto_top_up is not None
    assert asleep.advance(july(20)).requests == ()


def test_two_refused_cards_rest_each_for_its_cool_down() -> None:
    """The plan says how long; nothing happens in between."""
    wallet = enabled(cashed("5", attempts=None)).wallet
    for number in (1, 2, 3):
        declined = wallet.decline(f"charge:{number}", at=july(1 + number))
        assert declined.requests == ()
        wallet = declined.wallet.advance(july(2 + number)).wallet

    assert [request.id for request in wallet.at(july(5)).pending()] == ["charge:4"]


# -- on again as it was -------------------------------------------------------------------------------------------


def test_turned_off_by_declines_it_is_on_again_as_it_was_chosen() -> None:
    """Recorded anew, with who and when; and it asks at once where the level is low."""
    plan = Plan(
        "p",
        offers=[Offer("cash", unit="USD", price=Decimal(1), minimum=Decimal(5), maximum=Decimal(100))],
        auto_top_up=AutoTopUp("cash", setters={"owner"}),
    )
    for how in ({"purchase": Decimal(20), "purchases_max": 3}, {"target": Decimal(50), "spend_max": Decimal(90)}):
        on = Wallet.open(plan, id="acme", at=july(1)).wallet
        on = on.set_auto_top_up(threshold=Decimal(10), **how, at=july(2), by="owner").wallet  # type: ignore[arg-type]
        off = on.decline("charge:1", hard=True, at=july(3)).wallet
        with pytest.raises(NotAllowed):
            off.set_auto_top_up(at=july(4), by="member")

        change = off.set_auto_top_up(enabled=True, at=july(4), by="owner")

        before, after = on.at(july(2)).auto_top_up, change.view.auto_top_up
        assert before is not None
        assert after == evolve(before, at=july(4))
        assert [request.id for request in change.requests] == ["charge:2"]


def test_on_already_it_stays_as_it_is() -> None:
    """No entry, and the consent that was given."""
    on = enabled(cashed("15")).wallet
    assert on.set_auto_top_up(at=july(3)).entries == ()


@pytest.mark.parametrize(
    "wallet", [cashed("15"), enabled(cashed("15")).wallet.set_auto_top_up(enabled=False, at=july(2)).wallet]
)
def test_where_nothing_was_chosen_there_is_nothing_to_turn_on(wallet: Wallet) -> None:
    """Nor after the customer turned it off: the consent is gone. The message says what to give."""
    with pytest.raises(ArgumentError, match="give threshold, and purchase or target"):
        wallet.set_auto_top_up(enabled=True, at=july(3))


def test_what_was_chosen_of_another_unit_or_currency_is_not_on_again() -> None:
    """What the new plan sells is another thing."""

    def selling(name: str, offer: Offer) -> Plan:
        paused = Switch(when="now", auto_top_up="paused")
        return Plan(name, offers=[offer], auto_top_up=AutoTopUp(offer.name), on_upgrade=paused, on_downgrade=paused)

    plans = [
        selling("a", Offer("cash", unit="USD", price=Decimal(1))),
        selling("b", Offer("packs", price=Decimal(1))),
        selling("c", Offer("more", unit="USD", price=Decimal(2))),
    ]
    on = Wallet.open("a", catalogue=Catalogue(plans), id="acme", at=july(1)).wallet
    on = on.set_auto_top_up(threshold=Decimal(0), purchase=Decimal(20), at=july(1)).wallet
    with pytest.raises(ArgumentError, match="nothing that was chosen before"):
        on.change_plan("b", at=july(2)).wallet.set_auto_top_up(at=july(3))
    again = on.change_plan("c", at=july(2)).wallet.set_auto_top_up(at=july(3)).view.auto_top_up
    assert again is not None
    assert (again.offer, again.purchase, again.off) == ("more", Decimal(20), None)


@pytest.mark.parametrize(
    ("said", "missing"),
    [
        ({"threshold": Decimal(5)}, "give purchase or target"),
        ({"threshold": Decimal(5), "purchases_max": 3}, "give purchase or target"),
        ({"purchase": Decimal(5)}, "threshold is None, it must be given"),
        ({"target": Decimal(5)}, "threshold is None, it must be given"),
        ({"spend_max": Decimal(5)}, "threshold is None, it must be given"),
        ({"threshold": Decimal(5), "purchase": Decimal(5), "target": Decimal(5)}, "purchase or target, not both"),
    ],
)
def test_what_is_missing_is_said(said: dict[str, Any], missing: str) -> None:
    """Whatever the wallet has."""
    with pytest.raises(ArgumentError, match=missing):
        cashed("15").set_auto_top_up(at=july(3), **said)
