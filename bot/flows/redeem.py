"""Points into rewards: choose, confirm, get a voucher; and the vouchers that wait (features A6)."""

from __future__ import annotations

from dataclasses import asdict

from actions.house import Denied
from actions.loyalty import rewards
from actions.loyalty.rewards import RedeemChanged, RedeemQuote
from actions.membership import cards
from bot.conversation import catalogue_answers, words
from bot.conversation.memory import Form, Pending
from bot.conversation.turn import Turn
from bot.flows import confirm, forms
from bot.flows.confirm import Confirmed
from bot.flows.forms import Filled, FormKind, Question, Reading, Slot
from bot.messages import Choice, Reply
from nlu.names import find_names
from nlu.understanding import Understanding
from nlu.values.counts import find_things
from shop import voucher_codes
from shop.model import Reward
from shop.money import format_fen

MAX_OPTIONS = 9
JOIN_CHOICE = (Choice("加入会员", "加入会员"),)


def begin(turn: Turn, understood: Understanding) -> Reply:
    """Start redeeming with what the sentence says: a reward, how many, or how many points to use."""
    return forms.begin(turn, REDEEM, understood)


def _ask_reward(turn: Turn, form: Form) -> Question | Reply:
    """Which reward: those that were meant, else those the points are enough for, the dearest first."""
    card = cards.read_card(turn.house, openid=turn.person.openid)
    if isinstance(card, Denied):
        forms.end(turn)
        return Reply(turn.say("not_member"), JOIN_CHOICE)
    points = card.balances.points
    known = turn.house.shop.rewards
    meant = [reward for reward in known if reward.id in form.filled.get("among", ())]
    if meant:
        return Question(turn.say("redeem_which_of"), _options(turn, meant))
    budget = min(points, int(form.filled.get("budget", points)))
    within = sorted((r for r in known if r.points <= budget), key=lambda r: -r.points)
    if not within:
        forms.end(turn)
        return _none_within(turn, points, budget)
    return Question(turn.say("redeem_which", points=points), _options(turn, within))


def _none_within(turn: Turn, points: int, budget: int) -> Reply:
    if budget < points and any(reward.points <= points for reward in turn.house.shop.rewards):
        least = min(turn.house.shop.rewards, key=lambda reward: reward.points)
        text = turn.say("rewards_within_none", points=budget, name=least.name, need=least.points)
        return Reply(text, (Choice("兑换", "兑换"),))
    beyond = [reward for reward in turn.house.shop.rewards if reward.points > points]
    if not beyond:
        return turn.reply("redeem_nothing")
    nearest = min(beyond, key=lambda reward: reward.points)
    return turn.reply("redeem_none", points=points, missing=nearest.points - points, name=nearest.name)


def _options(turn: Turn, offered: list[Reward]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (turn.say("redeem_option", name=reward.name, points=reward.points), reward.id)
        for reward in offered[:MAX_OPTIONS]
    )


def _read_reward(turn: Turn, form: Form, said: str) -> Reading:
    """A reward by its name as people say it (“护手霜”, “要两支护手霜”), with how many if that is said."""
    known, plain = turn.house.shop.rewards, words.plain("".join(said.split()))
    spelt = [r.id for r in known if any(words.plain(name) in plain for name in (r.name, *r.aliases))]
    sounded = find_names(said, turn.house.shop.catalogue()).of("reward")
    parts = [r.id for r in known if len(plain) >= 2 and plain in words.plain(r.name)]
    found = spelt or list(sounded) or parts
    if len(found) != 1:
        return None
    count = find_things(said).count
    if count is not None:
        form.filled["quantity"] = count
    return Filled(found[0])


def _take(_turn: Turn, form: Form, understood: Understanding) -> bool:
    said = understood.entities
    if len(said.reward) == 1:
        form.filled["reward"] = said.reward[0]
        form.filled.pop("among", None)
    elif said.reward:
        form.filled["among"] = list(said.reward)
        form.filled.pop("reward", None)
    if said.quantity is not None:
        form.filled["quantity"] = said.quantity
    if said.points is not None:
        form.filled["budget"] = said.points
    return bool(said.reward) or said.quantity is not None or said.points is not None


def _finish(turn: Turn, form: Form) -> Reply:
    quote = rewards.quote(
        turn.house,
        openid=turn.person.openid,
        reward_id=str(form.filled["reward"]),
        quantity=int(form.filled.get("quantity", 1)),
    )
    if isinstance(quote, Denied):
        forms.end(turn)
        choices = JOIN_CHOICE if quote.code == "not_member" else (Choice("积分换什么", "积分换什么"),)
        return Reply(turn.say(quote.code, **quote.detail), choices)
    return _ask_yes(turn, quote, turn.text.strip())


