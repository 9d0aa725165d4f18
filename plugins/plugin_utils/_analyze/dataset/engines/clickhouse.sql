-- Copyright (c) 2026, community.aqtive_guard contributors
-- GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
-- SPDX-License-Identifier: GPL-3.0-or-later

-- The functions that the questions need and ClickHouse has not under this name, or not with this meaning.
CREATE OR REPLACE FUNCTION first_characters AS (text, number) -> leftUTF8(text, number);
CREATE OR REPLACE FUNCTION five_minutes AS (moment) -> toStartOfFiveMinutes(moment);
CREATE OR REPLACE FUNCTION signature_of AS (text) ->
  replaceRegexpAll(
    replaceRegexpAll(
    replaceRegexpAll(
    replaceRegexpAll(
    replaceRegexpAll(
    text,
    '"[^"]*"|«[^»]*»', '<text>'),
    ' ''[^'']*''', ' <text>'),
    '[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|0x[0-9a-fA-F]+|[0-9a-fA-F]{16,}', '<id>'),
    '[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+|[0-9]{1,3}([.][0-9]{1,3}){3}(:[0-9]+)?|[0-9a-fA-F]{1,4}(:[0-9a-fA-F]{1,4}){3,7}|[0-9a-fA-F:]*[0-9a-fA-F]{2}::[0-9a-fA-F:]*', '<address>'),
    '[0-9]+([.,:-][0-9]+)*', '<number>');
