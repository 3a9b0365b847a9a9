"""Rules that a reader can rely on: one place commits, one place knows the time, everything is short."""

import ast
import re
from collections.abc import Iterator

from tests.repository.source import APP, calls, modules, place, text

CLOCK = APP / "core" / "clock.py"
LONGEST_FUNCTION, LONGEST_MODULE = 60, 400
# Ends of dotted names that read the time of day; `time.monotonic` measures and is free.
TIME_OF_DAY = re.compile(
    r"(?:^|\.)(?:datetime\.(?:now|utcnow|today)|date\.today|time\.(?:time|time_ns|localtime|gmtime|ctime|strftime))$"
)


def commits(name: str, call: ast.Call) -> bool:
    if name.endswith(".commit"):
        return True
    return bool(call.args and re.match(r"(?i)\s*commit\b", text(call.args[0]) or ""))


def test_nothing_commits_but_core() -> None:
    found = [
        place(path, call)
        for path, tree in modules().items()
        if not path.is_relative_to(APP / "core")
        for name, call in calls(tree)
        if commits(name, call)
    ]
    assert not found, "only app/core commits"


def test_nothing_reads_the_time_but_the_clock() -> None:
    found = [
        f"{place(path, call)} {name}"
        for path, tree in modules().items()
        if path != CLOCK
        for name, call in calls(tree)
        if TIME_OF_DAY.search(name)
    ]
    assert not found, "ask app.core.clock"


def test_no_time_of_day_is_imported_under_another_name() -> None:
    found = [
        place(path, node)
        for path, tree in modules().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "time"
        if {alias.name for alias in node.names} - {"monotonic", "perf_counter", "sleep"}
        or any(alias.asname for alias in node.names)
    ]
    assert not found


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_functions_are_short() -> None:
    found = {
        f"{place(path, function)} {function.name}": length
        for path, tree in modules().items()
        for function in functions(tree)
        if (length := (function.end_lineno or 0) - function.lineno + 1) > LONGEST_FUNCTION
    }
    assert not found


def test_modules_are_short() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in modules()}
    assert not {path.name: length for path, length in lengths.items() if length > LONGEST_MODULE}


def test_nothing_is_left_to_do() -> None:
    marks = re.compile("|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X")))
    assert not [path.name for path in modules() if marks.search(path.read_text(encoding="utf-8"))]


def test_decisions_have_numbers_of_their_own_and_without_a_gap() -> None:
    numbers = sorted(path.name[:4] for path in (APP.parent / "docs" / "decisions").glob("[0-9]*.md"))
    assert numbers == [f"{n:04}" for n in range(1, len(numbers) + 1)]
