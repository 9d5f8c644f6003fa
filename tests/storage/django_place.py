"""PostgreSQL and SQLite with Django, which is set up for this process by what stands here, and by nothing else."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import django
from django.apps import apps
from django.conf import settings
from django.db import ConnectionHandler, connections
from psycopg import IsolationLevel

from tests.storage.places import SqlPlace
from tests.storage.psycopg_place import PsycopgPlace
from tests.storage.sqlite_place import SqlitePlace

if not settings.configured:  # nothing of the log's is changed, nor of the time zone's
    settings.configure(USE_TZ=True, LOGGING_CONFIG=None, DEFAULT_AUTO_FIELD="django.db.models.BigAutoField")
    django.setup()

from examples.storage import django_store

__all__ = ["DjangoPlace", "DjangoSqlitePlace", "forget_models"]

NUMBERS = count()


def forget_models() -> None:
    """Let a changed copy of the recipe have models of the same names."""
    apps.all_models[django_store.StoredWallet._meta.app_label].clear()
    apps.clear_cache()


@contextmanager
def connected_to(database: dict[str, Any]) -> Iterator[str]:
    """Have one more connection under a name of its own; Django has one per name and thread."""
    alias = f"purse-{next(NUMBERS)}"
    connections.settings[alias] = ConnectionHandler({"default": database}).settings["default"]
    try:
        yield alias
    finally:
        connections[alias].close()
        del connections[alias], connections.settings[alias]


class OfDjango(SqlPlace):
    """The recipe, on either."""

    @property
    @abstractmethod
    def database(self) -> dict[str, Any]:
        """As in `settings.DATABASES`."""

    def prepare(self) -> None:
        models = (django_store.StoredWallet, django_store.StoredEntry, django_store.Waiting)
        with connected_to(self.database) as alias, connections[alias].schema_editor() as editor:
            for model in models:
                editor.create_model(model)

    @contextmanager
    def connected(self) -> Iterator[Any]:
        with connected_to(self.database) as alias:
            yield django_store.Store(self.catalogue, alias)


class DjangoPlace(OfDjango, PsycopgPlace):
    """On PostgreSQL."""

    @property
    def database(self) -> dict[str, Any]:
        words = dict(word.split("=") for word in self.where.split())
        return {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": words["host"],
            "USER": words["user"],
            "NAME": words["dbname"],
            "OPTIONS": {"isolation_level": IsolationLevel.READ_COMMITTED},
        }


class DjangoSqlitePlace(OfDjango, SqlitePlace):
    """On SQLite."""

    mode = "IMMEDIATE"

    @property
    def database(self) -> dict[str, Any]:
        options = {
            "timeout": 30,
            "transaction_mode": self.mode,
            "init_command": "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL",
        }
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": self.path, "OPTIONS": options}
