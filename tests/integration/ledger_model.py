"""Random sequences of all events against a small model of what a shop expects; sound after every step."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from ledger_support import DAY, NOW, header, line, new_member
from sqlalchemy import Engine, text

from ledger import book
from ledger.book import EntitlementGrant, EntitlementUse, Outcome, Posted
from ledger.book.verify import verify

FEN = st.integers(1, 5000)
WHO = st.integers(0, 1)
HISTORIES_A_VACUUM = 10


# ---- the model: a card is a heap of lots; a transfer remembers what it put in and what it took out


@dataclass
class Heap:
    """What was put in at once: `name` is paid, gift, points or pass."""

    name: str
    amount: int
    left: int
    until: datetime | None
    expired: int = 0


@dataclass
class Done:
    """One posted event: heaps it made, and how much it took of which."""

    made: list[Heap] = field(default_factory=list)
    took: list[tuple[Heap, int]] = field(default_factory=list)
    undone: bool = False
    can_be_undone: bool = True


class Card:
    def __init__(self) -> None:
        self.heaps: list[Heap] = []
        self.owes = {"paid": 0, "gift": 0, "points": 0, "pass": 0}

    def holds(self, name: str) -> int:
        return sum(heap.left for heap in self.heaps if heap.name == name)

    def put(self, done: Done, name: str, amount: int, until: datetime | None) -> None:
        if amount:
            heap = Heap(name, amount, amount, until)
            self.heaps.append(heap)
            done.made.append(heap)

    def take(self, done: Done, name: str, amount: int) -> None:
        """Soonest to expire first; what never expires last; among equals the oldest."""
        far = NOW + timedelta(days=99999)
        for heap in sorted(
            (h for h in self.heaps if h.name == name and h.left), key=lambda h: h.until or far
        ):
            part = min(amount, heap.left)
            if part:
                heap.left -= part
                amount -= part
                done.took.append((heap, part))

    def expire(self, now: datetime) -> None:
        for heap in self.heaps:
            if heap.until is not None and heap.until <= now:
                heap.expired += heap.left
                heap.left = 0

    def undo(self, done: Done, now: datetime, grace: timedelta, *, in_debt: bool) -> bool:
        """False when something of it is spent and no debt is wanted."""
        spent = [heap for heap in done.made if heap.amount - heap.left - heap.expired]
        if spent and not in_debt:
            return False
        for heap in done.made:
            self.owes[heap.name] += heap.amount - heap.left - heap.expired
            heap.amount = heap.left = heap.expired = 0
        for heap, part in done.took:
            if heap.until is None or heap.until > now:
                heap.left += part
            else:
                self.heaps.append(Heap(heap.name, part, part, now + grace))
        done.undone = True
        return True


# ---- the machine: does each thing to the book and to the model, and compares


class Ledger(RuleBasedStateMachine):
    engine: Engine
    histories = 0

    @initialize()
    def open_cards(self) -> None:
        self.connection = self.engine.connect()
        self.now = NOW
        self.members = [new_member(self.connection, name) for name in ("林", "芳")]
        self.cards = [Card(), Card()]
        self.done: list[tuple[int, int, Done]] = []  # whose, transfer, what
        self.asked: list[tuple[object, Outcome]] = []  # a call to repeat, and its first answer
        self.number = 0

    def teardown(self) -> None:
        if not hasattr(self, "connection"):
            return
        self.connection.close()  # rolled back
        Ledger.histories += 1
        if Ledger.histories % HISTORIES_A_VACUUM == 0:  # each leaves dead rows, which every check reads
            with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("VACUUM"))

    def settle(self, who: int, expected: Done | None, function: object, **request: object) -> None:
        """Call the book; it must post exactly when the model does."""
        self.number += 1
        head = header(f"k{self.number}", self.members[who], at=self.now, store_id=f"s{self.number % 2}")
        outcome = function(self.connection, head, **request)  # type: ignore[operator]
        assert isinstance(outcome, Posted) == (expected is not None), (outcome, request)
        self.asked.append(((function, head, request), outcome))
        if expected is not None:
            self.done.append((who, outcome.transfer_id, expected))

    @rule(
        who=WHO,
        paid=FEN,
        gift=st.integers(0, 900),
        points=st.integers(0, 50),
        passes=st.integers(0, 3),
        days=st.integers(1, 9),
    )
    def top_up(self, who: int, paid: int, gift: int, points: int, passes: int, days: int) -> None:
        self.cards[who].expire(self.now)
        done, until = Done(), self.now + days * DAY
        for name, amount, end in [
            ("paid", paid, None),
            ("gift", gift, until),
            ("points", points, until),
            ("pass", passes, until),
        ]:
            self.cards[who].put(done, name, amount, end)
        self.settle(
            who,
            done,
            book.top_up,
            paid_fen=paid,
            payment_method="cash",
            gift_fen=gift,
            gift_expires_at=until,
            points=points,
            points_expires_at=until,
            entitlements=[EntitlementGrant("pass", "times", passes, until)] if passes else [],
        )

    @rule(
        who=WHO,
        fen=FEN,
        order=st.sampled_from(["paid_in_first", "gift_first", "pro_rata"]),
        earned=st.integers(0, 9),
    )
    def buy(self, who: int, fen: int, order: str, earned: int) -> None:
        card = self.cards[who]
        card.expire(self.now)
        paid, gift = card.holds("paid"), card.holds("gift")
        done = Done() if fen <= paid + gift else None
        if done is not None:
            first = {"paid_in_first": min(fen, paid), "gift_first": fen - min(fen, gift)}
            from_paid = first.get(order, fen * paid // (paid + gift))
            card.take(done, "paid", from_paid)
            card.take(done, "gift", fen - from_paid)
            card.put(done, "points", earned, None)
        self.settle(
            who,
            done,
            book.purchase,
            lines=[line(fen)],
            stored_fen=fen,
            spending_order=order,
            points_earned=earned,
        )

    @rule(who=WHO, points=st.integers(1, 60))
    def redeem(self, who: int, points: int) -> None:
        self.take_one(who, "points", points, book.spend_points, points=points, reward_id="cup")

    @rule(who=WHO, times=st.integers(1, 3))
    def use_pass(self, who: int, times: int) -> None:
        uses = [EntitlementUse("pass", times)]
        request = {
            "lines": [line(0, 100)],
            "stored_fen": 0,
            "spending_order": "gift_first",
            "entitlement_uses": uses,
        }
        self.take_one(who, "pass", times, book.purchase, **request)

    def take_one(self, who: int, name: str, amount: int, function: object, **request: object) -> None:
        self.cards[who].expire(self.now)
        done = Done() if amount <= self.cards[who].holds(name) else None
        if done is not None:
            self.cards[who].take(done, name, amount)
        self.settle(who, done, function, **request)

    @rule(
        who=WHO,
        amount=st.integers(-500, 500).filter(bool),
        name=st.sampled_from(["paid_in", "gift", "points"]),
    )
    def adjust(self, who: int, amount: int, name: str) -> None:
        card, heap = self.cards[who], {"paid_in": "paid"}.get(name, name)
        card.expire(self.now)
        done = Done() if card.holds(heap) + amount >= 0 else None
        if done is not None and amount > 0:
            card.put(done, heap, amount, None)
        elif done is not None:
            card.take(done, heap, -amount)
        self.settle(who, done, book.adjust, kind=name, amount=amount, reason="盘点")

    @rule(which=st.integers(0, 99), in_debt=st.booleans())
    def undo(self, which: int, in_debt: bool) -> None:
        if not self.done:
            return
        who, transfer_id, original = self.done[which % len(self.done)]
        card = self.cards[who]
        card.expire(self.now)
        possible = original.can_be_undone and not original.undone
        if possible:
            possible = card.undo(original, self.now, timedelta(days=3), in_debt=in_debt)
        expected = Done(can_be_undone=False) if possible else None
        self.settle(
            who,
            expected,
            book.reverse,
            transfer_id=transfer_id,
            reason="录错了",
            carry_debt=in_debt,
            grace=timedelta(days=3),
        )

    @rule(which=st.integers(0, 99))
    def ask_again(self, which: int) -> None:
        """A second delivery: the first answer, whatever has happened since."""
        if self.asked:
            (function, head, request), first = self.asked[which % len(self.asked)]  # type: ignore[misc]
            again = function(self.connection, head, **request)
            assert again == type(first)(**{**vars(first), "replayed": True})

    @rule(hours=st.integers(1, 100), nightly=st.booleans())
    def time_passes(self, hours: int, nightly: bool) -> None:
        self.now += timedelta(hours=hours)
        if nightly:
            book.expire_due(self.connection, now=self.now)

    @invariant()
    def same_as_the_model(self) -> None:
        if not hasattr(self, "cards"):
            return
        for member_id, card in zip(self.members, self.cards, strict=True):
            held = book.balances(self.connection, member_id, now=self.now)
            card.expire(self.now)
            passes = sum(e.amount for e in held.entitlements)
            assert (held.paid_in_fen, held.gift_fen, held.points, passes) == tuple(
                card.holds(name) for name in ("paid", "gift", "points", "pass")
            )
            assert held.debt_fen == card.owes["paid"] + card.owes["gift"]
            assert held.debt_points == card.owes["points"]
        assert verify(self.connection) == []


def run_model(engine: Engine, *, examples: int, steps: int) -> None:
    Ledger.engine = engine
    run_state_machine_as_test(
        Ledger,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
