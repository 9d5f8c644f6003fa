"""The law of walks: no walk of plan changes mints tokens or loses what was paid for, whatever the switches say.

Plans in small figures are left by switches that are drawn; a model that reads entries alone keeps account of what each
plan's allowances gave in the running period.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import hypothesis.strategies as st
from hypothesis import note, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.laws.auditor import Auditor
from tests.laws.machine import normal
from tests.laws.plans import START
from tests.support.loose import loose
from tokenpurse import Allowance, Bound, Catalogue, Change, Offer, Plan, Switch, Wallet, periods, replay
from tokenpurse import entries as e
from tokenpurse.errors import HoldEnded, NotRefundable, OutOfBounds, Refused

SIZES = {"free": 6, "small": 20, "large": 50, "wide": 35, "trial": 30}
"""What each plan grants for a period, of all kinds."""

RANKS = {"free": 0, "small": 1, "large": 2, "wide": 2, "trial": 1}
MINUTES = (0, 0, 0, 1, 60, 1_440, 4_000, 14_400, 15_000)

PLAIN: list[dict[str, Any]] = [{}, {}, {"after_upgrade": False}]
KEPT = [*PLAIN, {"keep": {"quota"}}, {"keep": {"quota", "extra"}}]
PRORATED: list[dict[str, Any]] = [{"prorated": True}]
COUNTED = [
    *KEPT,
    *PRORATED,
    {"prorated": True, "keep": {"quota"}},
    {"forfeit": {"promo"}},
    {"forfeit": {"quota", "top_up"}},
    {"trim": {"promo": 3, "top_up": Bound("allowance", Decimal("0.5"))}},
    {"keep": {"quota"}, "trim": {"quota": 4}},
    {"anchor": "restarted"},
    {"anchor": "restarted", "keep": {"quota", "extra"}},
]
CLEARED = [{**one, "use": "cleared"} for one in COUNTED if "prorated" not in one]
POOLS = {
    "plain": PLAIN,
    "kept": KEPT,
    "prorated": PRORATED,
    "counted": COUNTED,
    "cleared": CLEARED,
    "any": [*COUNTED, *CLEARED],
}

minutes = st.sampled_from(MINUTES)
figures = st.integers(1, 25)
names = st.sampled_from(list(SIZES))


def plans(switches: list[Switch]) -> Catalogue:
    """All plans, each with two of the switches."""
    parts: dict[str, list[Allowance]] = {name: [Allowance(size)] for name, size in SIZES.items()}
    parts["wide"] = [Allowance(20, kind="extra"), Allowance(15)]
    return loose(
        [
            Plan(
                name,
                allowances=allowances,
                offers=[Offer("pack", price=Decimal(1), pack=5)],
                rank=RANKS[name],
                once=name == "trial",
                period=periods.subscription_days(10),
                on_upgrade=switches[2 * place],
                on_downgrade=switches[2 * place + 1],
            )
            for place, (name, allowances) in enumerate(parts.items())
        ]
    )


def left_by_kind(wallet: Wallet) -> dict[str, int]:
    """What is left of each kind but those that allowances give: they have laws of their own, over the whole walk."""
    kinds = wallet.at(wallet.clock).by_kind()
    return {kind: int(steps) for kind, steps in kinds.items() if steps and kind not in {"quota", "extra"}}


class Account:
    """What entries say that each plan's allowances gave in the running period: paid, or kept beside another plan."""

    def __init__(self) -> None:
        self.plan = ""
        self.given: dict[str, int] = defaultdict(int)
        self.visited: set[str] = set()
        self.allowances: set[str] = set()
        self.upgraded = False
        self.shared = False
        self.trials = 0
        self.origins: dict[int, str] = {}
        self.held: dict[str, int] = {}
        self.repaid: dict[str, list[tuple[str, int]]] = defaultdict(list)

    def read(self, entry: e.Entry) -> None:
        if isinstance(entry, e.Opened):
            self._enter(entry.plan.name, entry.buckets)
        if isinstance(entry, e.PlanChanged):
            self._keep(entry.kept, dict(entry.excess))
            self.shared |= entry.prorated
            self.upgraded |= RANKS[entry.plan.name] > RANKS[self.plan]
            self._enter(entry.plan.name, entry.granted)
        if isinstance(entry, e.PeriodOpened):
            self.given.clear()
            self.origins.clear()
            self.visited.clear()
            self.allowances.clear()
            self.upgraded, self.shared = entry.upgrade, False
            self._enter(entry.plan.name, entry.granted)
        self._read_use(entry)
        for one in getattr(entry, "repaid", ()):
            self._paid(one.draws)
            for draw in one.draws:
                self.repaid[draw.bucket].append((self.plan, draw.steps))

    def _read_use(self, entry: e.Entry) -> None:
        if isinstance(entry, e.Spent | e.Held):
            self.origins[entry.sequence] = self.plan
            for use in entry.uses:
                self._paid(use.draws)
        if isinstance(entry, e.Held):
            self.held[entry.ref.key] = entry.sequence  # type: ignore[union-attr]
        if isinstance(entry, e.Refunded):
            self._came_back(entry.returned, entry.spent)
        if isinstance(entry, e.Captured | e.Released):
            self._came_back(entry.returned, self.held.pop(entry.ended.hold))
        if isinstance(entry, e.Lapsed):  # after more than a period: nothing of this one comes back
            for ended in entry.ended:
                self.held.pop(ended.hold, None)

    def _enter(self, plan: str, granted: Iterable[Any]) -> None:
        self.trials += plan == "trial" != self.plan
        self.plan = plan
        self.visited.add(plan)
        self.allowances |= {bucket.id for bucket in granted if bucket.allowance}

    def _keep(self, rests: Iterable[Any], excess: dict[str, int]) -> None:
        for rest in rests:
            self.given[self.plan] += rest.steps - excess.get(rest.bucket, 0)
            self.allowances.remove(rest.bucket)

    def _paid(self, draws: Iterable[Any]) -> None:
        self.given[self.plan] += sum(draw.steps for draw in draws if draw.bucket in self.allowances)

    def _came_back(self, returned: Iterable[Any], origin: int) -> None:
        """What came back was given by the plan that the wallet was on when it was taken."""
        for one in returned:
            if one.bucket in self.allowances and one.repaid:
                self._owed_again(one.bucket, one.steps)
            elif one.bucket in self.allowances and origin in self.origins:
                self.given[self.origins[origin]] -= one.steps

    def _owed_again(self, bucket: str, steps: int) -> None:
        """What had paid a debt, the last that paid first."""
        while steps:
            plan, paid = self.repaid[bucket].pop()
            part = min(steps, paid)
            steps -= part
            self.given[plan] -= part
            if paid > part:
                self.repaid[bucket].append((plan, paid - part))

    def left(self, wallet: Wallet) -> int:
        """What the present plan's allowances have left."""
        buckets = wallet.at(wallet.clock).buckets("tokens")
        return sum(bucket.left_steps for bucket in buckets if bucket.id in self.allowances)


