-- Copyright (c) 2026, community.aqtive_guard contributors
-- GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
-- SPDX-License-Identifier: GPL-3.0-or-later

-- How many records of each level did each VM write, and when? In steps of five minutes up to a day and two hours with records,
-- of hours up to a month, and of days beyond: `minutes` is the length of a step.
WITH fine AS (
  SELECT five_minutes(time) AS bucket, vm, level, count(*) AS records
  FROM records
  GROUP BY five_minutes(time), vm, level
),
span AS (SELECT count(DISTINCT date_trunc('hour', bucket)) AS hours FROM fine),
step AS (SELECT CASE WHEN hours <= 26 THEN 5 WHEN hours <= 744 THEN 60 ELSE 1440 END AS minutes FROM span),
coarse AS (
  SELECT
    CASE step.minutes
      WHEN 5 THEN fine.bucket
      WHEN 60 THEN date_trunc('hour', fine.bucket)
      ELSE date_trunc('day', fine.bucket)
    END AS start,
    step.minutes,
    fine.vm,
    fine.level,
    fine.records
  FROM fine CROSS JOIN step
)
SELECT start AS bucket, minutes, vm, level, sum(records) AS records, count(*) OVER () AS total
FROM coarse
GROUP BY start, minutes, vm, level
ORDER BY bucket, vm, level NULLS LAST
