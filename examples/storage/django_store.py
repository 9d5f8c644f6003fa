"""Wallets with Django's ORM, on PostgreSQL or SQLite.

Copy this file as `models.py` into an app of yours called `purse`, and have `manage.py makemigrations purse` make the
migration. One `Store(CATALOGUE)` for the whole process; it uses Django's connection of the thread that calls it.

Whatever `act` writes is one transaction: the wallet moves on, its entries are appended, and what is to be sent waits in
the outbox, or none of it. Inside `with transaction.atomic()` of your own, or under `ATOMIC_REQUESTS`, it is a part of
that one.

What `DATABASES` needs among its `OPTIONS`, on PostgreSQL where the server's default is stricter:
`"isolation_level": IsolationLevel.READ_COMMITTED`; on SQLite: `"transaction_mode": "IMMEDIATE"`, `"timeout": 30`, and
`"init_command": "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL"`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from itertools import permutations

from django.db import models, transaction

from tokenpurse import Catalogue, Change, Wallet
from tokenpurse.codec import dump_entry, dump_wallet, load_entry, load_wallet
from tokenpurse.entries import Entry
from tokenpurse.notices import Notice, Request


class StoredWallet(models.Model):
    """A wallet."""

    id = models.CharField(max_length=128, primary_key=True)
    version = models.BigIntegerField()  # moves on with each change; who has read an older one writes nothing
    next_due = models.DateTimeField(null=True, db_index=True)  # when time will next change it
    document = models.JSONField()

    class Meta:
        """Where it lies."""

        app_label = "purse"
        db_table = "wallets"


class StoredEntry(models.Model):
    """An entry of a wallet's ledger."""

    wallet = models.ForeignKey(StoredWallet, models.PROTECT, db_column="wallet")
    sequence = models.BigIntegerField()
    namespace = models.CharField(max_length=16, null=True)  # with ref: the caller's key, once and for all
    ref = models.CharField(max_length=128, null=True)  # most entries have none
    document = models.JSONField()

    class Meta:
        """Where it lies, and what is there once."""

        app_label = "purse"
        db_table = "entries"
        constraints = (
            models.UniqueConstraint(fields=["wallet", "sequence"], name="entries_sequence"),
            models.UniqueConstraint(fields=["wallet", "namespace", "ref"], name="entries_ref"),
        )


