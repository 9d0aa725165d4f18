# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stand-in for the vendor's command. Its first argument selects how it behaves."""

import gzip
import io
import os
import signal
import subprocess
import sys
import tarfile
import time
import zipfile

LOGS = b'{"level": "info", "log_type": "audit"}\n' * 1000

behaviour, arguments = sys.argv[1], sys.argv[2:]
out = arguments[arguments.index("--out-file") + 1]


def write(path, data=LOGS):
    with open(path, "wb") as stream:
        stream.write(data)


def archive(mode):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as tar:
        member = tarfile.TarInfo("logs.json")
        member.size = len(LOGS)
        tar.addfile(member, io.BytesIO(LOGS))
    return buffer.getvalue()


def zipped():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive_file:
        archive_file.writestr("logs.json", LOGS)
    return buffer.getvalue()


def fail():
    write(out)
    print("cannot reach postgresql://guard:hunter2@db/guard", file=sys.stderr)
    sys.exit(3)


def hang():
    """Ignore SIGTERM, as does a child, and write the process ids of both to a file."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
    write(os.path.join(os.path.dirname(os.path.abspath(__file__)), "pids"), f"{os.getpid()} {child.pid}".encode())
    time.sleep(300)


def endless():
    with open(out, "wb") as stream:
        while True:
            stream.write(bytes(1 << 20))
            stream.flush()
            time.sleep(0.02)


def slow():
    with open(out, "wb") as stream:
        stream.write(LOGS)
        stream.flush()
        time.sleep(6)


def several():
    write("a.json")
    write("b.json")


{
    "exact": lambda: write(out),
    "arguments": lambda: write(out, repr(arguments).encode()),
    "gzip": lambda: write(out, gzip.compress(LOGS)),
    "ending": lambda: write(out + ".gz", gzip.compress(LOGS)),
    "archive": lambda: write("cs-logs-2026.zip", zipped()),
    "tar.gz": lambda: write(out + ".tgz", archive("w:gz")),
    "console": lambda: sys.stdout.write(LOGS.decode()),
    "large": lambda: write(out, os.urandom(1 << 20) * 64),
    "nothing": lambda: None,
    "empty": lambda: write(out, b""),
    "symlink": lambda: os.symlink("/etc/passwd", out),
    "pipe": lambda: os.mkfifo(out),
    "several": several,
    "fail": fail,
    "hang": hang,
    "slow": slow,
    "endless": endless,
}[behaviour]()
