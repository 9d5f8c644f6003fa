"""`change_plan` while something is held, or was used that is given back: neither gets round a `Switch`."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from tests.support.loose import loose
from tests.support.rich import july
from tokenpurse import (
    Allowance,
    Bound,
    Catalogue,
    Change,
    Offer,
    Plan,
    Renewal,
    Rollover,
    Switch,
    Wallet,
    periods,
    policies,
    replay,
)
from tokenpurse.entries import Entry
from tokenpurse.errors import HistoryError

WEEK = timedelta(days=25)


def shop(switch: Switch, **said: Any) -> Catalogue:
    """Two plans that sell packs, left by one switch whichever way."""
    ways: dict[str, Any] = {"on_upgrade": switch, "on_downgrade": switch, "offers": [PACK], **said}
    return loose(
        [
            Plan("small", allowances=[Allowance(100)], rank=1, **ways),
            Plan("large", allowances=[Allowance(400)], rank=2, **ways),
        ]
    )


PACK = Offer("pack", price=Decimal(1), pack=5, unit="tokens")


class Story:
    """A wallet and its ledger: every step is replayed."""

    def __init__(self, plans: Catalogue, plan: str = "small") -> None:
        change = Wallet.open(plan, id="acme", at=july(1), catalogue=plans)
        self.plans, self.wallet, self.ledger = plans, change.wallet, list[Entry](change.entries)

    def do(self, verb: str, *args: Any, **named: Any) -> Any:
        change: Change = getattr(self.wallet, verb)(*args, **{"at": july(3), **named})
        self.wallet = change.wallet
        self.ledger += change.entries
        assert replay(self.ledger, catalogue=self.plans) == self.wallet
        return change.entry

    def holds(self, steps: int, ref: str = "h") -> None:
        self.do("hold", steps, ref=ref, until=WEEK)

    def kinds(self) -> dict[str, Any]:
        return {kind: left for kind, left in self.wallet.at(self.wallet.clock).by_kind().items() if left}


def bought(switch: Switch, *packs: int, **said: Any) -> Story:
    """A wallet whose allowance is used, with packs that begin to end on the 41st of July."""
    story = Story(shop(switch, **said))
    story.do("spend", 100, at=july(1))
    for number, pack in enumerate(packs):
        story.do("grant", pack, kind="top_up", at=july(1), expires=july(41 + number))
    return story


# -- trim ----------------------------------------------------------------------------------------------------------

TRIMS = [Switch(when="now", trim={"top_up": 4}), Switch(when="now", trim={"top_up": 4}, anchor="restarted")]
WAYS = pytest.mark.parametrize("switch", TRIMS, ids=["in the period", "by opening one"])


@WAYS
@pytest.mark.parametrize("held", [0, 3, 6, 10])
def test_a_hold_does_not_get_round_a_trim(switch: Switch, held: int) -> None:
    """Ten bought, four may stay: as many stay in the end, held or not."""
    story = bought(switch, 10)
    if held:
        story.holds(held)
    story.do("change_plan", "large")
    if held:
        assert story.kinds().get("top_up", 0) == max(0, 4 - held)
        story.do("release", "h")
    assert story.kinds()["top_up"] == 4


@WAYS
def test_what_is_held_over_the_bound_is_free_if_it_is_used(switch: Switch) -> None:
    """It was promised. Of what comes back, what is over the bound goes."""
    story = bought(switch, 10)
    story.holds(8)
    story.do("change_plan", "large")
    story.do("capture", "h", 3)
    assert story.kinds()["top_up"] == 1  # four stay, three of which were used
    story.do("advance", at=july(33))
    assert story.kinds()["top_up"] == 1


@WAYS
def test_what_is_used_of_a_hold_over_the_bound_is_owed_by_nothing_later(switch: Switch) -> None:
    """All of it is used: what the next hold of that bucket gives back is not lost for it."""
    story = bought(switch, 10)
    story.holds(10)
    story.do("change_plan", "large")
    spent = story.do("capture", "h")
    story.do("refund", spent, 2)
    assert story.kinds()["top_up"] == 2
    story.do("spend", story.kinds()["quota"])
    story.do("hold", 2, ref="j", until=WEEK)
    story.do("release", "j")
    assert story.kinds()["top_up"] == 2


@WAYS
def test_what_ends_soonest_goes_first_held_or_not(switch: Switch) -> None:
    """Three are left and go first; of seven that are held three more, of the pack that ends first."""
    story = bought(switch, 5, 5)
    story.holds(7)
    story.do("change_plan", "large")
    story.do("release", "h")
    assert [(one.expires, one.left) for one in story.wallet.at(july(3)).buckets() if one.kind == "top_up"] == [
        (july(41), 2),
        (july(42), 2),
    ]


@WAYS
def test_a_second_trim_counts_only_what_can_still_come_back(switch: Switch) -> None:
    """Of six that were over the bound nothing is cut again."""
    story = bought(switch, 10)
    story.holds(10)
    story.do("change_plan", "large")
    story.do("change_plan", "small", at=july(4))
    story.do("release", "h", at=july(4))
    assert story.kinds()["top_up"] == 4


def test_a_bank_is_trimmed_with_what_is_held_of_it() -> None:
    """At the period's end and in it, by the switch's bound and by the new plan's own."""
    for switch, bank in (
        (Switch(when="period_end", trim={"rollover": Bound("allowance", Decimal("0.1"))}), 100),
        (Switch(when="period_end"), 40),
        (Switch(when="now", trim={"rollover": 40}), 100),
    ):
        days: dict[str, Any] = {"period": periods.subscription_days(10)}
        small = Plan(
            "small", allowances=[Allowance(100)], rollovers=[Rollover(bank_max=100)], on_upgrade=switch, **days
        )
        large = Plan("large", allowances=[Allowance(400)], rollovers=[Rollover(bank_max=bank)], rank=2, **days)
        story = Story(loose([small, large]))
        story.do("advance", at=july(11))
        story.do("hold", 170, at=july(12), ref="h", until=timedelta(20))
        assert story.kinds() == {"rollover": 30}
        story.do("change_plan", "large", at=july(12))
        story.do("release", "h", at=july(22 if switch.when == "period_end" else 12))
        assert story.kinds()["rollover"] == 40


