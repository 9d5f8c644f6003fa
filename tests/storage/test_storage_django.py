"""What the recipe for Django promises beyond the contract."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.storage.places import SqlPlace
from tests.storage.shop import july, opened
from tests.storage.test_storage_contract import Crash, ids_sent, is_sound, spends
from tests.support.outside import needs
from tokenpurse import Change, Wallet

pytestmark = needs("django", extra="storage")
PROJECT = Path(__file__).parents[2]
SETTINGS = """
SECRET_KEY = "none"
INSTALLED_APPS = ["purse"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": "purse.db",
        "OPTIONS": {"transaction_mode": "IMMEDIATE"},
    }
}
"""
MANAGED = """
import django
from django.core.management import call_command

django.setup()
call_command("makemigrations", "purse", verbosity=0)
call_command("migrate", verbosity=0)
call_command("makemigrations", check_changes=True, dry_run=True, verbosity=0)
call_command("check", fail_level="WARNING")

from purse.models import Store
from tests.storage.shop import SHOP, opened
from tests.storage.test_storage_contract import is_sound, spends

store = Store(SHOP)
store.create(opened())
assert store.act("acme", spends(300, "job-1")).moved == {"tokens": 300}
assert store.act("acme", spends(300, "job-1")).repeated
assert is_sound(store, "acme")
"""


@pytest.mark.parametrize("place", ["django", "django_sqlite"], indirect=True)
def test_it_can_be_a_part_of_a_transaction_of_the_hosts_own(place: SqlPlace, store: Any) -> None:
    """What the host writes beside it is there with it, or neither is; a refusal undoes nothing of the host's."""
    from django.db import connections, transaction

    store.create(opened())
    place.sql("CREATE TABLE jobs (id text PRIMARY KEY)")

    def host(job: str, *, dies: bool) -> None:
        with transaction.atomic(store.using):
            with connections[store.using].cursor() as cursor:
                cursor.execute("INSERT INTO jobs VALUES (%s)", (job,))
            store.act("acme", spends(300, job))
            with pytest.raises(Exception, match="9,700 available"):
                store.act("acme", spends(10_000))
            if dies:
                raise Crash

    with pytest.raises(Crash):
        host("job-1", dies=True)
    assert place.counts()[1] == 1
    host("job-2", dies=False)
    assert place.sql("SELECT id FROM jobs") == [("job-2",)]
    assert store.load("acme").at(july(2)).available() == 9_700
    assert is_sound(store, "acme")


@pytest.mark.parametrize("place", ["django", "django_sqlite"], indirect=True)
def test_nothing_goes_out_before_the_hosts_own_transaction_is_committed(place: SqlPlace, store: Any) -> None:
    """Under `ATOMIC_REQUESTS` the rest of the view may still fail."""
    from django.db import transaction

    store.create(opened())
    with suppress(Crash), transaction.atomic(store.using):
        store.act("acme", spends(10_000))
        with pytest.raises(RuntimeError, match="durable"):
            ids_sent(store)
        raise Crash
    assert (ids_sent(store), place.counts()) == ([], (1, 1, 0))


@pytest.mark.parametrize("place", ["django", "django_sqlite"], indirect=True)
def test_a_sender_whose_statement_failed_holds_up_nobody(
    place: SqlPlace, store: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """It wrote down what it had sent, found that there, and went on."""
    from django.db import IntegrityError, connections

    place.sql("CREATE TABLE sent (id varchar(40) PRIMARY KEY)")
    place.sql("INSERT INTO sent VALUES ('low#1')")
    store.create(opened())
    store.act("acme", spends(10_000))

    def send(_: str, item: Any) -> None:
        with suppress(IntegrityError), connections[store.using].cursor() as cursor:
            cursor.execute("INSERT INTO sent VALUES (%s)", [item.id])

    with caplog.at_level(logging.ERROR):
        store.deliver(send)
    assert place.sql("SELECT id FROM sent") == [("low#1",), ("empty#1",)]
    assert ids_sent(store) in ([], [("acme", "low#1")])  # SQLite goes on after an error, PostgreSQL takes it all back


@pytest.mark.parametrize("place", ["django"], indirect=True)
def test_what_was_slower_inside_a_transaction_of_the_hosts_own_loses_nothing_of_it(place: SqlPlace, store: Any) -> None:
    """Only the decision is taken back, and decided again."""
    from django.db import connections, transaction

    store.create(opened())
    other = place.open()
    place.sql("CREATE TABLE jobs (id text PRIMARY KEY)")
    once = iter([lambda: other.act("acme", spends(6_000))])

    def verb(wallet: Wallet) -> Change:
        next(once, lambda: None)()
        return wallet.spend(7_000, at=july(2), partial=True)

    with transaction.atomic(store.using):
        with connections[store.using].cursor() as cursor:
            cursor.execute("INSERT INTO jobs VALUES ('job-1')")
        assert store.act("acme", verb).moved == {"tokens": 4_000}
    assert place.sql("SELECT id FROM jobs") == [("job-1",)]
    assert is_sound(store, "acme")


@pytest.mark.parametrize("place", ["django"], indirect=True)
def test_a_worker_that_lost_its_connection_goes_on_after_closing_it(place: SqlPlace, store: Any) -> None:
    """Django does that itself between requests, and nobody does it in a loop of a worker's own."""
    from django.db import close_old_connections

    store.create(opened())
    place.sql(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    for _ in range(2):
        with pytest.raises(Exception, match=r"terminat|closed"):
            store.act("acme", spends(300, "job-1"))
    close_old_connections()
    assert store.act("acme", spends(300, "job-1")).moved == {"tokens": 300}


@pytest.mark.parametrize("place", ["django_sqlite"], indirect=True)
def test_in_sqlite_the_lock_has_to_be_asked_for_before_reading(
    place: SqlPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the option `transaction_mode`: without it, who is slower twice is turned away."""
    monkeypatch.setattr(type(place), "mode", "DEFERRED")
    store, other = place.open(), place.open()
    store.create(opened())

    def verb(wallet: Wallet) -> Change:
        other.act("acme", spends(1))
        return wallet.spend(7_000, at=july(2))

    with pytest.raises(Exception, match="locked"):
        store.act("acme", verb)
    assert is_sound(store, "acme")


def test_the_file_is_an_app_whose_migration_django_makes(tmp_path: Path) -> None:
    """Copied as it stands, in a process of its own."""
    (tmp_path / "settings.py").write_text(SETTINGS)
    (tmp_path / "purse").mkdir()
    (tmp_path / "purse" / "__init__.py").touch()
    recipe = PROJECT / "examples" / "storage" / "django_store.py"
    (tmp_path / "purse" / "models.py").write_text(recipe.read_text(encoding="utf-8"))
    paths = [str(tmp_path), *(path for path in sys.path if path)]
    done = subprocess.run(  # noqa: S603  # our own text
        [sys.executable, "-W", "error", "-c", MANAGED],
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "settings", "PYTHONPATH": os.pathsep.join(paths)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
