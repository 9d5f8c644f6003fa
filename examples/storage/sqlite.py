"""Wallets in SQLite, with the standard library alone.

One connection per thread or process: `Store(connect("purse.db"), CATALOGUE)`. Whatever `act` writes is one
transaction: the wallet moves on, its entries are appended, and what is to be sent waits in the outbox, or none of it.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import permutations

from tokenpurse import Catalogue, Change, Wallet
from tokenpurse.codec import canonical, dump_entry, dump_wallet, load_entry, load_wallet
from tokenpurse.entries import Entry
from tokenpurse.notices import Notice, Request

SCHEMA = """
CREATE TABLE IF NOT EXISTS wallets (
    id       TEXT PRIMARY KEY,
    version  INTEGER NOT NULL,  -- moves on with each change; who has read an older one writes nothing
    next_due TEXT,              -- when time will next change it, in UTC
    document TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS wallets_due ON wallets (next_due);
CREATE TABLE IF NOT EXISTS entries (
    wallet    TEXT NOT NULL REFERENCES wallets,
    sequence  INTEGER NOT NULL,
    namespace TEXT,             -- with ref: the caller's key, once and for all; most entries have none
    ref       TEXT,
    document  TEXT NOT NULL,
    PRIMARY KEY (wallet, sequence),
    UNIQUE (wallet, namespace, ref)
);
CREATE TABLE IF NOT EXISTS outbox (
    number   INTEGER PRIMARY KEY AUTOINCREMENT,  -- used once: who is slow strikes off its own, and no later one
    wallet   TEXT NOT NULL,
    sequence INTEGER NOT NULL,  -- the entry that has the notice or request
    item     TEXT NOT NULL,     -- the id of it
    FOREIGN KEY (wallet, sequence) REFERENCES entries
);
"""
log = logging.getLogger(__name__)


class Raced(Exception):
    """Somebody else has changed the wallet since it was read, or has opened it. Nothing was written."""


class AlreadyDone(Exception):
    """The ref is in the ledger, though the wallet has forgotten it. Nothing was written.

    Attributes:
        entry: what was done under the ref.
        repeated: whether the same was asked then: answer as for a repeat. If not, the ref was used for something else.
    """

    def __init__(self, entry: Entry, now: Entry) -> None:
        super().__init__(entry, now)
        self.entry = entry
        self.repeated = entry.ref is not None and now.ref is not None and entry.ref.said == now.ref.said

    def __str__(self) -> str:
        return self.entry.id


def connect(path: str) -> sqlite3.Connection:
    """Open the database: readers never wait for the writer, and a commit that returned is on disk."""
    db = sqlite3.connect(path, timeout=30, isolation_level=None)  # None: transactions begin where this file says so
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA foreign_keys = ON")
    return db


class Store:
    """The wallets of a database, bound to the plans of a catalogue."""

    def __init__(self, db: sqlite3.Connection, catalogue: Catalogue) -> None:
        self.db = db
        self.catalogue = catalogue

    def create(self, opened: Change) -> Wallet:
        """Store an opened wallet. Where there is one of that id already, that one stays and is returned."""
        with suppress(Raced), self.writing():
            self.save(opened)
        return self.load(opened.wallet.id)

    def load(self, id: str) -> Wallet:
        """Read a wallet; a `LookupError` if there is none."""
        row = self.db.execute("SELECT document FROM wallets WHERE id = ?", (id,)).fetchone()
        if row is None:
            raise LookupError(f"no wallet {id}")
        return load_wallet(row[0], id=id, catalogue=self.catalogue)

    def act(self, id: str, verb: Callable[[Wallet], Change]) -> Change:
        """Load a wallet, ask it, and store what it answered.

        `verb` decides and does nothing else: it is asked once more if somebody was faster. A refusal is raised.
        """
        change = verb(self.load(id))  # nothing is locked: what is refused or repeated ends here
        if not change.entries:
            return change
        try:
            with self.writing():
                self.save(change)
        except Raced:
            with self.writing():  # now nobody can be faster
                change = verb(self.load(id))
                self.save(change)
        return change

    def act_on_two(
        self, one: str, other: str, verb: Callable[[Wallet, Wallet], tuple[Change, Change]]
    ) -> tuple[Change, Change]:
        """The same with two wallets, of which both change or neither: a `transfer`, a `spend_from_pool`."""
        with self.writing():
            changes = verb(self.load(one), self.load(other))
            self.save(*changes)
            for mine, others in permutations(changes):
                if others.entry and not (mine.entries or mine.repeated):  # it may have paid all of it before
                    self._look_for(mine.wallet.id, others.entry)
        return changes

    def due(self, moment: datetime, limit: int = 1_000) -> list[str]:
        """Find the wallets that time has changed since: `act(id, lambda wallet: wallet.advance(moment))` stores it."""
        rows = self.db.execute(
            "SELECT id FROM wallets WHERE next_due <= ? ORDER BY next_due LIMIT ?", (_text(moment), limit)
        )
        return [id for (id,) in rows]

    def entries(self, id: str) -> list[Entry]:
        """Read the ledger of a wallet, oldest first."""
        rows = self.db.execute("SELECT document FROM entries WHERE wallet = ? ORDER BY sequence", (id,))
        return [load_entry(document, wallet=id) for (document,) in rows]

    def deliver(self, send: Callable[[str, Notice | Request], object]) -> None:
        """Hand everything in the outbox to `send(wallet_id, item)`, oldest first, and strike off what it took.

        At least once: a crash in between hands the same `item.id` over again. What raises stays for the next time, and
        the others go on.
        """
        if self.db.in_transaction:
            raise RuntimeError("deliver sends what is committed, and what is around it is not yet")
        number = 0
        while row := self.db.execute(
            "SELECT number, wallet, item, document FROM outbox JOIN entries USING (wallet, sequence)"
            " WHERE number > ? ORDER BY number LIMIT 1",
            (number,),
        ).fetchone():
            number, wallet, item, document = row
            try:
                entry = load_entry(document, wallet=wallet)
                send(wallet, next(each for each in (*entry.notices, *entry.requests) if each.id == item))
                self.db.execute("DELETE FROM outbox WHERE number = ?", (number,))
            except Exception:
                log.exception("%s of wallet %s stays in the outbox", item, wallet)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction, with the write lock from the start: asked for after reading, it may be refused at once."""
        if self.db.in_transaction:
            raise RuntimeError("there is a transaction already: load and save in that one")
        with self.db:  # commits, or rolls back where something is raised
            self.db.execute("BEGIN IMMEDIATE")
            yield

    def save(self, *changes: Change) -> None:
        """Write changes in the transaction of the caller, who takes it back if this raises."""
        for change in changes:
            if change.entries:
                self._move_on(change)
                self._append(change)

    def _move_on(self, change: Change) -> None:
        wallet, before = change.wallet, change.before
        document, due = _json(dump_wallet(wallet)), change.view.next_due()
        row = {"id": wallet.id, "version": wallet.version, "due": due and _text(due), "document": document}
        if before is wallet:  # it was opened
            statement = (
                "INSERT INTO wallets (id, version, next_due, document) VALUES (:id, :version, :due, :document)"
                " ON CONFLICT DO NOTHING"
            )
        else:
            statement = (
                "UPDATE wallets SET version = :version, next_due = :due, document = :document"
                " WHERE id = :id AND version = :before"
            )
        if self.db.execute(statement, row | {"before": before.version}).rowcount != 1:
            raise Raced(wallet.id)

    def _append(self, change: Change) -> None:
        waiting = {item.id for item in (*change.notices, *change.requests)}
        for entry in change.entries:
            namespace, ref = (entry.ref.namespace, entry.ref.key) if entry.ref else (None, None)
            row = (entry.wallet, entry.sequence, namespace, ref, _json(dump_entry(entry)))
            statement = "INSERT INTO entries (wallet, sequence, namespace, ref, document) VALUES (?, ?, ?, ?, ?)"
            self._look_for(entry.wallet, entry)  # the unique index would refuse it, too
            self.db.execute(statement, row)
            for item in (*entry.notices, *entry.requests):
                if item.id in waiting:
                    waits = (entry.wallet, entry.sequence, item.id)
                    self.db.execute("INSERT INTO outbox (wallet, sequence, item) VALUES (?, ?, ?)", waits)

    def _look_for(self, id: str, entry: Entry) -> None:
        """Refuse a ref that the ledger has; the wallet has forgotten it."""
        key = (id, entry.ref.namespace, entry.ref.key) if entry.ref else (id, None, None)
        statement = "SELECT document FROM entries WHERE wallet = ? AND namespace = ? AND ref = ?"
        for (first,) in self.db.execute(statement, key):
            raise AlreadyDone(load_entry(first, wallet=id), entry)


def _json(document: dict[str, object]) -> str:
    return canonical(document).decode()


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")  # of one length, so that it sorts