@WAYS
@pytest.mark.parametrize(("used", "after"), [(0, 4), (1, 5), (9, 10), (10, 10)])
def test_use_that_is_given_back_comes_back_past_a_trim(switch: Switch, used: int, after: int) -> None:
    """A trim bounds what is there at the change: of ten four may stay, and what was used is none of that."""
    story = bought(switch, 10)
    spent = story.do("spend", used) if used else None
    story.do("change_plan", "large")
    assert story.kinds()["top_up"] == min(4, 10 - used) if used < 10 else "top_up" not in story.kinds()
    if spent:
        assert [back.went for back in story.do("refund", spent).returned] == ["back"]
    assert story.kinds()["top_up"] == after


# -- forfeit -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("left", [0, 1])
@pytest.mark.parametrize(
    "switch",
    [
        Switch(when="now", forfeit={"top_up"}),
        Switch(when="now", trim={"top_up": 0}),
        Switch(when="now", forfeit={"top_up"}, anchor="restarted"),
        Switch(when="now", trim={"top_up": 0}, anchor="restarted"),
    ],
    ids=["forfeit", "trim", "forfeit, restarted", "trim, restarted"],
)
@pytest.mark.parametrize("later", [False, True])
def test_use_of_a_kind_that_went_comes_back_to_nobody(left: int, switch: Switch, later: bool) -> None:
    """Whether one token of the bucket was there to go, or none: also where it was empty for a period."""
    story = bought(switch, 10)
    spent = story.do("spend", 10 - left)
    at = july(33 if later else 3)
    if later:
        story.do("spend", 100, at=at)
    story.do("change_plan", "large", at=at)
    assert [back.went for back in story.do("refund", spent, at=at).returned] == ["forfeited"]
    assert "top_up" not in story.kinds()


def test_a_bucket_that_is_empty_goes_only_if_a_token_of_it_would() -> None:
    """Five may stay: of the bucket that ends first nothing would have, of the other all."""
    story = bought(Switch(when="now", trim={"top_up": 5}), 10, 5)
    first = story.do("spend", 10)
    story.do("change_plan", "large")
    assert [back.went for back in story.do("refund", first, 2).returned] == ["forfeited"]

    story = bought(Switch(when="now", trim={"top_up": 5}), 10, 4)
    first = story.do("spend", 10)
    story.do("change_plan", "large")
    assert [back.went for back in story.do("refund", first, 1).returned] == ["back"]


