"""What is given on claim, when other kinds are empty, or while enough was bought: once in each stretch."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tokenpurse import Allowance, Catalogue, Offer, Plan, Renewal, Wallet, periods
from tokenpurse.errors import PlanError, UnknownNameError, WalletClosed, WalletPaused

DAILY = periods.calendar_day()
LOGIN = Allowance(2, kind="login", given="on_claim", every=DAILY)
PACK = Offer("pack", price=Decimal(5), unit="tokens", pack=5)


def july(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 7, 1, tzinfo=UTC) + timedelta(days=day - 1, hours=hour)


def opened(plan: Plan | str, **named: object) -> Wallet:
    return Wallet.open(plan, id="acme", at=july(1), **named).wallet  # type: ignore[arg-type]


class TestClaim:
    def test_once_a_day(self) -> None:
        wallet = opened(Plan("v0", allowances=[Allowance(5), LOGIN]))
        granted = []
        for day, hour in [(1, 9), (1, 10), (2, 0), (2, 23), (5, 8)]:
            change = wallet.claim(at=july(day, hour))
            wallet = change.wallet
            granted.append((len(change.entries), change.view.by_kind().get("login", 0)))
        assert granted == [(1, 2), (0, 2), (2, 2), (0, 2), (2, 2)]
        assert wallet.at(july(6)).by_kind() == {"quota": 5}

    def test_used_up_it_waits_for_the_next_stretch(self) -> None:
        wallet = opened(Plan("v0", allowances=[LOGIN])).claim(at=july(1)).wallet.spend(2, at=july(1)).wallet
        assert not wallet.claim(at=july(1, 23)).entries
        assert wallet.claim(at=july(2)).view.available() == 2

    def test_with_the_period_where_it_has_no_schedule(self) -> None:
        plan = Plan("a", allowances=[Allowance(2, kind="login", given="on_claim")], period=periods.calendar_month())
        wallet = opened(plan).claim(at=july(3)).wallet
        assert not wallet.claim(at=july(31)).entries
        assert wallet.reset(at=july(9)).wallet.claim(at=july(9)).entries
        assert wallet.claim(at=july(32)).view.available() == 2

    def test_a_kind_and_a_unit_of_several(self) -> None:
        sms = Allowance(3, "sms", kind="gift", given="on_claim")
        wallet = opened(Plan("a", allowances=[LOGIN, sms]))
        assert wallet.claim("gift", at=july(1)).view.by_kind("sms") == {"gift": 3}
        assert wallet.claim(unit="tokens", at=july(1)).view.by_kind("sms") == {}
        assert len(wallet.claim(at=july(1)).entries[0].turns) == 2  # type: ignore[attr-defined]
        with pytest.raises(UnknownNameError, match="login"):
            wallet.claim("gift", unit="tokens", at=july(1))

    def test_unknown_everywhere_or_only_here(self) -> None:
        shop = Catalogue([Plan("a", allowances=[LOGIN]), Plan("b", allowances=[Allowance(1)])])
        wallet = opened("b", catalogue=shop)
        assert not wallet.claim("login", at=july(1)).entries
        for kind, unit in (("logins", None), (None, "sms")):
            with pytest.raises(UnknownNameError):
                wallet.claim(kind, unit=unit, at=july(1))

    def test_paused_and_closed_refuse_and_a_ref_is_remembered(self) -> None:
        wallet = opened(Plan("a", allowances=[LOGIN]))
        with pytest.raises(WalletPaused, match="nothing can be claimed") as refused:
            wallet.pause(at=july(1)).wallet.claim(at=july(1))
        assert [remedy.kind for remedy in refused.value.remedies] == ["resume"]
        with pytest.raises(WalletClosed):
            wallet.close(at=july(1)).wallet.claim(at=july(1))
        first = wallet.freeze(at=july(1)).wallet.claim(at=july(1), ref="day-1")
        assert first.view.by_kind() == {"login": 2}
        assert first.wallet.claim(at=july(3), ref="day-1").repeated

    def test_a_plan_that_ended_unpaid_gives_nothing(self) -> None:
        renewal = Renewal(grace=timedelta(days=2))
        plan = Plan("a", allowances=[Allowance(9, given="on_payment"), LOGIN], renewal=renewal)
        wallet = opened(plan).advance(july(40)).wallet
        assert not wallet.claim(at=july(41)).entries


class TestWhenEmpty:
    DRIP = Plan(
        "suno",
        allowances=[Allowance(9), Allowance(5, kind="drip", given="when_empty", empty={"quota"}, every=DAILY)],
        period=periods.calendar_month(),
    )

    def test_as_soon_as_nothing_is_left(self) -> None:
        wallet = opened(self.DRIP).spend(8, at=july(1)).wallet
        assert wallet.at(july(5)).by_kind() == {"quota": 1}
        wallet = wallet.spend(1, at=july(5, 3)).wallet
        assert [wallet.at(july(day, 4)).by_kind() for day in (5, 6, 31)] == [{"drip": 5}] * 3
        assert wallet.at(july(32)).by_kind() == {"quota": 9}

    def test_one_by_one_comes_to_the_same(self) -> None:
        """The short way of a spend stops where the last of it goes."""
        slow = opened(self.DRIP)
        for _ in range(11):
            slow = slow.spend(1, at=july(1)).wallet
        assert (
            slow.at(july(1)).by_kind()
            == opened(self.DRIP).spend(9, at=july(1)).wallet.spend(2, at=july(1)).view.by_kind()
            == {"drip": 3}
        )

    def test_what_is_held_is_not_empty(self) -> None:
        wallet = opened(self.DRIP).hold(9, at=july(1), ref="h", until=july(3)).wallet
        assert wallet.at(july(2)).by_kind() == {}
        assert wallet.capture("h", 9, at=july(2)).view.by_kind() == {"drip": 5}

    def test_what_starts_later_is_not_there_yet(self) -> None:
        wallet = opened(self.DRIP).grant(1, at=july(1), kind="quota", starts=july(9)).wallet
        assert wallet.spend(9, at=july(1)).view.by_kind()["drip"] == 5

    def test_once_a_stretch(self) -> None:
        wallet = opened(self.DRIP).spend(9, at=july(1)).wallet.spend(5, at=july(1)).wallet
        assert wallet.at(july(1, 23)).available() == 0
        assert wallet.at(july(2)).available() == 5

    def test_a_longer_chain_waits_for_each_link(self) -> None:
        last = Allowance(3, kind="last", given="when_empty", empty={"quota", "drip"}, every=DAILY)
        plan = Plan("chain", allowances=[last, *self.DRIP.allowances])
        wallet = opened(plan).spend(9, at=july(1)).wallet
        assert wallet.at(july(1)).by_kind() == {"drip": 5}
        assert wallet.spend(5, at=july(1)).view.by_kind() == {"last": 3}


class TestWhileBought:
    ROUTER = Plan(
        "router",
        allowances=[
            Allowance(50, "requests", kind="free", every=DAILY),
            Allowance(950, "requests", kind="more", every=DAILY, given="while_bought", bought=Decimal(10)),
        ],
        offers=[PACK],
    )

    def test_from_the_purchase_on_until_it_is_clawed_back(self) -> None:
        wallet = opened(self.ROUTER).top_up("pack", 5, at=july(1), payment="p1").wallet
        assert wallet.at(july(2)).by_kind("requests") == {"free": 50}
        wallet = wallet.top_up("pack", 5, at=july(2, 9), payment="p2").wallet
        assert wallet.at(july(2, 9)).by_kind("requests") == {"free": 50, "more": 950}
        back = wallet.claw_back("p2", refunded=Decimal(5), at=july(3)).wallet
        assert back.at(july(3, 23)).by_kind("requests") == {"free": 50, "more": 950}
        assert back.at(july(4)).by_kind("requests") == {"free": 50}
        again = back.reinstate("p2", refunded=Decimal(0), at=july(5)).wallet
        assert again.at(july(5)).by_kind("requests") == {"free": 50, "more": 950}


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("empty", {"given": "when_empty"}),
        ("empty", {"empty": {"quota"}}),
        ("empty", {"given": "when_empty", "empty": {"daily"}}),
        ("bought", {"given": "while_bought"}),
        ("bought", {"bought": Decimal(1)}),
        ("every", {"every": "daily"}),
        ("every", {"every": DAILY, "given": "on_payment"}),
        ("ceiling_every", {"every": DAILY, "ceiling_every": DAILY}),
        ("ceiling", {"ceiling": 3, "given": "on_claim"}),
        ("first", {"first": "none"}),
        ("first", {"first": "none", "every": DAILY, "given": "on_claim"}),
        ("first", {"first": "half", "every": DAILY}),
        ("given", {"given": "later"}),
    ],
)
def test_what_contradicts_itself_is_refused(field: str, said: dict[str, object]) -> None:
    with pytest.raises(PlanError) as refused:
        Allowance(5, kind="daily", **said)  # type: ignore[arg-type]
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("field", "allowance"),
    [
        ("ceiling_every", Allowance(5, every=periods.calendar_week(), ceiling=9, ceiling_every=DAILY)),
        ("ceiling", Allowance(5, every=periods.once(), ceiling=9)),
        ("ceiling", Allowance(5, every=DAILY, ceiling=Decimal(9))),
        ("bought", Allowance(5, given="while_bought", bought=Decimal("0.0000001"))),
    ],
)
def test_what_contradicts_the_plan_is_refused(field: str, allowance: Allowance) -> None:
    with pytest.raises(PlanError) as refused:
        Plan("a", allowances=[allowance])
    assert refused.value.field == field
