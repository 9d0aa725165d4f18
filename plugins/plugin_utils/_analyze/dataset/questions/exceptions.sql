-- Copyright (c) 2026, community.aqtive_guard contributors
-- GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
-- SPDX-License-Identifier: GPL-3.0-or-later

-- Which exceptions do stack traces end with, the most frequent first? Python writes the exception in the line behind the last
-- one that is indented, Java at the beginning. Of other stack traces the first line is shown.
SELECT
  exception,
  count(*) AS records,
  array_agg(DISTINCT vm) AS vms,
  min(time) AS first_seen,
  max(time) AS last_seen,
  min(stacktrace) AS sample,
  count(*) OVER () AS total
FROM (
  SELECT
    time,
    vm,
    first_characters(stacktrace, 4000) AS stacktrace,
    coalesce(
      nullif(
        regexp_extract(
          right(stacktrace, 1000),
          '(?s).*\n[ \t][^\n]*\n([A-Za-z_][A-Za-z0-9_.]*[a-z][A-Za-z0-9_]*)(?::|[ \r\n]*$)',
          1
        ),
        ''
      ),
      nullif(regexp_extract(stacktrace, '^([A-Za-z_][A-Za-z0-9_.]*[a-z][A-Za-z0-9_]*)(?::|\r?\n)', 1), ''),
      regexp_extract(stacktrace, '^([^\r\n]{0,100})', 1)
    ) AS exception
  FROM records
  WHERE stacktrace IS NOT NULL
) AS exceptions
GROUP BY exception
ORDER BY records DESC, exception
