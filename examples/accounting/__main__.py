"""Write the journals of all that the five documented systems play: `python -m examples.accounting FOLDER`."""

from __future__ import annotations

import sys
from pathlib import Path

from examples.accounting.journal import journal
from examples.systems.__main__ import SYSTEMS
from examples.terminal import Recorder


def main(folder: Path) -> None:
    """Write a file for each story, with what it is about on its first line; print their names."""
    folder.mkdir(parents=True, exist_ok=True)
    for system in SYSTEMS:
        recorder = Recorder()
        system.main(recorder)
        name = system.__name__.rpartition(".")[2]
        for number, (title, wallet, entries) in enumerate(recorder.ledgers, 1):
            path = folder / f"{name}-{number}.beancount"
            path.write_text(f"; {title}\n\n{journal([(wallet, entries)])}", encoding="utf-8")
            print(path)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("python -m examples.accounting FOLDER")
    main(Path(sys.argv[1]))
