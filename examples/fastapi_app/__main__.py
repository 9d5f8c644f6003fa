"""Start the service: `python -m examples.fastapi_app`, and open the address that it prints.

It takes no money unless both `STRIPE_KEY` and `STRIPE_WEBHOOK_SECRET` are set; one of them alone is a mistake, and so
is none where others can reach it.
`PURSE_DB` names the database (`tokens.db`), `PURSE_URL` the address as browsers see it.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from urllib.parse import urlsplit

import uvicorn

from examples.fastapi_app import accounts
from examples.fastapi_app.app import create
from examples.fastapi_app.host import Host
from examples.fastapi_app.local import LocalPayments, Parrot
from examples.fastapi_app.payments import Payments, StripePayments
from examples.fastapi_app.worker import Worker
from tokenpurse.notices import Notice

log = logging.getLogger("tokens")


def payments_for(url: str, key: str, secret: str) -> Payments:
    """Stripe; or nobody, on this machine alone: elsewhere a forgotten key would give everything away."""
    if bool(key) != bool(secret):
        sys.exit("set both STRIPE_KEY and STRIPE_WEBHOOK_SECRET, or neither")
    if key:
        return StripePayments(key, secret)
    if urlsplit(url).hostname not in {"127.0.0.1", "localhost"}:
        sys.exit(f"at {url} payments are real: set STRIPE_KEY and STRIPE_WEBHOOK_SECRET")
    return LocalPayments(url)


def mail(wallet: str, notice: Notice) -> None:
    """Tell a person. Put your mailer here, with the notice's id as that of the mail."""
    log.warning("%s: %s", wallet, notice)


def first_users(host: Host) -> None:
    """Let somebody of each role in, where nobody is there yet, and print their keys."""
    host.sign_up("acme")
    with host.store() as store:
        if store.db.execute("SELECT count(*) FROM users").fetchone() != (0,):
            print(f"keys were printed when {host.path} was new; only their digests are kept")
            return
        for name, role in (("Ann", "owner"), ("Ben", "member"), ("Root", "admin")):
            print(f"{role:6} {name:4} signs in with {accounts.add(store.db, name, 'acme', role)}")


def main() -> None:
    """Serve on the loopback until interrupted."""
    logging.basicConfig(level=logging.WARNING)
    url = os.environ.get("PURSE_URL", "http://127.0.0.1:8000")
    payments = payments_for(url, os.environ.get("STRIPE_KEY", ""), os.environ.get("STRIPE_WEBHOOK_SECRET", ""))
    host = Host(path=os.environ.get("PURSE_DB", "tokens.db"), payments=payments, model=Parrot(0.02), url=url)
    app = create(host)
    first_users(host)
    stop = threading.Event()
    worker = threading.Thread(target=Worker(host, mail).run, args=(stop,))
    worker.start()
    print(f"open {url}", flush=True)
    try:
        uvicorn.run(app, host="127.0.0.1", port=urlsplit(url).port or 8000, log_level="warning")
    finally:
        stop.set()
        worker.join()


if __name__ == "__main__":
    main()
