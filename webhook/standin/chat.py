"""What each person's phone shows, in order, and what went over the wire."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from webhook.standin.clock import MovableClock
from webhook.standin.database import Database

Origin = Literal["person", "account", "system"]
Json = str | int | float | bool | None | Mapping[str, "Json"] | Sequence["Json"]

FAILURE_NOTICE = "该公众号提供的服务出现故障，请稍后再试"
_WIRE_TEXT_LIMIT = 20_000
_TOKEN_IN_URL = re.compile(r"(access_token=|secret=)[^&\s\"]+")
_TOKEN_IN_JSON = re.compile(r"(\"(?:access_token|secret|ticket_secret)\"\s*:\s*\")[^\"]*")


class ChatLog:
    """Messages by person; the newest `kept` of each person stay."""

    def __init__(self, database: Database, clock: MovableClock, kept: int) -> None:
        self._database = database
        self._clock = clock
        self._kept = kept

    def add(self, openid: str, origin: Origin, kind: str, body: Mapping[str, Json]) -> dict[str, Json]:
        """Show one message on the person's phone; the message as the JSON API gives it."""
        text = json.dumps(body, ensure_ascii=False)
        at = self._clock.timestamp()
        with self._database.transaction() as connection:
            row = connection.execute(
                "INSERT INTO message (openid, origin, kind, body, at) VALUES (?, ?, ?, ?, ?)",
                (openid, origin, kind, text, at),
            )
            seq = int(row.lastrowid or 0)
            if seq % 50 == 0:
                self._forget_old(openid)
        return {"seq": seq, "from": origin, "kind": kind, "at": at, **body}

    def since(self, openid: str, seq: int, limit: int) -> list[dict[str, Json]]:
        """The newest `limit` messages after `seq`, oldest first."""
        rows = self._database.rows(
            "SELECT * FROM (SELECT * FROM message WHERE openid = ? AND seq > ?"
            " ORDER BY seq DESC LIMIT ?) ORDER BY seq",
            *(openid, seq, limit),
        )
        return [_message(row) for row in rows]

    def unread(self) -> dict[str, int]:
        """Unread messages from the account, by openid; people with none are absent."""
        rows = self._database.rows(
            "SELECT m.openid, count(*) AS unread FROM message m JOIN person p ON p.openid = m.openid"
            " WHERE m.origin = 'account' AND m.seq > p.read_seq GROUP BY m.openid"
        )
        return {row["openid"]: row["unread"] for row in rows}

    def _forget_old(self, openid: str) -> None:
        self._database.run(
            "DELETE FROM message WHERE openid = ? AND seq <= (SELECT seq FROM message WHERE openid = ?"
            " ORDER BY seq DESC LIMIT 1 OFFSET ?)",
            *(openid, openid, self._kept),
        )


@dataclass(frozen=True)
class WireEntry:
    """One exchange: a try of a push with its answer, or a call of the platform's API with its answer.

    `*_wire` is what travelled, `*_plain` the same decrypted ("" when it travelled plain).
    """

    direction: Literal["push", "api"]
    kind: str
    openid: str = ""
    summary: str = ""
    verdict: str = ""
    attempt: int = 1
    status: int | None = None
    milliseconds: int = 0
    url: str = ""
    request_plain: str = ""
    request_wire: str = ""
    response_plain: str = ""
    response_wire: str = ""


class WireLog:
    """The newest `kept` exchanges, secrets masked."""

    def __init__(self, database: Database, clock: MovableClock, kept: int, secrets: Sequence[str]) -> None:
        self._database = database
        self._clock = clock
        self._kept = kept
        self._secrets = tuple(secret for secret in secrets if secret)

    def add(self, entry: WireEntry) -> None:
        values = {
            key: self._clean(value) if isinstance(value, str) else value
            for key, value in asdict(entry).items()
        }
        values["at"] = self._clock.timestamp()
        names = ", ".join(values)
        marks = ", ".join("?" for _ in values)
        with self._database.transaction() as connection:
            row = connection.execute(f"INSERT INTO wire ({names}) VALUES ({marks})", tuple(values.values()))  # noqa: S608 - names are the dataclass's own
            if int(row.lastrowid or 0) % 50 == 0:
                self._database.run(
                    "DELETE FROM wire WHERE id <= (SELECT id FROM wire ORDER BY id DESC LIMIT 1 OFFSET ?)",
                    self._kept,
                )

    def since(self, entry_id: int, limit: int) -> list[dict[str, Json]]:
        """The newest `limit` entries after `entry_id`, oldest first."""
        rows = self._database.rows(
            "SELECT * FROM (SELECT * FROM wire WHERE id > ? ORDER BY id DESC LIMIT ?) ORDER BY id",
            entry_id,
            limit,
        )
        return [dict(row) for row in rows]

    def _clean(self, text: str) -> str:
        text = text.encode("utf-8", "replace").decode()
        for secret in self._secrets:
            text = text.replace(secret, "***")
        text = _TOKEN_IN_JSON.sub(r"\1***", _TOKEN_IN_URL.sub(r"\1***", text))
        return text if len(text) <= _WIRE_TEXT_LIMIT else text[:_WIRE_TEXT_LIMIT] + "…"


def _message(row: sqlite3.Row) -> dict[str, Json]:
    body: dict[str, Json] = json.loads(row["body"])
    return {"seq": row["seq"], "from": row["origin"], "kind": row["kind"], "at": row["at"], **body}
