"""What is booked when a second person says yes, by the kind of the entry that waited (features C2)."""

from __future__ import annotations

from actions.counter import debts, pack_refunds, pack_sales, purchases, refunds, reversals, top_ups
from actions.review.approvals import Executor

EXECUTORS: dict[str, Executor] = {
    purchases.KIND: purchases.execute_approved,
    pack_sales.KIND: pack_sales.SALE.execute_approved,
    pack_refunds.KIND: pack_refunds.PACK_REFUND.execute_approved,
    refunds.KIND: refunds.REFUND.execute_approved,
    reversals.KIND: reversals.execute_approved,
    debts.KIND: debts.execute_approved,
    top_ups.KIND: top_ups.execute_approved,
}