@pytest.mark.parametrize("left", [0, 1])
def test_a_bank_that_went_takes_what_comes_back_with_it(left: int) -> None:
    """Used or held, of all of it or of all but one: although the new plan has a bank, too."""
    switch = Switch(when="now", forfeit={"rollover"})
    for how in ("spend", "hold"):
        story = Story(shop(switch, rollovers=[Rollover(bank_max=100)]))
        story.do("advance", at=july(33))
        story.do("spend", 100, at=july(33))
        more: dict[str, Any] = {"ref": "h", "until": WEEK} if how == "hold" else {}
        entry = story.do(how, 100 - left, at=july(33), **more)
        story.do("change_plan", "large", at=july(33))
        back = story.do("release", "h", at=july(33)) if how == "hold" else story.do("refund", entry, at=july(33))
        assert {(one.kind, one.went) for one in back.returned} == {("rollover", "forfeited")}
        assert "rollover" not in story.kinds()


@pytest.mark.parametrize("held", [0, 1, 100])
@pytest.mark.parametrize("anchor", ["kept", "restarted"])
def test_a_bank_that_goes_makes_way_for_what_is_carried_then(held: int, anchor: str) -> None:
    """Its hold has no say over what the closing period leaves, nor over the cap: only what is held of it is lost."""
    switch = Switch(when="period_end" if anchor == "kept" else "now", anchor=anchor, forfeit={"rollover"})
    rolls: dict[str, Any] = {
        "rollovers": [Rollover(bank_max=100)],
        "draw": policies.by_kind("rollover", "quota"),
        "period": periods.subscription_days(10),
    }
    story = Story(shop(switch, **rolls))
    story.do("advance", at=july(12))
    if held:
        story.do("hold", held, ref="h", until=WEEK, at=july(12))
    story.do("change_plan", "large", at=july(13))
    at = july(21 if anchor == "kept" else 13)
    story.do("advance", at=at)
    assert story.kinds() == {"quota": 400, "rollover": 100}
    if held:
        back = story.do("release", "h", at=at).returned
        assert [(one.kind, one.steps, one.went) for one in back] == [("rollover", held, "forfeited")]
    assert story.kinds() == {"quota": 400, "rollover": 100}


# -- plans that were left ------------------------------------------------------------------------------------------

CLEARED = Switch(when="now", use="cleared")


def gives_back(story: Story, how: str, steps: int) -> Any:
    """Take, by a hold or by use; answer how it comes back."""
    if how == "hold":
        story.holds(steps)
        return lambda: story.do("release", "h")
    entry = story.do("spend", steps)
    return lambda: story.do("refund", entry)


@pytest.mark.parametrize("how", ["hold", "spend"])
@pytest.mark.parametrize("steps", [40, 100])
@pytest.mark.parametrize("before", ["small", "large", "small again"])
def test_what_comes_back_of_a_plan_that_was_left_counts_for_it(how: str, steps: int, before: str) -> None:
    """There and back, with cleared use: the same is left whenever it comes back, and no more than the plan grants."""
    story = Story(shop(CLEARED))
    back = gives_back(story, how, steps)
    for plan in ("small", "large", "small again"):
        if plan != "small":
            story.do("change_plan", plan.partition(" ")[0])
        if plan == before:
            back()
    assert story.kinds() == {"quota": 100}
    story.do("change_plan", "large")
    assert story.kinds() == {"quota": 400}


@pytest.mark.parametrize("how", ["hold", "spend"])
def test_what_comes_back_on_another_plan_is_not_its(how: str) -> None:
    """It is cleared there: forfeited now, and to be granted on coming back."""
    story = Story(shop(CLEARED))
    back = gives_back(story, how, 40)
    story.do("change_plan", "large")
    assert [(one.went, one.plan) for one in back().returned] == [("forfeited", "small")]
    assert story.kinds() == {"quota": 400}


@pytest.mark.parametrize("how", ["hold", "spend"])
def test_what_was_given_before_another_plan_is_not_given_twice(how: str) -> None:
    """Counted, then cleared: what comes back was the first plan's, and what the second gave stays given."""
    counted = Switch(when="now")
    plans = Catalogue(
        [
            Plan("a", allowances=[Allowance(100)], on_upgrade=counted),
            Plan("b", allowances=[Allowance(100)], rank=1, on_upgrade=CLEARED),
            Plan("c", allowances=[Allowance(100)], rank=2, on_downgrade=CLEARED),
        ]
    )
    story = Story(plans, "a")
    back = gives_back(story, how, 40)
    story.do("change_plan", "b")
    back()
    story.do("spend", 40)
    story.do("change_plan", "c")
    story.do("change_plan", "b")
    assert story.kinds() == {"quota": 60}


