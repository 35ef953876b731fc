"""The shop as its owner wrote it in shop.yml: immutable typed values, one file a section.

Money is written in yuan and kept in fen; a field `amount` of the file is therefore `amount_fen` here. The
fields are explained for owners in docs/shop.md.
"""

from shop.model.base import Entry, UnknownIdError, normal_word
from shop.model.booking import BookingRules, Resource
from shop.model.campaigns import (
    Campaign,
    CampaignChannel,
    CampaignGifts,
    CampaignHints,
    CampaignLimit,
    CampaignSegment,
    CampaignTrigger,
    HolidayName,
)
from shop.model.counter import LAW_CARD_CAP_FEN, LawLimits, Oversight, PaymentMethod, Role, RoleId
from shop.model.coupons import CouponKind, CouponType, QuoteRules
from shop.model.gifts import CouponGift, EarnedBy, EntitlementGift, Gifts, MultiplierGift, When
from shop.model.items import Category, Good, Item, MemberPrice, Roster, Service, Technician
from shop.model.levels import Conditions, Level
from shop.model.packs import Pack, PackUnit
from shop.model.points import (
    CashValue,
    PointsCampaign,
    PointsRules,
    SpendingOrder,
    StoredPrice,
    StoredValueRules,
)
from shop.model.referral import ReferralReward, ReferralRules
from shop.model.reminders import ReminderKind, ReminderRules, ReminderTemplate
from shop.model.rewards import Reward, RewardKind
from shop.model.shop import Rounding, Shop
from shop.model.stores import FenBounds, Overrides, PercentBounds, SpecialDay, Store, StoreMayChange, Week
from shop.model.tags import Tag, TagRules
from shop.model.texts import Texts
from shop.model.top_ups import Segment, Tier, TierLevel, TierLimit, TopUpRules

__all__ = [
    "LAW_CARD_CAP_FEN",
    "BookingRules",
    "Campaign",
    "CampaignChannel",
    "CampaignGifts",
    "CampaignHints",
    "CampaignLimit",
    "CampaignSegment",
    "CampaignTrigger",
    "CashValue",
    "Category",
    "Conditions",
    "CouponGift",
    "CouponKind",
    "CouponType",
    "EarnedBy",
    "EntitlementGift",
    "Entry",
    "FenBounds",
    "Gifts",
    "Good",
    "HolidayName",
    "Item",
    "LawLimits",
    "Level",
    "MemberPrice",
    "MultiplierGift",
    "Overrides",
    "Oversight",
    "Pack",
    "PackUnit",
    "PaymentMethod",
    "PercentBounds",
    "PointsCampaign",
    "PointsRules",
    "QuoteRules",
    "ReferralReward",
    "ReferralRules",
    "ReminderKind",
    "ReminderRules",
    "ReminderTemplate",
    "Resource",
    "Reward",
    "RewardKind",
    "Role",
    "RoleId",
    "Roster",
    "Rounding",
    "Segment",
    "Service",
    "Shop",
    "SpecialDay",
    "SpendingOrder",
    "Store",
    "StoreMayChange",
    "StoredPrice",
    "StoredValueRules",
    "Tag",
    "TagRules",
    "Technician",
    "Texts",
    "Tier",
    "TierLevel",
    "TierLimit",
    "TopUpRules",
    "UnknownIdError",
    "Week",
    "When",
    "normal_word",
]
