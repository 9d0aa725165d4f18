# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The two commands: `cs`, as documented by the vendor, and `aqtive-guard-simulator`, which controls the stand-in."""

import argparse
import os
import sys
from typing import Any, Callable, Dict, FrozenSet, Sequence

from aqtive_guard_simulator import bundle, clock, config, control, history, service
from aqtive_guard_simulator import settings as settings_module
from aqtive_guard_simulator.settings import SERVICES, Settings, SettingsError, unit

FAILED = 1
USAGE = 2
NOT_RUNNING = 3  # as in the Linux Standard Base


def main(arguments: Sequence[str]) -> int:
    settings_path, program, rest = arguments[0], arguments[1], list(arguments[2:])
    try:
        options = _PARSERS[program]().parse_args(rest)
        settings = settings_module.load(settings_path)
        return options.action(options, settings)
    except (config.ConfigError, SettingsError, control.ControlError, bundle.BundleError) as error:
        return _fail(program, str(error))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing more to flush when Python ends
        return FAILED
    except OSError as error:
        return _fail(program, f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror))


def _fail(program: str, message: str) -> int:
    for line in message.splitlines():
        print(f"{program}: {line}", file=sys.stderr)
    return FAILED


class _Parser(argparse.ArgumentParser):
    """No abbreviated options: a script that uses one breaks with the next version."""

    def __init__(self, **keywords: Any) -> None:
        super().__init__(allow_abbrev=False, **keywords)

    def commands(self, title: str) -> Any:
        commands = self.add_subparsers(metavar="COMMAND", dest=title)
        commands.required = True
        return commands


def _cs_parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="cs", description="Stand-in for the command of AQtive Guard.")
    commands = parser.commands("command")
    restart = commands.add_parser("restart", help="restart the services")
    restart.set_defaults(action=_restart)
    logs = commands.add_parser("logs", help="work with logs").commands("logs command")
    logs_bundle = logs.add_parser("bundle", help="collect this machine's logs")
    logs_bundle.add_argument("--date-from", type=_type(_moment), metavar="DATE", help="first day or second (UTC)")
    logs_bundle.add_argument("--date-to", type=_type(_end), metavar="DATE", help="last day or second (UTC), included")
    logs_bundle.add_argument("--log-type", type=_type(_set_of(bundle.LOG_TYPES)), metavar="LIST")
    logs_bundle.add_argument("--log-level", type=_type(_set_of(bundle.LOG_LEVELS)), metavar="LIST")
    logs_bundle.add_argument("--out-file", type=_type(_not_empty), metavar="PATH", help="default: the console")
    logs_bundle.add_argument("--compress", action="store_true", help="compress the output file")
    logs_bundle.set_defaults(action=lambda options, settings: _bundle(logs_bundle, options, settings))
    return parser


def _restart(options: argparse.Namespace, settings: Settings) -> int:
    control.restart(settings)
    return 0


def _bundle(parser: argparse.ArgumentParser, options: argparse.Namespace, settings: Settings) -> int:
    if options.compress and options.out_file is None:
        parser.error("--compress can only be used together with --out-file")
    if None not in (options.date_from, options.date_to) and options.date_from >= options.date_to:
        parser.error("--date-from is later than --date-to")
    query = bundle.Query(options.date_from, options.date_to, options.log_type, options.log_level)
    bundle.run(query, options.out_file, options.compress, settings)
    return 0


def _simulator_parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="aqtive-guard-simulator", description="Run the stand-in for AQtive Guard.")
    commands = parser.commands("command")
    serve = commands.add_parser("serve", help="run one service in the foreground")
    serve.add_argument("--service", choices=SERVICES, required=True)
    serve.set_defaults(action=_serve)
    commands.add_parser("start", help="start the services").set_defaults(action=_start)
    commands.add_parser("stop", help="stop the services").set_defaults(action=_stop)
    commands.add_parser("status", help="exit status 3 if a service does not run").set_defaults(action=_status)
    write = commands.add_parser("write-history", help="write the records of past days at once")
    write.add_argument("--days", type=_type(_positive), required=True, metavar="N")
    write.add_argument("--records", type=_type(_positive), required=True, metavar="N")
    write.add_argument("--end", type=_type(_moment), metavar="DATE", help="where the days end (UTC), default: now")
    write.set_defaults(action=_write_history)
    return parser


def _serve(options: argparse.Namespace, settings: Settings) -> int:
    error_file = settings.layout.error_file(options.service)
    os.makedirs(os.path.dirname(error_file), exist_ok=True)
    try:
        service.serve(options.service, settings)
    except (config.ConfigError, OSError) as error:
        with open(error_file, "w") as file:  # for the process that started the service and cannot read its stderr
            file.write(f"{error}\n")
        raise
    return 0


def _start(options: argparse.Namespace, settings: Settings) -> int:
    control.start(settings)
    return 0


def _stop(options: argparse.Namespace, settings: Settings) -> int:
    control.stop(settings)
    return 0


def _status(options: argparse.Namespace, settings: Settings) -> int:
    states = {name: control.is_running(settings, name) for name in settings.services}
    for name, running in states.items():
        print("{} {}".format(unit(name), "active" if running else "inactive"))
    return 0 if all(states.values()) else NOT_RUNNING


def _write_history(options: argparse.Namespace, settings: Settings) -> int:
    history.write(settings, options.days, options.records, clock.now() if options.end is None else options.end)
    return 0


_PARSERS: Dict[str, Callable[[], argparse.ArgumentParser]] = {
    "cs": _cs_parser,
    "aqtive-guard-simulator": _simulator_parser,
}


def _type(convert: Callable[[str], object]) -> Callable[[str], object]:
    """Let argparse show the message of a conversion's ValueError."""

    def converted(text: str) -> object:
        try:
            return convert(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return converted


def _end(text: str) -> int:
    begin, length = clock.from_option(text)
    return begin + length


def _moment(text: str) -> int:
    return clock.from_option(text)[0]


def _set_of(choices: Sequence[str]) -> Callable[[str], FrozenSet[str]]:
    def convert(text: str) -> FrozenSet[str]:
        wrong = [value for value in text.split(",") if value not in choices]
        if wrong:
            raise ValueError("'{}' is not one of {}".format("', '".join(wrong), ", ".join(choices)))
        return frozenset(value.lower() for value in text.split(","))

    return convert


def _not_empty(text: str) -> str:
    if not text:
        raise ValueError("the path is empty")
    return text


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise ValueError(f"'{text}' is not a whole number greater than 0")
    return int(text)
