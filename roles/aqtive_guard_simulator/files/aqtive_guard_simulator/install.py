# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Install or remove a stand-in in one round trip, because each round trip to a VM takes seconds."""

import contextlib
import json
import os
import shlex
import shutil
import subprocess
import sys
from typing import Any, Dict, List

from aqtive_guard_simulator import control
from aqtive_guard_simulator import settings as settings_module
from aqtive_guard_simulator.settings import SERVICE_KEYS, SERVICES, Layout, Settings, unit

MARK = "Installed by the role community.aqtive_guard.aqtive_guard_simulator."

LAUNCHER = """#!/bin/sh
# {mark}
exec {python} -I {package} {settings} {name} "$@"
"""

UNIT = """# {mark}
[Unit]
Description=Stand-in for AQtive Guard, {service}
After=network.target
StartLimitIntervalSec=0

[Service]
Type=notify
ExecStart={program} serve --service {service}
StandardOutput=journal
StandardError=journal
SyslogIdentifier={identifier}
# No limit. (Zero would mean the limit of journald's own configuration.)
LogRateLimitIntervalSec=1
LogRateLimitBurst=1000000000
TimeoutStartSec={start_seconds}
TimeoutStopSec={stop_seconds}

[Install]
WantedBy=multi-user.target
"""


class InstallError(Exception):
    pass


def main(payload: Dict[str, Any]) -> int:
    """`payload`: `state`, `check`, `settings`, `config` (text) and `sources` (module file to text)."""
    try:
        settings = settings_module.from_data(payload["settings"])
        remove = payload["state"] == "absent"
        changes = _remove(settings, payload["check"]) if remove else _install(settings, payload)
    except (InstallError, control.ControlError, settings_module.SettingsError) as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    json.dump({"changes": changes}, sys.stdout)
    return 0


def _install(settings: Settings, payload: Dict[str, Any]) -> List[str]:
    layout, check = settings.layout, payload["check"]
    _reject_foreign_files(settings)
    outdated = _settings_need_restart(settings)
    changes = []
    for path, mode in _directories(settings).items():
        changes += _put_directory(path, mode, check)
    program = _program(settings, payload["sources"])
    units = _units(settings)
    program_changes = [
        path for path, content in program.items() if _put_file(path, content, _mode(layout, path), check)
    ]
    unit_changes = [path for path, content in units.items() if _put_file(path, content, 0o644, check)]
    unit_changes += _remove_unwanted_units(settings, check)
    changes += program_changes + unit_changes
    settings_text = json.dumps(settings._asdict(), indent=2, sort_keys=True) + "\n"
    if _put_file(layout.settings, settings_text, 0o644, check):
        changes.append(layout.settings)
    if not os.path.lexists(layout.config):
        _put_file(layout.config, payload["config"], 0o640 if settings.systemd else 0o600, check)
        changes.append(layout.config)
    if settings.systemd:
        changes += _enable(settings, bool(unit_changes), check)
    return changes + _run(settings, outdated or bool(program_changes or unit_changes), check)


def _run(settings: Settings, outdated: bool, check: bool) -> List[str]:
    """Start the services, or restart those that are outdated."""
    running = [name for name in SERVICES if control.is_running(settings, name)]
    restart = outdated and bool(running)
    if restart and not check:
        control.restart(settings)
    elif not check:
        control.start(settings)
    return [unit(name) for name in settings.services if restart or name not in running]


def _remove(settings: Settings, check: bool) -> List[str]:
    layout = settings.layout
    if not _is_ours(layout.cs):
        return []
    paths = [layout.cs, layout.program, layout.settings, os.path.dirname(layout.package), layout.run, layout.state]
    paths += [os.path.dirname(layout.config), layout.logs]
    units = [path for path in settings.unit_files.values() if _is_ours(path)]
    changes = [path for path in paths + units if os.path.lexists(path)]
    if check:
        return changes
    control.stop(settings)
    if units:
        _systemctl("disable", *[os.path.basename(path) for path in units])
    for path in changes:
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        else:
            os.unlink(path)
    if units:
        _systemctl("daemon-reload")
    if layout.root != "/":
        _remove_empty(layout)
    return changes


