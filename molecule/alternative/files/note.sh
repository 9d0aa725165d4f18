#!/bin/sh
# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# note WORD: write down the time, the word, the umask, who raised privileges, how many blocks the configuration file has, and
# which run of the product this is.
printf '%s %s %s %s %s %s\n' "$(date +%s.%N)" "$1" "$(umask)" "$SUDO_USER" \
    "$(grep --count 'BEGIN ANSIBLE MANAGED BLOCK' /etc/aqtive/config)" \
    "$(systemctl show --property=InvocationID --value 'cryptosense-analyzer-*')" >> /srv/notes
