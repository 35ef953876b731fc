"""Told at the next message: when nothing else may be used, it waits for the member's next word.

It is no call: the message keeps the state `waiting`, and `ledger.records.messages.release_waiting` puts it
back into the queue when the account writes, newest first, within the window's room and a week.
"""

from __future__ import annotations

NAME = "next_message"
