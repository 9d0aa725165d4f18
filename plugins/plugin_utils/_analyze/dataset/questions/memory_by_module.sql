-- Copyright (c) 2026, community.aqtive_guard contributors
-- GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
-- SPDX-License-Identifier: GPL-3.0-or-later

-- How much memory did the analyzer use for each module on each VM, the most first?
SELECT
  module,
  vm,
  max(records_of_module) AS records,
  min(memory_mb) AS min_mb,
  avg(CASE WHEN position * 2 BETWEEN records_of_module AND records_of_module + 2 THEN memory_mb END) AS median_mb,
  max(memory_mb) AS max_mb,
  count(*) OVER () AS total
FROM (
  SELECT
    module,
    vm,
    memory_mb,
    row_number() OVER (PARTITION BY module, vm ORDER BY memory_mb) AS position,
    count(*) OVER (PARTITION BY module, vm) AS records_of_module
  FROM records
  WHERE memory_mb IS NOT NULL
) AS ordered
GROUP BY module, vm
ORDER BY max_mb DESC, module NULLS LAST, vm
