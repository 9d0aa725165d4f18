-- Copyright (c) 2026, community.aqtive_guard contributors
-- GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
-- SPDX-License-Identifier: GPL-3.0-or-later

-- The functions that the questions need and Spark has not under this name, or not with this meaning.
CREATE OR REPLACE TEMPORARY FUNCTION first_characters(text STRING, number INT) RETURNS STRING RETURN left(text, number);
CREATE OR REPLACE TEMPORARY FUNCTION five_minutes(moment TIMESTAMP) RETURNS TIMESTAMP
  RETURN date_trunc('hour', moment) + make_interval(0, 0, 0, 0, 0, minute(moment) - minute(moment) % 5, 0);
CREATE OR REPLACE TEMPORARY FUNCTION signature_of(text STRING) RETURNS STRING RETURN
  regexp_replace(
    regexp_replace(
    regexp_replace(
    regexp_replace(
    regexp_replace(
    text,
    '"[^"]*"|«[^»]*»', '<text>'),
    ' ''[^'']*''', ' <text>'),
    '[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|0x[0-9a-fA-F]+|[0-9a-fA-F]{16,}', '<id>'),
    '[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+|[0-9]{1,3}([.][0-9]{1,3}){3}(:[0-9]+)?|[0-9a-fA-F]{1,4}(:[0-9a-fA-F]{1,4}){3,7}|[0-9a-fA-F:]*[0-9a-fA-F]{2}::[0-9a-fA-F:]*', '<address>'),
    '[0-9]+([.,:-][0-9]+)*', '<number>');
