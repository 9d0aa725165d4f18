-- Copyright (c) 2026, community.aqtive_guard contributors
-- GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
-- SPDX-License-Identifier: GPL-3.0-or-later

-- Who logged in from where, and who was denied, the most often denied first? Behind a proxy the address is the original one.
SELECT
  user_name,
  address AS client_ip,
  count(*) FILTER (WHERE access_granted) AS granted,
  count(*) FILTER (WHERE NOT access_granted) AS denied,
  min(time) AS first_seen,
  max(time) AS last_seen,
  count(*) OVER () AS total
FROM (
  SELECT time, user_name, coalesce(forwarded_for_client_ip, client_ip) AS address, access_granted
  FROM records
  WHERE action = 'login_attempt'
) AS attempts
GROUP BY user_name, address
ORDER BY denied DESC, granted DESC, user_name NULLS LAST, client_ip NULLS LAST