def _ask_yes(turn: Turn, quote: RedeemQuote, command: str) -> Reply:
    return confirm.ask(turn, kind="redeem", data=asdict(quote), echo=_echo(turn, quote), command=command)


def _echo(turn: Turn, quote: RedeemQuote) -> str:
    if quote.gift_fen:
        how = turn.say("redeem_how_card", amount=format_fen(quote.gift_fen))
    else:
        how = turn.say("redeem_how_voucher", days=quote.valid_days)
    return turn.say(
        "redeem_echo",
        what=_what(turn, quote),
        points=quote.points,
        left=quote.points_after,
        how=how,
        minutes=turn.house.shop.quote_lifetime_minutes,
    )


def _what(turn: Turn, quote: RedeemQuote) -> str:
    if quote.quantity == 1:
        return quote.name
    return turn.say("voucher_many", name=quote.name, quantity=quote.quantity)


def _confirmed(turn: Turn, pending: Pending) -> Reply:
    """Redeem what the member has just said yes to."""
    quote = RedeemQuote(**pending.data)
    result = rewards.redeem(turn.house, openid=turn.person.openid, quote=quote, key=pending.key)
    if isinstance(result, Denied):
        turn.memory.pending = turn.memory.form = None
        return turn.reply(result.code, **result.detail)
    if isinstance(result, RedeemChanged):
        turn.memory.pending = None
        _ask_yes(turn, result.quote, pending.command)
        return Reply(turn.say("redeem_changed", echo=_echo(turn, result.quote)), confirm.YES_OR_NO)
    confirm.settle(turn, result.transfer_id)
    if result.voucher is None:
        amount = format_fen(quote.gift_fen)
        return turn.reply("redeem_done_card", amount=amount, points=result.points_left)
    return turn.reply(
        "redeem_done",
        what=rewards.content_text(turn.house, result.voucher),
        code=voucher_codes.shown(result.voucher.code),
        day=rewards.last_day(turn.house, result.voucher),
        points=result.points_left,
    )


def what_points_buy(turn: Turn, understood: Understanding) -> Reply:
    """What can be redeemed; “500积分能换什么”: what so many points buy, each one tap away."""
    about = [n for n in understood.entities.candidates.get("points", ()) if isinstance(n, int)]
    points = understood.entities.points or max(about, default=None)
    if points is None:
        listed = catalogue_answers.rewards(turn, understood)
        return Reply(listed.text, (*listed.choices, Choice("兑换", "兑换")))
    known = sorted(turn.house.shop.rewards, key=lambda reward: reward.points)
    within = [reward for reward in known if reward.points <= points][-MAX_OPTIONS:]
    if not within:
        if not known:
            return turn.reply("redeem_nothing")
        return turn.reply("rewards_within_none", points=points, name=known[0].name, need=known[0].points)
    text = turn.say("rewards_within", points=points)
    for reward in within:
        text += turn.say("reward_line", name=reward.name, points=reward.points, mark="")
    return Reply(text, tuple(Choice(f"换{reward.name}", f"兑换{reward.name}") for reward in within))


def open_vouchers(turn: Turn, _understood: Understanding) -> Reply:
    """The member's open vouchers; the first one's picture comes after."""
    found = rewards.open_vouchers(turn.house, openid=turn.person.openid)
    if isinstance(found, Denied):
        return Reply(turn.say("not_member"), JOIN_CHOICE)
    if not found:
        return Reply(turn.say("vouchers_none"), (Choice("积分换什么", "积分换什么"),))
    text = turn.say("vouchers_head", count=len(found))
    for voucher in found[:MAX_OPTIONS]:
        text += turn.say(
            "voucher_line",
            what=rewards.content_text(turn.house, voucher),
            code=voucher_codes.shown(voucher.code),
            day=rewards.last_day(turn.house, voucher),
        )
    rewards.show_voucher(turn.house, openid=turn.person.openid, voucher_id=found[0].id, key=turn.incoming.key)
    return Reply(text)


REDEEM = FormKind(
    name="redeem",
    title="form_redeem",
    slots=(Slot("reward", _ask_reward, _read_reward),),
    finish=_finish,
    intents=frozenset({"redeem"}),
    takes=frozenset({"reward", "quantity", "points"}),
    take=_take,
)
CONFIRMED: dict[str, Confirmed] = {"redeem": _confirmed}
ANSWERS = {
    "redeem": begin,
    "query_rewards": what_points_buy,
    "query_vouchers": open_vouchers,
}