class Waiting(models.Model):
    """A notice or request that is still to be sent."""

    entry = models.ForeignKey(StoredEntry, models.PROTECT)  # that has it
    item = models.TextField()  # the id of it

    class Meta:
        """Where it lies."""

        app_label = "purse"
        db_table = "outbox"


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

    def __init__(self, catalogue: Catalogue, using: str = "default") -> None:
        self.catalogue = catalogue
        self.using = using
        self.wallets = StoredWallet.objects.using(using)
        self.ledger = StoredEntry.objects.using(using)
        self.outbox = Waiting.objects.using(using)

    def create(self, opened: Change) -> Wallet:
        """Store an opened wallet. Where there is one of that id already, that one stays and is returned."""
        with suppress(Raced), transaction.atomic(self.using):
            self.save(opened)
        return self.load(opened.wallet.id)

    def load(self, id: str, *, lock: bool = False) -> Wallet:
        """Read a wallet; a `LookupError` if there is none. A lock lasts as long as the transaction."""
        found = self.wallets.select_for_update() if lock else self.wallets
        document = found.filter(id=id).values_list("document", flat=True).first()
        if document is None:
            raise LookupError(f"no wallet {id}")
        return load_wallet(document, id=id, catalogue=self.catalogue)

    def act(self, id: str, verb: Callable[[Wallet], Change]) -> Change:
        """Load a wallet, ask it, and store what it answered.

        `verb` decides and does nothing else: it is asked once more if somebody was faster. A refusal is raised.
        """
        change = verb(self.load(id))  # nothing is locked: what is refused or repeated ends here
        if not change.entries:
            return change
        with suppress(Raced), transaction.atomic(self.using):
            self.save(change)
            return change
        with transaction.atomic(self.using):
            change = verb(self.load(id, lock=True))  # now nobody can be faster
            self.save(change)
            return change

    def act_on_two(
        self, one: str, other: str, verb: Callable[[Wallet, Wallet], tuple[Change, Change]]
    ) -> tuple[Change, Change]:
        """The same with two wallets, of which both change or neither: a `transfer`, a `spend_from_pool`."""
        with transaction.atomic(self.using):
            ids = sorted((one, other))  # so that nobody waits in a circle
            wallets = {id: self.load(id, lock=True) for id in ids}
            changes = verb(wallets[one], wallets[other])
            self.save(*changes)
            for mine, others in permutations(changes):
                if others.entry and not (mine.entries or mine.repeated):  # it may have paid all of it before
                    self._look_for(mine.wallet.id, others.entry)
            return changes

    def due(self, moment: datetime, limit: int = 1_000) -> list[str]:
        """Find the wallets that time has changed since: `act(id, lambda wallet: wallet.advance(moment))` stores it."""
        found = self.wallets.filter(next_due__lte=moment).order_by("next_due")
        return [*found.values_list("id", flat=True)[:limit]]

    def entries(self, id: str) -> list[Entry]:
        """Read the ledger of a wallet, oldest first."""
        found = self.ledger.filter(wallet=id).order_by("sequence")
        return [load_entry(document, wallet=id) for document in found.values_list("document", flat=True)]

    def deliver(self, send: Callable[[str, Notice | Request], object]) -> None:
        """Hand everything in the outbox to `send(wallet_id, item)`, oldest first, and strike off what it took.

        At least once: a crash in between hands the same `item.id` over again. What raises stays for the next time, and
        the others go on. Any number of workers share the work: what one of them has in hand, the others pass over.
        """
        number: int | None = 0
        while number is not None:
            with transaction.atomic(self.using, durable=True):  # in no other one: nothing goes out before a commit
                number = self._deliver_one(send, number)

    def _deliver_one(self, send: Callable[[str, Notice | Request], object], after: int) -> int | None:
        found = self.outbox.filter(id__gt=after).order_by("id").select_related("entry")
        row = found.select_for_update(of=("self",), skip_locked=True).first()
        if row is None:
            return None
        wallet = row.entry.wallet_id
        try:
            entry = load_entry(row.entry.document, wallet=wallet)
            send(wallet, next(each for each in (*entry.notices, *entry.requests) if each.id == row.item))
            self.outbox.filter(id=row.id).delete()
        except Exception:
            log.exception("%s of wallet %s stays in the outbox", row.item, wallet)
        return int(row.id)

    def save(self, *changes: Change) -> None:
        """Write changes in the transaction of the caller, who takes it back if this raises."""
        for change in sorted(changes, key=lambda each: each.wallet.id):
            if change.entries:
                self._move_on(change)
                self._append(change)

    def _move_on(self, change: Change) -> None:
        wallet, before = change.wallet, change.before
        row = {"version": wallet.version, "next_due": change.view.next_due(), "document": dump_wallet(wallet)}
        if before is wallet:  # it was opened
            _, written = self.wallets.get_or_create(id=wallet.id, defaults=row)
        else:
            written = self.wallets.filter(id=wallet.id, version=before.version).update(**row)
        if not written:
            raise Raced(wallet.id)

    def _append(self, change: Change) -> None:
        waiting = {item.id for item in (*change.notices, *change.requests)}
        for entry in change.entries:
            self._look_for(entry.wallet, entry)  # the unique constraint would refuse it, too
            row = {"wallet_id": entry.wallet}
            if entry.ref:
                row |= {"namespace": entry.ref.namespace, "ref": entry.ref.key}
            stored = self.ledger.create(**row, sequence=entry.sequence, document=dump_entry(entry))
            for item in (*entry.notices, *entry.requests):
                if item.id in waiting:
                    self.outbox.create(entry=stored, item=item.id)

    def _look_for(self, id: str, entry: Entry) -> None:
        """Refuse a ref that the ledger has; the wallet has forgotten it."""
        key = {"namespace": entry.ref.namespace, "ref": entry.ref.key} if entry.ref else {}
        if key and (first := self.ledger.filter(wallet=id, **key).first()):
            raise AlreadyDone(load_entry(first.document, wallet=id), entry)
