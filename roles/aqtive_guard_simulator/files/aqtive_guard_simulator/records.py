# Copyright (c) 2026, community.aqtive_guard contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Structured records of every kind on the vendor's page, out of a seed."""

import json
import random
from typing import Any, Callable, Dict, List, NamedTuple

from aqtive_guard_simulator import clock

# Of the records that belong to a request, the share whose request passed through several VMs of the fleet.
FLEET_SHARE = 0.25
FLEET_REQUESTS_A_MINUTE = 8

_AUDIT_LEVELS = ["debug"] * 4 + ["info"] * 66 + ["warning"] * 20 + ["error"] * 7 + ["critical"] * 3
_OTHER_LEVELS = ["debug"] * 10 + ["info"] * 60 + ["warning"] * 15 + ["error"] * 11 + ["critical"] * 4
# Each service's kinds, as often as their weight says. A worker acts for users too: exports to Jira are its work.
_KINDS = {
    "web": ["login_attempt"] * 12
    + ["user_activity"] * 18
    + ["setting_change"] * 6
    + ["api_request"] * 14
    + ["web"] * 35
    + ["application"] * 15,
    "worker": ["analysis"] * 45
    + ["application"] * 15
    + ["tanium"] * 14
    + ["tanium_api_request"] * 14
    + ["user_activity"] * 12,
}
_LOG_TYPES = {"web": "web", "analysis": "analysis", "application": "application"}
_LOG_TYPES.update({"tanium": "tanium", "tanium_api_request": "tanium"})

