-- Copyright (c) 2026, community.aqtive_guard contributors
-- GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
-- SPDX-License-Identifier: GPL-3.0-or-later

-- How many log-ins did each VM grant and deny?
SELECT
  vm,
  count(*) FILTER (WHERE access_granted) AS granted,
  count(*) FILTER (WHERE NOT access_granted) AS denied,
  count(*) OVER () AS total
FROM records
WHERE action = 'login_attempt'
GROUP BY vm
ORDER BY vm
