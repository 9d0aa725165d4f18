# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import json
import uuid
from datetime import datetime, timedelta, timezone

import pytest
import zstandard

from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.dataset import answers
from ansible_collections.community.aqtive_guard.plugins.plugin_utils._analyze.dataset.staging import stage

NOON = datetime(2026, 10, 25, 12, tzinfo=timezone.utc)


@pytest.fixture
def write_records(tmp_path):
    """A function that writes a records file of (time, JSON text) pairs."""

    def write(pairs, name="vm.records.zst", frames=1):
        lines = [
            b"%019d\x1f%05d\x1f%09d\x1f%b\n" % (round(time.timestamp() * 10**6) * 1000, 1, number, raw)
            for number, (time, raw) in enumerate(pairs, start=1)
        ]
        path = tmp_path / name
        size = max(1, -(-len(lines) // frames))
        parts = [b"".join(lines[start : start + size]) for start in range(0, max(1, len(lines)), size)]
        path.write_bytes(b"".join(map(zstandard.compress, parts)))
        return path

    return write


@pytest.fixture
def stage_records(tmp_path, write_records):
    """A function that stages the records of a VM: dictionaries with ``minute``, the minutes after noon, and fields."""

    def stage_them(vm, *records):
        pairs = []
        for record in records:
            fields = dict(record)
            time = NOON + timedelta(minutes=fields.pop("minute", 0))
            baseline = {"id": str(uuid.uuid4()), "created_at": time.isoformat(), "hostname": vm, "level": "info"}
            pairs.append((time, json.dumps({**baseline, "log_type": "application", "pid": 1, **fields}).encode()))
        return stage(write_records(sorted(pairs), f"{vm}.{uuid.uuid4()}.zst"), vm, tmp_path, tmp_path)

    return stage_them


@pytest.fixture
def rows_of(tmp_path, stage_records):
    """A function that returns the answer to a question about VMs: lists of records, as ``stage_records`` has them."""

    def rows(question, **vms):
        files = [file for vm, records in vms.items() for file in stage_records(vm, *records)]
        with answers.connection(tmp_path) as database:
            answers.prepare(database, files)
            return answers.answer(database, question)

    return rows
