# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The archive for support: redact the records of all VMs, findings and report, scan the finished archive, and only then store it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import typing as t
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import failure
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze import kept_records, results, source
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.dataset import answers, staging
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.ordering import fleet
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.ordering.summary import Summary
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.processes import for_each
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction import (
    encryption,
    tar,
    token_table,
    vm,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.fields import FIELDS, Kind
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.findings import (
    redacted_facts,
    redacted_findings,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.free_text import FreeText
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.known_values import (
    Collected,
    KnownValues,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.scan.archive import Scan
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.redaction.tokens import Tokens, key_of
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.report import page
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.working_directory import working_directory
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.files import (
    os_errors,
    size_and_sha256,
    sync,
)
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._common.version import COLLECTION_VERSION

FORMAT_VERSION = 1
TOKENS = "tokens-{key_id}.csv"
"""The file with the tokens of a key beside the results of the analysis, which is not sent."""

_REDACTED = "redacted"
_PREFIX = "aqtive-guard-support-"


@dataclass(frozen=True)
class Request:
    """What to redact, and for whom."""

    sources: t.Sequence[Path]
    dest: Path
    """The directory with the results of the analysis, in which the archive is stored."""
    key: str | None
    recipients: t.Sequence[str]
    workers: int


@dataclass(frozen=True)
class Outcome:
    """An archive, and what it holds."""

    path: Path
    tokens: Path
    manifest: dict[str, t.Any]


def build(request: Request) -> Outcome:
    """Write the archive, or raise a ``Failure``: then there is none, not even an older one."""
    with working_directory(request.dest) as work, os_errors("store", request.dest):
        # They are removed with the working directory, however this ends.
        if (kept := request.dest / results.RECORDS).exists():
            os.replace(kept, work / results.RECORDS)
        for old in request.dest.glob(f"{_PREFIX}*"):
            old.unlink()
        tokens, recipients = Tokens(key_of(request.key)), encryption.recipients(request.recipients)
        found, analyzed = source.find(request.sources, excluded=(request.dest,)), results.load(request.dest)
        summaries, text, scan = _collect(request, found, analyzed, tokens, work)
        vms = {name: text.token(Kind.HOST, name) for name in summaries}
        done = _redact(vms, text, work, request.workers)
        manifest = _manifest(request, tokens, done, {vms[name]: each.damage_totals for name, each in summaries.items()})
        with contextlib.closing(token_table.TokenTable(work / "names.tokens")) as table:
            files = _contents(analyzed, vms, manifest, work, text.with_table(table))
        archive = work / f"{_name(found, request, text)}.tar.gz"
        tar.write(archive, files)
        scan.require_clean(archive, request.workers)
        if recipients:
            encrypted = archive.with_name(archive.name + encryption.SUFFIX)
            encryption.encrypt(archive, encrypted, recipients)
            archive = encrypted
        table_path = work / TOKENS.format(key_id=tokens.key_id)
        token_table.write_csv([work / "names.tokens", *(work / results.RECORDS).glob("*.tokens")], table_path, work)
        return Outcome(tokens=_stored(table_path, request.dest), path=_stored(archive, request.dest), manifest=manifest)


def _collect(
    request: Request, found: source.Source, analyzed: results.Results, tokens: Tokens, work: Path
) -> tuple[dict[str, Summary], FreeText, Scan]:
    """Read all VMs of the analysis. Return their summaries, and what redacts texts and scans archives by their known values."""
    vms, records = analyzed.findings["vms"], work / results.RECORDS
    if not kept_records.are_of(found, records):
        shutil.rmtree(records, ignore_errors=True)
        records.mkdir(mode=0o700)
    arguments = {name: (name, each.files, records) for name, each in found.vms.items() if name in vms}
    collected = Collected()
    collected.values[Kind.HOST].update(vms)
    summaries: dict[str, Summary] = {}
    for name, (summary, values) in for_each(vm.collect, arguments, request.workers):
        summaries[name] = summary
        collected.update(values)
    changed = [name for name, each in vms.items() if each["records"] != getattr(summaries.get(name), "records", 0)]
    if changed:
        cause = "have other records than when they were analyzed"
        raise failure("read", f"The logs of {', '.join(changed)}", cause, "Analyze again, then create the archive")
    known = KnownValues(collected)
    return dict(sorted(summaries.items())), FreeText(known, tokens, collected.elements), Scan(collected)


def _redact(vms: t.Mapping[str, str], text: FreeText, work: Path, workers: int) -> dict[str, vm.Redacted]:
    """Redact the records of all VMs. Return what was redacted, by the token of the VM."""
    redacted = work / _REDACTED
    redacted.mkdir(mode=0o700)
    arguments = {token: (name, token, work / results.RECORDS, redacted) for name, token in vms.items()}
    return dict(for_each(vm.redact, arguments, workers, inherited=(text,)))


def _contents(
    analyzed: results.Results, vms: t.Mapping[str, str], manifest: t.Mapping[str, t.Any], work: Path, text: FreeText
) -> dict[str, Path]:
    """Write what is in the archive. Return the files by their names in it."""
    names, redacted = sorted(vms.values()), work / _REDACTED
    fleet.merge(names, redacted, work / "merged.jsonl.gz")
    staged = staging.stage_rows({name: vm.rows_path(redacted, name) for name in names}, answers.COLUMNS, redacted, work)
    rows = answers.answers(staged, work)
    findings, facts = redacted_findings(analyzed.findings, text), redacted_facts(analyzed.facts, text)
    files = {
        "records/merged.jsonl.gz": work / "merged.jsonl.gz",
        **{f"records/{name}.jsonl.gz": redacted / f"{name}.jsonl.gz" for name in names},
        results.FINDINGS: _written(work / results.FINDINGS, _json(findings)),
        results.REPORT: _written(work / results.REPORT, page.render(findings, rows, facts).encode()),
        "manifest.json": _written(work / "manifest.json", _json(manifest)),
    }
    return {**files, "SHA256SUMS": _written(work / "SHA256SUMS", _checksums(files))}


def _manifest(
    request: Request, tokens: Tokens, done: t.Mapping[str, vm.Redacted], left_out: t.Mapping[str, t.Mapping[str, int]]
) -> dict[str, t.Any]:
    fields: Counter[str] = Counter()
    texts: Counter[str] = Counter()
    for each in done.values():
        fields += each.fields
        texts += each.texts
    return {
        "format_version": FORMAT_VERSION,
        "collection_version": COLLECTION_VERSION,
        "redaction": {
            "key": "chosen" if request.key else "random",
            "key_id": tokens.key_id,
            "fields": {name: field.treatment.value for name, field in FIELDS.items()},
        },
        "records": {token: each.records for token, each in sorted(done.items())},
        "left_out": {token: rules for token, rules in sorted(left_out.items()) if rules},
        "replaced": {"in_fields": dict(sorted(fields.items())), "in_texts": dict(sorted(texts.items()))},
    }


def _name(found: source.Source, request: Request, text: FreeText) -> str:
    """Return the name of the archive: that of the run or of the folder, redacted."""
    names = [manifest["run_id"] for manifest in found.manifests] or [path.name for path in request.sources]
    return _PREFIX + re.sub(r"[^A-Za-z0-9._-]+", "-", text.redact(names[-1]))[:100]


def _json(content: t.Any) -> bytes:
    return f"{json.dumps(content, indent=2, sort_keys=True)}\n".encode("ascii")


def _checksums(files: t.Mapping[str, Path]) -> bytes:
    lines = []
    for name, path in sorted(files.items()):
        with path.open("rb") as stream:
            lines.append(f"{size_and_sha256(stream)[1]}  {name}\n")
    return "".join(lines).encode()


def _written(path: Path, data: bytes) -> Path:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)
    return path


def _stored(path: Path, directory: Path) -> Path:
    """Move a complete file into its directory, so that it survives a crash."""
    sync(path)
    os.replace(path, directory / path.name)
    sync(directory)
    return directory / path.name
