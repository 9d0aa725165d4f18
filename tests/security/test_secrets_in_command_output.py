# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The product's command prints a secret of its configuration file before it fails. It must not reach the result."""

from __future__ import annotations

import base64
import sys
from urllib.parse import quote

import pytest

from ansible_collections.community.aqtive_guard.plugins.module_utils._collect import vendor_command
from ansible_collections.community.aqtive_guard.plugins.module_utils._collect.options import ARGUMENT_SPEC
from ansible_collections.community.aqtive_guard.plugins.module_utils._collect.workspace import Workspace
from ansible_collections.community.aqtive_guard.plugins.module_utils._common.errors import Failure
from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.restart import restart

PASSWORD = "blue/whale+7@sea"
CONFIG = f"""
DATABASE_URL=postgres://guard:{quote(PASSWORD, safe="")}@db.example.com:5432/guard?sslmode=require
export STORAGE_SECRET="{PASSWORD}"
REDIS_URL='redis://:{PASSWORD}@redis.example.com'
PRIVATE_KEY="-----BEGIN PRIVATE KEY-----
MIIEvQIBADANBgkqhkiG9w0BAQEFAASC
-----END PRIVATE KEY-----"
"""
PHRASINGS = [
    f"FATAL: authentication failed for guard with {PASSWORD}",
    f"FATAL: no access with '{PASSWORD}' to db.example.com",
    f"could not connect to postgres://guard:{quote(PASSWORD, safe='')}@db.example.com:5432/guard?sslmode=require",
    f"could not connect to db.example.com as guard ({quote(PASSWORD, safe='')})",
    f"could not connect to db.example.com as guard ({quote(PASSWORD, safe='').lower()})",
    f"tried {PASSWORD!r}",
    f"rejected header {base64.b64encode(PASSWORD.encode()).decode()}",
    f"{PASSWORD}",
    f"guard/{PASSWORD}@db.example.com rejected",
    f"redis://:{PASSWORD}@redis.example.com refused",
    "bad key:\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC",
    f"[{PASSWORD}]",
    # Where the output is shortened in the middle of it.
    *(f"{PASSWORD} {'x' * length}" for length in (2022, 2031, 2036, 2040, 2047)),
]


def run_bundle(options, tmp_path):
    private = tmp_path / "private"
    private.mkdir()
    workspace = Workspace(str(private))
    workspace.create()
    defaults = {name: spec.get("default") for name, spec in ARGUMENT_SPEC.items()}
    return vendor_command.run({**defaults, "directory": str(tmp_path), "minimum_free": 0, **options}, workspace)


def run_restart(options, tmp_path):
    return restart(options, str(tmp_path))


@pytest.mark.parametrize("run", [run_bundle, run_restart])
@pytest.mark.parametrize("text", PHRASINGS)
def test_a_secret_in_the_error_output_is_masked(run, tmp_path, text):
    (tmp_path / "config").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "text").write_text(text, encoding="utf-8")
    program = f"import sys; sys.stderr.write(open({str(tmp_path / 'text')!r}).read()); sys.exit(3)"
    options = {"command": [sys.executable, "-c", program], "config_path": str(tmp_path / "config"), "timeout": 60}
    with pytest.raises(Failure) as raised:
        run(options, tmp_path)
    result = str(raised.value.as_result())
    for secret in ("whale", "7@sea", quote(PASSWORD, safe=""), "Ymx1ZS93", "MIIEvQ"):
        assert secret not in result
    assert "exited with status 3" in result
