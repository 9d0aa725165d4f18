-- Copyright (c) 2026, community.aqtive_guard contributors
-- GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
-- SPDX-License-Identifier: GPL-3.0-or-later

-- What happened, in order, in the ten requests with the most errors that passed through several VMs? Up to 50 records of each;
-- total is the number of such requests.
WITH failed AS (
  SELECT
    request_id,
    count(*) FILTER (WHERE level IN ('error', 'critical') OR status_code >= 500) AS errors
  FROM records
  WHERE request_id IS NOT NULL
  GROUP BY request_id
  HAVING min(vm) < max(vm)
),
worst AS (
  SELECT request_id, errors, count(*) OVER () AS total
  FROM failed
  WHERE errors > 0
  ORDER BY errors DESC, request_id
  LIMIT 10
),
traces AS (
  SELECT
    records.request_id AS request_id,
    worst.errors AS errors,
    worst.total AS total,
    records.time AS time,
    records.vm AS vm,
    records.file AS file,
    records.line AS line,
    records.level AS level,
    records.log_type AS log_type,
    first_characters(
      coalesce(
        records.message,
        records.error,
        records.method || ' ' || records.path || ' ' || records.status_code,
        records.action || ': ' || records.access_denied_reason,
        records.action
      ),
      500
    ) AS text
  FROM records INNER JOIN worst ON records.request_id = worst.request_id
),
vms AS (SELECT request_id, array_agg(DISTINCT vm) AS vms FROM traces GROUP BY request_id),
numbered AS (
  SELECT *, row_number() OVER (PARTITION BY request_id ORDER BY time, vm, file, line) AS position
  FROM traces
)
SELECT
  numbered.request_id AS request_id,
  vms.vms AS vms,
  numbered.time AS time,
  numbered.vm AS vm,
  numbered.level AS level,
  numbered.log_type AS log_type,
  numbered.text AS text,
  numbered.total AS total
FROM numbered INNER JOIN vms ON numbered.request_id = vms.request_id
WHERE numbered.position <= 50
ORDER BY numbered.errors DESC, numbered.request_id, numbered.position
