# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""mutants.py [--sample N] [--seed N] [FILE...]: change the plugins at random places, and print the changes that no unit test notices."""

from __future__ import annotations

import argparse
import ast
import contextlib
import copy
import functools
import itertools
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple

import check

ROOT = check.ROOT
# Seconds that the tests of a file may take without a mutant.
SECONDS = 300
COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}


class Mutant(NamedTuple):
    file: Path
    line: int
    before: str
    after: str
    source: bytes

    def __str__(self) -> str:
        return f"{self.file.relative_to(ROOT)}:{self.line}: {self.before} -> {self.after}"


def _literal(value: object) -> ast.expr | None:
    if isinstance(value, bool):
        return ast.Constant(not value)
    if isinstance(value, int):
        return ast.Constant(value + 1)
    if isinstance(value, str):
        return ast.Constant(value + "X")
    if isinstance(value, bytes):
        return ast.Constant(value + b"X")
    return None


def replacements(node: ast.AST) -> Iterator[tuple[ast.expr | ast.stmt, ast.AST]]:
    """Yield pairs of a part of the code and what is put in its place: another operator, literal or branch, or nothing."""
    if isinstance(node, ast.Compare):
        for index, operator in enumerate(node.ops):
            changed = copy.deepcopy(node)
            changed.ops[index] = COMPARISONS[type(operator)]()
            yield node, changed
    elif isinstance(node, ast.BoolOp):
        yield node, ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    elif isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        yield node, ast.BinOp(node.left, OPERATORS[type(node.op)](), node.right)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node, node.operand
    elif isinstance(node, ast.Constant) and (literal := _literal(node.value)):
        yield node, literal
    elif isinstance(node, (ast.If, ast.While, ast.IfExp)):
        yield node.test, ast.UnaryOp(ast.Not(), node.test)
    elif isinstance(node, (ast.Break, ast.Continue)):
        yield node, ast.Continue() if isinstance(node, ast.Break) else ast.Break()
    elif isinstance(node, ast.Return) and node.value and not isinstance(node.value, ast.Constant):
        yield node, ast.Return(ast.Constant(None))
    elif isinstance(node, (ast.Expr, ast.Assign, ast.AugAssign, ast.Raise)):
        yield node, ast.Pass()
    elif isinstance(node, ast.Call) and node.keywords:
        yield node, ast.Call(node.func, node.args, node.keywords[:-1])


