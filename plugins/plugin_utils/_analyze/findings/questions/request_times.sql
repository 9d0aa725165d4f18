-- Copyright (c) 2026, community.aqtive_guard contributors
-- GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
-- SPDX-License-Identifier: GPL-3.0-or-later

-- By how many seconds did requests reach one VM later than another one (5th, 50th and 95th percentile), for each two VMs
-- that share requests? An id that occurs again after an hour is not the same request. In a large fleet, a sample of the
-- requests is compared.
WITH firsts AS MATERIALIZED (
  SELECT request_id, vm, epoch_us(min(time)) / 1e6 AS seconds
  FROM records
  WHERE request_id IN (
    SELECT request_id
    FROM records
    WHERE request_id IS NOT NULL
    GROUP BY request_id
    HAVING min(vm) < max(vm) AND max(time) - min(time) < INTERVAL 1 HOUR
  )
  GROUP BY request_id, vm
),
numbered AS (
  SELECT request_id, sum(vms * (vms - 1) // 2) OVER (ORDER BY hash(request_id), request_id) AS pairs
  FROM (SELECT request_id, count(*) AS vms FROM firsts GROUP BY request_id) AS shared
),
compared AS MATERIALIZED (
  SELECT firsts.* FROM firsts INNER JOIN numbered ON firsts.request_id = numbered.request_id WHERE numbered.pairs <= $pairs
)
SELECT
  one.vm AS one,
  other.vm AS other,
  count(*) AS requests,
  quantile_cont(other.seconds - one.seconds, 0.05) AS low,
  quantile_cont(other.seconds - one.seconds, 0.5) AS middle,
  quantile_cont(other.seconds - one.seconds, 0.95) AS high
FROM compared AS one INNER JOIN compared AS other ON one.request_id = other.request_id AND one.vm < other.vm
GROUP BY one.vm, other.vm
ORDER BY one.vm, other.vm
