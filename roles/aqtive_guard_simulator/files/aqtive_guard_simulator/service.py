# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One of the product's services: it rejects an invalid configuration, or reports readiness and logs until SIGTERM."""

import os
import signal
import socket
import time

from aqtive_guard_simulator import clock, config, records, sinks, web
from aqtive_guard_simulator.settings import Settings

# Seconds of records at most that a service writes later, after a pause of the VM or its disk.
MAXIMUM_BACKLOG = 1.0


def serve(service: str, settings: Settings) -> None:
    """Log until SIGTERM or SIGINT. Raise ConfigError or OSError before the service is ready."""
    ends = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    outlets = start(service, settings)
    if service == "web" and settings.web_port:
        web.listen(settings)
    _notify_ready()
    seed = f"{settings.seed}/{clock.now()}"  # record ids must not repeat after a restart
    generator = records.Generator(service, seed, settings.fleet_seed, settings.host, os.getpid())
    due = time.monotonic()
    while True:
        if settings.rate and time.monotonic() >= due:
            draw, moment = records.next_draw(generator, outlets.passes), clock.now()
            outlets.of(draw.log_type).write(generator.line(draw, moment), moment)
            due = max(due + 1 / settings.rate, time.monotonic() - MAXIMUM_BACKLOG)
        wait = max(0.0, due - time.monotonic()) if settings.rate else 60.0
        if signal.sigtimedwait(ends, wait) is not None:
            return


def start(service: str, settings: Settings) -> "sinks.Outlets[sinks.ServiceSink]":
    """Read the configuration and open what it names."""
    layout = settings.layout
    logging = config.load(layout.config)
    _misbehave(service, settings, logging)
    outlets = sinks.for_service(logging, layout, settings.systemd)
    for sink in outlets.sinks:
        try:
            sink.open()
        except OSError as error:
            raise config.ConfigError([f"cannot write {error.filename}: {error.strerror}"]) from error
    os.makedirs(layout.state, exist_ok=True)
    with open(layout.last_settings_file(service), "w") as file:
        file.write(repr(logging))
    return outlets


def _misbehave(service: str, settings: Settings, logging: config.Logging) -> None:
    if settings.misbehaviour == "refuse_restart":
        raise config.ConfigError(["simulated failure: every start fails (misbehaviour: refuse_restart)"])
    if settings.misbehaviour == "refuse_change":
        try:
            with open(settings.layout.last_settings_file(service)) as file:
                last = file.read()
        except FileNotFoundError:
            return
        if last != repr(logging):
            raise config.ConfigError(
                ["simulated failure: the logging settings have changed (misbehaviour: refuse_change)"]
            )


def _notify_ready() -> None:
    """Report readiness by the protocol of sd_notify, to systemd or to the `start` of an embedded VM."""
    address = os.environ.pop("NOTIFY_SOCKET", "")
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.connect("\0" + address[1:] if address.startswith("@") else address)
            notify.sendall(b"READY=1")
