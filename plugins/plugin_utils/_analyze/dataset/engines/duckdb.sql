-- Copyright (c) 2026, community.aqtive_guard contributors
-- GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
-- SPDX-License-Identifier: GPL-3.0-or-later

-- The functions that the questions need and DuckDB has not under this name, or not with this meaning.
CREATE OR REPLACE MACRO first_characters(text, number) AS left(text, number);
CREATE OR REPLACE MACRO five_minutes(moment) AS time_bucket(INTERVAL '5 minutes', moment);
CREATE OR REPLACE MACRO signature_of(text) AS
  regexp_replace(
    regexp_replace(
    regexp_replace(
    regexp_replace(
    regexp_replace(
    text,
    '"[^"]*"|«[^»]*»', '<text>', 'g'),
    ' ''[^'']*''', ' <text>', 'g'),
    '[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|0x[0-9a-fA-F]+|[0-9a-fA-F]{16,}', '<id>', 'g'),
    '[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+|[0-9]{1,3}([.][0-9]{1,3}){3}(:[0-9]+)?|[0-9a-fA-F]{1,4}(:[0-9a-fA-F]{1,4}){3,7}|[0-9a-fA-F:]*[0-9a-fA-F]{2}::[0-9a-fA-F:]*', '<address>', 'g'),
    '[0-9]+([.,:-][0-9]+)*', '<number>', 'g');
