# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""client.py FILE: send requests to the load balancer until SIGTERM, and record what a user of the web VMs would notice.

FILE receives one JSON object per line: each failed request, each change of the set of VMs that are out of service, and at
the end the number of responses of each process. systemd is notified once every VM has responded.
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
        self.responses = collections.defaultdict(collections.Counter)
        self.uploads = 0

    def write(self, **event):
        with self._lock:
            self._file.write(json.dumps(event) + "\n")

    def count(self, response, upload):
        with self._lock:
            self.responses[response["hostname"]][response["pid"]] += 1
            self.uploads += upload


def request(record, send, upload):
    """Send one request on a new connection. A restart of the VM can make it fail in any way."""
    start = time.time()
    connection = http.client.HTTPConnection("127.0.0.1", timeout=60)
    try:
        send(connection)
        response = connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise ValueError("status %d" % response.status)
        record.count(json.loads(body), upload)
    except (OSError, http.client.HTTPException, ValueError) as error:
        record.write(failed=repr(error), upload=upload, start=start, end=time.time())
    finally:
        connection.close()


def get(connection):
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


def send_short_requests(record, stopped):
    # A rate that VMs without KVM can serve.
    while not stopped.wait(0.3):
        request(record, get, False)
        request(record, post, False)


def send_uploads(record, stopped):
    while not stopped.is_set():
        request(record, upload_slowly, True)


def out_of_service():
    """Return the VMs that receive no requests."""
    with socket.socket(socket.AF_UNIX) as haproxy:
        haproxy.connect("/run/haproxy/admin.sock")
        haproxy.sendall(b"show stat\n")
        rows = [line.split(",") for line in haproxy.makefile().read().splitlines()]
    return [row[1] for row in rows if row[0] == "guard" and row[1] != "BACKEND" and not row[17].startswith("UP")]


def watch(record, stopped):
    previous = None
    while not stopped.wait(0.5):
        now = out_of_service()
        if now != previous:
            record.write(out_of_service=now)
            previous = now


def notify_ready():
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.connect(os.environ["NOTIFY_SOCKET"].replace("@", "\0"))
        notify.sendall(b"READY=1")


def main(path):
    # Before any thread starts, because threads inherit the mask: SIGTERM is for sigwait.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    stopped = threading.Event()
    with open(path, "w") as file:
        record = Record(file)
        jobs = [watch, send_short_requests] + [send_uploads] * SLOW_CLIENTS
        threads = [threading.Thread(target=job, args=(record, stopped)) for job in jobs]
        for thread in threads:
            thread.start()
        while len(record.responses) < VMS:
            time.sleep(0.2)
        notify_ready()
        signal.sigwait({signal.SIGTERM})
        stopped.set()
        for thread in threads:
            thread.join()
        record.write(responses=record.responses, uploads=record.uploads)


if __name__ == "__main__":
    main(sys.argv[1])
