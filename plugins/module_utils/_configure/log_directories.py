# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The directories of the log files that settings name."""

import os
import posixpath
import typing as t

from ansible_collections.community.aqtive_guard.plugins.module_utils._configure.logging_keys import (
    KEYS,
    PATH,
    Settings,
)


def log_directories(settings: Settings, root: str) -> t.List[str]:
    """Return the directories below ``root``, each once."""
    files = [settings[key.name] for key in KEYS if key.kind == PATH and key.name in settings]
    return list(dict.fromkeys(root + posixpath.dirname(file) for file in files))


def is_outdated(module: t.Any, directory: str) -> bool:
    """Return whether a directory is missing or differs from the ``directory_*`` parameters of the ``AnsibleModule``."""
    if not os.path.isdir(directory):
        return True
    attributes = {name: module.params["directory_" + name] for name in ("owner", "group", "mode")}
    desired = module.load_file_common_arguments(attributes, path=directory)
    check_mode, module.check_mode = module.check_mode, True
    try:
        return bool(module.set_fs_attributes_if_different(desired, False))
    finally:
        module.check_mode = check_mode
