"""Run both: every request goes to the old code and to the wallet; one decides, and the other goes along.

While the old code decides, the wallet is watched: where they differ is written down with a reason, and nobody notices.
Once the wallet decides, the old table is kept up, so that there is a way back.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Literal, NamedTuple

from examples.moving.follow import follow, pair_packs
from examples.moving.move import left_in
from examples.moving.old import Left, Old
from examples.storage.sqlite import AlreadyDone, Store
from tokenpurse import Change, Wallet
from tokenpurse.codec import load_entry
from tokenpurse.entries import Captured, Entry, Held, Spent, ToppedUp
from tokenpurse.errors import HoldEnded, Refused, UnknownNameError

__all__ = ["SCHEMA", "Both", "Difference", "Reason"]

SCHEMA = """
CREATE TABLE IF NOT EXISTS differences (
    number INTEGER PRIMARY KEY,
    user   TEXT NOT NULL,
    at     TEXT NOT NULL,
    ref    TEXT NOT NULL, -- the request that showed it
    reason TEXT NOT NULL,
    old    TEXT NOT NULL, -- what the old code says, and what the wallet says: as JSON
    wallet TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS differences_user ON differences (user, number);
"""

log = logging.getLogger(__name__)
Reason = Literal["missing", "error", "decision", "repeat", "reset", "end", "order", "amount", "follow"]
"""Why they differ, or agree again: there is no wallet, or it raised what is no refusal; one said yes and the other no;
the wallet knew the ref already; a month began; something ended by itself; another balance paid; more or less was paid;
the old table was written after the wallet.
"""


AGAIN = ("done again", "done before")


class Difference(NamedTuple):
    """A row of `differences`."""

    user: str
    at: str
    ref: str
    reason: Reason
    old: object
    wallet: object


class Ask(NamedTuple):
    """A request, as it is put to either of them."""

    user: str
    at: datetime
    ref: str
    old: Callable[[], object]
    wallet: Callable[[Wallet], Change]
    after_all: Callable[[Wallet], Change] | None = None  # how the wallet goes along with a yes that is not its own
    done: Callable[[Entry], bool] = lambda _: False  # whether an entry of its ref is what it asks for


class Settled(AlreadyDone):
    """The hold was settled so long ago that the wallet has forgotten it; the ledger has not."""

    def __init__(self, entry: Captured, tokens: int) -> None:
        super().__init__(entry, entry)
        self.repeated = sum(use.amount for use in entry.uses) == tokens


class Both:
    """The old code and the wallets of one database.

    Attributes:
        decides: who answers: `old`, or `wallet` for everybody who has one.
    """

    def __init__(self, store: Store, decides: Literal["old", "wallet"] = "old") -> None:
        self.store = store
        self.old = Old(store.db)
        self.decides = decides

    def spend(self, user: str, tokens: int, *, ref: str, at: datetime) -> bool:
        """Use tokens, if there are as many."""
        return self._answer(
            Ask(
                user,
                at,
                ref,
                lambda: self.old.spend(user, tokens, at),
                lambda wallet: wallet.spend(tokens, at=at, ref=ref),
                lambda wallet: wallet.spend(tokens, at=at, ref=ref, overdraw=True),
                lambda entry: isinstance(entry, Spent) and [use.amount for use in entry.uses] == [tokens],
            )
        )

    def reserve(self, user: str, tokens: int, *, ref: str, until: datetime, at: datetime) -> bool:
        """Set tokens aside for what is being made."""
        return self._answer(
            Ask(
                user,
                at,
                ref,
                lambda: self.old.reserve(user, tokens, ref, until, at),
                lambda wallet: wallet.hold(tokens, at=at, ref=ref, until=until),
                done=lambda entry: isinstance(entry, Held) and [use.amount for use in entry.uses] == [tokens],
            )
        )

    def settle(self, user: str, tokens: int, *, ref: str, at: datetime) -> bool:
        """Use what a reservation came to, also when its deadline has passed meanwhile, or before the move."""

        def late(wallet: Wallet) -> Change:
            return wallet.spend(tokens, at=at, ref=f"late:{ref}", overdraw=True)

        def settle(wallet: Wallet) -> Change:
            try:
                return wallet.capture(ref, tokens, at=at)
            except UnknownNameError:  # over before the move, or so long ago that the wallet has forgotten it
                for entry in self.store.entries(user):
                    if isinstance(entry, Captured) and entry.ended.hold == ref:
                        raise Settled(entry, tokens) from None
                return late(wallet)

        return self._answer(Ask(user, at, ref, lambda: self.old.settle(user, tokens, ref, at), settle, late))

    def buy(self, user: str, *, payment: str, at: datetime) -> bool:
        """Add a pack that is paid."""
        return self._answer(
            Ask(
                user,
                at,
                payment,
                lambda: self.old.buy(user, 5_000, 900, payment, at),
                lambda wallet: wallet.top_up("pack", 5_000, at=at, payment=payment),
                done=lambda entry: isinstance(entry, ToppedUp),
            )
        )

    def advance(self, at: datetime) -> None:
        """Do for everybody what time does: a worker calls it, so that who asks nothing is looked at, too."""
        for user in self.store.due(at):
            try:
                self._answer(Ask(user, at, "time", lambda: None, lambda wallet: wallet.advance(at)))
            except Exception:  # the one who is due first would hold up all others for ever
                log.exception("%s waits for the next turn", user)

    def differences(self) -> list[Difference]:
        """List what was written down, oldest first."""
        rows = self.store.db.execute("SELECT user, at, ref, reason, old, wallet FROM differences ORDER BY number")
        return [
            Difference(user, at, ref, reason, json.loads(old), json.loads(wallet))
            for user, at, ref, reason, old, wallet in rows
        ]

    # -- one decides, the other goes along -----------------------------------------------------------------------------

    def _answer(self, ask: Ask) -> bool:
        try:
            with self.store.writing():  # both, or neither
                [known] = self.store.db.execute("SELECT count(*) FROM wallets WHERE id = ?", (ask.user,)).fetchone()
                if not known:
                    return self._alone(ask)
                return self._watch(ask) if self.decides == "old" else self._decide(ask)
        except AlreadyDone as done:
            return done.repeated

    def _alone(self, ask: Ask) -> bool:
        """Let the old code go on with who was not moved, and note once that there is somebody."""
        noted = self.store.db.execute("SELECT 1 FROM differences WHERE user = ? AND reason = 'missing'", (ask.user,))
        if noted.fetchone() is None:
            self._note(ask, "missing", "a row", "none")
        return ask.old() is not False

    def _decide(self, ask: Ask) -> bool:
        """Let the wallet decide, and write the old table after it."""
        wallet = self.store.load(ask.user)
        try:
            change = ask.wallet(wallet)
        except HoldEnded as ended:
            if ended.how != "lapsed" or ask.after_all is None:
                return False
            change = ask.after_all(wallet)  # it was made all the same
        except Refused:
            return self._was_done(ask)
        self.store.save(change)
        follow(self.store.db, change.wallet, ask.at)
        self._compare(ask, "follow", self.old.left(ask.user, ask.at), left_in(change.wallet, ask.at))
        return True

    def _was_done(self, ask: Ask) -> bool:
        """Look into the ledger whether what is refused now was done long ago: the wallet forgets refs, it does not."""
        statement = "SELECT document FROM entries WHERE wallet = ? AND ref = ?"
        rows = self.store.db.execute(statement, (ask.user, ask.ref))
        return any(ask.done(load_entry(document, wallet=ask.user)) for (document,) in rows)

    def _watch(self, ask: Ask) -> bool:
        """Let the old code decide; nothing that the wallet does can change that."""
        turned = self.old.turn(ask.user, ask.at)
        before = self.old.left(ask.user, ask.at)
        answer = ask.old() is not False
        with self._unnoticed(ask):
            wallet = self.store.load(ask.user)
            self._compare(ask, "reset" if turned else "end", before, left_in(wallet, ask.at))
            change = self._go_along(ask, wallet, yes=answer)
            if change is not None:
                self.store.save(change)
                pair_packs(self.store.db, change.wallet)
                own = (ask.user, change.before.version)  # of that the old code has told people
                self.store.db.execute("DELETE FROM outbox WHERE wallet = ? AND sequence > ?", own)
        with self._unnoticed(ask):
            wallet = self.store.load(ask.user)
            self._compare(ask, "amount", self.old.left(ask.user, ask.at), left_in(wallet, ask.at))
        return answer

    def _go_along(self, ask: Ask, wallet: Wallet, *, yes: bool) -> Change | None:
        """Ask the wallet, and have it do what the old code did, whatever it thinks of it."""
        try:
            change = ask.wallet(wallet)
        except Refused as refusal:
            if yes:
                self._note(ask, "decision", "yes", str(refusal))
            return ask.after_all(wallet) if yes and ask.after_all else None
        if not yes:
            self._note(ask, "decision", "no", "yes")
            return None
        if change.repeated:
            self._note(ask, "repeat", *AGAIN)
        return change

    def _compare(self, ask: Ask, reason: Reason, old: Left, wallet: Left) -> None:
        """Write down by how much they differ, where that is not what it was when they were last compared."""
        last = self.store.db.execute(
            "SELECT old, wallet FROM differences WHERE user = ?"
            " AND reason IN ('reset', 'end', 'order', 'amount', 'follow') ORDER BY number DESC LIMIT 1",
            (ask.user,),
        ).fetchone()
        was = _less(*(Left(*json.loads(each)) for each in last)) if last else Left(0, 0, 0, 0)
        now = _less(old, wallet)
        if now.free == was.free and now.reserved == was.reserved:
            if now == was or old.reserved or wallet.reserved:  # a wallet says at once who pays, the old code at the end
                return
            reason = "order" if reason == "amount" else reason
        self._note(ask, reason, old, wallet)

    def _note(self, ask: Ask, reason: Reason, old: object, wallet: object) -> None:
        row = (ask.user, f"{ask.at:%Y-%m-%d %H:%M:%S}", ask.ref, reason, json.dumps(old), json.dumps(wallet))
        statement = "INSERT INTO differences (user, at, ref, reason, old, wallet) VALUES (?, ?, ?, ?, ?, ?)"
        self.store.db.execute(statement, row)

    @contextmanager
    def _unnoticed(self, ask: Ask) -> Iterator[None]:
        """Write down what is raised, and take back what was half done."""
        self.store.db.execute("SAVEPOINT watched")
        try:
            yield
        except AlreadyDone:  # what the wallet has forgotten, the ledger has not
            self.store.db.execute("ROLLBACK TO watched")
            self._note(ask, "repeat", *AGAIN)
        except Exception as error:  # noqa: BLE001  # whatever it is, the old code has answered
            self.store.db.execute("ROLLBACK TO watched")
            self._note(ask, "error", "done", f"{type(error).__name__}: {error}")
        self.store.db.execute("RELEASE watched")


def _less(one: Left, other: Left) -> Left:
    return Left(*(mine - theirs for mine, theirs in zip(one, other, strict=True)))
