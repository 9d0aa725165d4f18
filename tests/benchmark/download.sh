#!/usr/bin/env bash
# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# download.sh USER PORT FILE SSH-OPTION...: collect without Ansible: create a bundle with sudo, download it by sftp, compare the checksums.
set -euo pipefail

user=$1
port=$2
file=$3
shift 3

remote=$(ssh "$@" -p "$port" "$user@127.0.0.1" "
    cd /var/tmp && sudo cs logs bundle --out-file /var/tmp/bench && sudo chown $user bench && sha256sum bench")
sftp -q "$@" -P "$port" "$user@127.0.0.1:/var/tmp/bench" "$file" >/dev/null
local=$(sha256sum "$file")
[ "${remote%% *}" = "${local%% *}" ]
ssh "$@" -p "$port" "$user@127.0.0.1" rm /var/tmp/bench
