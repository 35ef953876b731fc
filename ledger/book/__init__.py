"""The book: one shared double-entry ledger of money, gift money, points and entitlements.

Every function takes a SQLAlchemy `Connection`; the caller owns the transaction. See docs/ledger.md.
"""

from ledger.book.care import adjust, expire_due, merge, repay_debt, return_deposit, take_deposit
from ledger.book.events import grant_points, purchase, spend_points, top_up
from ledger.book.moments import ShopAccount, balances_at, final_upto, shop_balance, take_snapshots
from ledger.book.reads import (
    balances,
    expiring,
    first_expiring,
    lock_wallets,
    open_wallet,
    statement,
    transfer_number,
)
from ledger.book.refund_rules import Interest, RefundLine, RefundRule
from ledger.book.refunds import RefundQuote, quote_refund, refund
from ledger.book.reversals import reverse
from ledger.book.seals import Proof, Seal, last_seal, prove, root_by, seal
from ledger.book.values import (
    Balances,
    Busy,
    DepositUse,
    EntitlementBalance,
    EntitlementGrant,
    EntitlementUse,
    Grant,
    Header,
    KeyConflict,
    Line,
    LotBalance,
    Outcome,
    Posted,
    Refused,
    SpendingOrder,
    StatementLine,
)

__all__ = [
    "Balances",
    "Busy",
    "DepositUse",
    "EntitlementBalance",
    "EntitlementGrant",
    "EntitlementUse",
    "Grant",
    "Header",
    "Interest",
    "KeyConflict",
    "Line",
    "LotBalance",
    "Outcome",
    "Posted",
    "Proof",
    "RefundLine",
    "RefundQuote",
    "RefundRule",
    "Refused",
    "Seal",
    "ShopAccount",
    "SpendingOrder",
    "StatementLine",
    "adjust",
    "balances",
    "balances_at",
    "expire_due",
    "expiring",
    "final_upto",
    "first_expiring",
    "grant_points",
    "last_seal",
    "lock_wallets",
    "merge",
    "open_wallet",
    "prove",
    "purchase",
    "quote_refund",
    "refund",
    "repay_debt",
    "return_deposit",
    "reverse",
    "root_by",
    "seal",
    "shop_balance",
    "spend_points",
    "statement",
    "take_deposit",
    "take_snapshots",
    "top_up",
    "transfer_number",
]
