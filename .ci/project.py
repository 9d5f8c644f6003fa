"""What `.ci/run` has to know about the project, read from where the project says it. Standard library only.

- `versions`: the Python versions of the classifiers, one per line
- `lowest`: constraints that pin each dependency to its lower bound
- `command NUMBER`: the README's command 1 or 2, word for word
- `exceptions`: check that each line left out of coverage is listed with its reason
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections import Counter
from pathlib import Path

PRAGMA = re.compile(r"\s*#\s*[p]ragma:\s*no\s+(?:cover|branch)\b.*$")


def versions(pyproject: str) -> list[str]:
    """Give the versions that the classifiers promise, `3.11` and so on; a `ValueError` if there is none."""
    found = re.findall(r"Programming Language :: Python :: (\d+\.\d+)\b", pyproject)
    if not found:
        raise ValueError("no classifier names a Python version")
    return found


def lowest(pyproject: str) -> list[str]:
    """Give `name==bound` for each dependency; a `ValueError` for one without a lower bound that is needed here."""
    pins = []
    for requirement in tomllib.loads(pyproject)["project"]["dependencies"]:
        name, _, marker = requirement.partition(";")
        match = re.fullmatch(r"([\w.-]+)\s*>=\s*([\w.]+)(?:\s*,.*)?", name.strip())
        if match:
            pins.append(f"{match[1]}=={match[2]}")
        elif not marker:
            raise ValueError(f"{requirement!r} has no lower bound")
    return pins


def command(readme: str, number: int) -> str:
    """Give the line in the README's shell block 1 or 2; a `ValueError` unless each of the two has exactly one."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)[:2]
    if [block.count("\n") for block in blocks] != [1, 1] or not all(block.strip() for block in blocks):
        raise ValueError(f"the README starts with two shell blocks of one line each, not with {blocks}")
    return blocks[number - 1].removesuffix("\n")


def exceptions(listed: str, sources: dict[str, str]) -> list[str]:
    """Compare the lines that coverage leaves out with the list of them, and say what is wrong."""
    complaints = []
    entries: Counter[tuple[str, str]] = Counter()
    for line in listed.splitlines():
        if line.strip() and not line.startswith("#"):
            name, code, reason = ([part.strip() for part in line.split(" | ")] + ["", ""])[:3]
            if not reason:
                complaints.append(f"no reason is given: {line}")
            entries[name, code] += 1
    found = Counter(
        (name, PRAGMA.sub("", line).strip())
        for name, text in sources.items()
        for line in text.splitlines()
        if PRAGMA.search(line)
    )
    complaints += [f"not listed: {name} | {code}" for name, code in sorted((found - entries).elements())]
    complaints += [f"listed, and not there: {name} | {code}" for name, code in sorted((entries - found).elements())]
    return complaints


def main(arguments: list[str]) -> int:
    """Do what the first argument says, for the checkout that this file is in."""
    top = Path(__file__).parents[1]
    pyproject = (top / "pyproject.toml").read_text(encoding="utf-8")
    match arguments:
        case ["versions"]:
            print(*versions(pyproject), sep="\n")
        case ["lowest"]:
            print(*lowest(pyproject), sep="\n")
        case ["command", ("1" | "2") as number]:
            print(command((top / "README.md").read_text(encoding="utf-8"), int(number)))
        case ["exceptions"]:
            listed = (top / ".ci" / "coverage-exceptions.txt").read_text(encoding="utf-8")
            paths = sorted((top / "src").rglob("*.py"))
            sources = {path.relative_to(top).as_posix(): path.read_text(encoding="utf-8") for path in paths}
            complaints = exceptions(listed, sources)
            print(*complaints or ["every line left out of coverage is listed with its reason"], sep="\n")
            return bool(complaints)
        case _:
            print(__doc__)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
