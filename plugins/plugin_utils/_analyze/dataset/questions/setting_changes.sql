-- Copyright (c) 2026, community.aqtive_guard contributors
-- GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
-- SPDX-License-Identifier: GPL-3.0-or-later

-- Which settings were changed, or were to be, the latest first?
SELECT time, vm, setting, old_value, new_value, user_name, access_granted AS granted, count(*) OVER () AS total
FROM records
WHERE action = 'setting_change'
ORDER BY time DESC, vm, setting NULLS LAST, file, line
