# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The HTTP interface of the web service, for load balancers, health checks and clients. Requests are not logged."""

import http.server
import json
import os
import socketserver
import threading
from typing import Any

from aqtive_guard_simulator import config
from aqtive_guard_simulator.settings import Settings

HEALTH = "/health"
SILENT_SECONDS = 60


def listen(settings: Settings) -> None:
    """Serve until the process ends, which closes all connections. Raise ConfigError if the port is not available."""
    handler = type("Handler", (_Handler,), {"hostname": settings.host})
    try:
        # An embedded VM shares its machine with others: loopback only.
        server = _Server(("" if settings.systemd else "127.0.0.1", settings.web_port), handler)
    except OSError as error:
        raise config.ConfigError([f"cannot listen on port {settings.web_port}: {error.strerror}"]) from error
    threading.Thread(target=server.serve_forever, daemon=True).start()


class _Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log no traceback for a client that has disconnected."""


class _Handler(http.server.BaseHTTPRequestHandler):
    hostname = ""
    timeout = SILENT_SECONDS

    def do_GET(self) -> None:
        self._answer(200 if self.path == HEALTH else 404)

    def do_POST(self) -> None:
        """Read an upload to its end, however slow it is."""
        length = self.headers.get("Content-Length", "")
        if not length.isdigit():
            self._answer(411)
        elif len(self.rfile.read(int(length))) == int(length):
            self._answer(200)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the name in the base class)
        pass

    def _answer(self, status: int) -> None:
        body = json.dumps({"hostname": self.hostname, "pid": os.getpid()}).encode("utf-8") + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