class Walks(RuleBasedStateMachine):
    """One wallet, walking between plans."""

    wallet: Wallet

    @initialize(plan=names, pool=st.sampled_from(list(POOLS)), data=st.data())
    def open(self, plan: str, pool: str, data: Any) -> None:
        drawn = data.draw(st.lists(st.sampled_from(POOLS[pool]), min_size=10, max_size=10))
        self.pool = pool
        self.plans = plans([Switch(when="now", **said) for said in drawn])
        self.entries: list[e.Entry] = []
        self.account, self.auditor = Account(), Auditor()
        self.paid = 0
        self.spent: list[e.Spent] = []
        self.holds = 0
        self.take(Wallet.open(plan, catalogue=self.plans, id="acme", at=START))

    # -- walking -------------------------------------------------------------------------------------------------

    def take(self, change: Change) -> None:
        for entry in change.entries:
            self.checks_losses(entry)
            self.account.read(entry)
            self.auditor.read(entry)
            self.spent += [entry] if isinstance(entry, e.Spent) else []
        self.entries += change.entries
        self.wallet = change.wallet

    def moment(self, more: int) -> datetime:
        return self.wallet.clock + timedelta(minutes=more)

    def do(self, verb: str, *args: Any, at: datetime, **named: Any) -> Change:
        note(f"{verb} {args} {named} at {at}")
        before = self.wallet
        change: Change = getattr(before, verb)(*args, at=at, **named)
        halfway = before.advance(before.clock + (at - before.clock) / 2).wallet
        assert normal(getattr(halfway, verb)(*args, at=at, **named).wallet) == normal(change.wallet)
        self.take(change)
        return change

    @rule(plan=names, more=minutes, when=st.sampled_from([None, None, "now", "period_end"]))
    def change_plan(self, plan: str, more: int, when: Any) -> None:
        """Now, at the period's end, or back to the present plan."""
        self.change(plan, more, when)

    def change(self, plan: str, more: int, when: Any) -> None:
        """Change the plan; it is refused just where the plans say so."""
        self.take(self.wallet.advance(self.moment(more)))
        at = self.moment(0)
        leaving = self.plans.newest(self.account.plan)
        refused = plan != leaving.name and (
            (plan == "trial" and self.account.trials > 0)
            or (self.account.upgraded and not self.switch(leaving, self.plans.newest(plan)).after_upgrade)
        )
        try:
            self.do("change_plan", plan, at=at, when=when)
        except OutOfBounds as refusal:
            assert refused
            for remedy in refusal.remedies:
                assert self.wallet.change_plan(plan, at=remedy.until, when=when) is not None  # type: ignore[arg-type]
        else:
            assert not refused

    @rule(walk=st.lists(st.tuples(names, st.sampled_from([0, 0, 3, 25])), min_size=2, max_size=6))
    def wander(self, walk: list[tuple[str, int]]) -> None:
        """From plan to plan within the hour, using some, or all, of what there is on each."""
        for plan, figure in walk:
            self.change(plan, 1, "now")
            if figure:
                self.do("spend", figure, at=self.moment(1), partial=True)

    @staticmethod
    def switch(plan: Plan, target: Plan) -> Switch:
        return plan.on_upgrade if target.rank > plan.rank else plan.on_downgrade

    @rule(figure=figures, more=minutes, overdraw=st.booleans())
    def spend(self, figure: int, more: int, overdraw: bool) -> None:
        try:
            self.do("spend", figure, at=self.moment(more), overdraw=overdraw, partial=not overdraw)
        except Refused:
            return

    @rule(more=minutes)
    def spend_all(self, more: int) -> None:
        self.do("spend", 200, at=self.moment(more), partial=True)

    @rule(figure=figures, more=minutes)
    def hold(self, figure: int, more: int) -> None:
        self.holds += 1
        try:
            self.do("hold", figure, at=self.moment(more), until=timedelta(days=29), ref=f"h{self.holds}", partial=True)
        except Refused:
            return

    @precondition(lambda self: self.account.held)
    @rule(which=st.integers(0, 9), used=st.sampled_from([0, 0, 2, 99]), more=minutes)
    def end_hold(self, which: int, used: int, more: int) -> None:
        """Give a hold back, or use a part of it, on whatever plan."""
        name = list(self.account.held)[which % len(self.account.held)]
        try:
            if used:
                most = sum(use.steps for use in self.auditor.holds[name].uses)
                self.do("capture", name, min(used, most), at=self.moment(more))
            else:
                self.do("release", name, at=self.moment(more))
        except HoldEnded:  # it lapsed
            del self.account.held[name]

    @precondition(lambda self: self.spent)
    @rule(which=st.integers(0, 9), part=st.sampled_from([None, None, 1, 7]), more=minutes)
    def refund(self, which: int, part: int | None, more: int) -> None:
        """Give use back, on whatever plan."""
        spent = self.spent[-1 - which % len(self.spent)]
        try:
            self.do("refund", spent, *([] if part is None else [part]), at=self.moment(more))
        except (OutOfBounds, NotRefundable):
            return

    @rule(packs=st.integers(1, 3), more=minutes)
    def top_up(self, packs: int, more: int) -> None:
        self.paid += 1
        self.do("top_up", "pack", 5 * packs, at=self.moment(more), payment=f"pay:{self.paid}")

    @rule(figure=figures, more=minutes, life=st.sampled_from([None, 1_000, 20_000]))
    def grant(self, figure: int, more: int, life: int | None) -> None:
        at = self.moment(more)
        self.do("grant", figure, at=at, expires=None if life is None else at + timedelta(minutes=life))

    @rule(more=minutes, anchor=st.sampled_from(["kept", "restarted"]))
    def reset(self, more: int, anchor: Any) -> None:
        self.do("reset", at=self.moment(more), anchor=anchor)

    @rule(more=st.sampled_from([1_440, 14_400, 60_000]))
    def advance(self, more: int) -> None:
        self.do("advance", at=self.moment(more))

    # -- (a) conservation ----------------------------------------------------------------------------------------

    @invariant()
    def every_bucket_has_what_its_entries_say(self) -> None:
        """Granted is left, spent, repaid, expired, forfeited or carried, and the ledger is the wallet."""
        self.auditor.agrees_with(self.wallet)
        assert replay(self.entries) == self.wallet

    # -- (b) nothing is minted -----------------------------------------------------------------------------------

    @invariant()
    def no_plan_gives_more_than_its_allowance_in_a_period(self) -> None:
        """However often it is left and entered, and whatever the switches say."""
        left = self.account.left(self.wallet)
        assert sum(self.account.given.values()) + left <= sum(SIZES[plan] for plan in self.account.visited)
        for plan in self.account.visited:
            if not self.account.shared:  # a prorated period's allowance is in part another plan's
                assert self.account.given[plan] + (left if plan == self.account.plan else 0) <= SIZES[plan]

    @precondition(lambda self: self.pool in {"plain", "kept", "prorated", "counted"})
    @invariant()
    def counted_use_gives_no_more_than_the_best_plan_visited(self) -> None:
        gave = sum(self.account.given.values()) + self.account.left(self.wallet)
        assert gave <= max(SIZES[plan] for plan in self.account.visited)

    @invariant()
    def a_trial_is_taken_once(self) -> None:
        assert self.account.trials <= 1

    # -- (c) what was bought -------------------------------------------------------------------------------------

    def checks_losses(self, entry: e.Entry) -> None:
        """Bought is spent, or forfeited by a switch that names the kind: all of it, or what is over its bound."""
        if not isinstance(entry, e.PlanChanged | e.PeriodOpened):
            assert not getattr(entry, "forfeited", ())
            return
        target = self.plans.newest(entry.plan.name)
        switch = None if entry.previous is None else self.switch(self.plans.newest(entry.previous.name), target)
        held: dict[str, int] = defaultdict(int)
        for name, left in self.auditor.balances().items():  # what came before it in the same change has happened
            held[self.auditor.buckets[name].kind] += 0 if name in self.account.allowances else left
        lost: dict[str, int] = defaultdict(int)
        for loss in entry.forfeited:
            lost[loss.kind] += 0 if loss.bucket in self.account.allowances else loss.steps
        caps: dict[str, Any] = {} if switch is None else dict(switch.trims)
        for kind in ("promo", "top_up"):
            cap = caps.get(kind, held[kind])
            most = int(SIZES[target.name] * cap.times) if isinstance(cap, Bound) else cap
            if switch is not None and kind in switch.forfeit:
                most = 0
            apart = sum(
                draw.steps
                for hold in self.auditor.holds.values()
                for use in hold.uses
                for draw in use.all_draws()
                if draw.kind == kind and kind in caps  # what is held counts for a bound, and is not lost yet
            )
            assert max(0, held[kind] - most) <= lost[kind] <= max(0, held[kind] + apart - most), kind

    @rule(plan=names, figure=st.integers(1, 60))
    def a_hold_does_not_get_round_a_switch(self, plan: str, figure: int) -> None:
        """Taken before and given back after it, it leaves as much of what was bought as there was without it."""
        at = self.wallet.clock
        try:
            plain = self.wallet.change_plan(plan, at=at, when="now").wallet
            held = self.wallet.hold(figure, at=at, until=timedelta(1), ref="apart", partial=True).wallet
        except Refused:
            return
        again = held.change_plan(plan, at=at, when="now").wallet.release("apart", at=at).wallet
        there, after = (left_by_kind(one) for one in (plain, again))
        assert after == there, f"{there} without it, {after} with it"

    # -- (d) there and back --------------------------------------------------------------------------------------

    @precondition(lambda self: self.pool in {"plain", "kept", "prorated"})
    @rule(walk=st.lists(st.sampled_from(["free", "small", "large", "wide"]), min_size=1, max_size=4))
    def there_and_back(self, walk: list[str]) -> None:
        """A walk that comes back at once can spend the same in total; more where the rest of a better plan stays."""
        here, wallet = self.account.plan, self.wallet
        if here == "trial":
            return
        try:
            for plan in (*walk, here):
                wallet = wallet.change_plan(plan, at=wallet.clock, when="now").wallet
        except OutOfBounds:  # not after an upgrade
            return
        before, after = (one.at(one.clock).available() for one in (self.wallet, wallet))
        assert before is not None
        assert after is not None
        keeps = any(plan.on_upgrade.keep or plan.on_downgrade.keep for plan in self.plans)
        assert after >= before if keeps else after == before


# Half the steps of a profile: many of them are several verbs, each done a second way.
Walks.TestCase.settings = settings(settings.default, stateful_step_count=settings.default.stateful_step_count // 2)
TestWalks = Walks.TestCase