def _is_text(node: ast.AST) -> bool:
    """Whether a node is documentation: a docstring, or an assignment to DOCUMENTATION, EXAMPLES or RETURN."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    return isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in (
        "DOCUMENTATION",
        "EXAMPLES",
        "RETURN",
    )


def _is_type(node: ast.AST) -> bool:
    """Whether a node gives a type such as ``list[str]`` a name, which annotations alone use."""
    if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Subscript):
        return False
    name = getattr(node.targets[0], "id", "")
    return name[:1].isupper() and not name.isupper()


def _code(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes below a node, without documentation, types, imports and the parts of f-strings."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _is_text(child) and not _is_type(child):
                if isinstance(child, (ast.Import, ast.ImportFrom, ast.JoinedStr)):
                    continue
                yield child
                yield from _code(child)


def _range(node: ast.expr | ast.stmt, starts: list[int]) -> slice:
    """Return the bytes of the source that a node covers."""
    end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or 0
    return slice(starts[node.lineno - 1] + node.col_offset, starts[end_line - 1] + end_column)


def mutants_of(path: Path) -> list[Mutant]:
    source = path.read_bytes()
    starts = [0, *itertools.accumulate(len(line) for line in source.splitlines(keepends=True))]
    found = []
    for node in _code(ast.parse(source)):
        if not isinstance(node, (ast.expr, ast.stmt)):
            continue
        for replaced, replacement in replacements(node):
            part = _range(replaced, starts)
            text = ast.unparse(replacement)
            text = f"({text})" if isinstance(replacement, ast.expr) else text
            changed = source[: part.start] + text.encode() + source[part.stop :]
            found.append(Mutant(path, node.lineno, source[part].decode(), text, changed))
    return found


def copy_checkout(target: Path) -> Path:
    """Copy the plugins and what their unit tests read; return the copy in a tree of collections."""
    copied = target / check.COLLECTION
    ignored = shutil.ignore_patterns(".git", ".venv", ".nox", "build", "output", "__pycache__")
    shutil.copytree(ROOT, copied, ignore=ignored, symlinks=True)
    return copied


class Copies:
    """Copies of the checkout, one for each test run at a time."""

    def __init__(self, folder: Path, jobs: int) -> None:
        self.idle: SimpleQueue[Path] = SimpleQueue()
        self.running: set[int] = set()
        for number in range(jobs):
            self.idle.put(copy_checkout(folder / str(number)))

    def passes(self, file: Path, source: bytes, tests: list[Path], seconds: float) -> bool:
        """Return whether tests pass within a time limit with a file changed to `source`."""
        copied = self.idle.get()
        changed = copied / file.relative_to(ROOT)
        # Written at the end: a mutant may end the process of the tests, with status 0.
        report = copied / "mutants.xml"
        names = (test.relative_to(ROOT) for test in tests)
        try:
            changed.write_bytes(source)
            report.unlink(missing_ok=True)
            command = check.pytest_command("-x", f"--junit-xml={report}", *names)
            return self._run(copied, command, seconds) and report.is_file()
        finally:
            shutil.copyfile(file, changed)
            self.idle.put(copied)

    def _run(self, copied: Path, command: list[str], seconds: float) -> bool:
        environment = check.environment_of(copied.parents[2])
        null = subprocess.DEVNULL
        with subprocess.Popen(
            command, cwd=copied, env=environment, stdout=null, stderr=null, start_new_session=True
        ) as process:
            self.running.add(process.pid)
            try:
                return process.wait(seconds) == 0
            except subprocess.TimeoutExpired:
                return False
            finally:
                self.running.discard(process.pid)
                kill_group(process.pid)

    def kill(self) -> None:
        for pid in list(self.running):
            kill_group(pid)


def kill_group(pid: int) -> None:
    """Kill a test run, and the processes that its tests left."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def examine(file: Path, sample: int, copies: Copies, pool: ThreadPoolExecutor) -> bool:
    """Test a random sample of a file's mutants and print the result; return whether its tests pass without a mutant.

    What the tests that import the file do not notice, those that import it through others may.
    """
    name = file.relative_to(ROOT)
    # Those named after the file come first: they fail soonest.
    direct = sorted(check.importing_tests(file), key=lambda test: file.stem not in test.name)
    indirect = [test for test in check.select_tests([file]) if test not in direct]
    if not direct and not indirect:
        print(f"{name}: no unit test imports it", flush=True)
        return False
    mutants = mutants_of(file)
    chosen = surviving = random.sample(mutants, min(sample, len(mutants)))
    for tests in filter(None, (direct, indirect)):
        if not surviving:
            break
        begun = time.monotonic()
        if not copies.passes(file, file.read_bytes(), tests, SECONDS):
            print(f"{name}: its tests fail, or take too long, without a mutant", flush=True)
            return False
        # A mutant that makes the tests hang is noticed.
        passes = functools.partial(copies.passes, file, tests=tests, seconds=30 + 5 * (time.monotonic() - begun))
        passed = pool.map(passes, [mutant.source for mutant in surviving])
        surviving = list(itertools.compress(surviving, passed))
    noticed = len(chosen) - len(surviving)
    print(f"{name}: {noticed} of {len(chosen)} noticed ({100 * noticed // max(len(chosen), 1)} %)", flush=True)
    for mutant in surviving:
        print(f"    survived: {mutant}", flush=True)
    return True


def main() -> int:
    parser = argparse.ArgumentParser(description="Mutation tests of the plugins.")
    parser.add_argument("--sample", type=int, default=30, help="mutants of a file")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("files", nargs="*", type=Path, default=sorted(Path("plugins").rglob("*.py")))
    arguments = parser.parse_args()
    random.seed(arguments.seed)
    jobs = os.cpu_count() or 1
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder, ThreadPoolExecutor(jobs) as pool:
        copies = Copies(Path(folder), jobs)
        try:
            complete = [examine(file.resolve(), arguments.sample, copies, pool) for file in arguments.files]
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            copies.kill()
            return 130
    return 0 if all(complete) else 1


if __name__ == "__main__":
    sys.exit(main())
