# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A TCP proxy between the controller and a VM that can cut or stall its connections."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable

_CHUNK = 1 << 16


class Proxy:
    """Forwards a port of its own to another port of 127.0.0.1, and counts the bytes received from there."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._lock = threading.Lock()
        self._sockets: set[socket.socket] = set()
        self._flowing = threading.Event()
        self._flowing.set()
        self._limit: int | None = None
        self._action: Callable[[], None] | None = None
        self.received = 0
        self._listener = _bound(0)
        self.port: int = self._listener.getsockname()[1]
        self._listen()

    def down(self) -> None:
        """Cut all connections, and refuse new ones."""
        # shutdown, and not close: the thread in accept could get a reused descriptor.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._accepting.join()
        self._listener.close()
        # Bound, but not listening: no other process can take the port.
        self._listener = _bound(self.port)
        self.cut()

    def up(self) -> None:
        """Return to the initial state: forward everything, with no action pending."""
        self._limit = None
        self._flowing.set()
        if not self._accepting.is_alive():
            self._listen()

    def retarget(self, target: int) -> None:
        """Forward to another port: that of a VM which has been restarted."""
        self._target = target

    def cut(self) -> None:
        """Cut all current connections."""
        with self._lock:
            sockets = list(self._sockets)
        for each in sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def stall(self) -> None:
        """Forward nothing, and keep the connections open: as when a cable is unplugged or a VM loses power."""
        self._flowing.clear()

    def after(self, count: int, action: Callable[[], None]) -> None:
        """Run the action once that many more bytes have been received from the VM, before they are forwarded."""
        self._action = action
        self._limit = self.received + count

    @property
    def is_armed(self) -> bool:
        """Whether the action of ``after`` is still pending."""
        return self._limit is not None

    def close(self) -> None:
        self.down()
        self._listener.close()

    def _listen(self) -> None:
        self._listener.listen(64)
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def _accept(self) -> None:
        while True:
            try:
                client = self._listener.accept()[0]
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._target), timeout=10)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            for each in (client, server):
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._sockets |= {client, server}
            up = threading.Thread(target=self._pump, args=(client, server, False), daemon=True)
            down = threading.Thread(target=self._pump, args=(server, client, True), daemon=True)
            up.start()
            down.start()
            threading.Thread(target=self._end, args=((up, down), (client, server)), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket, counts: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(_CHUNK):
                if counts:
                    self._count(len(data))
                self._flowing.wait()
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def _count(self, size: int) -> None:
        with self._lock:
            self.received += size
            due = self._limit is not None and self.received >= self._limit
            action = self._action if due else None
            if due:
                self._limit = None
        if action:
            action()

    def _end(self, pumps: tuple[threading.Thread, ...], sockets: tuple[socket.socket, ...]) -> None:
        for pump in pumps:
            pump.join()
        with self._lock:
            self._sockets -= set(sockets)
        for each in sockets:
            each.close()


def _bound(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    return listener
