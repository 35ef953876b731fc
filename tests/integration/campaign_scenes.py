"""The example shops' rules as scenes: for whom each fires, who just misses it, what is said.

They are the examples of the customer's four texts: s0 sleeping members, s1 points and coupons by behaviour,
s2 keeping members, s3 stored value. A rule that is added to an example has to be added here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from campaign_support import NOW, Town
from rules_kit import local

from ledger.records import levels
from shop.files import load
from shop.model import Shop

EXAMPLES = Path(__file__).parents[2] / "shop" / "examples"
BEAUTY, STORE, GYM = (load(EXAMPLES / f"{name}.yml") for name in ("beauty", "convenience", "gym"))
Act = Callable[[Town, int], object]


@dataclass(frozen=True)
class Scene:
    """One rule: what the member did for whom it fires, and what the one did who just misses it.

    `says`: pieces of the message. `hours`: that pass before events are looked at again.
    """

    shop: Shop
    campaign: str
    fires: Act
    misses: Act
    says: tuple[str, ...] = ()
    now: datetime = NOW
    hours: float = 2
    joined: tuple[float, float] = (400, 400)
    birthday: date | None = None


def all_of(*acts: Act) -> Act:
    def do(town: Town, member: int) -> None:
        for act in acts:
            act(town, member)

    return do


def tops_up(yuan: float, *, days: float = 0) -> Act:
    return lambda town, member: town.tops_up(member, round(yuan * 100), days_ago=days)


def buys(
    yuan: float,
    *days: float,
    item: str = "facial_basic",
    category: str = "facial",
    stored: bool = False,
) -> Act:
    def do(town: Town, member: int) -> None:
        for ago in days or (0,):
            town.buys(member, round(yuan * 100), days_ago=ago, item=item, category=category, stored=stored)

    return do


def redeems(points: int, *days: float) -> Act:
    def do(town: Town, member: int) -> None:
        for ago in days:
            town.redeems(member, points, days_ago=ago)

    return do


def holds(level: str) -> Act:
    def do(town: Town, member: int) -> None:
        with town.engine.begin() as connection:
            levels.record(
                connection, member_id=member, level=level, since=town.now, until=None, cause={"by": "test"}
            )

    return do


def with_coupons(act: Act, times: int) -> Act:
    """So many of the purchases are made with a coupon."""

    def do(town: Town, member: int) -> None:
        act(town, member)
        rows = town.all(
            "SELECT id FROM transfer WHERE member_id = :m ORDER BY id LIMIT :n", m=member, n=times
        )
        for row in rows:
            town.uses_coupon(member, row.id)

    return do


def muted(town: Town, member: int) -> None:
    with town.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE member SET muted = true WHERE id = {member}")


def nothing(_town: Town, _member: int) -> None:
    """Who did nothing at all."""


coffee = {"item": "americano", "category": "drinks"}
meal = {"item": "bento", "category": "food"}

SCENES = (
    # s0: 余额 500 元以上、3 个月未消费 → 余额翻倍券; 1000 元以上、半年 → 专属服务
    Scene(
        BEAUTY,
        "sleeping_500",
        all_of(tops_up(598, days=200), buys(98, 90.1, stored=True)),
        all_of(tops_up(598, days=200), buys(98, 89.9, stored=True)),
        ("卡里还有 ¥500.00", "送您余额翻倍券 1 张"),
    ),
    Scene(
        BEAUTY,
        "sleeping_1000",
        all_of(tops_up(1000, days=300), buys(98, 180.1)),
        all_of(tops_up(999.99, days=300), buys(98, 180.1)),
        ("一直给您留着", "小气泡五次卡 1次"),
    ),
    Scene(
        GYM,
        "balance_double",
        all_of(tops_up(500, days=200), buys(58, 91, item="spinning", category="group")),
        all_of(tops_up(499, days=200), buys(58, 91, item="spinning", category="group")),
        ("送您余额翻倍券 1 张",),
    ),
    Scene(
        GYM,
        "free_lesson",
        all_of(tops_up(1000, days=300), buys(58, 181, item="spinning", category="group")),
        all_of(tops_up(1000, days=300), buys(58, 179, item="spinning", category="group")),
        ("送您私教二十四节 1节",),
    ),
    # s0: 节假日或生日 → 余额抵扣 + 积分翻倍
    Scene(
        BEAUTY,
        "birthday_treat",
        tops_up(300, days=50),
        nothing,
        ("生日快乐", "节日20元券 1 张、消费积分翻倍（至10月27日）", "卡里还有 ¥300.00，直接抵扣"),
        birthday=date(1992, 10, 23),
    ),
    Scene(
        BEAUTY,
        "golden_week",
        tops_up(300, days=50),
        all_of(tops_up(150, days=50), buys(60, 40, stored=True)),
        ("国庆快乐", "卡里的 ¥300.00 假期照常抵扣，到10月7日消费积分翻倍"),
        now=local(2026, 9, 29, 12),
    ),
    # s0: 高频但低额 → 价格敏感; 低频但高额 → 品质追求
    Scene(
        BEAUTY,
        "frequent_small",
        buys(168, 1, 3, 5, 7, 9, 11),
        buys(298, 1, 3, 5, 7, 9, 11),
        ("送您平日九折券 1 张",),
    ),
    Scene(
        BEAUTY,
        "rare_big",
        buys(580, 4, item="facial_firming"),
        buys(580, 4, 14, 24, item="facial_firming"),
        ("送您200 积分", "下次想做紧致抗衰护理"),
    ),
    # s0: 积分兑换少 → 双倍积分券
    Scene(
        BEAUTY,
        "points_unused",
        all_of(redeems(600, 91, 30), buys(198, 1, 20, 50)),
        all_of(redeems(600, 89, 30), buys(198, 1, 20, 50)),
        ("送您一张双倍积分券：到11月3日消费，积分自动翻倍", "回复“积分兑换”"),
    ),
    # s1: 沉睡会员充值送多倍积分; 常来但长期未充值 → 充值满赠; 刚充值大额 → 指定项目折扣
    Scene(
        BEAUTY,
        "sleeping_points",
        buys(198, 60.1),
        buys(198, 59.9),
        ("到11月3日，来店消费、充值，积分都是 3 倍", "现在充 ¥800，送¥120.00、3000 积分"),
    ),
    Scene(
        GYM,
        "back_points",
        buys(58, 61, item="spinning", category="group"),
        buys(58, 59, item="spinning", category="group"),
        ("积分都是 3 倍", "现在充 ¥500，送¥30.00、1500 积分"),
    ),
    Scene(
        BEAUTY,
        "often_no_top_up",
        all_of(tops_up(300, days=91), buys(128, 2, 8, 15, 40)),
        all_of(tops_up(300, days=89), buys(128, 2, 8, 15, 40)),
        ("送您充500再送30券 1 张", "现在充 ¥800"),
    ),
    Scene(BEAUTY, "big_top_up", tops_up(1500), tops_up(1499), ("送您面部八折券 1 张",)),
    # s1: 偏爱某品牌、余额将尽 → 专属券 + 充值送的积分够换 + 推荐朋友，一条说完
    Scene(
        STORE,
        "coffee_nearly_empty",
        all_of(tops_up(100, days=30), buys(9, *range(1, 10), stored=True, **coffee)),
        all_of(tops_up(100, days=30), buys(18, *range(1, 6), stored=True, **meal)),
        ("卡里还剩 ¥19.00", "您爱喝的美式咖啡，送您咖啡5元券 1 张", "够换美式一杯", "推荐朋友来"),
    ),
    Scene(
        BEAUTY,
        "nearly_used_up",
        all_of(tops_up(300, days=30), buys(198, 5, 3, stored=False), buys(220, 1, stored=True)),
        all_of(tops_up(300, days=30), buys(220, 1, item="nails_design", category="nails", stored=True)),
        ("卡里还剩 ¥80.00", "送您面部八折券 1 张", "够换补水面膜一盒", "推荐朋友来"),
    ),
    # s2: 注册 24 小时 → 满100减20; 7 天未消费; 30 天 → 无门槛 5 元 + 推荐; 月消费 500; 常买的品类三个月没买
    Scene(BEAUTY, "welcome", nothing, nothing, ("送您新人礼：新人满100减20 1 张",), joined=(1, 0.9), hours=0),
    Scene(STORE, "welcome", nothing, nothing, ("欢迎来邻里鲜便利店",), joined=(1.01, 0.5), hours=0),
    Scene(BEAUTY, "welcome_wake", nothing, buys(198, 2), ("新人券还在卡里",), joined=(7.1, 7.1)),
    Scene(
        BEAUTY,
        "come_back",
        buys(198, 30.1, 60, 90),
        buys(198, 29.9, 60, 90),
        ("送您5元无门槛券 1 张", "您喜欢面部护理，补水面膜五片装也值得试试"),
    ),
    Scene(
        GYM,
        "rest_thirty",
        buys(58, 31, item="spinning", category="group"),
        buys(58, 29, item="spinning", category="group"),
        ("送您奶昔兑换券 1 张",),
    ),
    Scene(BEAUTY, "vip_month", buys(250, 3, 15), buys(250, 3, 25), ("专属礼：20元无门槛券 1 张",)),
    Scene(
        BEAUTY,
        "category_back",
        all_of(buys(128, 95, 125, 155, item="nails_plain", category="nails"), buys(198, 10)),
        buys(128, 95, 155, item="nails_plain", category="nails"),
        ("以前每个月都来做的美甲，有三个月没做了", "送您100 积分"),
    ),
    Scene(
        STORE,
        "meal_back",
        all_of(buys(18.8, 95, 125, 155, **meal), buys(9.9, 2, **coffee)),
        all_of(buys(18.8, 95, 125, 155, **meal), buys(18.8, 60, **meal)),
        ("好久没来买鲜食了，送您50 积分",),
    ),
    # s3: 消费后、节日、升级时引导充值; 会员日; 大额储值会员回访; 新储值会员指南; 储值会员带朋友
    Scene(BEAUTY, "after_visit", buys(200), buys(199), ("今天辛苦啦", "现在充 ¥800，送¥120.00")),
    Scene(
        BEAUTY,
        "mid_autumn_gift",
        nothing,
        muted,
        ("中秋快乐", "现在充 ¥800"),
        now=local(2026, 9, 22, 12),
    ),
    Scene(
        BEAUTY,
        "anniversary",
        nothing,
        muted,
        ("店庆快到了", "到6月22日充值，积分翻倍。现在充 ¥1,500，送¥300.00、4400 积分"),
        now=local(2027, 6, 15, 12),
    ),
    Scene(STORE, "spring_top_up", nothing, muted, ("春节快到了", "现在充 ¥500"), now=local(2027, 2, 1, 12)),
    Scene(BEAUTY, "level_top_up", holds("growing"), holds("newcomer"), ("恭喜升到成长会员", "现在充 ¥1,500")),
    Scene(GYM, "level_gift", holds("active"), holds("rookie"), ("恭喜升到活跃会员", "现在充 ¥1,500")),
    Scene(
        BEAUTY,
        "member_day_note",
        tops_up(300, days=40),
        nothing,
        ("今天会员日", "卡里还有 ¥300.00"),
        now=local(2026, 10, 18, 12),
    ),
    Scene(
        BEAUTY,
        "rich_follow_up",
        all_of(holds("loyal"), tops_up(1500, days=60), buys(198, 21.1)),
        all_of(holds("growing"), tops_up(1500, days=60), buys(198, 21.1)),
        ("卡里还有 ¥1,500.00，很充足", "帮您约下周的基础清洁护理"),
    ),
    Scene(BEAUTY, "first_top_up_guide", tops_up(300), buys(300), ("买单报手机号就行",)),
    Scene(GYM, "trial_after_first_top_up", tops_up(300), tops_up(299), ("充值到账",)),
    Scene(GYM, "friends", tops_up(1500), tops_up(1499), ("一起练更容易坚持", "推荐海报"), hours=24),
    Scene(
        STORE,
        "coupon_friday",
        with_coupons(buys(20, *range(1, 7), **meal), 3),
        with_coupons(buys(20, *range(1, 7), **meal), 2),
        ("送您满30减3 1 张",),
        now=local(2026, 10, 23, 12),
    ),
)
