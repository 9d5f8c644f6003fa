"""From what is known of a payment to what the wallet says: whatever came first, it ends the same.

A report is not obeyed but added to what is known, and the wallet is brought to that, in one transaction. So a copy
changes nothing, and it does not matter whether a refund or a dispute is reported before the payment itself.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from examples.fastapi_app.orders import Order, Payment, Report, learn, payment_of, priced
from examples.storage.sqlite import Store
from tokenpurse import Change, Wallet
from tokenpurse.errors import ConflictError, Refused, UnknownNameError
from tokenpurse.units import as_unit

BRINGS_A_BUCKET = {"pack", "charge"}
log = logging.getLogger(__name__)


def take_in(store: Store, report: Report, clock: Callable[[], datetime]) -> None:
    """Add a report to what is known, and bring the wallet to it: all of it, or nothing."""
    with store.writing():
        before = payment_of(store.db, report.payment)
        learn(store.db, report)
        payment = payment_of(store.db, report.payment)
        if payment.order is None:
            return  # money went back of a payment that is not reported yet, or that is not ours
        wallet, at, settled = store.load(payment.order.wallet), clock(), payment.settled
        changes: list[Change] = []
        if payment.received is not None and settled in {None, "declined"}:
            change = _book(wallet, payment.order, payment, at)
            settled = "unwanted" if change is None else "booked"
            changes += [] if change is None else [change]
        elif payment.failed and settled is None:
            change = _decline(wallet, payment.order, payment, at)
            settled = "declined"
            changes += [] if change is None else [change]
        store.db.execute("UPDATE payments SET settled = ? WHERE id = ?", (settled, payment.id))
        told = (before.gone, before.disputed) if before.settled == "booked" else (0, False)
        if settled == "booked" and told != (payment.gone, payment.disputed):
            wallet = changes[-1].wallet if changes else wallet
            changes += _take_back(store, wallet, payment, told, report.id, at)
        store.save(*changes)


def _book(wallet: Wallet, order: Order, payment: Payment, at: datetime) -> Change | None:
    """Give what was paid for; `None`: it is not to be had, or another sum was paid. Then the money goes back."""
    if (payment.received, payment.currency) != (order.price, order.currency):
        log.error("order %s costs %s %s, payment %s is another sum", order.id, order.price, order.currency, payment.id)
        return None
    try:
        if order.what == "pack" and order.amount is not None:
            if priced(wallet.at(at).price_of(order.name, order.amount)) != (order.price, order.currency):
                log.warning("payment %s of order %s goes back: the price has changed since", payment.id, order.id)
                return None  # a refund would be counted against a price that nobody has paid
            return wallet.top_up(order.name, order.amount, at=at, payment=payment.id, by=order.role)
        if order.what == "plan" and wallet.at(at).plan.name == order.name:
            log.warning("payment %s of order %s goes back: this is the plan already", payment.id, order.id)
            return None  # by another checkout: two were open
        if order.what == "plan":
            return wallet.change_plan(order.name, at=at, when="now", ref=payment.id, by=order.role)
        return wallet.confirm(order.name, at=at, payment=payment.id)
    except (Refused, UnknownNameError, ConflictError) as problem:
        log.warning("payment %s of order %s goes back: %s", payment.id, order.id, problem)
        return None


def _decline(wallet: Wallet, order: Order, payment: Payment, at: datetime) -> Change | None:
    try:
        return wallet.decline(order.name, at=at, hard=payment.hard, ref=f"failed:{payment.id}")
    except UnknownNameError:
        return None  # a checkout, which may be tried again; or the wallet has stopped asking


def _take_back(
    store: Store, wallet: Wallet, payment: Payment, told: tuple[int, bool], report: str, at: datetime
) -> list[Change]:
    """Tell the wallet how much of a payment is gone, of which it was told something else so far."""
    order, (gone, disputed) = payment.order, told
    try:
        if order is not None and order.what in BRINGS_A_BUCKET and payment.gone != gone:
            verb = wallet.claw_back if payment.gone > gone else wallet.reinstate
            return [verb(payment.id, refunded=money(payment.gone, order.currency), at=at, ref=report)]
        if order is not None and order.what in {"plan", "renewal"} and _is_newest(store, payment, order):
            if payment.gone < gone == payment.received and not disputed:
                log.error("payment %s is ours again, its plan has ended: a person has to see to it", payment.id)
            return _stop_or_go_on(wallet, payment, at, disputed=disputed)
    except (Refused, UnknownNameError) as problem:  # closed, or older than the wallet remembers
        log.error("%s of payment %s went back, and a person has to see to it: %s", payment.gone, payment.id, problem)  # noqa: TRY400
    return []


def _stop_or_go_on(wallet: Wallet, payment: Payment, at: datetime, *, disputed: bool) -> list[Change]:
    """A plan's payment brought no bucket: stop while it is disputed, and end the plan when the money is gone."""
    if payment.disputed:
        return [wallet.freeze(at=at)]
    changes = [wallet.unfreeze(at=at)] if disputed else []  # by us; who else froze it has reasons of their own
    if payment.gone == payment.received:
        wallet = changes[-1].wallet if changes else wallet
        changes.append(wallet.change_plan("free", at=at, when="now"))
    return changes


def _is_newest(store: Store, payment: Payment, order: Order) -> bool:
    """Whether no later period has been paid for since."""
    statement = (
        "SELECT payments.id FROM payments JOIN orders ON orders.id = order_id WHERE wallet = ? AND settled = 'booked'"
        " AND what IN ('plan', 'renewal') ORDER BY orders.rowid DESC LIMIT 1"
    )
    row = store.db.execute(statement, (order.wallet,)).fetchone()
    return row is None or row[0] == payment.id


def money(minor: int, currency: str) -> Decimal:
    """Read a provider's amount."""
    return as_unit(currency.upper()).from_minor(minor)
