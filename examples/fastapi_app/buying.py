"""The way to the checkout: who may buy, and what it costs, is settled here; the report of the payment does the rest."""

from __future__ import annotations

import secrets

from fastapi import HTTPException

from examples.fastapi_app.accounts import User
from examples.fastapi_app.host import Host
from examples.fastapi_app.orders import Order, customer_of, order_for, place, priced
from examples.fastapi_app.plans import Pack, Upgrade
from examples.storage.sqlite import Store
from tokenpurse import Wallet
from tokenpurse.notices import Charge
from tokenpurse.units import as_unit


def checkout(host: Host, user: User, price: str) -> str:
    """Order what a price stands for, and give the address where it is paid."""
    sold = host.prices.get(price)
    if sold is None:
        raise HTTPException(404, "nothing is sold at this price")
    with host.store() as store:
        wallet, id = store.load(user.wallet), _fresh()
        order = _pack(host, user, wallet, sold, id) if isinstance(sold, Pack) else _plan(host, user, wallet, sold, id)
        return _send(host, store, order, price)


def pay(host: Host, user: User, request: str) -> str:
    """Order what a wallet has asked for, where collecting it has failed. A charge under way is not paid twice."""
    with host.store() as store:
        pending = {each.id: each for each in store.load(user.wallet).at(host.clock()).pending()}
        if request not in pending or isinstance(pending[request], Charge):
            raise HTTPException(404, "nothing of that name is to be paid")
        return _send(host, store, order_for(pending[request], user.wallet, _fresh()), None)


def _send(host: Host, store: Store, order: Order, price: str | None) -> str:
    place(store.db, order)
    return host.payments.checkout(order, price, customer_of(store.db, order.wallet), host.url)


def _fresh() -> str:
    return f"order-{secrets.token_hex(12)}"


def _pack(host: Host, user: User, wallet: Wallet, sold: Pack, id: str) -> Order:
    """Ask the wallet as the report will, and drop the change: what stands against the sale is raised here."""
    at = host.clock()
    wallet.top_up(sold.offer, sold.amount, at=at, payment=id, by=user.role)
    price, currency = priced(wallet.at(at).price_of(sold.offer, sold.amount))
    return Order(
        id=id,
        wallet=wallet.id,
        what="pack",
        name=sold.offer,
        amount=sold.amount,
        price=price,
        currency=currency,
        role=user.role,
    )


def _plan(host: Host, user: User, wallet: Wallet, sold: Upgrade, id: str) -> Order:
    plan = host.catalogue.newest(sold.plan)
    if plan.price is None or wallet.at(host.clock()).plan.name == plan.name:
        raise HTTPException(409, "this is your plan already")
    wallet.change_plan(plan.name, at=host.clock(), when="now", by=user.role)
    currency = as_unit(plan.currency)
    price = currency.to_minor(plan.price)
    name = currency.name.lower()
    return Order(id=id, wallet=wallet.id, what="plan", name=plan.name, price=price, currency=name, role=user.role)
