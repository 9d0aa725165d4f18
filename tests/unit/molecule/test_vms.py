# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program that makes Molecule's VMs, with stand-ins for qemu: what it asks for, what it leaves behind, whom it ends."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os
import re
import signal
import struct
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SHARED = ROOT / "molecule" / "shared"
sys.path[:0] = [str(SHARED), str(ROOT / "tests" / "shared")]

import prerequisites  # noqa: E402
from problem import Problem  # noqa: E402
from vms import __main__ as program  # noqa: E402
from vms import accelerator, fleet, image, initrd, interpreter, machine  # noqa: E402

QEMU = """\
import os, sys, time
pid_file = sys.argv[sys.argv.index("-pidfile") + 1]
if sys.argv[2] == "guest=refused":
    sys.exit("no such accelerator")
if os.fork():
    os._exit(0)
os.setsid()
with open(pid_file, "w") as file:
    file.write(str(os.getpid()))
for descriptor in (0, 1, 2):
    os.close(descriptor)
time.sleep(120)
"""
KEYGEN = "#!/bin/sh\nfor last; do :; done\necho private > $last\necho 'ssh-ed25519 AAAA' > $last.pub\n"


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """Stand-ins, first on the PATH."""
    folder = tmp_path / "programs"
    folder.mkdir()
    scripts = {"qemu-system-x86_64": f"#!{sys.executable}\n{QEMU}", "qemu-img": "#!/bin/sh\n", "ssh-keygen": KEYGEN}
    for name, script in scripts.items():
        (folder / name).write_text(script)
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


@pytest.fixture
def made(tmp_path):
    folder = tmp_path / "build" / "images" / image.digest()
    folder.mkdir(parents=True)
    return image.Image(folder / "disk.raw", folder / "vmlinuz", folder / "initrd")


@pytest.fixture
def vms(tmp_path, programs, monkeypatch):
    monkeypatch.setattr(accelerator, "choose", lambda image: ("tcg", "for this test"))
    monkeypatch.setattr(fleet, "BOOT_SECONDS", 1)
    instance = fleet.Fleet(tmp_path / "build" / "vms" / "scenario")
    yield instance
    instance.destroy()