_USERS = [
    (1, "admin"),
    (7, "alice.martin"),
    (12, "bob@example.com"),
    (23, "Zoë Müller"),
    (31, "Łukasz Żółć"),
    (48, "山田太郎"),
    (59, "محمد"),
    (64, 'o\'neil "the second"'),
    (77, "EXAMPLE\\svc-scan"),
]
_ADDRESSES = [f"10.{n % 4}.{n * 7 % 256}.{n * 13 % 254 + 1}" for n in range(48)]
_ADDRESSES += [f"192.168.{n}.{n + 10}" for n in range(8)] + [f"203.0.113.{n}" for n in range(1, 9)]
_ADDRESSES += [f"2001:db8::{n:x}" for n in range(1, 9)] + ["fe80::1ff:fe23:4567:890a", "::ffff:192.0.2.33"]
_ELEMENTS = ["project", "report", "application", "trace", "scan", "certificate", "key", "profile", "user", "slot"]
_ACTIONS = ["access", "create", "update", "remove", "export_jira"]
_REASONS = [
    "Permission denied: role 'viewer' may not do this",
    "The project is archived",
    "Licence has expired",
    "L'utilisateur n'a pas accès à cet élément",
]
_SETTINGS = [
    ("session_timeout", 30, 60),
    ("sso_enabled", False, True),
    ("ldap_url", None, "ldaps://ldap.example.com:636"),
    ("smtp_password", "old-Passw0rd!", "new-Passw0rd!"),
    ("jira_api_token", "", "stand-in-jira-token"),
    ("login_banner", "Willkommen", "Bienvenue à tous ✓\nDeuxième ligne"),
    ("allowed_email_domains", "example.com", "example.com, example.org"),
    ("retention_days", 365, 90),
]
_METHODS = ["GET", "GET", "GET", "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
_STATUS = {
    "debug": [200, 204, 304],
    "info": [200, 200, 200, 201, 204, 302, 304],
    "warning": [400, 401, 403, 404, 409, 429],
    "error": [500, 502, 504],
    "critical": [500, 503],
}
_PATHS = [
    "/",
    "/login",
    "/projects/%d",
    "/projects/%d/reports?sort=-created_at&page=2",
    "/api/v1/traces/%d",
    "/api/v2/reports/%d/findings?severity=high",
    "/search?q=%%C3%%A9t%%C3%%A9&id=%d",
    "/static/app.%d.js",
]
_MODULES = ["analyzer.tracer", "analyzer.rules.rsa", "analyzer.keystore", "analyzer.report", "analyzer.pool"]
_MESSAGES = [
    "Analysis %d finished",
    "Trace %d: 1,204 calls, 3 findings",
    "Clé RSA trop courte dans le magasin %d",
    "Schlüsselspeicher %d geöffnet",
    "解析 %d が完了しました 🔐",
    "تم تحليل الملف %d",
    "Line separator\u2028inside message %d",
    'Quotes " and \\ backslashes, job %d',
    "<script>alert(%d)</script>",
    "First line of job %d\nsecond line\tafter a tab",
    "e\u0301 combined, zero width\u200b, job %d",
]
_TANIUM_MESSAGES = [
    "Scan of endpoints started, job %d",
    "Package %d deployed",
    "Question %d answered by 412 endpoints",
    "Rechnergruppe für Auftrag %d nicht gefunden",
]
_GROUPS = ["All Computers", "Linux servers", "Büro Köln", "財務部"]
_TANIUM_SERVERS = ["tanium.example.com", "tanium-dr.example.com:8443", "https://tanium.example.org"]
_TANIUM_PATHS = ["/api/v2/questions", "/api/v2/result_data/question/%d", "/plugin/products/deploy/v1/deployments/%d"]
_TANIUM_ERRORS = [
    "Connection refused",
    "Read timed out after 30 s",
    "certificate verify failed: self signed certificate",
]
_STACKTRACES = [
    """Traceback (most recent call last):
  File "/opt/cryptosense/analyzer/web/views.py", line 212, in dispatch
    return handler(request)
ValueError: invalid literal for int() with base 10: 'été'""",
    """Traceback (most recent call last):
  File "/opt/cryptosense/analyzer/store.py", line 88, in fetch
    rows = cursor.execute(query)
psycopg2.OperationalError: server closed the connection unexpectedly

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/opt/cryptosense/analyzer/worker.py", line 41, in run
    raise JobFailed(job) from None
analyzer.errors.JobFailed: job «Überprüfung» failed""",
    "Traceback (most recent call last):\n"
    + '  File "/opt/cryptosense/analyzer/tree.py", line 17, in walk\n    self.walk(child)\n' * 40
    + "RecursionError: maximum recursion depth exceeded",
]

encode = json.JSONEncoder(ensure_ascii=False).encode


class Draw(NamedTuple):
    """What the next record is going to be: enough to decide whether it passes a threshold, before it is built."""

    kind: str
    log_type: str
    level: str


def kinds(service: str) -> List[str]:
    return sorted(set(_KINDS[service]))


def fleet_request_ids(fleet_seed: str, moment: int) -> List[str]:
    """Request ids that occur on every VM with this seed within the minute of this moment."""
    minute = moment // (60 * clock.SECOND)
    bits = random.Random(f"{fleet_seed}/{minute}").getrandbits  # noqa: S311 (nothing secret)
    return [_uuid4_text(bits) for _index in range(FLEET_REQUESTS_A_MINUTE)]


class Generator:
    """Records of one service on one VM. Equal seeds, draws and moments give equal records."""

    def __init__(self, service: str, seed: str, fleet_seed: str, hostname: str, pid: int) -> None:
        self._random = random.Random(f"{seed}/{service}")  # noqa: S311 (nothing secret)
        self._kinds = _KINDS[service]
        self._fleet_seed = fleet_seed
        self._hostname = hostname
        self._pid = pid
        self._fleet_minute = -1
        self._fleet_ids: List[str] = []
        self._request = ("", 0)  # the current request, and its number of further records
        self._builders = {
            "login_attempt": self._login_attempt,
            "user_activity": self._user_activity,
            "setting_change": self._setting_change,
            "api_request": self._api_request,
            "web": self._web,
            "analysis": self._analysis,
            "application": self._application,
            "tanium": self._tanium,
            "tanium_api_request": self._tanium_api_request,
        }  # type: Dict[str, Callable[[Dict[str, Any], Draw], None]]

    def draw(self) -> Draw:
        kind = self._pick(self._kinds)
        log_type = _LOG_TYPES.get(kind, "audit")
        return Draw(kind, log_type, self._pick(_AUDIT_LEVELS if log_type == "audit" else _OTHER_LEVELS))

    def build(self, draw: Draw, moment: int) -> Dict[str, Any]:
        chance = self._random.random
        record = {
            "id": self._uuid4(),
            "created_at": clock.to_text(moment),
            "hostname": self._hostname,
            "level": draw.level,
            "log_type": draw.log_type,
            "pid": self._pid,
        }  # type: Dict[str, Any]
        if chance() < 0.7:
            record["request_id"] = self._request_id(moment)
        if chance() < 0.6:
            record["user_id"], name = self._pick(_USERS)
            if chance() < 0.9:
                record["user_name"] = name
        self._builders[draw.kind](record, draw)
        if draw.level in ("error", "critical") and chance() < 0.5:
            record["stacktrace"] = self._pick(_STACKTRACES)
        return record

    def line(self, draw: Draw, moment: int) -> bytes:
        return (encode(self.build(draw, moment)) + "\n").encode("utf-8")

    def _pick(self, values: Any) -> Any:
        return values[int(self._random.random() * len(values))]

    def _number(self) -> int:
        return int(self._random.random() * 100000)

    def _text(self, patterns: List[str]) -> str:
        pattern = self._pick(patterns)
        return pattern % self._number() if "%" in pattern else pattern

    def _uuid4(self) -> str:
        return _uuid4_text(self._random.getrandbits)

    def _request_id(self, moment: int) -> str:
        if self._random.random() < FLEET_SHARE:
            minute = moment // (60 * clock.SECOND)
            if minute != self._fleet_minute:
                self._fleet_minute, self._fleet_ids = minute, fleet_request_ids(self._fleet_seed, moment)
            return self._pick(self._fleet_ids)
        request, left = self._request
        if not left:
            request, left = self._uuid4(), 1 + int(self._random.random() * 5)
        self._request = (request, left - 1)
        return request

    def _granted(self, record: Dict[str, Any], draw: Draw) -> bool:
        granted = self._random.random() < (0.95 if draw.level in ("debug", "info") else 0.2)
        record["access_granted"] = granted
        return granted

    def _client(self, record: Dict[str, Any]) -> None:
        record["client_ip"] = self._pick(_ADDRESSES)
        if self._random.random() < 0.4:
            record["forwarded_for_client_ip"] = self._pick(_ADDRESSES)

    def _element_id(self) -> str:
        return self._uuid4() if self._random.random() < 0.2 else str(self._number())

    def _login_attempt(self, record: Dict[str, Any], draw: Draw) -> None:
        record["action"] = "login_attempt"
        self._granted(record, draw)
        self._client(record)

    def _user_activity(self, record: Dict[str, Any], draw: Draw) -> None:
        record["action"] = self._pick(_ACTIONS)
        if not self._granted(record, draw):
            record["access_denied_reason"] = self._pick(_REASONS)
        record["element"] = self._pick(_ELEMENTS)
        record["element_id"] = self._element_id()
        self._client(record)

    def _setting_change(self, record: Dict[str, Any], draw: Draw) -> None:
        record["action"] = "setting_change"
        granted = self._granted(record, draw)
        record["setting"], record["old_value"], record["new_value"] = self._pick(_SETTINGS)
        if not granted:
            record["access_denied_reason"] = self._pick(_REASONS)
        if self._random.random() < 0.3:
            record["element_id"] = self._element_id()
        self._client(record)

    def _api_request(self, record: Dict[str, Any], draw: Draw) -> None:
        record["action"] = "api_request"
        if not self._granted(record, draw):
            if self._random.random() < 0.5:
                record["access_denied_reason"] = "Invalid API key"
                record["api_key"] = f"agk_{self._random.getrandbits(160):040x}"
            else:
                record["access_denied_reason"] = self._pick(_REASONS)
        self._client(record)

    def _web(self, record: Dict[str, Any], draw: Draw) -> None:
        record["method"] = self._pick(_METHODS)
        record["path"] = self._text(_PATHS)
        record["status_code"] = self._pick(_STATUS[draw.level])

    def _analysis(self, record: Dict[str, Any], draw: Draw) -> None:
        record["memory_mb"] = int(self._random.random() * 81920) / 10
        record["module"] = self._pick(_MODULES)
        record["message"] = self._text(_MESSAGES)

    def _application(self, record: Dict[str, Any], draw: Draw) -> None:
        record["message"] = self._text(_MESSAGES)

    def _tanium(self, record: Dict[str, Any], draw: Draw) -> None:
        if self._random.random() < 0.6:
            record["computer_group"] = self._pick(_GROUPS)
        if self._random.random() < 0.5:
            record["endpoint_id"] = str(self._number())
        record["message"] = self._text(_TANIUM_MESSAGES)

    def _tanium_api_request(self, record: Dict[str, Any], draw: Draw) -> None:
        self._tanium(record, draw)
        record["target"] = self._pick(_TANIUM_SERVERS)
        record["path"] = self._text(_TANIUM_PATHS)
        if draw.level in ("error", "critical") and self._random.random() < 0.5:
            record["error"] = self._pick(_TANIUM_ERRORS)
        else:
            record["status_code"] = self._pick(_STATUS[draw.level])


def next_draw(generator: Generator, passes: Callable[[str, str], bool]) -> Draw:
    """The next draw that a threshold lets pass. Every kind has every level, so there always is one."""
    while True:
        draw = generator.draw()
        if passes(draw.log_type, draw.level):
            return draw


def _uuid4_text(bits: Callable[[int], int]) -> str:
    """A UUIDv4 out of a source of random bits; several times faster than the uuid module, which matters here."""
    return f"{bits(32):08x}-{bits(16):04x}-4{bits(12):03x}-{0x8000 | bits(14):04x}-{bits(48):012x}"
