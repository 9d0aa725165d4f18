-- Copyright (c) 2026, community.aqtive_guard contributors
-- GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
-- SPDX-License-Identifier: GPL-3.0-or-later

-- Which errors are there, with ids, numbers, addresses and quoted parts replaced, the most frequent first?
SELECT
  signature,
  level,
  count(*) AS records,
  array_agg(DISTINCT vm) AS vms,
  min(time) AS first_seen,
  max(time) AS last_seen,
  min(text) AS sample,
  count(*) OVER () AS total
FROM (
  SELECT time, vm, level, text, signature_of(text) AS signature
  FROM (
    SELECT
      time,
      vm,
      level,
      first_characters(coalesce(message, error, access_denied_reason, method || ' ' || path || ' ' || status_code), 300) AS text
    FROM records
    WHERE level IN ('error', 'critical')
  ) AS errors
  WHERE text IS NOT NULL
) AS signatures
GROUP BY signature, level
ORDER BY records DESC, signature, level
