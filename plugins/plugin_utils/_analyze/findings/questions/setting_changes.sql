-- Copyright (c) 2026, community.aqtive_guard contributors
-- GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
-- SPDX-License-Identifier: GPL-3.0-or-later

-- Which logging keys were changed on which VM, the earliest first? A change that was denied changed nothing.
SELECT vm, time, setting, left(old_value, 100) AS old_value, left(new_value, 100) AS new_value
FROM records
WHERE action = 'setting_change'
  AND access_granted
  AND upper(setting) IN (SELECT unnest($keys))
  AND old_value IS DISTINCT FROM new_value
ORDER BY time, vm, file, line
LIMIT 1000