def _remove_empty(layout: Layout) -> None:
    for relative in ("bin", "lib", "etc", "var/log", "var/lib", "var", "run", ""):
        with contextlib.suppress(OSError):  # holds other files
            os.rmdir(layout.path(relative))


def _reject_foreign_files(settings: Settings) -> None:
    """Never replace the real product."""
    for path in [settings.layout.cs, *settings.unit_files.values()]:
        if os.path.lexists(path) and not _is_ours(path):
            raise InstallError(f"{path} exists and was not installed by this role: is it the real product?")


def _is_ours(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return MARK.encode() in file.read(4096)
    except OSError:
        return False


def _directories(settings: Settings) -> Dict[str, int]:
    layout = settings.layout
    paths = {os.path.dirname(layout.config): 0o755, layout.package: 0o755, layout.logs: 0o750, layout.state: 0o750}
    if layout.root != "/":
        paths.update({os.path.dirname(layout.cs): 0o755, layout.run: 0o755})
    return paths


def _program(settings: Settings, sources: Dict[str, str]) -> Dict[str, str]:
    layout = settings.layout
    files = {os.path.join(layout.package, name): text for name, text in sources.items()}
    for path in (layout.cs, layout.program):
        files[path] = LAUNCHER.format(
            mark=MARK,
            python=shlex.quote(sys.executable),
            package=shlex.quote(layout.package),
            settings=shlex.quote(layout.settings),
            name=os.path.basename(path),
        )
    return files


def _mode(layout: Layout, path: str) -> int:
    return 0o755 if path in (layout.cs, layout.program) else 0o644


def _units(settings: Settings) -> Dict[str, str]:
    return {
        path: UNIT.format(
            mark=MARK,
            service=name,
            program=settings.layout.program,
            identifier=unit(name)[: -len(".service")],
            start_seconds=control.START_SECONDS,
            stop_seconds=control.STOP_SECONDS,
        )
        for name, path in settings.unit_files.items()
        if name in settings.services
    }


def _remove_unwanted_units(settings: Settings, check: bool) -> List[str]:
    unwanted = {
        name: path for name, path in settings.unit_files.items() if name not in settings.services and _is_ours(path)
    }
    for name, path in () if check else unwanted.items():
        _systemctl("disable", "--now", unit(name))
        os.unlink(path)
    return list(unwanted.values())


def _enable(settings: Settings, reload: bool, check: bool) -> List[str]:
    if reload and not check:
        _systemctl("daemon-reload")
    units = [unit(name) for name in settings.services]
    with open(os.devnull, "w") as null:
        states = [subprocess.call(["systemctl", "is-enabled", name], stdout=null, stderr=null) for name in units]
    disabled = [name for name, state in zip(units, states) if state != 0]
    if disabled and not check:
        _systemctl("enable", *disabled)
    return [f"{name} enabled" for name in disabled]


def _settings_need_restart(settings: Settings) -> bool:
    try:
        before = settings_module.load(settings.layout.settings)
    except settings_module.SettingsError:
        return True
    return any(getattr(before, key) != getattr(settings, key) for key in SERVICE_KEYS)


def _systemctl(*arguments: str) -> None:
    process = subprocess.Popen(("systemctl", *arguments), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output = process.communicate()[0]
    if process.returncode:
        raise InstallError("systemctl {}: {}".format(" ".join(arguments), output.decode("utf-8", "replace").strip()))


def _put_directory(path: str, mode: int, check: bool) -> List[str]:
    if os.path.isdir(path):
        return []  # the mode may have been set by an administrator
    if not check:
        os.makedirs(path, exist_ok=True)
        os.chmod(path, mode)
    return [path]


def _put_file(path: str, content: str, mode: int, check: bool) -> bool:
    """Write the file if its content or mode differs. Return whether it differs."""
    data = content.encode("utf-8")
    try:
        with open(path, "rb") as file:
            if file.read() == data and os.fstat(file.fileno()).st_mode & 0o7777 == mode:
                return False
    except FileNotFoundError:
        pass
    if not check:
        temporary = path + ".new"
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(fd, "wb") as file:
            file.write(data)
            os.fchmod(fd, mode)
        os.replace(temporary, path)
    return True
