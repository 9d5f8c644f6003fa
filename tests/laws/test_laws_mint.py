"""The law of catalogues: what is accepted when it is built mints on no walk.

Plans are drawn, switches and all, and where their catalogue is refused, it is mended as the error says. Then a customer
changes the plan as the plans say it, uses what there is, and waits; a new count begins where a period ended by itself.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import hypothesis.strategies as st
from attrs import evolve
from hypothesis import given

from tests.laws.plans import START
from tests.support.loose import loose
from tokenpurse import Allowance, Catalogue, Plan, Rollover, Switch, Wallet, periods
from tokenpurse import entries as e
from tokenpurse.errors import OutOfBounds, PlanError

SIZES = {"a": 6, "b": 20, "c": 50}

SWITCHES = st.builds(
    Switch,
    when=st.sampled_from(["now", "now", "now", "period_end"]),
    use=st.sampled_from(["counted", "counted", "cleared"]),
    anchor=st.sampled_from(["kept", "restarted"]),
    keep=st.sampled_from([(), {"quota"}]),
    after_upgrade=st.sampled_from([True, True, False]),
)
MINUTES = st.sampled_from([1, 1, 1, 60, 1_440, 20_000])
"""A period has to run before another can be opened in it."""

WALKS = st.lists(st.tuples(st.sampled_from(list(SIZES)), st.sampled_from([0, 99, 99]), MINUTES), min_size=3)


WAYS = ("on_upgrade", "on_downgrade", "on_cancel")


@st.composite
def plans(draw: st.DrawFn) -> list[Plan]:
    """Draw plans: ranks, ends and ways of leaving."""
    found = []
    for name, size in SIZES.items():
        ways: dict[str, Any] = {way: draw(SWITCHES) for way in WAYS}
        ways["cancels_to"] = draw(st.sampled_from([None, *SIZES]).filter(lambda other, name=name: other != name))
        if ways["cancels_to"] is None:
            del ways["on_cancel"]  # nothing would be one
        ways |= {"rank": draw(st.integers(0, 2)), "rollovers": draw(st.sampled_from([(), (Rollover(),)]))}
        found.append(Plan(name, allowances=[Allowance(size)], period=periods.subscription_days(10), **ways))
    return found


class Walk:
    """A wallet that is walked over the plans, with a count of what it was given since a period ended by itself."""

    def __init__(self, catalogue: Catalogue, plan: str) -> None:
        self.at = START
        self.wallet = Wallet.open(plan, catalogue=catalogue, id="acme", at=START).wallet
        self.begin()

    def begin(self) -> None:
        """Count anew: all that is there is there."""
        self.spent, self.before, self.visited = 0, self.left, {self.plan}
        self.first = self.plan

    @property
    def left(self) -> int:
        return int(self.wallet.at(self.at).balance())

    @property
    def plan(self) -> str:
        return self.wallet.at(self.at).plan.name

    def wait(self, minutes: int) -> None:
        self.at += timedelta(minutes=minutes)
        change = self.wallet.advance(self.at)
        self.wallet = change.wallet
        if any(isinstance(entry, e.PeriodOpened) for entry in change.entries):
            self.begin()

    def to(self, plan: str) -> None:
        """Change the plan as the plans say it."""
        try:
            self.wallet = self.wallet.change_plan(plan, at=self.at).wallet
        except OutOfBounds:
            return
        self.visited.add(self.plan)

    def use(self, figure: int) -> None:
        used = min(figure, self.left)
        if used:
            self.wallet = self.wallet.spend(used, at=self.at).wallet
            self.spent += used

    @property
    def minted(self) -> int:
        """What there was more than what each plan visited grants once, and what there was before."""
        return self.spent + self.left - self.before - sum(SIZES[plan] for plan in self.visited - {self.first})


def walked(catalogue: Catalogue, start: str, steps: list[tuple[str, int, int]]) -> int:
    """Walk, and give the most that was ever minted."""
    walk, most = Walk(catalogue, start), 0
    for plan, figure, minutes in steps:
        walk.to(plan)
        most = max(most, walk.minted)
        walk.use(figure)
        walk.wait(minutes)
    return most


def mended(plans: list[Plan]) -> Catalogue:
    """Put plans into a catalogue, and do what its error says for as long as there is one."""
    by_name = {plan.name: plan for plan in plans}
    while True:
        try:
            return Catalogue(by_name.values())
        except PlanError as error:
            name, way = error.part.split("'")[1], error.field.partition(".")[0]
            by_name[name] = evolve(by_name[name], **{way: evolve(getattr(by_name[name], way), anchor="kept")})


@given(plans(), st.sampled_from(list(SIZES)), WALKS)
def test_no_walk_over_accepted_plans_mints(drawn: list[Plan], start: str, steps: list[tuple[str, int, int]]) -> None:
    """However a customer goes, each plan visited gives what it grants once, until a period ends by itself."""
    assert walked(mended(drawn), start, steps) <= 0


@given(plans(), st.sampled_from(list(SIZES)), WALKS)
def test_of_counted_plans_a_walk_gives_the_best_of_them(
    drawn: list[Plan], start: str, steps: list[tuple[str, int, int]]
) -> None:
    """Where nothing is cleared or restarted, no walk gives more than the best plan visited, however it goes."""
    counted = [
        evolve(plan, **{way: evolve(getattr(plan, way), use="counted", anchor="kept") for way in WAYS})
        for plan in drawn
    ]
    walk = Walk(Catalogue(counted), start)
    for plan, figure, minutes in steps:
        walk.to(plan)
        walk.use(figure)
        best = max(SIZES[visited] for visited in walk.visited) - SIZES[walk.first]
        assert walk.spent + walk.left <= walk.before + best
        walk.wait(minutes)


def test_refused_plans_do_mint() -> None:
    """The law can fail: on plans that are refused, its walks find what they mint."""
    up, down = Switch(when="now", anchor="restarted"), Switch(when="now")
    minting = loose(
        Plan(name, allowances=[Allowance(size)], rank=size, on_upgrade=up, on_downgrade=down)
        for name, size in SIZES.items()
    )
    assert walked(minting, "a", [("a", 99, 1), ("c", 99, 1), ("a", 0, 1), ("c", 99, 1)]) == SIZES["c"]
