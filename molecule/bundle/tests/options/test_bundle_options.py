# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each collection of converge.yml brings exactly the requested records of every VM, in private files listed in the manifest."""

import json
import os
import re
import shutil
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

testinfra_hosts = ["ansible://aqtive_guard"]

# How to read each VM's records without the product. The journal also holds systemd's messages.
RECORDS = {
    "web1": "journalctl --output=cat --unit='cryptosense-analyzer-*' | grep '^{'",
    "web2": "cat /var/log/cryptosense-analyzer/*",
    "worker1": "cat /var/log/cryptosense-analyzer/*",
}
LOG_FILES = {"web1": [], "web2": ["aqtive-guard.log", "audit.log"], "worker1": ["aqtive-guard.log"]}
WEB, WORKER = {"audit", "web", "application"}, {"audit", "analysis", "application", "tanium"}
LOG_TYPES = {"web1": WEB | WORKER, "web2": WEB, "worker1": WORKER}
LEVELS = {"debug", "info", "warning", "error", "critical"}
WHOLE_DAYS = {"2028-02-26", "2028-02-27", "2028-02-28"}
DAYS = {*WHOLE_DAYS, "2028-02-29", "2028-03-01"}
FILTERS = ("date_from", "date_to", "log_types", "log_levels")
# On this VM the command always compresses.
ALWAYS_COMPRESSED = "worker1"
# Seconds by which a clock may drift between two measurements.
DRIFT = 2
FILE_NAMES = {
    "text": "aqtive-guard-logs.log",
    "gzip": "aqtive-guard-logs.log.gz",
    "tar.gz": "aqtive-guard-logs.tar.gz",
    "zip": "aqtive-guard-logs.zip",
}
TEST = {"gzip": [["gzip", "-t"]], "tar.gz": [["gzip", "-t"], ["tar", "-t", "-f"]], "zip": [["unzip", "-t"]]}
UNPACK = {"text": ["cat"], "gzip": ["gzip", "-dc"], "tar.gz": ["tar", "-xOf"], "zip": ["unzip", "-p"]}


class Collection(NamedTuple):
    run_id: str
    options: dict
    compression: str

    @property
    def directory(self):
        return Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"], "collected", self.run_id)

    @property
    def manifest(self):
        return json.loads((self.directory / "manifest.json").read_bytes())

    def format(self, vm):
        return self.compression if self.options.get("compress", True) or vm.name == ALWAYS_COMPRESSED else "text"

    def bundle(self, vm):
        return str(self.directory / vm.name / FILE_NAMES[self.format(vm)])


class Vm(NamedTuple):
    """`ahead`: by how many seconds its clock is ahead of this machine's, as minimum and maximum."""

    name: str
    lines: list
    ahead: tuple

    def expected(self, options):
        return sorted(line for line in self.lines if matches(json.loads(line), options))


def matches(record, options):
    """Return whether the record matches the options, by the vendor's documentation."""
    moment = record["created_at"]
    begin, end = (options.get(option, "").replace(" ", "T") for option in ("date_from", "date_to"))
    return (
        moment >= begin
        # The end is inclusive.
        and moment[: len(end)] <= end
        and record["log_type"].upper() in options.get("log_types", [record["log_type"].upper()])
        and record["level"].upper() in options.get("log_levels", [record["level"].upper()])
    )


def collections():
    """The collections of converge.yml, in order."""
    prefix, compression = "aqtive_guard_log_bundle_", ""
    for play in yaml.safe_load((Path(__file__).parents[2] / "converge.yml").read_text(encoding="utf-8")):
        given = play.get("vars", {})
        compression = given.get("compression", compression)
        if play.get("ansible.builtin.import_playbook") == "community.aqtive_guard.collect_logs":
            options = {name.removeprefix(prefix): value for name, value in given.items()}
            yield Collection(options.pop("run_id"), options, compression)


COLLECTIONS = list(collections())


