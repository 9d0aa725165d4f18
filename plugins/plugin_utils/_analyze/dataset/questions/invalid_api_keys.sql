-- Copyright (c) 2026, community.aqtive_guard contributors
-- GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
-- SPDX-License-Identifier: GPL-3.0-or-later

-- Which invalid API keys were used from where, the most frequent first? Behind a proxy the address is the original one.
SELECT
  api_key,
  address AS client_ip,
  count(*) AS records,
  array_agg(DISTINCT vm) AS vms,
  min(time) AS first_seen,
  max(time) AS last_seen,
  count(*) OVER () AS total
FROM (
  SELECT time, vm, api_key, coalesce(forwarded_for_client_ip, client_ip) AS address
  FROM records
  WHERE api_key IS NOT NULL
) AS invalid
GROUP BY api_key, address
ORDER BY records DESC, api_key, client_ip NULLS LAST
