"""Which tests share a worker when the suite runs in several (pytest-xdist, `-n`).

Every worker has servers of its own, so any two files may run at the same time. Two kinds of files stay
together: those that ask the language model, which is trained and loaded once; and those that start whole
programs, which choose free ports. Both take long and come first, so that all workers end at about one time.
"""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

MODEL = "asks the model"
PROGRAMS = "starts programs"
ASK_THE_MODEL = {
    "tests/conversations/test_rewards_understood.py",
    "tests/conversations/test_table_chat.py",
    "tests/conversations/test_understood.py",
    "tests/e2e/test_town_understands.py",
    "tests/integration/test_nlu_rasa.py",
    "tests/unit/test_nlu_understood.py",
}


def together(nodeid: str) -> str:
    """The name of what runs in one worker, one after the other."""
    file = nodeid.split("::", 1)[0]
    if file in ASK_THE_MODEL:
        return MODEL
    return PROGRAMS if file.startswith("tests/e2e/") else file


def place(nodeid: str) -> int:
    """Smaller comes first."""
    return {MODEL: 0, PROGRAMS: 1}.get(together(nodeid), 2)


class Scheduling(LoadScopeScheduling):
    """Whole files, or files that belong together, in the order in which they were collected."""

    def _split_scope(self, nodeid: str) -> str:
        return together(nodeid)
