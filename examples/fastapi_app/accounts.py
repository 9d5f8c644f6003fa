"""Who may do what. Put your own sign-in here: what the rest needs is a `User` for each request, with a role."""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from dataclasses import dataclass

SCHEMA = """
CREATE TABLE IF NOT EXISTS users (
    key    TEXT PRIMARY KEY,  -- the SHA-256 of what the user shows
    name   TEXT NOT NULL,
    wallet TEXT NOT NULL,
    role   TEXT NOT NULL CHECK (role IN ('member', 'owner', 'admin'))
);
"""


@dataclass(frozen=True)
class User:
    """Somebody who is signed in.

    Attributes:
        id: what the wallet knows the user by; no name, and nothing that can be guessed from one.
        name: as the user likes it: any text at all.
        wallet: of the user's organization. It comes from here and never from a request.
        role: `member` uses; `owner` also buys and sets limits; `admin` runs the service, and gives.
    """

    id: str
    name: str
    wallet: str
    role: str


def add(db: sqlite3.Connection, name: str, wallet: str, role: str, key: str | None = None) -> str:
    """Let somebody in, and give the key that is shown from then on: only its digest is kept."""
    key = key or secrets.token_urlsafe(24)
    db.execute("INSERT INTO users (key, name, wallet, role) VALUES (?, ?, ?, ?)", (_digest(key), name, wallet, role))
    return key


def find(db: sqlite3.Connection, key: str) -> User | None:
    """Give the user whose key this is."""
    digest = _digest(key)
    row = db.execute("SELECT name, wallet, role FROM users WHERE key = ?", (digest,)).fetchone()
    return None if row is None else User(digest[:16], *row)


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
