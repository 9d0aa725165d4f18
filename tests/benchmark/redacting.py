# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""redacting.py: plant names and secrets in logs, redact these, and count what is removed, and what is kept of all other words.

The archive of the collection is compared with `sos clean` and with the rules of detect-secrets, if they are installed. The table is written to
docs/docsite/rst/sending_to_support.rst, between two comments.
"""

from __future__ import annotations

import contextlib
import gzip
import html
import json
import re
import shutil
import sys
import tarfile
import tempfile
import typing as t
import unicodedata
import urllib.parse
from base64 import b64decode
from collections import Counter
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from analyzing import ROOT, clean_with_sos, importable, sos_version
from measure import Failed
from planting import LEFT_OUT, Planted, planted

PAGE = ROOT / "docs/docsite/rst/sending_to_support.rst"
BEGIN, END = ".. begin of what tests/benchmark/redacting.py has written", ".. end"
VM = "guard-web00"
ORDINARY = 3000
_TEXTS = ("message", "stacktrace", "path", "error", "access_denied_reason", "module")
_KEPT = ("created_at", "level", "log_type", "action", "method", "status_code", "memory_mb", "access_granted")

Lines = dict[int, str]
"""The lines of a result, by the numbers of the original lines."""


def with_archive(log: Path, directory: Path) -> Lines:
    """Return the lines of the collection's archive, which have the ids of the original ones."""
    from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze import pipeline
    from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction import build

    results = directory / "results"
    pipeline.analyze(pipeline.Request([log.parents[1]], results, directory / "dataset", None, 2))
    outcome = build.build(build.Request([log.parents[1]], results, None, (), 2))
    with tarfile.open(outcome.path) as archive:
        merged = t.cast("t.IO[bytes]", archive.extractfile("aqtive-guard-support/records/merged.jsonl.gz")).read()
    by_id = {json.loads(line)["id"]: line for line in gzip.decompress(merged).decode().rstrip("\n").split("\n")}
    numbers = {record["id"]: number for number, record in _records(log.read_text(encoding="utf-8").split("\n"))}
    return {numbers[name]: line for name, line in by_id.items()}


def with_sos(log: Path, directory: Path) -> Lines:
    """Return the lines that sos clean has left, whose number is the same."""
    cleaned = next(clean_with_sos({log.name: log.read_bytes()}, directory).rglob("var/log/*"))
    return dict(enumerate(cleaned.read_text(encoding="utf-8").split("\n")))


def with_rules(log: Path, directory: Path) -> Lines:
    """Return the lines without what the rules of detect-secrets find."""
    from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
    from detect_secrets.core.scan import scan_file
    from detect_secrets.settings import transient_settings

    names = [rule.__name__ for rule in get_mapping_from_secret_type_to_class().values()]
    lines = dict(enumerate(log.read_text(encoding="utf-8").split("\n")))
    with transient_settings({"plugins_used": [{"name": name} for name in names]}):
        for secret in scan_file(str(log)):
            lines[secret.line_number - 1] = lines[secret.line_number - 1].replace(secret.secret_value, "***")
    return lines


def removed(lines: Lines, items: t.Mapping[int, Planted]) -> dict[str, tuple[int, int]]:
    """Return how many values of each kind are in no form in the line that had them, and how many there were."""
    all_of_kind = Counter(item.kind for item in items.values())
    left = Counter(
        item.kind for number, item in items.items() if _normal(item.value) in _decoded(lines.get(number, ""))
    )
    return {kind: (count - left[kind], count) for kind, count in all_of_kind.items()}


def kept(lines: Lines, ordinary: t.Mapping[int, t.Mapping[str, t.Any]]) -> float:
    """Return the share of words in texts, and of other values without names, that are still there."""
    before = after = 0
    for number, record in ordinary.items():
        wanted = _words(record)
        before += wanted.total()
        with contextlib.suppress(KeyError, ValueError):
            after += (wanted & _words(json.loads(lines[number]))).total()
    return after / before