def processes_of(folder):
    """Whatever still runs and names something below this folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # the process has exited meanwhile
            if os.fsencode(folder) in path.read_bytes():
                found.append(path.parent.name)
    return found


@pytest.mark.parametrize(("user", "besides"), [(0, set()), (1000, {"uidmap"})])
def test_what_is_missing_is_named_at_once_with_the_command_that_installs_it(user, besides, monkeypatch):
    monkeypatch.setattr(prerequisites.os, "geteuid", lambda: user)
    monkeypatch.setattr(prerequisites, "SEARCH_PATH", "/nowhere")
    monkeypatch.setattr(prerequisites.platform, "system", lambda: "Linux")
    monkeypatch.setattr(prerequisites.platform, "machine", lambda: "x86_64")
    reason = prerequisites.missing_for_vms()
    assert reason.startswith("Not installed: qemu-system-x86_64, qemu-img, mmdebstrap, ")
    assert "apt-get install --no-install-recommends " in reason
    assert {*prerequisites.VM_PACKAGES.values(), *besides} == set(reason.rpartition("recommends ")[2].split())


def test_another_kind_of_machine_is_told_so(monkeypatch):
    monkeypatch.setattr(prerequisites.platform, "machine", lambda: "aarch64")
    assert re.search("need Linux on x86_64; this is .* on aarch64", prerequisites.missing_for_vms())


def test_vms_that_do_not_come_up_leave_no_process_and_no_file(vms, made, tmp_path):
    with pytest.raises(
        Problem, match=r"web[12] did not boot within 1 seconds: see .*/logs/scenario/web[12]/console.log"
    ):
        vms.create(["web1", "web2"], made, tmp_path / "instances.json")
    assert not vms.folder.exists()
    assert not (tmp_path / "instances.json").exists()
    assert processes_of(vms.folder) == []


def test_a_vm_that_cannot_be_started_takes_those_before_it_along(vms, made, tmp_path):
    with pytest.raises(Problem, match="refused could not be started: no such accelerator"):
        vms.create(["web1", "refused"], made, tmp_path / "instances.json")
    assert not vms.folder.exists()
    assert processes_of(vms.folder) == []


def test_a_vm_that_ends_while_it_boots_is_not_waited_for(vms, made, tmp_path, monkeypatch):
    monkeypatch.setattr(fleet, "BOOT_SECONDS", 60)
    monkeypatch.setattr(machine.Machine, "processes", lambda self: [])
    begun = time.monotonic()
    with pytest.raises(Problem, match="web1 exited while it was booting"):
        vms.create(["web1"], made, tmp_path / "instances.json")
    assert time.monotonic() - begun < 30
    monkeypatch.undo()
    machine.Machine("web1", 1, vms.folder / "web1").stop()


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=lambda end: end.name)
def test_who_is_interrupted_leaves_no_process_and_no_file(programs, made, tmp_path, end):
    for name in ("mmdebstrap", "mkfs.ext4", "newuidmap", "ssh", "unzip"):
        (programs / name).symlink_to("qemu-img")
    build = tmp_path / "build"
    command = [sys.executable, "-m", "vms", "create", f"--build={build}", "--scenario=scenario"]
    command += [f"--instances={tmp_path}/instances.json", "web1", "web2"]
    with subprocess.Popen(command, cwd=SHARED, stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 60
        while len(list(build.glob("vms/scenario/*/pid"))) < 2:
            assert process.poll() is None, process.communicate()[1]
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(end)
        assert process.communicate(timeout=60)[1] == "Interrupted: no VM is left.\n"
    assert process.returncode == 130
    assert not (build / "vms" / "scenario").exists()
    assert processes_of(build / "vms") == []


def test_kernel_arguments_of_a_scenario_are_added_to_those_of_all_vms(made, tmp_path):
    def arguments(*added):
        command = machine.Machine("web1", 1, tmp_path, kernel_arguments=added)._command(made, "tcg", 1, 2, None)
        return [word for word in command[command.index("-append") + 1].split() if "machine_id" not in word]

    assert arguments("selinux=1", "enforcing=1") == [*arguments(), "selinux=1", "enforcing=1"]


@pytest.mark.parametrize(("options", "selinux"), [(["--selinux"], True), ([], False)])
def test_selinux_needs_an_image_and_kernel_arguments(monkeypatch, tmp_path, options, selinux):
    received = []
    monkeypatch.setattr(program, "check_prerequisites", lambda: None)
    monkeypatch.setattr(image, "get", lambda cache, selinux: selinux)
    monkeypatch.setattr(fleet.Fleet, "create", lambda self, *arguments: received.append((arguments[1], arguments[-1])))
    more = [f"--build={tmp_path}", "--scenario=scenario", f"--instances={tmp_path}/instances.json", "web1"]
    monkeypatch.setattr(sys, "argv", ["vms", "create", *options, *more])
    program.run(program.parse())
    assert received == [(selinux, image.SELINUX_ARGUMENTS if selinux else ())]


def test_images_with_and_without_selinux_are_cached_side_by_side(monkeypatch, tmp_path):
    built = []
    monkeypatch.setattr(image, "_build", lambda work, folder, packages: built.append(packages))
    disks = [image.get(tmp_path, selinux).disk for selinux in (False, True, False, True)]
    assert (disks[:2], disks[0] != disks[1]) == (disks[2:], True)
    assert built == [image.PACKAGES, (*image.PACKAGES, *image.SELINUX_PACKAGES)]


def test_disk_of_the_image_belongs_to_its_user_and_can_be_written_in_a_user_namespace(monkeypatch, tmp_path):
    """Whose root is another user of this machine."""
    modes = []

    def run(command, log):
        if "unshare" in command:
            modes.append((Path(command[-1]).stat().st_mode & 0o777, Path(command[-2]).is_dir()))
        else:
            with tarfile.open(command[-1], "w") as tar:
                image.add_file(tar, "./boot/vmlinuz-6.1", 0o644, b"kernel")

    monkeypatch.setattr(image, "_run", run)
    monkeypatch.setattr(initrd, "build", lambda system, target: None)
    (tmp_path / "work" / "image").mkdir(parents=True)
    image._build(tmp_path / "work", tmp_path / "work" / "image", image.PACKAGES)
    assert modes == [(0o666, True)]
    assert (tmp_path / "work" / "image" / "disk.raw").stat().st_mode & 0o777 == 0o644


def test_destroy_ends_what_create_began_and_nothing_else(vms, made):
    vms.folder.mkdir(parents=True)
    own, other = (machine.Machine(name, 1, vms.folder / name) for name in ("web1", "web2"))
    for each in (own, other):
        each.create_disks(made, "ssh-ed25519 AAAA", "")
    own.start(made, "tcg", 1)
    with subprocess.Popen(["sleep", "60"]) as bystander:
        # A pid that once was a VM's, and now is somebody else's.
        other.pid_file.write_text(str(bystander.pid))
        vms.destroy()
        assert bystander.poll() is None
        bystander.terminate()
    assert processes_of(vms.folder) == []
    assert not vms.folder.exists()


def test_the_initrd_holds_the_modules_in_the_order_in_which_they_load(tmp_path):
    root = "lib/modules/6.1"
    files = {
        f"{root}/modules.dep": "kernel/virtio_blk.ko: kernel/virtio_ring.ko kernel/virtio.ko\nkernel/virtio_ring.ko:\nkernel/virtio.ko:\n",
        f"{root}/kernel/virtio_blk.ko": "blk",
        f"{root}/kernel/virtio_ring.ko": "ring",
        f"{root}/kernel/virtio.ko": "core",
        "bin/busybox": "busybox",
    }
    with tarfile.open(tmp_path / "system.tar", "w") as tar:
        for name, content in files.items():
            image.add_file(tar, f"./{name}", 0o644, content.encode())
    initrd.build(tmp_path / "system.tar", tmp_path / "initrd")
    entries = read_cpio((tmp_path / "initrd").read_bytes())
    assert entries["modules/order"] == b"virtio.ko\nvirtio_ring.ko\nvirtio_blk.ko\n"
    assert entries["modules/virtio_ring.ko"] == b"ring"
    assert entries["bin/busybox"] == b"busybox"
    assert entries["init"].startswith(b"#!/bin/busybox sh\n")


def read_cpio(data):
    """The format "newc", read independently: names and contents."""
    stream, entries = io.BytesIO(data), {}
    while True:
        head = stream.read(110)
        assert head[:6] == b"070701"
        size, name_size = int(head[54:62], 16), int(head[94:102], 16)
        name = stream.read(name_size)[:-1].decode()
        stream.seek(-stream.tell() % 4, os.SEEK_CUR)
        if name == "TRAILER!!!":
            return entries
        entries[name] = stream.read(size)
        stream.seek(-stream.tell() % 4, os.SEEK_CUR)


def test_another_python_for_the_vms_comes_compiled_since_they_cannot_write_where_it_is(tmp_path, monkeypatch):
    original = interpreter.run
    # Those with an initial "a" are modules enough.
    monkeypatch.setattr(interpreter, "_LEFT_OUT", (*interpreter._LEFT_OUT, "[!a]*"))
    # Instead of a disk with the files, the files.
    monkeypatch.setattr(
        interpreter,
        "run",
        lambda command: Path(command[-3]).rename(command[-2]) if "mkfs.ext4" in command else original(command),
    )
    disk = interpreter.get(tmp_path, Path(sys.executable))
    (library,) = (disk / "lib").glob("python3.*")
    source = library / "argparse.py"
    cached = Path(importlib.util.cache_from_source(str(source))).read_bytes()
    stamp, size = struct.unpack("<II", cached[8:16])
    assert (stamp, size) == (int(source.stat().st_mtime), source.stat().st_size)
    assert f"{interpreter.MOUNT_POINT}/lib/{library.name}/argparse.py".encode() in cached
    assert interpreter.get(tmp_path, Path(sys.executable)) == disk
