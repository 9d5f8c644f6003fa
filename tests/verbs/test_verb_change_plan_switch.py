"""`change_plan`: all that a `Switch` can say, now and at the period's end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from tests.support.loose import loose
from tests.support.rich import july
from tokenpurse import (
    Allowance,
    AutoTopUp,
    Balance,
    Bound,
    Catalogue,
    Change,
    Offer,
    PayAsYouGo,
    Plan,
    Rollover,
    Switch,
    Wallet,
    periods,
    replay,
)
from tokenpurse.entries import Entry, Expired, PeriodOpened, PlanChanged, PlanChangeScheduled, PlanKey
from tokenpurse.errors import HistoryError, OutOfBounds, UnknownNameError

NOW = {"when": "now"}


def shop(switch: Switch, *more: Plan, **said: Any) -> Catalogue:
    """Two plans, of 500 and of 2,000 tokens, left by one switch whichever way."""
    ways: dict[str, Any] = {"on_upgrade": switch, "on_downgrade": switch, "on_cancel": switch, **said}
    small = Plan("small", allowances=[Allowance(500)], rank=1, **ways)
    large = Plan("large", allowances=[Allowance(2_000)], rank=2, **ways)
    return loose([small, large, *more])


class Story:
    """A wallet and its ledger: every step is replayed."""

    def __init__(self, plans: Catalogue, plan: str = "small", **opening: Any) -> None:
        self.change = Wallet.open(plan, **{"id": "acme", "at": july(1), "catalogue": plans, **opening})
        self.plans = plans
        self.ledger: list[Entry] = list(self.change.entries)

    @property
    def wallet(self) -> Wallet:
        return self.change.wallet

    def do(self, verb: str, *args: Any, **named: Any) -> Change:
        self.change = getattr(self.wallet, verb)(*args, **{"at": july(3), **named})
        self.ledger += self.change.entries
        assert replay(self.ledger, catalogue=self.plans) == self.wallet
        return self.change

    def to(self, plan: str, **named: Any) -> Change:
        return self.do("change_plan", plan, **named)

    def left(self, unit: str | None = None) -> Any:
        return self.wallet.at(self.wallet.clock).available(unit)


def kinds(change: Change, unit: str | None = None) -> dict[str, Any]:
    return change.view.by_kind(unit)


# -- keep ----------------------------------------------------------------------------------------------------------


def test_what_is_kept_is_a_bucket_of_its_own_until_its_own_end() -> None:
    """It ends when its period would have, by itself; the entry says what was kept."""
    story = Story(shop(Switch(when="now", keep={"quota"}, use="cleared")))
    story.do("spend", 30, at=july(2))
    change = story.to("large")
    entry = change.entry

    assert isinstance(entry, PlanChanged)
    assert [(rest.kind, rest.amount, rest.left) for rest in entry.kept] == [("quota", 470, 470)]
    old, new = change.view.buckets()
    assert (old.left, old.allowance, old.expires) == (470, False, july(32))
    assert (new.left, new.allowance, new.expires) == (2_000, True, july(32))
    later = story.do("advance", at=july(32))
    assert [type(one) for one in later.entries] == [Expired, PeriodOpened]
    assert kinds(later) == {"quota": 2_000}


def test_with_counted_use_a_rest_that_stays_is_part_of_the_best_plan() -> None:
    """Only the difference is granted beside it, so that no walk has more than the best plan visited."""
    story = Story(shop(Switch(when="now", keep={"quota"})))
    story.do("spend", 30, at=july(2))
    view = story.to("large").view

    assert [bucket.left for bucket in view.buckets()] == [470, 1_500]
    assert [story.to(plan).view.available() for plan in ("small", "large", "small")] == [1_970] * 3


def test_a_rest_is_added_only_where_the_switch_says_so() -> None:
    """360 left of 900: a change to 900 leaves 360, and one that clears use leaves 900; 1,260 has to be asked for."""
    lefts = []
    for switch in (
        Switch(when="now"),
        Switch(when="now", use="cleared"),
        Switch(when="now", use="cleared", keep={"quota"}),
    ):
        plans = Catalogue(
            [Plan("a", allowances=[Allowance(900)], on_upgrade=switch), Plan("b", allowances=[Allowance(900)], rank=1)]
        )
        story = Story(plans, "a")
        story.do("spend", 540, at=july(2))
        lefts.append(story.to("b").view.available())

    assert lefts == [360, 900, 1_260]


# -- cleared -------------------------------------------------------------------------------------------------------


def test_a_plan_that_was_left_counts_what_it_gave_when_it_is_entered_again() -> None:
    """Up and down as often as one likes: each plan grants once in a period (F62)."""
    story = Story(shop(Switch(when="now", use="cleared")))
    story.do("spend", 200, at=july(2))
    lefts = []
    for plan, used in [("large", 500), ("small", 100), ("large", 0), ("small", 200), ("large", 1_500), ("small", 0)]:
        lefts.append(story.to(plan).view.available())
        story.do("spend", used)

    assert lefts == [2_000, 300, 1_500, 200, 1_500, 0]
    assert story.do("advance", at=july(32)).view.available() == 500


def test_a_count_set_after_a_cleared_change_deducts_what_counts_against_the_plan() -> None:
    """What the other plan gave stays cleared."""
    clear = Switch(when="now", use="cleared")
    seats = Plan("seats", allowances=[Allowance(10, per="seats")], rank=2, on_downgrade=clear)
    story = Story(Catalogue([Plan("a", allowances=[Allowance(100)], on_upgrade=clear), seats]), "a")
    story.do("spend", 100, at=july(2))
    assert story.to("seats").view.available() == 0
    assert story.do("set_count", "seats", 5).view.available() == 50
    story.do("spend", 20)
    assert story.do("set_count", "seats", 6).view.available() == 40
    assert story.do("set_count", "seats", 3, when="now").view.available() == 10
    assert story.to("a").view.available() == 0
    assert story.to("seats").view.available() == 10  # 30, of which it gave 20


def test_counted_use_deducts_what_every_plan_gave() -> None:
    """Also what was cleared on the way: whoever asks for counted use has all of it counted."""
    clear, count = Switch(when="now", use="cleared"), Switch(when="now")
    plans = Catalogue(
        [
            Plan("a", allowances=[Allowance(100)], on_upgrade=clear),
            Plan("b", allowances=[Allowance(500)], rank=1, on_upgrade=count),
            Plan("c", allowances=[Allowance(900)], rank=2),
        ]
    )
    story = Story(plans, "a")
    story.do("spend", 100, at=july(2))
    assert story.to("b").view.available() == 500
    story.do("spend", 50)
    assert story.to("c").view.available() == 750


# -- prorated ------------------------------------------------------------------------------------------------------


def test_bolt_upgrade_prorated_half_way() -> None:
    """26M to 55M half way through the month: 14.5M more. Source: published bolt-upgrade-prorated."""
    plans = Catalogue(
        [
            Plan(
                "26",
                allowances=[Allowance(26_000_000)],
                price=Decimal(50),
                on_upgrade=Switch(when="now", prorated=True),
            ),
            Plan("55", allowances=[Allowance(55_000_000)], price=Decimal(100), rank=1),
        ]
    )
    story = Story(plans, "26", at=datetime(2026, 6, 1, tzinfo=UTC))
    change = story.to("55", at=datetime(2026, 6, 16, tzinfo=UTC))

    assert change.view.available() == 26_000_000 + 14_500_000
    assert change.entry.proration.net == Decimal("25.00")  # type: ignore[union-attr]
    assert change.view.next_reset() == datetime(2026, 7, 1, tzinfo=UTC)


def test_prorated_shares_of_a_walk_make_a_whole() -> None:
    """No change at one moment and back loses a token, and use counts; the next period is granted in full."""
    story = Story(shop(Switch(when="now", prorated=True)))
    story.do("spend", 100, at=july(2))
    lefts = [story.to(plan, at=july(11)).view.available() for plan in ("large", "small", "large", "small")]

    assert lefts == [(500 * 10 + 2_000 * 21) // 31 - 100, 400, (500 * 10 + 2_000 * 21) // 31 - 100, 400]
    at = july(21)
    assert story.to("large", at=at).view.available() == (500 * 20 + 2_000 * 11) // 31 - 100
    assert story.to("small", at=july(26)).view.available() == (500 * 20 + 2_000 * 5 + 500 * 6) // 31 - 100
    assert story.do("advance", at=july(32)).view.available() == 500


def test_a_count_set_in_a_prorated_period_counts_for_the_plans_share() -> None:
    """Ten of July's 31 days on 500; then 10 a seat for the rest."""
    seats = Plan("seats", allowances=[Allowance(10, per="seats"), Allowance(31, kind="daily")], rank=2)
    small = Plan("small", allowances=[Allowance(500)], on_upgrade=Switch(when="now", prorated=True))
    story = Story(Catalogue([small, seats]))
    assert kinds(story.to("seats", at=july(11))) == {"quota": 500 * 10 // 31, "daily": 21}
    assert kinds(story.do("set_count", "seats", 31, at=july(12))) == {"quota": (500 * 10 + 310 * 21) // 31, "daily": 21}


def test_what_only_the_old_plan_granted_keeps_its_share_of_the_time_gone() -> None:
    """A meter that the new plan lacks: the time on the old plan was paid for."""
    old = Plan("old", allowances=[Allowance(310, "sms"), Allowance(31)], on_upgrade=Switch(when="now", prorated=True))
    story = Story(Catalogue([old, Plan("new", allowances=[Allowance(62)], rank=1)]), "old")
    story.do("spend", 40, "sms", at=july(2))
    change = story.to("new", at=july(11))

    assert (kinds(change, "sms"), kinds(change)) == ({"quota": 60}, {"quota": 10 + 42})
    assert kinds(story.do("advance", at=july(32)), "sms") == {}


def test_a_period_without_an_end_has_no_shares() -> None:
    """The new allowance is granted in full, minus what was used."""
    plans = shop(Switch(when="now", prorated=True), period=periods.once())
    story = Story(plans)
    story.do("spend", 100, at=july(2))
    change = story.to("large")

    assert change.view.available() == 1_900
    assert not change.entry.prorated  # type: ignore[union-attr]


def test_two_currencies_have_no_net() -> None:
    """What they come to together, only the host's rate of exchange knows."""
    plans = Catalogue([Plan("a", price=Decimal(20)), Plan("b", price=Decimal(30), currency="EUR", rank=1)])
    facts = Story(plans, "a", at=july(1)).to("b", at=july(1)).entry.proration  # type: ignore[union-attr]

    assert (str(facts.credit), str(facts.charge), facts.net) == ("20.00 USD", "30.00 EUR", None)


def test_a_price_for_good_is_charged_in_full() -> None:
    """Where the period has no end there is no share, and nothing to give back."""
    plans = Catalogue([Plan("a", price=Decimal(20), period=periods.once()), Plan("b", price=Decimal(30), rank=1)])
    entry = Story(plans, "a").to("b").entry

    assert isinstance(entry, PeriodOpened)
    assert entry.proration is not None
    assert (entry.proration.credit, str(entry.proration.charge)) == (None, "30.00 USD")


# -- restarted -----------------------------------------------------------------------------------------------------


def test_bolt_upgrade_full_closes_the_period_and_counts_from_a_new_anchor() -> None:
    """Pro 10M from 1 January, 8M used; on the 20th to 26M: 28M in all, the old 2M first, the next reset 20 February.

    Source: published bolt-upgrade-full; $50 are charged.
    """
    switch = Switch(when="now", keep={"quota"}, use="cleared", anchor="restarted")
    month = periods.subscription_month()
    plans = Catalogue(
        [
            Plan("10", allowances=[Allowance(10_000_000)], price=Decimal(25), period=month, on_upgrade=switch),
            Plan("26", allowances=[Allowance(26_000_000)], price=Decimal(50), period=month, rank=1),
        ]
    )
    story = Story(plans, "10", at=datetime(2025, 1, 1, tzinfo=UTC))
    story.do("spend", 8_000_000, at=datetime(2025, 1, 9, tzinfo=UTC))
    change = story.to("26", at=datetime(2025, 1, 20, tzinfo=UTC))
    entry = change.entry

    assert isinstance(entry, PeriodOpened)
    assert (change.view.available(), change.view.next_reset()) == (28_000_000, datetime(2025, 2, 20, tzinfo=UTC))
    assert [bucket.left for bucket in change.view.buckets()] == [2_000_000, 26_000_000]
    assert entry.proration is not None
    assert str(entry.proration.charge) == "50.00 USD"
    assert str(entry.proration.credit) == "9.68 USD"  # 12 of 31 days of 25 dollars, for hosts that give it back
    spent = story.do("spend", 2_000_001, at=datetime(2025, 1, 21, tzinfo=UTC)).entry
    assert [draw.amount for draw in spent.uses[0].draws] == [2_000_000, 1]  # type: ignore[union-attr]
    later = story.do("advance", at=datetime(2025, 2, 20, tzinfo=UTC))
    assert (later.view.available(), later.view.next_reset()) == (26_000_000, datetime(2025, 3, 20, tzinfo=UTC))


def test_heygen_old_rests_keep_their_own_end_over_several_changes() -> None:
    """Each change is immediate and opens a period; each old rest ends when it would have."""
    switch = Switch(when="now", keep={"quota"}, use="cleared", anchor="restarted")
    story = Story(shop(switch, period=periods.subscription_month()))
    story.to("large", at=july(11))
    story.do("spend", 600, at=july(12))
    change = story.to("small", at=july(21))
    rests = [(bucket.left, bucket.expires) for bucket in change.view.buckets() if bucket.left]

    assert rests == [
        (1_900, datetime(2026, 8, 11, tzinfo=UTC)),
        (500, datetime(2026, 8, 21, tzinfo=UTC)),
    ]


def test_a_restart_closes_the_statement_and_carries_what_is_not_kept() -> None:
    """All that a reset does, early; the restart grants in full whatever was used."""
    parts: dict[str, Any] = {
        "rollovers": [Rollover(bank_max=300)],
        "pay_as_you_go": [PayAsYouGo(Decimal("0.05"), meter="sms")],
    }
    story = Story(shop(Switch(when="now", anchor="restarted"), **parts))
    story.do("spend", {"tokens": 100, "sms": 3}, at=july(2))
    change = story.to("large", at=july(11))
    entry = change.entry

    assert isinstance(entry, PeriodOpened)
    assert (entry.early, entry.closed.end, str(entry.previous)) == (True, july(11), "small r1")
    assert str(entry.statement) == "0.15 USD"
    assert kinds(change) == {"rollover": 300, "quota": 2_000}
    assert entry.forfeited_by_kind() == {("quota", "tokens"): 100}
    assert change.view.next_reset() == july(32)  # a calendar month's next boundary


def test_at_the_very_moment_a_period_opened_there_is_nothing_to_restart() -> None:
    """The change is made in the period that just opened, and its use counts as the switch says."""
    story = Story(shop(Switch(when="now", anchor="restarted")))
    story.do("spend", 30, at=july(1))
    change = story.to("large", at=july(1))

    assert isinstance(change.entry, PlanChanged)
    assert change.view.available() == 1_970


def test_a_restart_at_the_periods_end_counts_from_there() -> None:
    """A customer of the 31st is one of the 28th from then on."""
    plans = shop(Switch(when="period_end", anchor="restarted"), period=periods.subscription_month())
    story = Story(plans, at=datetime(2026, 1, 31, tzinfo=UTC))
    story.to("large", at=datetime(2026, 2, 3, tzinfo=UTC))
    change = story.do("advance", at=datetime(2026, 3, 1, tzinfo=UTC))

    assert change.entries[0].anchor.at == datetime(2026, 2, 28, tzinfo=UTC)  # type: ignore[attr-defined]
    assert change.view.next_reset() == datetime(2026, 3, 28, tzinfo=UTC)


# -- forfeit and trim ----------------------------------------------------------------------------------------------

BROUGHT = [
    Balance("rollover", 700),
    Balance("top_up", 300, expires=july(20), payment="p1"),
    Balance("promo", 50, expires=july(40)),
]


@pytest.mark.parametrize("when", ["now", "period_end"])
@pytest.mark.parametrize(
    ("trim", "left"),
    [
        ({"rollover": 100}, {"rollover": 100, "top_up": 300, "promo": 50}),
        ({"rollover": Bound("allowance", Decimal("0.3"))}, {"rollover": 150, "top_up": 300, "promo": 50}),
        ({"rollover": 701, "top_up": 0}, {"rollover": 700, "promo": 50}),
        ({"top_up": 299, "promo": 1}, {"rollover": 700, "top_up": 299, "promo": 1}),
        ({"quota": 5}, {"rollover": 700, "top_up": 300, "promo": 50}),  # nothing of the old quota stays anyway
        ({"rollover": Decimal(5)}, {"rollover": 700, "top_up": 300, "promo": 50}),  # of dollars: none is held
    ],
)
def test_what_stays_is_trimmed_to_a_bound_of_the_new_plan(when: str, trim: Any, left: dict[str, int]) -> None:
    """Cancel, and everything over the cap is forfeited; what the new plan grants is no part of it."""
    brought = [evolve(one, expires=None) for one in BROUGHT]
    story = Story(shop(Switch(when=when, trim=trim)), "large", balances=brought)
    before = kinds(story.change)
    change = story.to("small")
    if when == "period_end":
        assert {**kinds(change), "quota": 500} == {**before, "quota": 500}
        change = story.do("advance", at=july(32))

    assert kinds(change) == {**left, "quota": 500}
    lost = [loss for loss in change.entries[0].forfeited if loss.kind != "quota"]  # type: ignore[attr-defined]
    assert sum(loss.amount for loss in lost) == sum(before.values()) - 2_000 - sum(left.values())


def test_over_a_trim_the_soonest_ending_goes_first() -> None:
    """Then the older; what never ends goes last."""
    grants = [(100, july(30)), (100, july(10)), (100, None), (100, july(20))]
    story = Story(shop(Switch(when="now", trim={"promo": 150})))
    for amount, expires in grants:
        story.do("grant", amount, at=july(2), expires=expires)
    view = story.to("large").view

    assert [(one.left, one.expires) for one in view.buckets() if one.kind == "promo"] == [(50, july(30)), (100, None)]


@pytest.mark.parametrize(("cap", "kept"), [(600, 500), (200, 200), (0, 0)])
def test_what_is_kept_is_trimmed_too(cap: int, kept: int) -> None:
    """Rest kept, up to a cap; without a rest the old bucket is the new plan's."""
    story = Story(shop(Switch(when="now", keep={"quota"}, trim={"quota": cap}, use="cleared")))
    change = story.to("large")

    assert change.view.available() == kept + 2_000
    assert len(change.view.buckets()) == (2 if kept else 1)
    assert story.to("small").view.available() == cap + 500 - kept


def test_clay_a_cancelled_balance_is_trimmed_to_twice_the_new_allowance() -> None:
    """5,000 left, cancelled; on Free, which grants 100, the balance is 200 from the next billing date.

    Source: published clay-cancel-200.
    """
    bank = [Rollover()]
    plans = Catalogue(
        [
            Plan("free", allowances=[Allowance(100)], rollovers=bank),
            Plan(
                "paid",
                allowances=[Allowance(5_000)],
                rollovers=bank,
                cancels_to="free",
                on_cancel=Switch(when="period_end", trim={"rollover": Bound("allowance")}),
            ),
        ]
    )
    story = Story(plans, "paid", balances=[Balance("rollover", 30)])
    story.to("free")
    change = story.do("advance", at=july(32))

    assert kinds(change) == {"rollover": 100, "quota": 100}
    assert change.entries[0].forfeited_by_kind() == {  # type: ignore[attr-defined]
        ("quota", "tokens"): 4_930,
    }


def test_a_bank_over_the_trim_is_cut_once() -> None:
    """The bank's own maximum and the trim meet: the lower one cuts, in one loss."""
    plans = Catalogue(
        [
            Plan("free", rollovers=[Rollover(bank_max=80)], allowances=[Allowance(10)]),
            Plan(
                "paid",
                allowances=[Allowance(100)],
                rollovers=[Rollover()],
                cancels_to="free",
                on_cancel=Switch(when="period_end", trim={"rollover": 90}),
            ),
        ]
    )
    story = Story(plans, "paid", balances=[Balance("rollover", 300)])
    story.to("free")
    change = story.do("advance", at=july(32))

    assert kinds(change) == {"rollover": 80, "quota": 10}
    assert [(loss.kind, loss.amount) for loss in change.entries[0].forfeited] == [  # type: ignore[attr-defined]
        ("rollover", 220),
        ("quota", 100),
    ]


# -- after an upgrade ----------------------------------------------------------------------------------------------

LOCK = Switch(when="period_end", after_upgrade=False)


@pytest.mark.parametrize("when", [None, "now", "period_end"])
def test_bolt_no_downgrade_in_a_period_that_had_an_upgrade(when: Any) -> None:
    """Neither at once nor for later; the next period lets it be. Source: rules 38."""
    story = Story(shop(LOCK, on_upgrade=Switch(when="now")))
    story.to("large")
    before = story.wallet
    with pytest.raises(
        OutOfBounds, match="no downgrade from plan 'large' to 'small' in a period with an upgrade"
    ) as refusal:
        story.to("small", when=when)

    assert story.wallet is before
    (remedy,) = refusal.value.remedies
    assert (remedy.kind, remedy.until) == ("wait", july(32))
    change = before.change_plan("small", at=july(32), when=when)
    assert change.entry is not None


def test_only_an_upgrade_locks_and_only_in_its_period() -> None:
    """A downgrade at once does not, nor does an upgrade that came with the period; a restart's own period is locked."""
    free = Plan("free", rank=0)
    story = Story(shop(Switch(when="now"), free, on_downgrade=evolve(LOCK, when="now")), "large")
    story.to("small")
    story.to("free")
    story = Story(shop(LOCK, on_downgrade=evolve(LOCK, when="now")))
    story.to("large", when="period_end")
    story.do("advance", at=july(32))
    story.to("small", at=july(33))
    story = Story(shop(Switch(when="now", anchor="restarted"), on_downgrade=LOCK, period=periods.subscription_month()))
    story.to("large", at=july(11))
    with pytest.raises(OutOfBounds, match="wait until 2026-08-11"):
        story.to("small", at=july(12))


def test_the_present_plan_takes_a_schedule_back_in_a_locked_period_too() -> None:
    """It is no change."""
    plans = shop(
        LOCK, Plan("free"), on_upgrade=Switch(when="now"), cancels_to="free", on_cancel=Switch(when="period_end")
    )
    story = Story(plans)
    story.to("large")
    story.to("free")
    assert story.to("large").view.plan_next is None


def test_where_nothing_ends_there_is_nothing_to_wait_for() -> None:
    """A period without an end is locked for good, and the refusal names no remedy that would not help."""
    story = Story(shop(LOCK, on_upgrade=Switch(when="now"), period=periods.once()))
    story.to("large")
    with pytest.raises(OutOfBounds) as refusal:
        story.to("small")
    assert refusal.value.remedies == ()


# -- once ----------------------------------------------------------------------------------------------------------

TRIALS = Catalogue(
    [
        Plan("trial", allowances=[Allowance(50)], once=True, period=periods.subscription_days(14)),
        Plan("paid", allowances=[Allowance(500)], rank=1, cancels_to="free"),
        Plan("free", allowances=[Allowance(5)], upgrades_to={"paid", "trial"}),
    ]
)


@pytest.mark.parametrize("way", ["opened", "changed", "scheduled"])
def test_a_trial_is_taken_once_in_a_wallets_life(way: str) -> None:
    """However it came to it, it does not come back, now or later, years on or after a replay."""
    story = Story(TRIALS, "trial" if way == "opened" else "free")
    if way != "opened":
        story.to("trial", when="period_end" if way == "scheduled" else "now")
        story.do("advance", at=july(33))
    assert story.wallet.at(story.wallet.clock).plan.name == "trial"
    story.to("paid", at=july(34))
    for when in ("now", "period_end"):
        with pytest.raises(OutOfBounds, match="plan 'trial' is for once, and wallet acme was on it already"):
            story.to("trial", at=july(35), when=when)
    with pytest.raises(OutOfBounds, match="is for once"):
        replay(story.ledger, catalogue=TRIALS).change_plan("trial", at=datetime(2030, 1, 1, tzinfo=UTC))


LASTING = Catalogue(
    [
        Plan(
            "trial",
            allowances=[Allowance(50)],
            rollovers=[Rollover()],
            kinds={"gift"},
            once=True,
            period=periods.subscription_days(14),
            cancels_to="free",
            on_cancel=Switch(when="period_end", anchor="restarted", forfeit={"gift"}),
            upgrades_to={"paid"},
        ),
        Plan("paid", allowances=[Allowance(500)], rank=1, cancels_to="free", period=periods.subscription_month()),
        Plan("free", allowances=[Allowance(5)], upgrades_to={"paid", "trial"}, period=periods.subscription_month()),
    ]
)


def on_trial(way: str) -> tuple[Story, datetime]:
    """A wallet that came to its trial, and when that ends."""
    story = Story(LASTING, "trial" if way == "opened" else "free")
    if way == "now":
        story.to("trial", when="now")
    if way == "scheduled":
        story.to("trial", when="period_end")
        assert story.do("advance", at=july(32)).view.plan.name == "trial"
    return story, {"opened": july(15), "now": july(32), "scheduled": july(32) + timedelta(days=11)}[way]


@pytest.mark.parametrize("way", ["opened", "now", "scheduled"])
@pytest.mark.parametrize("button", ["none", "keep", "cancel", "cancel and keep", "pay and keep"])
def test_a_trial_lasts_one_period(way: str, button: str) -> None:
    """Whatever is pressed on it, its end leads to the plan that cancelling leads to, as `on_cancel` says."""
    story, ends = on_trial(way)
    at = ends - timedelta(days=2)
    story.do("grant", 9, kind="gift", at=at)
    for word in button.split(" and "):
        if word != "none":
            story.to({"keep": "trial", "cancel": "free", "pay": "paid"}[word], at=at, when="period_end")
    view = story.wallet.at(ends - timedelta(microseconds=1))
    assert (view.plan.name, view.plan_next, view.next_reset(), view.next_due()) == ("trial", "free", ends, ends)
    change = story.do("advance", at=ends)
    entry = change.entry or change.entries[-1]
    assert isinstance(entry, PeriodOpened)
    assert (entry.previous, entry.anchor is not None) == (view.plan, True)
    assert (change.view.plan.name, change.view.plan_next, kinds(change)) == ("free", None, {"quota": 5})
    later = story.do("advance", at=datetime(2030, 1, 1, tzinfo=UTC))
    assert (later.view.plan.name, later.view.available()) == ("free", 5)
    with pytest.raises(OutOfBounds, match="is for once"):
        story.to("trial", at=datetime(2030, 1, 1, tzinfo=UTC))


def test_a_trial_that_leads_to_another_plan_goes_there() -> None:
    """What is scheduled comes first."""
    story, ends = on_trial("opened")
    assert story.to("paid", when="period_end").view.plan_next == "paid"
    assert story.do("advance", at=ends).view.available() == 500


def test_a_reset_of_a_trial_ends_it() -> None:
    """It is the period's end, called early, and no second trial."""
    story, _ = on_trial("opened")
    change = story.do("reset")
    assert (change.view.plan.name, change.view.plan_next, change.view.available()) == ("free", None, 5)


def test_what_comes_after_a_trial_is_said_where_it_comes() -> None:
    """Paused, it still does; closed, or without an end, nothing does; and only the plan says where it leads."""
    story, _ = on_trial("opened")
    assert replay(story.ledger, catalogue=story.plans).at(july(2)).plan_next == "free"
    with pytest.raises(UnknownNameError):
        replay(story.ledger).at(july(1)).plan_next  # noqa: B018  # a property that asks the plan
    assert story.wallet.pause(at=july(4)).view.plan_next == "free"
    assert story.wallet.close(at=july(4)).view.plan_next is None
    endless = Catalogue([Plan("trial", once=True, period=periods.once(), cancels_to="free"), Plan("free")])
    assert Story(endless, "trial").change.view.plan_next is None
    assert Story(endless, "trial").do("reset").view.plan.name == "free"


def test_replay_finds_a_plan_that_came_by_itself_after_one_that_is_not_for_once() -> None:
    """And after a trial only where nothing else was scheduled."""
    story, ends = on_trial("opened")
    story.to("paid", when="period_end")
    story.do("advance", at=ends)
    story.do("advance", at=july(50))
    for position, left in ((-2, "trial"), (-1, "paid")):
        entry = story.ledger[position]
        assert isinstance(entry, PeriodOpened)
        before = story.ledger[:position]
        other = evolve(entry, plan=PlanKey("free", 1), previous=PlanKey(left, 1))
        with pytest.raises(HistoryError, match="it opened plan free r1, to come was paid"):
            replay([*before, other])


def test_a_trial_that_leads_nowhere_goes_on_while_it_is_the_plan() -> None:
    """Its own periods open, and a change to it while on it is none."""
    story = Story(TRIALS, "trial")
    story.do("advance", at=july(1) + timedelta(days=300))
    assert story.to("trial", at=july(1) + timedelta(days=300)).entries == ()
    assert story.wallet.at(story.wallet.clock).available() == 50


def test_a_refusal_does_not_point_to_a_trial_that_was_had() -> None:
    """A remedy is named only if it would help."""
    plans = Catalogue(
        [
            Plan("trial", allowances=[Allowance(50)], rank=1, once=True),
            Plan("free", allowances=[Allowance(5)], upgrades_to={"trial"}),
        ]
    )
    story = Story(plans, "free")
    refusals = [story.wallet.at(july(3)).quote(30).refusal]
    story.to("trial")
    story.to("free", when="now")
    refusals.append(story.wallet.at(july(3)).quote(30).refusal)

    assert [[one.kind for one in refusal.remedies] for refusal in refusals if refusal] == [["upgrade"], []]


# -- auto top-up ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("when", ["now", "period_end"])
def test_lovable_a_change_pauses_auto_top_up_until_it_is_set_again(when: str) -> None:
    """The setting stays to be seen, and asks for nothing. Source: rules 41."""
    parts: dict[str, Any] = {
        "offers": [Offer("pack", price=Decimal(5), pack=100)],
        "auto_top_up": AutoTopUp("pack"),
    }
    story = Story(shop(Switch(when=when, auto_top_up="paused"), **parts))
    story.do("set_auto_top_up", threshold=50, purchase=100, at=july(2))
    story.to("large")
    story.do("advance", at=july(32))
    view = story.wallet.at(july(32))
    assert view.auto_top_up is not None
    assert view.auto_top_up.off is not None
    assert (view.auto_top_up.off.why, view.auto_top_up.threshold) == ("plan_changed", 50)
    change = story.do("spend", 1_990, at=july(33))
    assert change.requests == ()
    again = story.do("set_auto_top_up", threshold=50, purchase=100, at=july(33))
    assert [request.steps for request in again.requests] == [100]  # type: ignore[union-attr]
    assert again.view.auto_top_up is not None
    assert again.view.auto_top_up.off is None


def test_without_auto_top_up_there_is_nothing_to_pause() -> None:
    story = Story(shop(Switch(when="now", auto_top_up="paused")))
    assert story.to("large").view.auto_top_up is None


# -- the fourteen products, and the faults -------------------------------------------------------------------------


def test_runway_an_upgrade_grants_the_difference() -> None:
    """Standard to Pro adds 1,625, Pro to Unlimited nothing. Source: published runway-upgrade-difference."""
    plans = Catalogue(
        [
            Plan(name, allowances=[Allowance(n)], rank=r)
            for r, (name, n) in enumerate([("s", 625), ("p", 2_250), ("u", 2_250)])
        ]
    )
    story = Story(plans, "s")
    story.do("spend", 525, at=july(2))

    assert [story.to(plan).view.available() for plan in ("p", "u")] == [1_725, 1_725]


def test_copilot_to_subscribe_again_in_the_same_month_does_not_refill() -> None:
    """Counted or cleared, what a plan gave this month it does not give again. Source: rules 40, F62."""
    for use in ("counted", "cleared"):
        story = Story(shop(Switch(when="now", use=use)), "large")
        story.do("spend", 1_700, at=july(2))
        story.to("small")
        assert story.to("large").view.available() == 300


def test_bolt_use_of_this_month_counts_against_the_lower_plan() -> None:
    """3M used in July, then Free with 1M: nothing until 1 August. Source: published bolt-downgrade-counts-month-use."""
    plans = Catalogue(
        [Plan("pro", allowances=[Allowance(10_000_000)], rank=1), Plan("free", allowances=[Allowance(1_000_000)])]
    )
    story = Story(plans, "pro")
    story.do("spend", 3_000_000, at=july(2))
    view = story.to("free", at=july(20), when="now").view

    assert (view.available(), view.next_reset()) == (0, july(32))


BANK = Rollover(bank_max=30_000)


@pytest.mark.parametrize(
    ("product", "switch", "usable", "left", "available"),
    [
        ("leonardo", Switch(when="period_end", forfeit={"rollover"}), {"quota"}, {"top_up": 1_000, "quota": 150}, 150),
        ("v0", Switch(when="period_end"), {"quota"}, {"rollover": 20_000, "top_up": 1_000, "quota": 150}, 150),
        ("runway", Switch(when="period_end", forfeit={"rollover"}), None, {"top_up": 1_000, "quota": 150}, 1_150),
        ("elevenlabs", Switch(when="period_end", forfeit={"rollover", "top_up"}), None, {"quota": 150}, 150),
        (
            "clay",
            Switch(when="period_end", trim={"rollover": Bound("allowance", 2), "top_up": 10}),
            None,
            {"rollover": 300, "top_up": 10, "quota": 150},
            460,
        ),
    ],
)
def test_cancelling_drops_the_bank_locks_top_ups_loses_all_or_trims(
    product: str, switch: Switch, usable: Any, left: dict[str, int], available: int
) -> None:
    """Active to the period's end, and then as each product has it. Source: rules 39."""
    assert product
    plans = Catalogue(
        [
            Plan("free", allowances=[Allowance(150)], usable=usable),
            Plan("paid", allowances=[Allowance(8_500)], rank=1, rollovers=[BANK], cancels_to="free", on_cancel=switch),
        ]
    )
    brought = [Balance("rollover", 20_000), Balance("top_up", 1_000)]
    story = Story(plans, "paid", balances=brought)
    assert story.to("free").view.available() == 29_500
    change = story.do("advance", at=july(32))

    assert (kinds(change), change.view.available()) == (left, available)
    again = story.to("paid", at=july(33))
    assert kinds(again).get("top_up", 0) == again.view.by_kind().get("top_up", 0) == left.get("top_up", 0)
    assert again.view.locked() == 0


def test_f12_a_status_that_flaps_is_no_change_of_plan() -> None:
    """past_due and active again, reported as the plan that it is: nothing is granted, whatever the switch says."""
    story = Story(shop(Switch(when="now", use="cleared", keep={"quota"}, anchor="restarted")))
    story.do("spend", 500, at=july(2))
    for _ in range(3):
        assert story.to("small").entries == ()
    assert story.left() == 0


def test_f61_a_downgrade_leaves_what_was_bought() -> None:
    """Whatever is not named by the switch stays, and so does what it cost."""
    story = Story(shop(Switch(when="now", keep={"quota"}, trim={"quota": 1})), "large", balances=BROUGHT)
    bought = [bucket for bucket in story.wallet.at(july(1)).buckets() if not bucket.allowance]
    after = [bucket for bucket in story.to("small").view.buckets() if bucket.kind != "quota"]

    assert after == bought


WAYS: list[dict[str, Any]] = [
    {},
    {"use": "cleared"},
    {"prorated": True},
    {"keep": {"quota"}},
    {"keep": {"quota"}, "use": "cleared"},
    {"keep": {"quota"}, "use": "cleared", "anchor": "restarted"},
    {"trim": {"promo": 10}},
    {"forfeit": {"promo"}},
    {"anchor": "restarted"},
    {"auto_top_up": "paused"},
]


@pytest.mark.parametrize("way", WAYS, ids=[" ".join(map(str, way)) or "plain" for way in WAYS])
def test_at_the_periods_end_the_new_plan_opens_its_period_in_full(way: dict[str, Any]) -> None:
    """Scheduled, replaced, undone and scheduled again; use of the closed period is that period's."""
    free = Plan("free", allowances=[Allowance(20)])
    story = Story(shop(Switch(when="period_end", **way), free))
    story.do("grant", 40, at=july(2))
    story.do("spend", 450, at=july(2))
    for plan, waiting in [("large", "large"), ("free", "free"), ("small", None), ("large", "large")]:
        change = story.to(plan)
        assert isinstance(change.entry, PlanChangeScheduled)
        assert (change.view.plan_next, change.view.plan.name, change.view.available()) == (waiting, "small", 90)
    change = story.do("advance", at=july(32))

    promo = 0 if "forfeit" in way else 10 if "trim" in way else 40
    assert (change.view.plan.name, change.view.available()) == ("large", 2_000 + promo)


def test_a_scheduled_change_that_a_reset_brings_forward_keeps_the_rest() -> None:
    """Its own end is still to come."""
    story = Story(shop(Switch(when="period_end", keep={"quota"})))
    story.do("spend", 30, at=july(2))
    story.to("large")
    change = story.do("reset", at=july(11))

    assert [(one.left, one.expires) for one in change.view.buckets()] == [
        (470, july(32)),
        (2_000, datetime(2026, 9, 1, tzinfo=UTC)),
    ]


@pytest.mark.parametrize("way", WAYS, ids=[" ".join(map(str, way)) or "plain" for way in WAYS])
def test_what_an_entry_says_of_a_switch_is_checked(way: dict[str, Any]) -> None:
    """What is kept is the rest of an allowance; what is for once is entered once."""
    story = Story(shop(Switch(when="now", **way)))
    story.do("spend", 30, at=july(2))
    story.to("large")
    *before, entry = story.ledger
    assert isinstance(entry, PlanChanged | PeriodOpened)
    for rest in entry.kept:
        for wrong in (
            evolve(rest, steps=1),
            evolve(rest, left_steps=1),
            evolve(rest, bucket="x"),
            evolve(rest, kind="promo"),
        ):
            with pytest.raises(HistoryError):
                replay([*before, evolve(entry, kept=(wrong,))])
    if isinstance(entry, PlanChanged) and entry.earned:
        with pytest.raises(HistoryError, match="prorates nothing"):
            replay([*before, evolve(entry, prorated=False)])


def test_a_plan_for_once_is_entered_once_in_a_ledger() -> None:
    story = Story(TRIALS, "trial")
    story.to("paid")
    story.to("free", when="now")
    with pytest.raises(HistoryError, match="is for once"):
        replay([*story.ledger[:-1], evolve(story.ledger[-1], plan=story.ledger[0].plan, once=True)])  # type: ignore[attr-defined,call-arg]


def test_a_pause_is_no_time_of_a_prorated_period() -> None:
    """Paused from the 11th to the 21st, changed on the 26th: 15 days of 31 were on the old plan, as without a pause."""
    plans = shop(Switch(when="now", prorated=True), price=Decimal(31))
    story = Story(plans)
    story.to("large", at=july(6))
    story.do("pause", at=july(11))
    story.do("resume", at=july(21))
    change = story.to("small", at=july(26))

    assert change.view.available() == (500 * 5 + 2_000 * 10 + 500 * 16) // 31
    assert str(change.entry.proration.charge) == "16.00 USD"  # type: ignore[union-attr]
    story = Story(plans)
    story.do("pause", at=july(11))
    story.do("resume", at=july(21))
    assert story.to("large", at=july(26)).view.available() == (500 * 15 + 2_000 * 16) // 31


def test_what_a_kind_gave_that_is_gone_counts_for_what_comes_back_of_another() -> None:
    """Twenty-five given of a kind that a plan of twenty lacks: nothing of the five that are held comes back to it."""
    plans = Catalogue(
        [
            Plan("small", allowances=[Allowance(20)], rank=1),
            Plan("wide", allowances=[Allowance(25, kind="extra"), Allowance(5)], rank=2, on_upgrade=Switch(when="now")),
            Plan("large", allowances=[Allowance(50)], rank=3, on_downgrade=Switch(when="now")),
        ]
    )
    story = Story(plans, "wide")
    story.do("spend", 25, at=july(2))
    story.to("large")
    story.do("hold", 5, ref="h", until=timedelta(days=2))
    story.to("small")
    assert [story.left(), story.do("release", "h").view.available()] == [0, 0]