def test_what_a_small_plan_has_no_room_for_stays_lost() -> None:
    """All of a large plan used, another plan between, then counted on a small one: it has as much as it grants."""
    plans = Catalogue(
        [
            Plan("a", allowances=[Allowance(100)], on_upgrade=CLEARED),
            Plan("b", allowances=[Allowance(9, "sms")], rank=1, on_upgrade=Switch(when="now")),
            Plan("c", allowances=[Allowance(60)], rank=2),
        ]
    )
    story = Story(plans, "a")
    spent = story.do("spend", 100)
    story.do("change_plan", "b")
    story.do("change_plan", "c")
    assert story.kinds() == {}
    assert [(one.amount, one.went) for one in story.do("refund", spent).returned] == [
        (40, "forfeited"),
        (60, "carried"),
    ]
    assert story.kinds() == {"quota": 60}


def test_a_bucket_that_a_release_made_has_a_name_of_its_own() -> None:
    """Twice over: what is used up in between is never called the same."""
    story = Story(shop(CLEARED, rollovers=[Rollover()], period=periods.subscription_days(3)))
    names = []
    for day in (4, 10):
        story.do("hold", 100, at=july(day - 1), ref=f"h{day}", until=WEEK)
        story.do("spend", 1_000, at=july(day - 1), partial=True)
        names += [bank.id for bank in story.do("release", f"h{day}", at=july(day)).granted]
        story.do("spend", 1_000, at=july(day), partial=True)
        story.do("advance", at=july(day + 3))
    assert len(set(names)) == 2


@pytest.mark.parametrize("paid", [True, False])
def test_use_of_a_rest_goes_the_way_the_rest_went(paid: bool) -> None:
    """Used in the grace of a renewal, and given back when that was paid, or was not."""
    plan = Plan(
        "plan",
        allowances=[Allowance(100, given="on_payment")],
        rollovers=[Rollover(bank_max=70)],
        price=Decimal(9),
        renewal=Renewal(grace=timedelta(5), rest="usable"),
    )
    story = Story(Catalogue([plan]), "plan")
    story.do("spend", 50, at=july(2))
    spent = story.do("spend", 40, at=july(33))
    if paid:
        story.do("confirm", story.wallet.at(july(33)).pending()[0].id, at=july(34), payment="p2")
    back = story.do("refund", spent, at=july(40))
    assert [(one.amount, one.went) for one in back.returned] == [(40, "carried" if paid else "forfeited")]
    assert story.kinds() == ({"quota": 100, "rollover": 50} if paid else {})


# -- the ledger ----------------------------------------------------------------------------------------------------


@WAYS
def test_no_more_is_forfeited_of_what_comes_back_than_can(switch: Switch) -> None:
    """A forged bound is found where it stands; so is one for a bucket that is not there."""
    story = bought(switch, 10)
    story.holds(10)
    story.do("change_plan", "large")
    at = next(at for at, one in enumerate(story.ledger) if getattr(one, "excess", ()))
    ((name, steps),) = story.ledger[at].excess  # type: ignore[attr-defined]
    assert steps == 6
    for forged in ((name, 11), (name, -1), ("top_up:tokens/9", 1)):
        entry = evolve(story.ledger[at], excess=(forged,))  # type: ignore[call-arg]
        with pytest.raises(HistoryError) as found:
            replay([*story.ledger[:at], entry, *story.ledger[at + 1 :]])
        assert found.value.position == at


@pytest.mark.parametrize("forged", ["", "wide"])
def test_what_comes_back_was_given_by_a_plan_of_the_period(forged: str) -> None:
    """By this one, or by one that was left in it."""
    story = Story(shop(CLEARED))
    story.holds(40)
    story.do("change_plan", "large")
    story.holds(9, ref="i")
    entry = story.do("release", "i")
    with pytest.raises(HistoryError):
        replay([*story.ledger[:-1], evolve(entry, returned=(evolve(entry.returned[0], plan=forged),))])
