"""Whether what came of an entry has lost its ground: the entry was reversed, or its money refunded."""

from __future__ import annotations

from typing import LiteralString

_UNDONE: LiteralString = """
    (EXISTS (SELECT FROM transfer r WHERE r.reverses = {transfer})
     OR EXISTS (SELECT FROM lot l JOIN lot_use u ON u.lot_id = l.id
                JOIN transfer t ON t.id = u.transfer_id AND t.kind = 'refund'
                WHERE l.transfer_id = {transfer}
                  AND NOT EXISTS (SELECT FROM transfer r WHERE r.reverses = t.id)))"""


def undone(transfer: LiteralString) -> LiteralString:
    """The SQL for it, where `transfer` is the SQL of the entry's id; ask it under the wallet's lock."""
    return _UNDONE.replace("{transfer}", transfer)
