"""Who may is asked again when a quoted top-up is booked, and what a second booking answers."""

from __future__ import annotations

import pytest
from stage import CASHIER, LIN, LIN_PHONE, MANAGER, OTHER_CASHIER, Stage

from actions.counter.top_ups import TopUpQuote, TopUpReceipt, TopUpRequest, quote_top_up, record_top_up
from actions.house import Denied
from actions.membership import staffing


def quoted(stage: Stage, openid: str, amount_fen: int = 50000) -> TopUpQuote:
    request = TopUpRequest(LIN_PHONE, amount_fen, "wechat")
    quote = quote_top_up(stage.house, staff_openid=openid, request=request)
    assert isinstance(quote, TopUpQuote), quote
    return quote


@pytest.mark.parametrize(
    ("by", "amount_fen", "code"),
    [(OTHER_CASHIER, 50000, "other_store"), (LIN, 50000, "own_card")],
)
def test_rights_are_asked_again_at_booking(stage: Stage, by: str, amount_fen: int, code: str) -> None:
    quote = quoted(stage, MANAGER, amount_fen)
    invitation = staffing.invite(
        stage.house, name="小林", role="manager", store_id="guomao", created_by="test"
    )
    assert not isinstance(invitation, Denied)
    assert not isinstance(staffing.accept_invitation(stage.house, openid=LIN, code=invitation), Denied)
    denied = record_top_up(stage.house, staff_openid=by, quote=quote, key="k")
    assert isinstance(denied, Denied)
    assert denied.code == code
    assert stage.count("transfer") == 0


def test_a_replay_says_that_the_member_was_told_and_tells_him_once(stage: Stage) -> None:
    quote = quoted(stage, CASHIER)
    first, second = (record_top_up(stage.house, staff_openid=CASHIER, quote=quote, key="k") for _ in range(2))
    assert isinstance(first, TopUpReceipt)
    assert isinstance(second, TopUpReceipt)
    assert (first.replayed, second.replayed) == (False, True)
    assert (first.member_told, second.member_told) == (True, True)
    assert first.balances == second.balances
    assert stage.count("message", "kind = 'top_up_receipt'") == 1
    assert stage.count("act", "what = 'top_up'") == 1
    assert stage.count("procrastinate_jobs") == stage.count("message") == 2  # and the level he won by it
