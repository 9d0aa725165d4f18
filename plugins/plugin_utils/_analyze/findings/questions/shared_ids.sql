-- Copyright (c) 2026, community.aqtive_guard contributors
-- GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
-- SPDX-License-Identifier: GPL-3.0-or-later

-- Which VMs have records of the same id, but with different content, and how many ids are that? The ids that several VMs
-- have are found first, without reading the records.
WITH shared AS MATERIALIZED (
  SELECT hash(id) AS id_hash FROM records WHERE id IS NOT NULL GROUP BY id_hash HAVING min(hash(vm)) < max(hash(vm))
),
conflicts AS (
  SELECT list_sort(list(DISTINCT vm)) AS vms
  FROM records
  WHERE id IS NOT NULL AND hash(id) IN (SELECT id_hash FROM shared)
  GROUP BY id
  HAVING min(vm) < max(vm) AND min(hash(raw)) < max(hash(raw))
)
SELECT vms, count(*) AS ids
FROM conflicts
GROUP BY vms
ORDER BY ids DESC, vms
LIMIT 1000