@pytest.fixture(params=COLLECTIONS, ids=[each.run_id for each in COLLECTIONS])
def collection(request):
    return request.param


@pytest.fixture(scope="module")
def vm(host):
    name = host.check_output("hostname")
    result = host.run("sudo sh -c %s", RECORDS[name])
    assert result.rc == 0, result.stderr
    begin = time.time()
    clock = float(host.check_output("date +%s.%N"))
    return Vm(name, lines_of(result.stdout_bytes), (clock - time.time(), clock - begin))


def lines_of(data):
    # Not splitlines(): records hold other line separators.
    *lines, end = data.split(b"\n")
    assert end == b""
    return lines


def run(command, **options):
    """Return the output of a program on the controller."""
    assert shutil.which(command[0]), f"{command[0]} is not installed on this machine: apt-get install {command[0]}"
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, **options)
    assert result.returncode == 0, (command, result.stdout[-2000:])
    return result.stdout


def kinds(lines):
    """Count records by day, type and level."""
    records = [json.loads(line) for line in lines]
    return Counter((record["created_at"][:10], record["log_type"], record["level"]) for record in records)


def test_vm_has_records_of_every_day_type_and_level(host, vm):
    """Counted in the VM."""
    pattern = (
        r'^\{"id": "[^"]*", "created_at": "(.{10})[^"]*", "hostname": "[^"]*", "level": "(\w+)", "log_type": "(\w+)".*'
    )
    count = f"({RECORDS[vm.name]}) | sed --quiet --regexp-extended 's/{pattern}/\\1 \\3 \\2/p' | sort | uniq --count"
    rows = [row.split() for row in host.check_output("sudo sh -c %s", count).splitlines()]
    counted = {tuple(kind): int(number) for number, *kind in rows}
    assert counted == kinds(vm.lines)
    assert {day for day, dummy_type, dummy_level in counted} == DAYS
    assert {(log_type, level) for day, log_type, level in counted if day in WHOLE_DAYS} == {
        (log_type, level) for log_type in LOG_TYPES[vm.name] for level in LEVELS
    }


def test_log_files_have_rotated_daily(host, vm):
    names = host.check_output("sudo ls -A /var/log/cryptosense-analyzer").splitlines()
    days = sorted(DAYS)[:-1]
    expected = [f"{name}{ending}" for name in LOG_FILES[vm.name] for ending in ["", *(f".{day}" for day in days)]]
    assert [re.sub(r"_\d\d-\d\d-\d\d$", "", name) for name in sorted(names)] == expected


def test_command_names_its_file_differently_on_each_vm(host, vm):
    """With three formats, the collections cover nine variants."""
    command = "timeout --signal=KILL 60 cs logs bundle --date-from 2028-03-01 --out-file out --compress"
    ending = COLLECTIONS[-1].compression
    name = host.check_output("sudo sh -c %s", f"cd $(mktemp -d) && {command} >&2 && ls")
    assert re.fullmatch({"web1": "out", "web2": rf"out\.{ending}", "worker1": rf"cs-logs-.+\.{ending}"}[vm.name], name)


def test_every_format_is_collected():
    assert {each.compression for each in COLLECTIONS} == {"gzip", "tar.gz", "zip"}
    assert {each.options.get("compress", True) for each in COLLECTIONS} == {True, False}


def test_bundle_holds_exactly_the_requested_records(vm, collection):
    found = sorted(lines_of(run([*UNPACK[collection.format(vm)], collection.bundle(vm)])))
    expected = vm.expected(collection.options)
    # Compared first, because its failure is readable.
    assert kinds(found) == kinds(expected)
    assert found == expected


def test_each_filter_excludes_some_records_and_keeps_some(vm, collection):
    expected = vm.expected(collection.options)
    assert expected or (vm.name == "web2" and collection.options["log_types"] == ["ANALYSIS"])
    for option in set(FILTERS) & set(collection.options):
        without = {key: value for key, value in collection.options.items() if key != option}
        assert len(vm.expected(without)) > len(expected), f"{option} makes no difference"


