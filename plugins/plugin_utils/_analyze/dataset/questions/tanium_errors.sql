-- Copyright (c) 2026, community.aqtive_guard contributors
-- GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
-- SPDX-License-Identifier: GPL-3.0-or-later

-- Which requests to Tanium servers failed, with ids and numbers replaced, the most frequent first?
SELECT
  target,
  path_signature AS path,
  status_code,
  error_signature AS error,
  count(*) AS records,
  array_agg(DISTINCT vm) AS vms,
  min(time) AS first_seen,
  max(time) AS last_seen,
  count(*) OVER () AS total
FROM (
  SELECT
    time,
    vm,
    target,
    signature_of(first_characters(path, 300)) AS path_signature,
    status_code,
    signature_of(first_characters(error, 300)) AS error_signature
  FROM records
  WHERE log_type = 'tanium' AND (error IS NOT NULL OR status_code >= 400)
) AS failed
GROUP BY target, path_signature, status_code, error_signature
ORDER BY records DESC, target NULLS LAST, path NULLS LAST, status_code NULLS LAST, error NULLS LAST
