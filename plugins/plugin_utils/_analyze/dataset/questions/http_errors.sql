-- Copyright (c) 2026, community.aqtive_guard contributors
-- GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
-- SPDX-License-Identifier: GPL-3.0-or-later

-- Which requests failed with a status of 4xx or 5xx, with ids and numbers in the path replaced, the most frequent first?
SELECT
  method,
  signature AS path,
  status_code,
  count(*) AS records,
  array_agg(DISTINCT vm) AS vms,
  min(time) AS first_seen,
  max(time) AS last_seen,
  count(*) OVER () AS total
FROM (
  SELECT time, vm, method, signature_of(first_characters(path, 300)) AS signature, status_code
  FROM records
  WHERE log_type = 'web' AND status_code >= 400
) AS failed
GROUP BY method, signature, status_code
ORDER BY records DESC, method NULLS LAST, path NULLS LAST, status_code
