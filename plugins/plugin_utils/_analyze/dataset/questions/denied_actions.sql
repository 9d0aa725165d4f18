-- Copyright (c) 2026, community.aqtive_guard contributors
-- GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
-- SPDX-License-Identifier: GPL-3.0-or-later

-- Which actions were denied, apart from log-ins, the most frequent first?
SELECT
  action,
  element,
  user_name,
  access_denied_reason AS reason,
  count(*) AS records,
  array_agg(DISTINCT vm) AS vms,
  min(time) AS first_seen,
  max(time) AS last_seen,
  count(*) OVER () AS total
FROM records
WHERE NOT access_granted AND action <> 'login_attempt'
GROUP BY action, element, user_name, access_denied_reason
ORDER BY records DESC, action, element NULLS LAST, user_name NULLS LAST, reason NULLS LAST
