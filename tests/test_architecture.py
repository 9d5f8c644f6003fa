"""What holds for the source as a whole: names, sizes, the places where things may happen.

The direction of imports is not here: the contracts in `pyproject.toml` say it, and `.ci/run` keeps them.
A rule is a function from modules to complaints; the last table shows that each of them can complain.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from tests.support.source import (
    Module,
    all_of,
    called,
    defined_in,
    imported_in,
    modules_in,
    names_met_by_a_user,
    used,
)

PROJECT = Path(__file__).parents[1]
PACKAGE = "tokenpurse"
LINES_PER_FILE = 400
LINES_PER_BODY = 45

# Families of which only a part is at the root, each with the reason.
SPLIT_FAMILIES = {
    "tokenpurse.readings": "`Moved` is an alias for annotations: it has no docstring of its own to be met by"
}

# Words that mean what a word of the design already means. A phrase is written with blanks.
SYNONYMS = {
    "wallet": "account",
    "bucket": "lot pot parcel tranche",
    "kind": "category flavour flavor",
    "unit": "denomination",
    "left": "remaining remainder",
    "draw": "deduct deduction allocate allocation debit withdraw withdrawal",
    "spend": "consume consumption burn",
    "policy": "strategy",
    "hold": "reserve reservation authorize authorization authorise earmark",
    "capture": "commit finalize finalise",
    "release": "unreserve void",
    "expires": "expiry expiration expire_date valid_until",
    "forfeit": "breakage discard",
    "claw back": "chargeback clawback revoke revocation",
    "carry": "carryover carry_over roll_over rolled_over",
    "debt": "arrears deficit negative_balance",
    "period": "cycle",
    "reset": "refresh replenish",
    "entry": "transaction journal posting event record ledger_entry log_entry",
    "notice": "notification",
    "request": "instruction todo",
    "statement": "invoice",
    "ref": "reference idempotency idempotence external_id",
    "top_up": "topup recharge refill reload replenishment",
}


# --- names ---


def all_is_sorted(modules: list[Module]) -> Iterator[str]:
    """`__all__` is sorted: constants, then classes, then functions, each by the alphabet (as ruff's RUF022 does)."""
    for module in modules:
        names = all_of(module) or []
        if names != sorted(set(names), key=lambda name: (0 if name.isupper() else 1 if name[0].isupper() else 2, name)):
            yield f"{module.name}: __all__ is not sorted, or has a name twice"


def all_is_complete(modules: list[Module]) -> Iterator[str]:
    """A public module lists what it defines, and nothing that it does not have."""
    for module in modules:
        names = all_of(module)
        if names is None:
            if module.public:
                yield f"{module.name}: no __all__"
            continue
        for name in sorted(defined_in(module) - set(names)) if module.public else ():
            yield f"{module.name}: {name} is public and not in __all__"
        for name in sorted(set(names) - defined_in(module) - imported_in(module)):
            yield f"{module.name}: {name} is in __all__ and not in the module"


def families_of(modules: list[Module]) -> dict[str, set[str]]:
    """Give what each module or package directly below the root offers; what is inside a package is its own affair."""
    return {each.name: set(all_of(each) or ()) for each in modules if each.public and each.name.count(".") == 1}


def at_root(modules: list[Module]) -> set[str]:
    """The names that the root offers, but for modules that it offers as what they are."""
    names: set[str] = set()
    for root in (each for each in modules if each.name == PACKAGE):
        imports = [each for each in ast.walk(root.tree) if isinstance(each, ast.ImportFrom) and each.module == PACKAGE]
        names |= set(all_of(root) or ()) - {alias.name for each in imports for alias in each.names if not alias.asname}
    return names


def names_have_one_home(modules: list[Module]) -> Iterator[str]:
    """A public name belongs to one family, and a family is at the root or beside it, not by halves."""
    families = families_of(modules)
    homes = Counter(name for names in families.values() for name in names)
    for name, count in sorted(homes.items()):
        if count > 1:
            yield f"{name}: offered by {sorted(family for family, names in families.items() if name in names)}"
    root = at_root(modules)
    for name in sorted(root - set(homes)):
        yield f"{name}: at the root, and offered by no family"
    for family, names in sorted(families.items()):
        split = bool(names & root) and not names <= root
        if split != (family in SPLIT_FAMILIES):
            yield f"{family}: at the root are {sorted(names & root)}, and not {sorted(names - root)}"


def words_of(name: str) -> str:
    """Write a name as words joined by underscores, `LedgerEntry` as `ledger_entry`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def words_are_the_designs(modules: list[Module]) -> Iterator[str]:
    """No public name is a synonym of a word that the design has settled."""
    banned = {synonym: word for word, synonyms in SYNONYMS.items() for synonym in synonyms.split()}
    for module in (each for each in modules if each.public):
        for name in sorted({name for name in names_met_by_a_user(module) if not name.startswith("_")}):
            for synonym, word in banned.items():
                if f"_{synonym}_" in f"_{words_of(name)}_" or f"_{synonym}s_" in f"_{words_of(name)}_":
                    yield f"{module.name}: {name} says {synonym}; the word is {word}"


# --- sizes and docstrings ---


# Files longer than that, each with the reason.
LONG_FILES: dict[str, str] = {}


def files_are_short(modules: list[Module]) -> Iterator[str]:
    """No file grows beyond what is read in one sitting."""
    for module in modules:
        lines = module.text.count("\n")
        if lines > LINES_PER_FILE and module.name not in LONG_FILES:
            yield f"{module.name}: {lines} lines"


def functions_are_short(modules: list[Module]) -> Iterator[str]:
    """No function body, its docstring aside, grows beyond what is read in one breath."""
    for module in modules:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
                lines = (body[-1].end_lineno or 0) - body[0].lineno + 1
                if lines > LINES_PER_BODY:
                    yield f"{module.name}: {node.name} has a body of {lines} lines"


def public_things_are_documented(modules: list[Module]) -> Iterator[str]:
    """Modules, classes, functions and methods without a leading underscore say what they are for."""
    for module in modules:
        if module.text.strip() and not ast.get_docstring(module.tree):
            yield f"{module.name}: no docstring"
        scopes: list[tuple[str, ast.Module | ast.ClassDef]] = [(module.name, module.tree)]
        while scopes:
            scope, tree = scopes.pop()
            for node in tree.body:
                if not isinstance(node, ast.ClassDef | ast.FunctionDef) or node.name.startswith("_"):
                    continue
                inherits = {"overload", "override"} & {ast.unparse(each) for each in node.decorator_list}
                if not ast.get_docstring(node) and not inherits:
                    yield f"{scope}.{node.name}: no docstring"
                if isinstance(node, ast.ClassDef):
                    scopes.append((f"{scope}.{node.name}", node))


# --- where things may happen ---


def root_is_not_imported(modules: list[Module]) -> Iterator[str]:
    """Inside the package a name comes from its module; from the root come only modules, and none that it hides."""
    root = at_root(modules)
    inner = {module.name.split(".")[1] for module in modules if "." in module.name} - root

    def imports_root(node: ast.AST) -> bool:
        if isinstance(node, ast.ImportFrom):
            return node.level > 0 or (node.module == PACKAGE and not {alias.name for alias in node.names} <= inner)
        return isinstance(node, ast.Import) and PACKAGE in [alias.name for alias in node.names]

    yield from complain([module for module in modules if module.name != PACKAGE], imports_root)


def complain(
    modules: Iterable[Module], wrong: Callable[[ast.AST], bool], *, but_in: tuple[str, ...] = ()
) -> Iterator[str]:
    """Give each place where a node is wrong, outside the modules in which it is right."""
    for module in modules:
        if module.name not in but_in:
            for node in ast.walk(module.tree):
                if wrong(node):
                    yield f"{module.name}:{getattr(node, 'lineno', 0)}: {ast.unparse(node)}"


def no_floats(modules: list[Module]) -> Iterator[str]:
    """There is no float: no literal, no conversion, no method of a datetime that gives one."""
    makers = {"float", "complex", "timestamp", "total_seconds", "fromtimestamp", "utcfromtimestamp", "sqrt", "fsum"}

    def is_float(node: ast.AST) -> bool:
        return called(node) in makers or (isinstance(node, ast.Constant) and isinstance(node.value, float | complex))

    yield from complain(modules, is_float)


def no_clock(modules: list[Module]) -> Iterator[str]:
    """Nobody asks what time it is."""
    yield from complain(modules, lambda node: called(node) in {"now", "utcnow", "today"})


def no_ambient_decimal_context(modules: list[Module]) -> Iterator[str]:
    """Nobody reads or sets the decimal context of the thread."""
    contexts = {"getcontext", "setcontext", "localcontext", "DefaultContext", "BasicContext", "ExtendedContext"}
    yield from complain(modules, lambda node: used(node) in contexts)


def only_pricing_rounds(modules: list[Module]) -> Iterator[str]:
    """One module rounds."""
    yield from complain(
        modules,
        lambda node: (
            called(node) in {"round", "quantize", "to_integral", "to_integral_value", "to_integral_exact"}
            or used(node).startswith("ROUND_")
        ),
        but_in=(f"{PACKAGE}.pricing",),
    )


def books_in(tree: ast.AST) -> set[str]:
    """Give the names that hold a book in a tree: annotated as one, or what applying an entry gave."""
    names = {"book"}
    for node in ast.walk(tree):
        if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation and ast.unparse(node.annotation) == "Book":
            names.add(node.arg if isinstance(node, ast.arg) else ast.unparse(node.target))
        elif isinstance(node, ast.Assign) and called(node.value) == "apply":
            names.update(map(ast.unparse, node.targets))
    return names


def only_apply_makes_books(modules: list[Module]) -> Iterator[str]:
    """One package makes a new book, from nothing or by evolving one; an entry may be evolved as it is written."""
    book, apply = f"{PACKAGE}._engine.book", f"{PACKAGE}._engine.apply"
    for module in modules:
        books = books_in(module.tree) | ({"self"} if module.name == book else set())

        def makes_book(node: ast.AST, books: set[str] = books) -> bool:
            if isinstance(node, ast.Call) and called(node) == "evolve":
                what = ast.unparse(node.args[0])
                return what in books or what.endswith(".book")
            return called(node) == "Book"

        yield from complain([] if module.name.startswith(apply) else [module], makes_book)


RULES = [
    all_is_sorted,
    all_is_complete,
    names_have_one_home,
    words_are_the_designs,
    files_are_short,
    functions_are_short,
    public_things_are_documented,
    root_is_not_imported,
    no_floats,
    no_clock,
    no_ambient_decimal_context,
    only_pricing_rounds,
    only_apply_makes_books,
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_package_keeps_the_rule(rule: Callable[[list[Module]], Iterator[str]]) -> None:
    """Each rule's docstring says what holds."""
    modules = modules_in(PROJECT / "src" / PACKAGE)
    assert {f"{PACKAGE}.errors", f"{PACKAGE}.units"} <= {module.name for module in modules}
    complaints = list(rule(modules))
    assert not complaints, "\n".join([str(rule.__doc__), *complaints])


# --- what no text of the project says ---

# Each pattern has a letter in brackets, so that this file does not say what it looks for.
UNWANTED = {
    "left for later": re.compile(r"[T]ODO|[F]IXME|[X]XX|[N]otImplementedError"),
    "a test that is not run": re.compile(r"pytest\.[s]kip|mark\.[s]kip|mark\.[x]fail"),
    "a folder beside the project": re.compile(r"\.\./[s]hared"),
    "a folder of somebody's machine": re.compile(r"(?<![\w.>}-])/(?:[r]oot|[h]ome|[w]ork|[U]sers|[t]mp)/"),
    "a package index": re.compile(r"[p]ypi\.|[p]ythonhosted|[n]pmjs\.|[d]ebian\.org|index[-]url", re.IGNORECASE),
}
# CI plays the real trace, which lies beside the checkout and is no part of the project.
# What asks a program of somebody else is left out where that is missing, and never on CI.
BUT_IN = {"a folder beside the project": ".ci/run", "a test that is not run": "tests/support/outside.py"}


def texts_of(project: Path) -> dict[str, str]:
    """Read what is delivered: the files at the top, and all below the folders."""
    tops = [path for path in project.iterdir() if path.is_file() and path.suffix in {".md", ".toml"}]
    folders = [project / name for name in ("src", "tests", "docs", "examples", ".ci")]
    below = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    below = [path for path in below if not {"__pycache__", ".hypothesis"} & set(path.parts) and path.suffix != ".pyc"]
    return {path.relative_to(project).as_posix(): path.read_text(encoding="utf-8") for path in sorted(tops + below)}


def unwanted_in(texts: dict[str, str]) -> Iterator[str]:
    """Give each line that says what no file should."""
    for name, text in texts.items():
        for number, line in enumerate(text.splitlines(), start=1):
            for what, pattern in UNWANTED.items():
                if pattern.search(line) and BUT_IN.get(what) != name:
                    yield f"{name}:{number}: {what}: {line.strip()[:100]}"


def test_no_text_says_what_a_reader_would_stumble_over() -> None:
    """Nothing is left for later or skipped, and no file knows a machine, a neighbour folder or a package index."""
    texts = texts_of(PROJECT)
    assert {"README.md", "src/tokenpurse/errors.py", "tests/test_architecture.py"} <= set(texts)
    complaints = list(unwanted_in(texts))
    assert not complaints, "\n".join(complaints)


@pytest.mark.parametrize(
    ("name", "line", "expected"),
    [
        ("src/a.py", "# TO" + "DO: later", 1),
        ("src/a.py", "raise NotImplemented" + "Error", 1),
        ("tests/a.py", "@pytest.mark.xf" + "ail", 1),
        ("tests/a.py", 'open("../sh' + 'ared/cases")', 1),
        (".ci/run", "data=../sh" + "ared/data", 0),
        ("docs/a.md", "see /ho" + "me/me/notes", 1),
        ("docs/a.md", "see https://py" + "pi.org", 1),
        ("docs/a.md", "`src/tokenpurse/units.py`, homework/ and a quota of 100 a work/day", 0),
    ],
)
def test_unwanted_text_is_found(name: str, line: str, expected: int) -> None:
    """Each kind of unwanted line is found, where it is unwanted."""
    assert expected == len(list(unwanted_in({name: line})))


# --- each rule can complain ---

IMPORTS_A = "from tokenpurse import a"
LONG_BODY = "def walk():\n" + "    step()\n" * (LINES_PER_BODY + 1)


@pytest.mark.parametrize(
    ("rule", "sources", "expected"),
    [
        (all_is_sorted, {"a": "__all__ = ['b', 'a']"}, 1),
        (all_is_sorted, {"a": "__all__ = ['a', 'a']"}, 1),
        (all_is_sorted, {"a": "__all__ = ['USD', 'Unit', 'as_unit']"}, 0),
        (all_is_complete, {"a": "A = 1\nB: int = 2\n_C = 3\nclass D: ...\ndef e(): ...\n__all__ = []"}, 4),
        (all_is_complete, {"a": "__all__ = ['gone']"}, 1),
        (all_is_complete, {"a": "X = 1", "_b": "Y = 2"}, 1),
        (all_is_complete, {"a": "from x import Y\n__all__ = ['Y']"}, 0),
        (names_have_one_home, {"a": "__all__ = ['X']", "b": "__all__ = ['X']"}, 1),
        (names_have_one_home, {"__init__": "__all__ = ['X']", "a": "__all__ = ['X', 'Y']"}, 1),
        (names_have_one_home, {"__init__": "__all__ = ['Z']", "a": "__all__ = ['X']"}, 1),
        (names_have_one_home, {"__init__": "__all__ = ['X']", "a": "__all__ = ['X']", "b": "__all__ = ['Y']"}, 0),
        (names_have_one_home, {"__init__": "from tokenpurse import a\n__all__ = ['a']", "a": "__all__ = ['X']"}, 0),
        (names_have_one_home, {"__init__": "from tokenpurse import b as a\n__all__ = ['a']"}, 1),
        (words_are_the_designs, {"a": "class LedgerEntry: ..."}, 1),
        (words_are_the_designs, {"a": "class Wallet:\n    def recharge(self): ...\n    expiry: int"}, 2),
        (words_are_the_designs, {"a": "def spend(tokens_remaining): ..."}, 1),
        (words_are_the_designs, {"a": "def plot(slot, reordered): ...\n_refill = 1", "_b": "class Invoice: ..."}, 0),
        (files_are_short, {"a": "x = 1\n" * (LINES_PER_FILE + 1)}, 1),
        (files_are_short, {"a": "x = 1\n" * LINES_PER_FILE}, 0),
        (functions_are_short, {"a": LONG_BODY}, 1),
        (functions_are_short, {"a": LONG_BODY.replace("():\n    step()", "():\n    'Walk.'")}, 0),
        (public_things_are_documented, {"a": "class A:\n    def b(self): ...\ndef _c(): ..."}, 3),
        (public_things_are_documented, {"a": "'Doc.'\nclass A:\n    'Doc.'\n    @override\n    def b(self): ..."}, 0),
        (root_is_not_imported, {"a": "import tokenpurse\nfrom tokenpurse import b\nfrom . import c"}, 3),
        (root_is_not_imported, {"a": "from tokenpurse.units import Unit\nfrom tokenpurse import a"}, 0),
        (root_is_not_imported, {"__init__": "__all__ = ['a']", "a": "from tokenpurse import a"}, 1),
        (
            root_is_not_imported,
            {"__init__": "from tokenpurse.a import a\n__all__ = ['a']", "a": "from tokenpurse import a"},
            1,
        ),
        (
            root_is_not_imported,
            {"__init__": "from tokenpurse import a\n__all__ = ['a']", "a": "from tokenpurse import a"},
            0,
        ),
        (no_floats, {"a": "x = 0.5\ny = float('1')\nz = delta.total_seconds()"}, 3),
        (no_floats, {"a": "def f(x: float | None) -> int: return 1"}, 0),
        (no_clock, {"a": "datetime.now(UTC)\ndatetime.utcnow()\ndate.today()"}, 3),
        (no_ambient_decimal_context, {"a": "from decimal import localcontext\ndecimal.getcontext().prec"}, 2),
        (only_pricing_rounds, {"a": "from decimal import ROUND_UP\nround(x)\ny.quantize(z)", "pricing": "round(x)"}, 3),
        (only_apply_makes_books, {"wallet": "Book(a)\nevolve(self)", "_engine/apply": "Book(a)"}, 1),
        (only_apply_makes_books, {"_engine/settle": "def f(b: Book):\n    attrs.evolve(b, x=1)\n    evolve(entry)"}, 1),
        (only_apply_makes_books, {"_engine/settle": "after = apply(b, e)\nevolve(after)\nevolve(self.book)"}, 2),
        (only_apply_makes_books, {"_engine/book": "class Book:\n    def f(self): return evolve(self)"}, 1),
    ],
)
def test_the_rule_complains(
    rule: Callable[[list[Module]], Iterator[str]], sources: dict[str, str], expected: int, tmp_path: Path
) -> None:
    """A rule that never complains keeps nothing: each finds what is wrong in a package made for it, and no more."""
    for name, source in sources.items():
        path = tmp_path / PACKAGE / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")
    complaints = list(rule(modules_in(tmp_path / PACKAGE)))
    assert len(complaints) == expected, complaints
