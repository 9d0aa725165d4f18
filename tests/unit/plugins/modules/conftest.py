# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the modules of CONFIGURE in this process."""

import json
import os

import pytest
from ansible.module_utils import basic
from ansible.module_utils.common.text.converters import to_bytes

from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.document import BEGIN, END
from ansible_collections.community.aqtive_guard.plugins.modules import logging_config

SECRET = "hunter2"
OLD = f"DATABASE_URL=postgres://guard:{SECRET}@db/guard\nLOG_LEVEL=debug\n# {SECRET}\n"
BLOCK = "LOG_LEVEL=info\nLOG_FILE=/nowhere/guard/a.log"
NEW = OLD.replace("LOG_LEVEL=debug\n", "") + f"{BEGIN.decode()}\n{BLOCK}\n{END.decode()}\n"


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """Run a module in this process, with the umask that a login user has, and give back what it prints."""
    home = tmp_path / "ansible"
    home.mkdir(mode=0o700)
    before = os.umask(0o022)

    # What becomes of a warning depends on the core, and on whether the controller's code is loaded beside the module.
    warnings = []
    monkeypatch.setattr(basic.AnsibleModule, "warn", lambda _module, text, **_more: warnings.append(text))

    def run(module, check_mode=False, **options):
        del warnings[:]
        arguments = dict(options, _ansible_check_mode=check_mode, _ansible_diff=True, _ansible_remote_tmp=str(home))
        try:
            from ansible.module_utils.testing import patch_module_args
        except ImportError:
            monkeypatch.setattr(basic, "_ANSIBLE_ARGS", to_bytes(json.dumps({"ANSIBLE_MODULE_ARGS": arguments})))
            with pytest.raises(SystemExit):
                module.main()
        else:
            with patch_module_args(arguments), pytest.raises(SystemExit):
                module.main()
        printed = capsys.readouterr()
        assert SECRET not in printed.out + printed.err + "".join(warnings)
        result = json.loads(printed.out)
        result.pop("invocation", None)
        return dict(result, warnings=list(warnings))

    yield run
    os.umask(before)


@pytest.fixture
def config(tmp_path):
    etc = tmp_path / "etc"
    etc.mkdir()
    path = etc / "config"
    path.write_text(OLD)
    path.chmod(0o640)
    return path


@pytest.fixture
def root(tmp_path):
    """The root of the product, below which directories for log files are created."""
    return str(tmp_path / "root")


@pytest.fixture
def configure(run, config, root):
    def configure(**options):
        return run(logging_config, **{"path": str(config), "block": BLOCK, "root": root, **options})

    return configure


@pytest.fixture
def run_as_program(monkeypatch):
    """A function that runs a module's file as Ansible does, up to the creation of its ``AnsibleModule``."""

    class Started(Exception):
        pass

    def start(**dummy):
        raise Started

    def run(path):
        monkeypatch.setattr(basic, "AnsibleModule", start)
        with open(path, encoding="utf-8") as stream:
            code = compile(stream.read(), path, "exec")
        # Not runpy, which Python 3.6 lets import hooks of ansible-test mislead.
        with pytest.raises(Started):
            exec(code, {"__name__": "__main__"})

    return run
