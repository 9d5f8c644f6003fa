"""What happens though nobody asks: months end, charges and renewals are collected, notices are sent.

SQLite wants one worker. It may die at any point: what it was at is done again, under ids that stay the same.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from examples.fastapi_app.host import Host
from examples.fastapi_app.orders import customer_of, find, order_for, place
from examples.fastapi_app.settling import take_in
from examples.storage.sqlite import Store
from tokenpurse.notices import Charge, Notice, Request

log = logging.getLogger(__name__)


class Worker:
    """Does what is due, in turns.

    Args:
        host: the service's parts.
        mail: tells a person of a notice. It is told the wallet; the notice's id is the same if it comes again.
    """

    def __init__(self, host: Host, mail: Callable[[str, Notice], object]) -> None:
        self._host = host
        self._mail = mail
        self._failed = False

    def turn(self) -> None:
        """Do all that is due now."""
        self._failed = False
        with self._host.store() as store:
            self._advance(store)
            store.deliver(lambda wallet, item: self._act_on(store, wallet, item))
            self._give_back(store)

    def run(self, stop: threading.Event, every: float = 1.0, longest: float = 60.0) -> None:
        """Take turns until told to stop; while something fails, twice as seldom after each."""
        pause = every
        while not stop.wait(pause):
            try:
                self.turn()
            except Exception:
                log.exception("the worker goes on with its next turn")
                self._failed = True
            pause = min(2 * pause, longest) if self._failed else every

    def _advance(self, store: Store) -> None:
        at = self._host.clock()
        for id in store.due(at):
            try:
                store.act(id, lambda wallet: wallet.advance(at))
            except Exception:
                self._failed = True
                log.exception("wallet %s waits for the next turn", id)

    def _act_on(self, store: Store, wallet: str, item: Notice | Request) -> None:
        """Send a notice, or collect the money for a request; what raises stays in the outbox."""
        try:
            self._send(store, wallet, item)
        except Exception:
            self._failed = True
            raise

    def _send(self, store: Store, wallet: str, item: Notice | Request) -> None:
        if isinstance(item, Notice):
            self._mail(wallet, item)
            return
        view = store.load(wallet).at(self._host.clock())
        if item.id not in {each.id for each in view.pending()}:
            return  # paid by hand meanwhile, or over: nobody is charged for that
        order = order_for(item, wallet, f"{wallet}/{item.id}")
        chosen = view.auto_top_up
        if isinstance(item, Charge) and (chosen is None or chosen.off) and find(store.db, order.id) is None:
            store.act(wallet, lambda each: each.decline(item, at=self._host.clock()))
            return  # turned off before anybody was charged
        asked_before = not place(store.db, order)
        report = self._host.payments.charge(order, customer_of(store.db, wallet), again=asked_before)
        if report is not None:
            take_in(store, report, self._host.clock)

    def _give_back(self, store: Store) -> None:
        for (payment,) in store.db.execute("SELECT id FROM payments WHERE settled = 'unwanted'").fetchall():
            try:
                self._host.payments.give_back(payment)
            except Exception:
                self._failed = True
                log.exception("payment %s is given back in the next turn", payment)
            else:
                store.db.execute("UPDATE payments SET settled = 'returned' WHERE id = ?", (payment,))
