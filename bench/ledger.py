"""How fast the ledger is. `python bench/ledger.py --help`; the last line printed is the figure to compare.

limit_tps: a bare SQL function, hand-written: key, two postings, one guarded update. posting_tps:
`ledger.book` posting the same event. topup_tps: the whole top-up as the cashier's yes does it: rights,
limits, posting with gift, points and lots, hash chain, log of acts, receipt in the outbox, job deferred. All
durable, at 4 processes.
"""

from __future__ import annotations

import sys
from pathlib import Path

# This file's own name is that of the package it measures: look for packages in the project, not beside it.
sys.path[0] = str(Path(__file__).resolve().parents[1])

from bench.ledger_run import main  # noqa: E402

if __name__ == "__main__":
    main()
