"""Wallets with SQLAlchemy 2, tried on PostgreSQL. SQLite has a recipe of its own: its locks are others.

One `Store(engine, CATALOGUE)` for the whole process.
What `act` writes is one transaction: the wallet moves on, its entries are appended, and what is to be sent waits in
the outbox, or none of it. To make it a part of a transaction of your own, `read` and `save` with its connection:
`session.connection()`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from itertools import permutations

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Connection,
    DateTime,
    Engine,
    ForeignKey,
    ForeignKeyConstraint,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import IntegrityError

from tokenpurse import Catalogue, Change, Wallet
from tokenpurse.codec import dump_entry, dump_wallet, load_entry, load_wallet
from tokenpurse.entries import Entry
from tokenpurse.notices import Notice, Request

metadata = MetaData()
Document = JSON().with_variant(JSONB, "postgresql")
wallets = Table(
    "wallets",
    metadata,
    Column("id", String(128), primary_key=True),
    Column(
        "version", BigInteger, nullable=False
    ),  # moves on with each change; who has read an older one writes nothing
    Column("next_due", DateTime(timezone=True), index=True),  # when time will next change it
    Column("document", Document, nullable=False),
)
entries = Table(
    "entries",
    metadata,
    Column("wallet", ForeignKey(wallets.c.id), primary_key=True),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("namespace", String(16)),  # with ref: the caller's key, once and for all; most entries have none
    Column("ref", String(128)),
    Column("document", Document, nullable=False),
    UniqueConstraint("wallet", "namespace", "ref"),
)
outbox = Table(
    "outbox",
    metadata,
    Column("number", BigInteger, primary_key=True),
    Column("wallet", String(128), nullable=False),
    Column("sequence", BigInteger, nullable=False),  # the entry that has the notice or request
    Column("item", Text, nullable=False),  # the id of it
    ForeignKeyConstraint(["wallet", "sequence"], [entries.c.wallet, entries.c.sequence]),
)
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


class Store:
    """The wallets of a database, bound to the plans of a catalogue."""

    def __init__(self, engine: Engine, catalogue: Catalogue) -> None:
        self.engine = engine.execution_options(isolation_level="READ COMMITTED")
        self.catalogue = catalogue

    def create(self, opened: Change) -> Wallet:
        """Store an opened wallet. Where there is one of that id already, that one stays and is returned."""
        with suppress(Raced), self.engine.begin() as db:
            self.save(db, opened)
        return self.load(opened.wallet.id)

    def load(self, id: str) -> Wallet:
        """Read a wallet; a `LookupError` if there is none."""
        with self.engine.connect() as db:
            return self.read(db, id)

    def act(self, id: str, verb: Callable[[Wallet], Change]) -> Change:
        """Load a wallet, ask it, and store what it answered.

        `verb` decides and does nothing else: it is asked once more if somebody was faster. A refusal is raised.
        """
        for lock in (False, True):  # who was slower once reads under a lock, and cannot be slower again
            with suppress(Raced), self.engine.begin() as db:
                change = verb(self.read(db, id, lock=lock))
                self.save(db, change)
                return change
        raise Raced(id)

    def act_on_two(
        self, one: str, other: str, verb: Callable[[Wallet, Wallet], tuple[Change, Change]]
    ) -> tuple[Change, Change]:
        """The same with two wallets, of which both change or neither: a `transfer`, a `spend_from_pool`."""
        with self.engine.begin() as db:
            ids = sorted((one, other))  # so that nobody waits in a circle
            found = {id: self.read(db, id, lock=True) for id in ids}  # both as of one moment
            changes = verb(found[one], found[other])
            self.save(db, *changes)
            for mine, others in permutations(changes):
                if others.entry and not (mine.entries or mine.repeated):  # it may have paid all of it before
                    self._look_for(db, mine.wallet.id, others.entry)
            return changes

    def due(self, moment: datetime, limit: int = 1_000) -> list[str]:
        """Find the wallets that time has changed since: `act(id, lambda wallet: wallet.advance(moment))` stores it."""
        with self.engine.connect() as db:
            query = select(wallets.c.id).where(wallets.c.next_due <= moment).order_by(wallets.c.next_due).limit(limit)
            return list(db.execute(query).scalars())

    def entries(self, id: str) -> list[Entry]:
        """Read the ledger of a wallet, oldest first."""
        with self.engine.connect() as db:
            query = select(entries.c.document).where(entries.c.wallet == id).order_by(entries.c.sequence)
            return [load_entry(document, wallet=id) for document in db.execute(query).scalars()]

    def deliver(self, send: Callable[[str, Notice | Request], object]) -> None:
        """Hand everything in the outbox to `send(wallet_id, item)`, oldest first, and strike off what it took.

        At least once: a crash in between hands the same `item.id` over again. What raises stays for the next time, and
        the others go on. Any number of workers share the work: what one of them has in hand, the others pass over.
        """
        number: int | None = 0
        while number is not None:
            with self.engine.begin() as db:
                number = self._deliver_one(db, send, number)

    def _deliver_one(self, db: Connection, send: Callable[[str, Notice | Request], object], after: int) -> int | None:
        query = select(outbox.c.number, outbox.c.wallet, outbox.c.item, entries.c.document).join(entries)
        query = query.where(outbox.c.number > after).order_by(outbox.c.number).limit(1)
        row = db.execute(query.with_for_update(of=outbox, skip_locked=True)).first()
        if row is None:
            return None
        number, wallet, item, document = row
        try:
            entry = load_entry(document, wallet=wallet)
            send(wallet, next(each for each in (*entry.notices, *entry.requests) if each.id == item))
            db.execute(delete(outbox).where(outbox.c.number == number))
        except Exception:
            log.exception("%s of wallet %s stays in the outbox", item, wallet)
        return int(number)

    def read(self, db: Connection, id: str, *, lock: bool = False) -> Wallet:
        """Read a wallet in the transaction of the caller, which a lock lasts as long as."""
        query = select(wallets.c.document).where(wallets.c.id == id)
        document = db.execute(query.with_for_update() if lock else query).scalar()
        if document is None:
            raise LookupError(f"no wallet {id}")
        return load_wallet(document, id=id, catalogue=self.catalogue)

    def save(self, db: Connection, *changes: Change) -> None:
        """Write changes in the transaction of the caller, who takes it back if this raises."""
        for change in sorted(changes, key=lambda each: each.wallet.id):
            if change.entries:
                self._move_on(db, change)
                self._append(db, change)

    def _move_on(self, db: Connection, change: Change) -> None:
        wallet, before = change.wallet, change.before
        row = {"version": wallet.version, "next_due": change.view.next_due(), "document": dump_wallet(wallet)}
        if before is wallet:  # it was opened
            try:
                with db.begin_nested():
                    db.execute(insert(wallets).values(id=wallet.id, **row))
            except IntegrityError:
                raise Raced(wallet.id) from None
        else:
            known = (wallets.c.id == wallet.id) & (wallets.c.version == before.version)
            if db.execute(update(wallets).where(known).values(**row)).rowcount != 1:
                raise Raced(wallet.id)

    def _append(self, db: Connection, change: Change) -> None:
        waiting = {item.id for item in (*change.notices, *change.requests)}
        for entry in change.entries:
            row = {"wallet": entry.wallet, "sequence": entry.sequence}
            key = {"namespace": entry.ref.namespace, "ref": entry.ref.key} if entry.ref else {}
            self._look_for(db, entry.wallet, entry)  # the unique index would refuse it, too
            db.execute(insert(entries).values(**row, **key, document=dump_entry(entry)))
            for item in (*entry.notices, *entry.requests):
                if item.id in waiting:
                    db.execute(insert(outbox).values(**row, item=item.id))

    def _look_for(self, db: Connection, id: str, entry: Entry) -> None:
        """Refuse a ref that the ledger has; the wallet has forgotten it."""
        key = {"namespace": entry.ref.namespace, "ref": entry.ref.key} if entry.ref else {}
        query = select(entries.c.document).filter_by(wallet=id, **key)
        if key and (first := db.execute(query).scalar()):
            raise AlreadyDone(load_entry(first, wallet=id), entry)
