# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""variables.py [--check]: write the README's tables of variables from the argument specifications of the roles.

A table has the first paragraph of each variable's description. With --check, the README is only compared.
"""

from __future__ import annotations

import json
import re
import sys
import typing as t
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
TABLE = re.compile(
    r"(?P<begin><!-- begin variables of (?P<role>\w+) -->\n).*?(?P<end><!-- end variables -->\n)", re.DOTALL
)
# Ansible's markup that is code in Markdown: C(...), V(...), O(...), M(...).
CODE = re.compile(r"\b[CVOM]\(([^)]*)\)")


def markdown(text: str) -> str:
    """Return a text with Ansible's markup as Markdown in one line of a table."""
    return CODE.sub(lambda found: f"`{found[1]}`", " ".join(text.split())).replace("|", r"\|")


def default_of(option: dict[str, t.Any]) -> str:
    if "default" not in option:
        return ""
    value = option["default"]
    return f"`{value}`" if isinstance(value, str) and value else f"`{json.dumps(value)}`"


def table(specification: dict[str, t.Any], role: str) -> str:
    """Return the table of a role's own variables; those of another role that it reads are in that role's table."""
    rows = ["| variable | meaning | default |", "| --- | --- | --- |"]
    for name, option in specification["options"].items():
        if name.startswith(f"{role}_"):
            rows.append(f"| `{name}` | {markdown(option['description'][0])} | {default_of(option)} |")
    return "\n".join(rows) + "\n"


def with_tables(text: str, root: Path) -> str:
    def replacement(found: re.Match[str]) -> str:
        path = root / "roles" / found["role"] / "meta" / "argument_specs.yml"
        specification = yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"]["main"]
        return f"{found['begin']}{table(specification, found['role'])}{found['end']}"

    return TABLE.sub(replacement, text)


def main(arguments: list[str], root: Path = ROOT) -> int:
    readme = root / "README.md"
    found = readme.read_text(encoding="utf-8")
    wanted = with_tables(found, root)
    if arguments == ["--check"]:
        if found != wanted:
            print(
                "The tables of variables in README.md are not those of the roles: run `make format`.", file=sys.stderr
            )
            return 1
    else:
        readme.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