def _words(record: t.Mapping[str, t.Any]) -> Counter[str]:
    texts = [word for name in _TEXTS for word in re.findall(r"[^\W\d_]{2,}", str(record.get(name) or ""))]
    return Counter([*texts, *(f"{name} {record[name]}" for name in _KEPT if name in record)])


def _decoded(line: str) -> str:
    """Return a line with all that is encoded in it."""
    with contextlib.suppress(ValueError):
        # Parsers disagree about keys that occur twice.
        line += json.dumps(json.loads(line), ensure_ascii=False)
    for dummy in range(3):
        line = urllib.parse.unquote(html.unescape(line.replace("\\\\", "\\")))
        line = re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), line)
    for run in re.findall(r"[A-Za-z0-9+/]{8,}", line):
        with contextlib.suppress(ValueError):
            line += b64decode(f"{run}{'=' * (-len(run) % 4)}").decode()
    return _normal(line)


def _normal(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _records(lines: t.Sequence[str]) -> t.Iterator[tuple[int, dict[str, t.Any]]]:
    for number, line in enumerate(lines):
        with contextlib.suppress(ValueError):
            yield number, json.loads(line)


def table(columns: t.Mapping[str, tuple[dict[str, tuple[int, int]], float]]) -> list[str]:
    kinds = list(next(iter(columns.values()))[0])
    rows = [["", *columns]]
    rows += [
        [
            f"{kind} ({columns[next(iter(columns))][0][kind][1]})",
            *(_percent(*found[kind]) for found, dummy in columns.values()),
        ]
        for kind in kinds
    ]
    totals = [tuple(map(sum, zip(*found.values(), strict=True))) for found, dummy in columns.values()]
    rows.append(["**all that was planted**", *(f"**{_percent(*total)}**" for total in totals)])
    rows.append(
        [
            f"words and values kept of {ORDINARY:,} ordinary records",
            *(f"{100 * share:.1f} %" for dummy, share in columns.values()),
        ]
    )
    return [
        ".. csv-table::",
        "   :header-rows: 1",
        "",
        *("   " + ", ".join(f'"{cell}"' for cell in row) for row in rows),
    ]


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %"


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        directory = Path(temporary)
        importable(directory / "path")
        sys.path += [str(directory / "path"), str(ROOT / "roles/aqtive_guard_simulator/files")]
        from aqtive_guard_simulator import clock
        from aqtive_guard_simulator.records import Generator

        records = Generator("web", VM, "fleet", VM, 1000)
        log = directory / "logs" / VM / "analyzer.log"
        log.parent.mkdir(parents=True)
        ordinary = [
            records.line(records.draw(), (1_793_000_000 + number) * clock.SECOND).decode().rstrip("\n")
            for number in range(ORDINARY)
        ]
        items = list(planted())
        lines = [*ordinary, *(item.line for item in items)]
        log.write_text("\n".join([*lines, ""]), encoding="utf-8")
        tools = {"the archive": with_archive}
        if shutil.which("sos"):
            tools[f"sos clean{sos_version().removeprefix(', sos')}"] = with_sos
        with contextlib.suppress(PackageNotFoundError):
            tools[f"rules of detect-secrets {version('detect-secrets')}"] = with_rules
        columns = {}
        of_kind = {ORDINARY + index: item for index, item in enumerate(items) if item.value}
        as_it_was = dict(enumerate(lines))
        if (
            any(count for count, dummy in removed(as_it_was, of_kind).values())
            or kept(as_it_was, dict(_records(ordinary))) < 1
        ):
            raise Failed("something is missing in the lines that were not redacted")
        for name, tool in tools.items():
            work = directory / tool.__name__
            work.mkdir()
            result = tool(log, work)
            if missing := {item.kind for number, item in of_kind.items() if number not in result} - set(LEFT_OUT):
                raise Failed(f"{name} has lost lines: {missing}")
            columns[name] = removed(result, of_kind), kept(result, dict(_records(ordinary)))
    shown = table(columns)
    text = PAGE.read_text(encoding="utf-8")
    before, dummy, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text("\n".join([f"{before}{BEGIN}", "", *shown, "", f"{END}{after}"]), encoding="utf-8")
    print("\n".join(shown))


if __name__ == "__main__":
    main()