def test_unfiltered_bundle_has_records_that_no_filter_can_select(vm):
    everything = [json.loads(line) for line in vm.expected(COLLECTIONS[0].options)]
    assert COLLECTIONS[0].options == {}
    assert "critical" in {record["level"] for record in everything}
    assert {record["log_type"] for record in everything} & {"web", "tanium"}


def test_archive_passes_its_own_integrity_test(vm, collection):
    bundle, form = collection.bundle(vm), collection.format(vm)
    if form == "text":
        assert Path(bundle).read_bytes().startswith(b'{"id": ')
    for command in TEST.get(form, []):
        run([*command, bundle])


def test_sha256_of_each_file_is_in_the_manifest(collection):
    files = [file for vm in collection.manifest["vms"].values() for file in vm["files"]]
    assert len(files) == 3
    checksums = "".join("{sha256}  {path}\n".format(**file) for file in files)
    run(["sha256sum", "--check", "--strict", "-"], input=checksums.encode(), cwd=collection.directory)


def test_manifest_contains_the_request(collection):
    manifest = collection.manifest
    defaults: dict[str, object] = {
        "date_from": None,
        "date_to": None,
        "log_types": [],
        "log_levels": [],
        "compress": True,
    }
    options = {key: sorted(value) if isinstance(value, list) else value for key, value in collection.options.items()}
    assert manifest["request"].items() >= {**defaults, **options}.items()
    assert manifest["run_id"] == collection.run_id
    assert manifest["complete"]
    assert list(manifest["vms"]) == list(RECORDS)
    # The VMs log differently.
    assert len({vm["logging_digest"] for vm in manifest["vms"].values()} - {None}) == 3


def test_manifest_describes_the_bundle_of_each_vm(vm, collection):
    entry, expected = collection.manifest["vms"][vm.name], vm.expected(collection.options)
    bundle = Path(collection.bundle(vm))
    assert [{key: file[key] for key in ("path", "size", "format", "empty")} for file in entry["files"]] == [
        {
            "path": f"{vm.name}/{bundle.name}",
            "size": bundle.stat().st_size,
            "format": collection.format(vm),
            "empty": not expected,
        }
    ]
    assert (entry["status"], entry["reused"]) == ("collected", False)
    assert (entry["errors"], entry["leftover"]) == ([], None)
    # By the VM's own clock.
    assert "2028-03-01T00:00:00" < entry["start"] < entry["end"] < "2028-03-02"


def test_manifest_names_values_excluded_by_filters(vm, collection):
    known = {"log_types": WEB | WORKER, "log_levels": LEVELS}
    excluded = collection.manifest["vms"][vm.name]["excluded_by_filters"]
    for option, values in known.items():
        selected = {value.lower() for value in collection.options.get(option, [])} or values
        assert {value.lower() for value in excluded[option]} == values - selected


def test_manifest_has_the_clock_offset_of_each_vm(vm, collection):
    clock = collection.manifest["vms"][vm.name]["clock"]
    least, most = vm.ahead
    assert least - DRIFT - clock["uncertainty"] < clock["offset"] < most + DRIFT + clock["uncertainty"]


def test_collected_files_are_private(collection):
    modes = {
        str(path.relative_to(collection.directory)): path.stat().st_mode & 0o7777
        for path in collection.directory.rglob("*")
    }
    bundles = [file["path"] for vm in collection.manifest["vms"].values() for file in vm["files"]]
    records = [f"{vm}/.bundle.json" for vm in RECORDS]
    assert modes == {**dict.fromkeys(RECORDS, 0o700), **dict.fromkeys(["manifest.json", *bundles, *records], 0o600)}
    assert {path.stat().st_mode & 0o7777 for path in (collection.directory, collection.directory.parent)} == {0o700}
