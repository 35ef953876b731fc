"""Shared by the reminder tests: the salon of the booking tests, whose members follow."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from booking_support import SHOP, Salon
from sqlalchemy import Engine, text

from ledger.records import contacts, members, reminders
from ledger.records.reminders import ReminderRecord
from shop.model import Shop


class Speaker(Salon):
    """A salon whose members follow the account, and whose rules of speaking first can be changed."""

    def __init__(self, engine: Engine, shop: Shop = SHOP) -> None:
        super().__init__(engine, shop)

    def follower(self, **values: Any) -> tuple[str, int]:
        """A member who follows: openid and number."""
        openid = self.member(**values)
        with self.engine.begin() as connection:
            contacts.follow(connection, openid=openid, at=self.now)
            member = members.by_openid(connection, openid)
        assert member is not None
        return openid, member.id

    def rules(self, **changes: object) -> None:
        changed = self.house.shop.reminders.model_copy(update=changes)
        object.__setattr__(self.house, "shop", self.house.shop.model_copy(update={"reminders": changed}))

    def plan(self, member_id: int, key: str, due_at: datetime, **values: Any) -> bool:
        said = {
            "kind": "new_member_guide",
            "subject": {},
            "category": "service",
            "reason": "因为",
            **values,
        }
        with self.engine.begin() as connection:
            return reminders.plan(connection, key=key, member_id=member_id, due_at=due_at, **said)

    def all(self) -> dict[str, ReminderRecord]:
        with self.engine.connect() as connection:
            return {record.key: record for record in reminders.newest(connection)}

    def outcome(self, key: str) -> tuple[str, str]:
        record = self.all()[key]
        return record.state, record.result

    def outbox(self) -> list[str]:
        """The reminders in the outbox, oldest first."""
        with self.engine.connect() as connection:
            query = "SELECT text FROM message WHERE key LIKE 'reminder:%' ORDER BY id"
            return list(connection.execute(text(query)).scalars())

    def execute(self, statement: str, **values: object) -> None:
        with self.engine.begin() as connection:
            connection.execute(text(statement), values)
