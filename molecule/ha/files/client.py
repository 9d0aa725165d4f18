# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""client.py FILE: ask the load balancer until SIGTERM, and keep what a user of the web VMs would notice.

FILE receives a JSON object a line: each request that failed, each change of what the load balancer has in service, and at the
end who has answered how often. The service manager is told once every VM has answered.
"""

import collections
import http.client
import json
import os
import signal
import socket
import sys
import threading
import time

SLOW_CLIENTS = 3
# An upload is longer than a restart takes to stop the product.
CHUNKS = 4
CHUNK = b"x" * 1000
VMS = 3


class Record:
    def __init__(self, file):
        self._file = file
        self._lock = threading.Lock()
        self.answers = collections.defaultdict(collections.Counter)
        self.uploads = 0

    def write(self, **what):
        with self._lock:
            self._file.write(json.dumps(what) + "\n")

    def count(self, answer, upload):
        with self._lock:
            self.answers[answer["hostname"]][answer["pid"]] += 1
            self.uploads += upload


def ask(record, send, upload):
    """One request, on a connection of its own. A VM that is restarted can fail it in any way."""
    begun = time.time()
    connection = http.client.HTTPConnection("127.0.0.1", timeout=60)
    try:
        send(connection)
        response = connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise ValueError("status %d" % response.status)
        record.count(json.loads(body), upload)
    except (OSError, http.client.HTTPException, ValueError) as error:
        record.write(failed=repr(error), upload=upload, begun=begun, ended=time.time())
    finally:
        connection.close()


def look(connection):
    connection.request("GET", "/health")


def post(connection):
    connection.request("POST", "/", body=CHUNK)


def upload_slowly(connection):
    connection.putrequest("POST", "/")
    connection.putheader("Content-Length", str(CHUNKS * len(CHUNK)))
    connection.endheaders()
    for dummy in range(CHUNKS):
        connection.send(CHUNK)
        time.sleep(1)


def be_quick(record, over):
    # A VM without KVM has little to spare.
    while not over.wait(0.3):
        ask(record, look, False)
        ask(record, post, False)


def be_slow(record, over):
    while not over.is_set():
        ask(record, upload_slowly, True)


def out_of_service():
    """The VMs that the load balancer sends nothing to."""
    with socket.socket(socket.AF_UNIX) as haproxy:
        haproxy.connect("/run/haproxy/admin.sock")
        haproxy.sendall(b"show stat\n")
        rows = [line.split(",") for line in haproxy.makefile().read().splitlines()]
    return [row[1] for row in rows if row[0] == "guard" and row[1] != "BACKEND" and not row[17].startswith("UP")]


def watch(record, over):
    seen = None
    while not over.wait(0.5):
        now = out_of_service()
        if now != seen:
            record.write(out_of_service=now)
            seen = now


def tell_ready():
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.connect(os.environ["NOTIFY_SOCKET"].replace("@", "\0"))
        notify.sendall(b"READY=1")


def main(path):
    # Before there are threads, which take it over: SIGTERM is for sigwait.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    over = threading.Event()
    with open(path, "w") as file:
        record = Record(file)
        jobs = [watch, be_quick] + [be_slow] * SLOW_CLIENTS
        threads = [threading.Thread(target=job, args=(record, over)) for job in jobs]
        for thread in threads:
            thread.start()
        while len(record.answers) < VMS:
            time.sleep(0.2)
        tell_ready()
        signal.sigwait({signal.SIGTERM})
        over.set()
        for thread in threads:
            thread.join()
        record.write(answers=record.answers, uploads=record.uploads)


if __name__ == "__main__":
    main(sys.argv[1])
