"""An accountant who sees nothing but entries: no engine, no plan, no `replay`. What it works out must be the wallet.

It adds and subtracts; it shares no code with what it audits.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from fractions import Fraction
from itertools import pairwise
from typing import Any

from attrs import evolve

from tests.laws.witness import Witness, each_use
from tokenpurse import Wallet
from tokenpurse import entries as e
from tokenpurse.buckets import Bucket, Return
from tokenpurse.notices import Bill, Charge, Notice, RenewalDue

IN = ("granted", "gained", "carried_in", "again")
OUT = ("spent", "held", "repaid", "expired", "forfeited", "carried_out", "transferred", "clawed_back", "before")
USED = ("spent", "repaid", "before")
GONE = ("expired", "forfeited", "carried_out")
CLAIMS = ("taken", "held", "lost", "debt", "let_go")


class Auditor:
    """Sums up a history, entry by entry."""

    def __init__(self) -> None:
        self.buckets: dict[str, Bucket] = {}
        self.flows: dict[str, dict[str, int]] = {}
        self.claims: dict[str, dict[str, int]] = {}
        self.prices: dict[str, int] = {}
        self.remembered: dict[str, None] = {}
        self.refunded: dict[str, int] = {}
        self.period_spent: dict[str, int] = defaultdict(int)
        self.debts: dict[str, int] = defaultdict(int)
        self.used: dict[str, int] = defaultdict(int)
        self.spent: dict[str, int] = defaultdict(int)
        self.granted: dict[str, int] = defaultdict(int)
        self.added: dict[str, int] = defaultdict(int)
        self.postpaid: dict[tuple[str, Any, Any], int] = defaultdict(int)
        self.billed: dict[tuple[str, Any, Any], int] = {}
        self.uses: dict[int, tuple[e.Use, ...]] = {}
        self.undone: dict[tuple[int, int, int], int] = defaultdict(int)
        self.stated: dict[tuple[str, Any, Any], int] = {}
        self.priced: dict[tuple[str, Any], list[int]] = defaultdict(lambda: [0, 0])
        self.priced_before = self.priced
        self.rests: dict[str, int] = {}
        self.notices: dict[str, Notice] = {}
        self.requests: dict[str, datetime] = {}
        self.pending: dict[str, Any] = {}
        self.holds: dict[str, e.Held] = {}
        self.allowances: set[str] = set()
        self.plan = ""
        self.paused = False
        self.count = 0
        self.clock: Any = None
        self.history: list[dict[str, int]] = []
        self.witness = Witness(self)
        self.lots: dict[Any, set[str]] = defaultdict(set)

    # -- reading entries -----------------------------------------------------------------------------------------

    def read(self, entry: e.Entry) -> None:
        assert self.count + 1 == entry.sequence, "an entry is missing"
        assert self.clock is None or entry.at >= self.clock, "time went back"
        self.count, self.clock = entry.sequence, entry.at
        self.witness.read(entry)
        self.paused = isinstance(entry, e.Paused) or (self.paused and not isinstance(entry, e.Resumed))
        self._effect(entry)
        for one in getattr(entry, "repaid", ()):
            self._repaid(one, sum(run.repaid_steps for run in getattr(entry, "between", ()) if run.unit == one.unit))
        self._told(entry)
        self.history.append(self.balances())

    def _effect(self, entry: e.Entry) -> None:  # noqa: C901, PLR0912, PLR0915  # one case for each kind of entry
        match entry:
            case e.Opened():
                self._opened(entry)
            case e.Spent():
                self.uses[entry.sequence] = entry.uses
                for use in entry.uses:
                    self._use(use, entry.period)
            case e.Held():
                self._held(entry)
            case e.Captured() | e.Released() | e.Lapsed():
                if isinstance(entry, e.Captured):
                    self.uses[entry.sequence] = (*entry.uses, *entry.extra)
                self._ended(entry)
            case e.Refunded():
                self._refunded(entry)
            case e.ClawedBack() | e.Reinstated():
                self._clawed_back(entry, 1 if isinstance(entry, e.ClawedBack) else -1)
            case e.Granted():
                self._born(entry.bucket)
            case e.ToppedUp():
                self._born(entry.bucket, bought=True)
                if entry.bonus is not None:
                    self._born(entry.bonus)
                self.pending.pop(entry.request or "", None)
                self._moved(entry.ends)
            case e.Transferred():
                self._given(entry)
            case e.Received():
                for bucket in entry.granted:
                    self._born(bucket)
            case e.Expired():
                assert all(self.buckets[loss.bucket].expires == entry.at for loss in entry.expired)
                self._losses(entry.expired, "expired")
            case e.AllowanceOpened():
                self._turned(entry.turns)
            case e.Started():
                for name in entry.buckets:
                    assert (self.buckets[name].started, self.buckets[name].starts) == (False, entry.at)
                    self.buckets[name] = evolve(self.buckets[name], started=True)
            case e.Extended():
                assert self.buckets[entry.bucket].expires == entry.previous
                self.buckets[entry.bucket] = evolve(self.buckets[entry.bucket], expires=entry.expires)
            case e.PeriodOpened():
                self._period(entry)
            case e.BillRequested():
                self._bill(entry)
            case e.PlanChanged() | e.CountSet():
                self._reshaped(entry)
            case e.Renewed():
                self._renewed(entry)
            case e.GraceEnded():
                self._losses(entry.forfeited, "forfeited")
            case e.Resumed():
                self._moved(entry.ends)
                self._longer(entry)
            case e.Closed():
                self._closed(entry)
            case e.Confirmed() | e.Declined():
                self._reported(entry)

    def _moved(self, ends: Iterable[tuple[str, datetime | None]]) -> None:
        for name, end in ends:
            self.buckets[name] = evolve(self.buckets[name], expires=end)

    def _longer(self, entry: e.Resumed) -> None:
        """What is empty may be filled again by what comes back: what the plan made of it ends later, too."""
        for name, one in self.buckets.items():
            if one.of_plan and one.expires and one.expires > entry.since and name not in dict(entry.ends):
                self.buckets[name] = evolve(one, expires=one.expires + (entry.at - entry.since))

    def _given(self, entry: e.Transferred) -> None:
        """What is given away takes its share of the price along."""
        self._losses(entry.given, "transferred")
        for gift in entry.gifts:
            assert not self.refunded[gift.bucket], "what money went back for was given away"
            self.prices[gift.bucket] -= 0 if gift.paid is None else gift.paid.steps
            assert self.prices[gift.bucket] >= 0

    def _turned(self, turns: tuple[e.Turn, ...]) -> None:
        """What is left of a stretch goes as the next one opens, and what came and went in a run is in sums."""
        for turn in turns:
            for loss in turn.expired:
                assert loss.bucket in self.lots[turn.stream.key]
                self.flows[loss.bucket]["expired"] += loss.steps
                assert self.left(loss.bucket) == loss.left_steps == 0
            for bucket in turn.granted:
                self._born(bucket)
            assert 0 <= turn.between_steps <= turn.between_steps * max(0, turn.count - 1)
            self.granted[turn.stream.unit.name] += turn.between_steps
            for lot in self.lots[turn.stream.key] - {*turn.stream.buckets}:
                assert not self.left(lot), f"{lot} has {self.left(lot)} left after its stretch"
            self.lots[turn.stream.key] = {*turn.stream.buckets}

    def _renewal_is_over(self) -> None:
        self.pending = {name: one for name, one in self.pending.items() if not isinstance(one, RenewalDue)}

    def _renewed(self, entry: e.Renewed) -> None:
        for carry in entry.carried:
            self._move(carry.bucket, "carried_out", carry.steps, None)
        self._losses(entry.forfeited, "forfeited")
        for bucket in entry.granted:
            self._born(bucket)
        for carry in entry.carried:
            self._move(carry.into, "carried_in", carry.steps, carry.left_steps)
        self._renewal_is_over()

    def _held(self, entry: e.Held) -> None:
        """What is held has left its bucket, and is not used yet."""
        assert entry.ref is not None
        assert entry.ref.key not in self.holds, "two open holds have one name"
        assert entry.at < entry.until
        self.holds[entry.ref.key] = entry
        for use in each_use(entry.uses):
            for draw in use.draws:
                self._move(draw.bucket, "held", draw.steps, draw.left_steps)
            priced = 0 if use.priced is None else use.priced.quantity
            postpaid = 0 if use.postpaid is None else use.postpaid.asked
            assert use.debt is None, "a hold owes nothing"
            assert sum(draw.steps for draw in use.draws) + priced + postpaid == use.steps

    def _ended(self, entry: e.Captured | e.Released | e.Lapsed | e.Closed) -> None:
        """All that was held is used or comes back, of each bucket as much as was held of it."""
        parts: dict[str, int] = defaultdict(int)
        ended = entry.ended if isinstance(entry.ended, tuple) else (entry.ended,)
        for one in ended:
            held = self.holds.pop(one.hold)
            assert entry.at <= held.until, f"hold {one.hold} outlived its deadline"
            assert not isinstance(entry, e.Lapsed) or entry.at == held.until
            for use in each_use(held.uses):
                for draw in use.draws:
                    parts[draw.bucket] += draw.steps
        for use in getattr(entry, "uses", ()):
            self._use(use, held=parts)
        for bucket in getattr(entry, "granted", ()):
            self._born(bucket)
        for back in entry.returned:
            parts[back.bucket] -= back.steps
            self._back(back, last_moment=isinstance(entry, e.Lapsed))
        assert not any(parts.values()), f"of what was held is neither used nor back: {dict(parts)}"
        for one in getattr(entry, "claw_backs", ()):  # held, and used after all
            assert (one.taken, one.lost, one.steps) == (0, 0, 0), "what was used was claimed twice, or not at all"
            self._claim(one, 1)
        for debt in getattr(entry, "owed", ()):
            self.debts[debt.unit.name] += debt.steps
            assert self.debts[debt.unit.name] == debt.after_steps
        for use in getattr(entry, "extra", ()):
            self._use(use)

    def _clawed_back(self, entry: e.ClawedBack | e.Reinstated, sign: int) -> None:
        """What the money that went back stands for is claimed of each bucket: no more of it, and no less."""
        owed: dict[str, int] = defaultdict(int)
        for one in entry.claw_backs:
            flows = self.flows[one.bucket]
            assert one.steps + one.refunded > 0 <= min(getattr(one, part) for part in (*CLAIMS, "refunded", "repaid"))
            assert one.repaid <= (one.debt if sign < 0 else 0)
            if sign > 0 and one.taken:
                self._move(one.bucket, "clawed_back", one.taken, one.left_steps)
            elif one.taken + one.repaid:
                flows["clawed_back"] -= one.taken
                flows["again"] += one.repaid
                self.granted[one.unit.name] += one.repaid
                if one.went == "back":
                    assert not self._over(one.bucket), f"bucket {one.bucket} has ended and got something back"
                else:
                    flows[one.went] += one.taken + one.repaid
                assert self.left(one.bucket) == one.left_steps
            self._claim(one, sign)
            self.refunded[one.bucket] += sign * one.refunded
            owed[one.unit.name] += one.debt - one.repaid
            used, gone = (sum(flows[way] for way in ways) for ways in (USED, GONE))
            if sign > 0 and one.debt + one.let_go:
                claims = self.claims[one.bucket]
                assert claims["debt"] + claims["let_go"] <= used, f"more of {one.bucket} is owed than was used"
            if sign > 0 and one.lost:
                assert self.claims[one.bucket]["lost"] <= gone, f"more of {one.bucket} is lost than went"
            if sign > 0 and one.lost + one.debt + one.let_go:
                assert not self.left(one.bucket), f"what is left of {one.bucket} was not taken"
                assert self.claims[one.bucket]["held"] == flows["held"], f"what is held of {one.bucket} was not claimed"
        for debt in entry.debts:
            assert debt.steps > 0
            owed[debt.unit.name] -= debt.steps
            self.debts[debt.unit.name] += sign * debt.steps
            assert 0 <= self.debts[debt.unit.name] == debt.after_steps
        for one in entry.claw_backs:
            assert not one.repaid or not self.debts[one.unit.name], "it was put into a bucket while it was owed"
        assert not any(owed.values()), f"what was used is neither owed nor given: {dict(owed)}"
        self._claims_are_what_was_paid(entry)

    def _claims_are_what_was_paid(self, entry: e.ClawedBack | e.Reinstated) -> None:
        """All of a payment's buckets, the bonus included: each by its share of the price, each rounded down."""
        mine = [id_ for id_, one in self.buckets.items() if one.payment == entry.source and id_ in self.remembered]
        mine = mine or [one.bucket for one in entry.claw_backs]
        assert {one.bucket for one in entry.claw_backs} <= set(mine)
        if isinstance(entry, e.ClawedBack) and any(self.prices[one.bucket] for one in entry.claw_backs):
            assert not any(isinstance(one, Charge) for one in entry.requests), "whose money went back is charged anew"
        priced = [id_ for id_ in mine if self.prices[id_]] or mine
        assert sum(self.refunded[id_] for id_ in priced) == entry.refunded_steps, "a report is not all of its buckets'"
        for id_ in mine:
            assert 0 <= self.refunded[id_] <= (self.prices[id_] or self._priced(id_)), id_
            total, target = sum(self.claims[id_].values()), self._stands_for(id_)
            named = any(one.bucket == id_ and one.steps for one in entry.claw_backs)
            enough = total >= target if isinstance(entry, e.ClawedBack) else total <= target
            assert total == target if named else enough, f"of {id_} {total} are claimed, not {target}"

    def _priced(self, id_: str) -> int:
        flows = self.flows[id_]  # a bank that was brought with a price may be filled further
        return max(0, flows["granted"] + flows["carried_in"] - flows["transferred"])

    def _stands_for(self, id_: str) -> int:
        """How much of a bucket the money stands for that went back, of its own price or of its payment's."""
        payment = self.buckets[id_].payment
        paying = [one for one in self.remembered if self.prices[one] and self.buckets[one].payment == payment]
        if self.prices[id_] or payment is None or not paying:
            return Fraction(
                self._priced(id_) * self.refunded[id_], self.prices[id_] or self._priced(id_) or 1
            ).__floor__()
        back = Fraction(sum(self.refunded[one] for one in paying), sum(self.prices[one] for one in paying))
        return max(self.refunded[id_], (back * self._priced(id_)).__floor__())

    def _claim(self, one: e.ClawBackPart, sign: int) -> None:
        claims = self.claims[one.bucket]
        for part in CLAIMS:
            claims[part] += sign * getattr(one, part)
        assert min(claims["debt"] + claims["let_go"], *(claims[part] for part in CLAIMS[:3])) >= 0, one.bucket

    def _back(self, back: Return, *, last_moment: bool) -> None:
        """What comes back goes into its bucket while that is there, and the way of its rest when it is not.

        What lapses at the very moment at which a bucket ends comes back first: it ends with the bucket.
        """
        flows = self.flows[back.bucket]
        flows["held"] -= back.steps
        claims = self.claims[back.bucket]
        claimed = min(claims["held"], back.steps)
        assert back.went != "clawed_back" or claimed == back.steps
        assert back.went != "back" or not claimed, f"what was claimed of {back.bucket} came back"
        claims["held"] -= claimed
        claims["taken" if back.went == "clawed_back" else "lost"] += claimed
        if back.went == "carried":
            flows["carried_out"] += back.steps
            self._move(back.into, "carried_in", back.steps, back.left_steps)
        elif back.went == "back":
            ends_now = last_moment and self.buckets[back.bucket].expires == self.clock
            assert ends_now or not self._over(back.bucket), f"bucket {back.bucket} has ended and got something back"
            assert self.left(back.bucket) == back.left_steps
        else:
            flows[back.went] += back.steps

    def _refunded(self, entry: e.Refunded) -> None:
        """Never more than was used; each step of it is owed or billed less, or comes back where it came from."""
        back: dict[str, int] = defaultdict(int)
        for one in entry.undone:
            name, key = one.unit.name, (entry.spent, *one.place)
            if one.place[0] >= 0:  # else it was withheld of another
                use = list(self.uses[entry.spent][one.place[0]].each())[one.place[1]]
                self.undone[key] += one.steps
                assert use.unit == one.unit
                assert 0 <= self.undone[key] <= use.steps, f"{self.undone[key]} of {use.steps} {name} were given back"
                assert not one.priced or (use.priced is not None and use.priced.rate == one.rate)
            self.used[name] -= one.steps if entry.running else 0
            self.spent[name] -= one.steps
            back[name] += one.steps - one.priced
            if one.rate is not None and entry.running:
                so_far = self.priced[name, one.rate]
                so_far[0] -= one.priced
                so_far[1] -= one.cost
                assert so_far[0] >= 0
                least = 0 if one.rate.round_to else Fraction(_tiered(one.rate, so_far[0]), one.rate.per_steps)
                assert so_far[1] >= least
            if one.postpaid is not None:
                key = (name, one.postpaid.rate, "refund" if one.postpaid.refund else one.postpaid.of)
                self.postpaid[key] += one.postpaid.quantity * (1 if one.postpaid.refund else -1)
                assert self.postpaid[key] >= 0
                back[name] -= one.postpaid.asked
            for line in one.billed:
                assert line.debt
                if line.rate.cost_steps:  # else it was forgiven
                    self.postpaid[name, line.rate, "refund"] += line.quantity
                back[name] -= line.quantity
            if one.debt is not None:
                self.debts[name] -= one.debt.steps
                assert 0 <= self.debts[name] == one.debt.after_steps
                back[name] -= one.debt.steps
        for bucket in entry.granted:
            self._born(bucket)
        for one in entry.returned:
            back[one.unit.name] -= one.steps
            self._undrawn(one, running=entry.running)
        assert not any(back.values()), f"given back, and nowhere: {dict(back)}"
        # What was withheld comes after the use: all of an entry, then what stays paid.
        assert all(quantity or not paid for quantity, paid in self.priced.values()), "nothing stays used, and is paid"

    def _undrawn(self, back: Return, *, running: bool) -> None:
        if back.bucket not in self.flows:  # it came and went in a run, and was known to late use alone
            assert back.went in {"forfeited", "carried"}
            if back.went == "carried":
                self._move(back.into, "carried_in", back.steps, back.left_steps)
            return
        flows = self.flows[back.bucket]
        flows["repaid" if back.repaid else "spent"] -= back.steps
        self.period_spent[back.bucket] -= back.steps if running and not back.repaid else 0
        if back.went == "clawed_back":  # its use had been let go
            self.claims[back.bucket]["let_go"] -= back.steps
            self.claims[back.bucket]["taken"] += back.steps
        if back.went == "carried":
            flows["carried_out"] += back.steps
            self._move(back.into, "carried_in", back.steps, back.left_steps)
        elif back.went == "back":
            assert not self._over(back.bucket), f"bucket {back.bucket} has ended and got something back"
            assert self.left(back.bucket) == back.left_steps
            assert not self.claims[back.bucket]["let_go"], f"what was let go of {back.bucket} came back"
        else:
            flows[back.went] += back.steps
        self.left(back.bucket)

    def _over(self, bucket: str) -> bool:
        one = self.buckets[bucket]
        if one.allowance:  # what waits for its renewal takes back what was held of it
            return bucket not in self.allowances and bucket not in self.witness.waiting
        if self.paused and one.of_plan:
            return False  # its life stands still
        return one.expires is not None and one.expires <= self.clock

    def _reported(self, entry: e.Confirmed | e.Declined) -> None:
        """A charge is over either way; a bill that was not paid is still owed."""
        if isinstance(entry, e.Confirmed) or isinstance(self.pending[entry.request], Charge):
            self.pending.pop(entry.request)

    def _closed(self, entry: e.Closed) -> None:
        self._statement(entry.statement)
        self._gone(entry)
        self._ended(entry)
        self._losses(entry.forfeited, "forfeited")
        self.pending = {name: one for name, one in self.pending.items() if isinstance(one, Bill)}

    def _told(self, entry: e.Entry) -> None:
        for notice in entry.notices:
            known = self.notices.get(notice.id)
            again = known == notice and isinstance(entry, e.Declined)  # one renewal, declined twice at one moment
            assert again or known is None, f"notice {notice.id} was given before"
            self.notices[notice.id] = notice
            assert notice.at == entry.at
        for request in entry.requests:
            assert request.id not in self.requests, f"request {request.id} was made before"
            self.requests[request.id] = entry.at
            self.pending[request.id] = request
        assert sum(isinstance(one, Charge) for one in self.pending.values()) <= 1, "two charges are pending"

    def _opened(self, entry: e.Opened) -> None:
        self.plan = str(entry.plan)
        for bucket in entry.buckets:
            self._born(bucket)
        for debt in entry.debts:
            self.debts[debt.unit.name] += debt.steps
        for unit, steps in entry.used:
            self.used[unit] += steps

    def _born(self, bucket: Bucket, *, bought: bool = False) -> None:
        assert bucket.id not in self.flows, f"bucket {bucket.id} was there before"
        assert bucket.granted_steps >= bucket.opening_steps >= bucket.left_steps >= 0
        self.buckets[bucket.id] = bucket
        self.allowances |= {bucket.id} if bucket.allowance else set()
        flows = self.flows[bucket.id] = dict.fromkeys((*IN, *OUT), 0)
        flows["granted"] = bucket.granted_steps
        self.claims[bucket.id] = dict.fromkeys(CLAIMS, 0)
        self.remembered[bucket.id] = None
        self.prices[bucket.id], self.refunded[bucket.id] = (0 if bucket.paid is None else bucket.paid.steps), 0
        flows["before"] = bucket.granted_steps - bucket.left_steps
        self.period_spent[bucket.id] += bucket.opening_steps - bucket.left_steps
        (self.added if bought else self.granted)[bucket.unit.name] += bucket.granted_steps

    def _move(self, bucket: str, way: str, steps: int, left: int | None) -> None:
        assert steps > 0, f"{way} of nothing"
        self.flows[bucket][way] += steps
        assert way not in {"spent", "held", "repaid"} or self.buckets[bucket].started, (
            f"{bucket} was drawn before it started"
        )
        held = self.buckets[bucket]
        still = (held.allowance and not held.own_life) or (self.paused and held.of_plan)
        ends = (
            None if still or (held.own_life and way in {"expired", "forfeited"}) else held.expires
        )  # of a lot: see where that is read
        assert way == "carried_in" or ends is None or (self.clock == ends if way == "expired" else self.clock < ends)
        now = self.left(bucket)
        assert now >= 0, f"bucket {bucket} has {now} left"
        if left is not None:
            assert now == left, f"bucket {bucket} has {now} left, the entry says {left}"

    def _use(self, use: e.Use, late: Any = None, held: dict[str, int] | None = None) -> None:
        """Book a use: of what is left, or (`held`) of what was set aside of each bucket."""
        name, paid = use.unit.name, 0
        self.used[name] += 0 if late else use.steps
        self.spent[name] += use.steps
        for draw in use.draws:
            if late and draw.bucket in self.rests:
                self._late(draw)
            else:
                assert self.buckets[draw.bucket].unit == use.unit
                if held is None:
                    self._move(draw.bucket, "spent", draw.steps, draw.left_steps)
                else:
                    held[draw.bucket] -= draw.steps
                    self.flows[draw.bucket]["held"] -= draw.steps
                    self.flows[draw.bucket]["spent"] += draw.steps
                    assert draw.left_steps == self.left(draw.bucket)
                self.period_spent[draw.bucket] += 0 if late else draw.steps
            paid += draw.steps
        if use.priced is not None:
            paid += use.priced.quantity
            so_far = (self.priced_before if late else self.priced)[name, use.priced.rate]
            so_far[0] += use.priced.quantity
            so_far[1] += use.priced.paid.steps
            if use.priced.rate.round_to:
                _alone(use.priced)
            else:
                exact = Fraction(_tiered(use.priced.rate, so_far[0]), use.priced.rate.per_steps)
                enough = so_far[1] < exact + 1 or not use.priced.paid.steps  # what a refund left paid is used up first
                assert exact <= so_far[1], f"{so_far[0]} {name} cost {so_far[1]}, exactly {exact}"
                assert enough, f"{so_far[0]} {name} cost {so_far[1]}, exactly {exact}"
            self._use(use.priced.paid, late, held)
        if use.postpaid is not None:
            assert use.postpaid.of == late
            self.postpaid[name, use.postpaid.rate, late] += use.postpaid.quantity
            assert use.postpaid.quantity == _counts_as(use.postpaid.rate, use.postpaid.asked)
            paid += use.postpaid.asked
        if use.debt is not None:
            self.debts[name] += use.debt.steps
            assert self.debts[name] == use.debt.after_steps
            paid += use.debt.steps
        assert paid == use.steps, f"{use.steps} {name} were used, {paid} paid"

    def _late(self, draw: Any) -> None:
        """What a closed period's bucket forfeited was used, after all; one that came and went in a run is in sums."""
        self.rests[draw.bucket] -= draw.steps
        assert self.rests[draw.bucket] == draw.left_steps >= 0
        if draw.bucket in self.flows:
            self.flows[draw.bucket]["forfeited"] -= draw.steps
            self._move(draw.bucket, "spent", draw.steps, 0)

    def _repaid(self, one: e.Repaid, inside: int) -> None:
        assert one.steps == inside + sum(draw.steps for draw in one.draws)
        self.debts[one.unit.name] -= one.steps
        assert 0 <= self.debts[one.unit.name] == one.after_steps
        for draw in one.draws:
            self._move(draw.bucket, "repaid", draw.steps, draw.left_steps)

    def _losses(self, losses: Any, way: str) -> None:
        for loss in losses:
            if loss.steps:
                self._move(loss.bucket, way, loss.steps, loss.left_steps)
            else:  # all of it is held, or used, and it is over all the same
                assert (self.left(loss.bucket), loss.left_steps) == (0, 0), f"{way} of nothing"

    def _unbilled(self) -> dict[tuple[str, Any, Any], int]:
        """What runs up for the next statement: of whole lines, what none in mid-period had; what is less comes back."""
        owed = defaultdict(int, self.postpaid)
        for key, steps in self.billed.items():
            owed[key] -= steps
        for (name, rate, whose), steps in list(owed.items()):
            if steps < 0 and whose is not None:
                owed[name, rate, "refund"] -= owed.pop((name, rate, whose))
        return {key: steps for key, steps in owed.items() if steps}

    def _bill(self, entry: e.BillRequested) -> None:
        """In mid-period all that runs up in a currency is billed, but late use."""
        units = {line.rate.unit for line in entry.statement.lines}
        owed = self._unbilled()
        mine = {key: steps for key, steps in owed.items() if key[2] in {None, "refund"} or key in self.billed}
        mine = {key: steps for key, steps in mine.items() if key[1].unit in units}
        assert _lines(entry.statement.lines) == mine
        assert all(total.steps > 0 for total in entry.statement.totals)
        self._costs(entry.statement.lines)
        for key in mine:
            if key[2] != "refund":
                self.billed[key] = self.postpaid.get(key, 0)
                continue
            self.postpaid.pop(key, None)
            for whole in (one for one in self.billed if one[:2] == key[:2] and one[2] is not None):
                self.billed[whole] = min(self.billed[whole], self.postpaid.get(whole, 0))

    def _costs(self, lines: Any) -> None:
        """Each line costs what its quantity adds to what was charged of it before, each half up."""
        for line in lines:
            coin = 10 ** (line.rate.unit.kept - line.rate.unit.paid)
            half_up = []
            name, rate = line.meter.name, line.rate
            before = self.billed.get((name, rate, line.of), self.stated.get((name, rate, line.of), 0))
            before = 0 if line.debt else before
            before, more = (line.before, -line.quantity) if line.refund else (before, line.quantity)
            for quantity in (before, before + more):
                exact = Fraction(_tiered(line.rate, quantity), line.rate.per_steps * coin)
                half_up.append((2 * exact + 1).__floor__() // 2)
            assert line.cost.steps == (half_up[1] - half_up[0]) * coin

    def _statement(self, statement: Any, left_open: Any = (), closed: Any = None) -> None:
        said = () if statement is None else [line for line in statement.lines if line.refund or not line.debt]
        worth: dict[Any, int] = defaultdict(int)
        for line in left_open:
            worth[line.rate.unit] += line.cost.steps
        assert all(steps < 0 for steps in worth.values()), "a line is left open that could be billed"
        own = [evolve(line, of=None) if line.of == closed else line for line in left_open]
        assert self._unbilled() == _lines([*said, *own])
        self._costs(() if statement is None else statement.lines)
        mine = {(name, rate, closed): steps for (name, rate, late), steps in self.postpaid.items() if not late}
        self.stated |= {key: steps for key, steps in mine.items() if key not in {line.key for line in left_open}}
        billed, self.billed = self.billed, {}
        self.postpaid.clear()
        self.postpaid.update(_lines(left_open))
        for line in left_open:  # whole, where statements in mid-period had a part of it
            key = (line.meter.name, line.rate, line.of)
            part = billed.get((*key[:2], None if line.of == closed else line.of))
            if part is not None and line.of is not None:
                self.postpaid[(*key[:2], "refund") if line.refund else key] -= line.quantity
                self.postpaid[key] = line.top
                self.billed[key] = part

    def _gone(self, entry: e.PeriodOpened | e.Closed) -> None:
        """Debt that is billed stands on the statement; that and what is forgiven is owed no more."""
        said = () if entry.statement is None else entry.statement.lines
        assert [(line.meter, line.quantity) for line in said if line.debt and not line.refund] == [
            (debt.unit, debt.steps) for debt in entry.billed
        ]
        for debt in (*entry.billed, *getattr(entry, "forgiven", ())):
            assert debt.steps > 0
            self.debts[debt.unit.name] -= debt.steps
            assert 0 <= self.debts[debt.unit.name] == debt.after_steps
        for debt in getattr(entry, "forgiven", ()):
            self._forgiven(debt)

    def _forgiven(self, debt: Any) -> None:
        """What was owed for money that went back is let go with the debt: nothing of it comes again."""
        rest = debt.steps
        for name, claims in self.claims.items():
            part = min(rest, claims["debt"]) if self.buckets[name].unit == debt.unit else 0
            rest -= part
            claims["debt"] -= part
            claims["let_go"] += part

    def _carried(self, entry: e.PeriodOpened, passing: dict[str, int]) -> None:
        """What is carried goes into a bank; in a run, what lives by itself passes on to what is there at its end."""
        into = {carry.unit.name: carry.into for carry in entry.carried}
        for carry in entry.carried:
            if carry.into:
                self._move(carry.into, "carried_in", carry.steps, None)
            if carry.into and not carry.bucket and carry.steps > carry.left_steps:
                self._move(carry.into, "forfeited", carry.steps - carry.left_steps, None)
            if not (carry.into and carry.bucket):
                passing[carry.unit.name] += carry.steps if carry.bucket else -carry.steps
        for unit, steps in passing.items():
            if steps:
                self._move(into[unit], "carried_in", steps, None)
        for carry in entry.carried:
            last = [one.left_steps for one in entry.carried if one.into == carry.into][-1]
            assert not carry.into or self.left(carry.into) == last

    def _period(self, entry: e.PeriodOpened) -> None:
        self._turned(entry.turns)
        self._statement(entry.statement, entry.left_open, entry.closed)
        self._gone(entry)
        self._renewal_is_over()
        assert entry.closed.start < entry.closed.end <= entry.at == entry.period.start
        assert entry.count > 1 or entry.closed.end == entry.at
        self.plan = str(entry.plan)
        before = {id_ for id_, bucket in self.buckets.items() if bucket.allowance} - {one.bucket for one in entry.kept}
        for carry in entry.carried:
            if carry.bucket:
                self._move(carry.bucket, "carried_out", carry.steps, None)
        self._losses(entry.forfeited, "forfeited")  # first, as a cap took it before what was left ended
        self._lots(entry)
        self._kept(entry)
        waits = set(entry.waits)
        for id_ in before - waits:
            assert not self.left(id_), f"{id_} has {self.left(id_)} left after its period"
        self.allowances.clear()
        self.rests = {loss.bucket: loss.steps for loss in entry.last.rests} if entry.last else {}
        for bucket in entry.granted:
            self._born(bucket)
        passing: dict[str, int] = defaultdict(int)
        for run in entry.between:
            terms = (run.forfeited_steps, run.carried_steps, run.repaid_steps, run.expired_steps)
            assert min(terms) >= 0
            assert run.granted_steps == sum(terms), "a run lost or invented something"
            if run.kind == "rollover":
                passing[run.unit.name] -= run.granted_steps
                continue
            mine = [one for one in entry.granted if (one.kind, one.unit) == (run.kind, run.unit)]
            if entry.count > len(mine):
                assert run.granted_steps == mine[-1].granted_steps * (entry.count - len(mine))
            self.granted[run.unit.name] += run.granted_steps
            passing[run.unit.name] += run.carried_steps
        self._carried(entry, passing)
        self.used.clear()
        self.priced_before = self.priced if entry.count == 1 else defaultdict(lambda: [0, 0])
        self.priced = defaultdict(lambda: [0, 0])
        self.period_spent.clear()

    def _lots(self, entry: e.PeriodOpened) -> None:
        """Grants with a life of their own end where the period does; inside a run, where they have to."""
        for loss in entry.expired:
            ends = self.buckets[loss.bucket].expires
            turned = any(loss.bucket in lots for lots in self.lots.values())
            assert self.buckets[loss.bucket].own_life or (turned and entry.previous is not None and ends == entry.at)
            assert ends is not None
            assert ends == entry.at or (entry.count > 1 and ends < entry.at) or not loss.steps
        self._losses(entry.expired, "expired")

    def _kept(self, entry: e.PlanChanged | e.PeriodOpened) -> None:
        """What is left of an allowance stays, until its own end."""
        for rest in entry.kept:
            assert rest.bucket in self.allowances
            assert rest.steps == rest.left_steps == self.left(rest.bucket)
            self.allowances.remove(rest.bucket)
            self.buckets[rest.bucket] = evolve(self.buckets[rest.bucket], allowance=False, kept=True)

    def _reshaped(self, entry: e.PlanChanged | e.CountSet) -> None:
        self._losses(entry.forfeited, "forfeited")
        if isinstance(entry, e.PlanChanged):
            self._kept(entry)
        for gain in entry.gained:
            self._move(gain.bucket, "gained", gain.steps, gain.left_steps)
            self.granted[gain.unit.name] += gain.steps
        for bucket in entry.granted:
            self._born(bucket)
        if isinstance(entry, e.PlanChanged):
            due = self.pending.get(entry.renewal or "")
            if due is None or due.plan == entry.plan.name:
                self._renewal_is_over()
            self.plan = str(entry.plan)

    # -- what it comes to ----------------------------------------------------------------------------------------

    def left(self, bucket: str) -> int:
        flows = self.flows[bucket]
        assert min(flows.values()) >= 0
        return sum(flows[way] for way in IN) - sum(flows[way] for way in OUT)

    def balances(self) -> dict[str, int]:
        return {id_: left for id_ in self.flows if (left := self.left(id_))}

    def allowances_gave(self, unit: str) -> int:
        """What the running period's allowances of a unit gave to use: spent, held, repaid, and what is left."""
        mine = [id_ for id_ in self.allowances if self.buckets[id_].unit.name == unit]
        ways = ("repaid", "spent", "held")
        return sum(sum(self.flows[id_][way] for way in ways) + self.left(id_) for id_ in mine)

    def agrees_with(self, wallet: Wallet) -> None:
        """Compare every figure with the wallet's."""
        assert (wallet.version, wallet.clock) == (self.count, self.clock)
        view = wallet.at(wallet.clock)
        live = {bucket.id: bucket for bucket in view.buckets()}
        assert len(live) == len(view.buckets()), "two buckets have one id"
        self.remembered = dict.fromkeys((*live, *wallet._book.past))
        assert self.balances() == {id_: one.left_steps for id_, one in live.items() if one.left_steps}
        for id_, one in live.items():
            flows = self.flows[id_]
            assert one.granted_steps == sum(flows[way] for way in IN)
            assert one.opening_steps == one.left_steps + flows["held"] + self.period_spent[id_], id_
            assert one.held_steps == flows["held"], id_
            assert one.transferred_steps == flows["transferred"], id_
            assert one.lost_steps == sum(flows[way] for way in ("expired", "forfeited", "carried_out", "transferred"))
            assert one.spent_steps == flows["spent"] + flows["repaid"] + flows["before"], id_
            assert one.claw_back.taken == flows["clawed_back"], id_
        for one in (*live.values(), *(past.bucket for past in wallet._book.past.values())):
            assert (one.price_steps, one.claw_back.refunded) == (self.prices[one.id], self.refunded[one.id]), one.id
            assert one.repaid_steps == self.flows[one.id]["again"], one.id
            assert one.claw_back.held <= one.held_steps, f"more of {one.id} is to be taken than is held"
        self._claims_agree(wallet)
        assert {unit: owed for unit, owed in self.debts.items() if owed} == dict(wallet._book.debts)
        assert {unit: used for unit, used in self.used.items() if used} == dict(wallet._book.tallies.used)
        assert str(view.plan) == self.plan
        assert tuple(self.pending) == tuple(one.id for one in view.pending())
        assert self._unbilled() == _lines(view.accrued())
        for unit in (*self.granted, *self.spent, *self.added):
            book = wallet._book
            tallies = (book.added.get(unit, 0), book.granted.get(unit, 0), book.spent.get(unit, 0))
            assert tallies == (self.added[unit], self.granted[unit], self.spent[unit]), unit
        self._holds_agree(wallet)
        self._payments_agree(wallet)
        self._gauges_agree(wallet)
        self.witness.agrees_with(wallet)

    def _claims_agree(self, wallet: Wallet) -> None:
        """Bucket by bucket; whose of several debts was forgiven first is the wallet's choice."""
        owed: dict[str, int] = defaultdict(int)
        for one in (*wallet._book.buckets, *(past.bucket for past in wallet._book.past.values())):
            claims, said = self.claims[one.id], {part: getattr(one.claw_back, part) for part in CLAIMS}
            owed[one.unit.name] += said["debt"] - claims["debt"]
            assert [said[part] for part in CLAIMS[:3]] == [claims[part] for part in CLAIMS[:3]], one.id
            assert said["debt"] + said["let_go"] == claims["debt"] + claims["let_go"], one.id
            claims.update(said)
        assert not any(owed.values()), f"more or less is owed for money that went back: {dict(owed)}"

    def _holds_agree(self, wallet: Wallet) -> None:
        """Holds equal the sum of their parts, bucket by bucket and unit by unit."""
        view = wallet.at(wallet.clock)
        assert {name: one.uses for name, one in self.holds.items()} == {one.id: one.uses for one in view.holds()}
        of_bucket: dict[str, int] = defaultdict(int)
        of_unit: dict[str, int] = defaultdict(int)
        for held in self.holds.values():
            for use in each_use(held.uses):
                of_unit[use.unit.name] += use.steps
                for draw in use.draws:
                    of_bucket[draw.bucket] += draw.steps
        assert {id_: flows["held"] for id_, flows in self.flows.items() if flows["held"]} == {
            id_: steps for id_, steps in of_bucket.items() if steps
        }
        assert {unit: steps for unit, steps in of_unit.items() if steps} == dict(wallet._book.held)
        for id_, past in wallet._book.past.items():
            assert past.bucket.held_steps == of_bucket[id_], id_

    def _payments_agree(self, wallet: Wallet) -> None:
        """What went back and what the rest is worth are the price at most; all of it while nothing is used."""
        view = wallet.at(wallet.clock)
        by_payment: dict[str, list[Bucket]] = defaultdict(list)
        for one in (*view.buckets(), *(past.bucket for past in wallet._book.past.values())):
            if one.payment is not None and one.price_steps:
                by_payment[one.payment].append(one)
        for payment, mine in by_payment.items():
            worth = view.refundable(payment)
            coin = 10 ** (worth.unit.kept - (worth.unit.paid or 0))
            rest = sum(self.prices[one.id] - self.refunded[one.id] for one in mine)
            assert 0 <= worth.steps <= rest, payment
            claimed = {one.id: sum(self.claims[one.id].values()) for one in mine}
            unused = all(self.left(one.id) + claimed[one.id] >= self._priced(one.id) > 0 for one in mine)
            if unused and not any(one.refund_until for one in mine):
                assert worth.steps == rest // coin * coin, payment
            there = [one.id for one in mine if self.left(one.id) + claimed[one.id]]
            assert worth.steps <= sum(self.prices[id_] - self.refunded[id_] for id_ in there), payment

    def _gauges_agree(self, wallet: Wallet) -> None:
        """What a gauge shows as used is what the period's buckets paid, and what goes on its statement."""
        view = wallet.at(wallet.clock)
        if view.closed or view._plan().terms.usable is not None:
            return
        for name, unit in view._plan().terms.units.items():
            paid = sum(steps for id_, steps in self.period_spent.items() if self.buckets[id_].unit == unit)
            paid += sum(steps for (meter, _, late), steps in self.postpaid.items() if meter == name and not late)
            paid += sum(flows["held"] for id_, flows in self.flows.items() if self.buckets[id_].unit == unit)
            if view.limit(name) is None:
                assert unit.amount(paid) == view.gauge(name).used


def _lines(lines: Iterable[Any]) -> dict[tuple[str, Any, Any], int]:
    """Lines by meter, price, and whose they are: the period's own, late use's, or what is given back."""
    sums: dict[tuple[str, Any, Any], int] = defaultdict(int)
    for line in lines:
        if line.refund and line.of is None:  # of the period's own use, less than a statement in mid-period had
            sums[line.meter.name, line.rate, None] -= line.quantity
        else:
            sums[line.meter.name, line.rate, "refund" if line.refund else line.of] += line.quantity
    return dict(sums)


def _alone(priced: e.Priced) -> None:
    """An operation that is priced by itself costs its base and its quantity's price, within one step of rounding."""
    rate, paid = priced.rate, priced.paid.steps
    counts = _counts_as(rate, priced.quantity)
    assert counts == priced.billed
    over = paid - Fraction(rate.base_steps, rate.base_per) - Fraction(counts * rate.cost_steps, rate.per_steps)
    assert paid % rate.round_to == 0
    bounds = {"up": 0 <= over < rate.round_to, "down": -rate.round_to < over <= 0}
    assert bounds.get(rate.rounding, -rate.round_to < 2 * over <= rate.round_to), f"{paid} paid, {over} too much"


def _counts_as(rate: Any, quantity: int) -> int:
    """At least the price's minimum, in whole steps."""
    while quantity and (quantity < rate.minimum or quantity % rate.step):
        quantity += 1
    return quantity


def _tiered(rate: Any, quantity: int) -> int:
    """Price a quantity: each part by the tier that it is in, or all of it by one; a started pack as a whole one."""
    while quantity % rate.pack:
        quantity += 1
    if rate.volume:
        within = [cost for up_to, cost in rate.tiers if quantity <= up_to]
        return quantity * (within[0] if within else rate.cost_steps)
    ends = [0, *(min(up_to, quantity) for up_to, _ in rate.tiers), quantity]
    prices = [*(cost for _, cost in rate.tiers), rate.cost_steps]
    return sum((end - start) * price for (start, end), price in zip(pairwise(ends), prices, strict=True))
