#!/bin/sh
# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# record-state HOOK: append time, hook, umask, the user who raised privileges, the number of blocks in the configuration file,
# and the product's invocation id to /srv/states.
printf '%s %s %s %s %s %s\n' "$(date +%s.%N)" "$1" "$(umask)" "$SUDO_USER" \
    "$(grep --count 'BEGIN ANSIBLE MANAGED BLOCK' /etc/aqtive/config)" \
    "$(systemctl show --property=InvocationID --value 'cryptosense-analyzer-*')" >> /srv/states
