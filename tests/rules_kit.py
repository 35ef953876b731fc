"""A small shop that uses every rule of top-ups, points, levels and packs; for the tests of those rules."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from shop.files import loads
from shop.model import Shop

ZONE = ZoneInfo("Asia/Shanghai")

RICH = """\
name: 小店
store_may_change:
  hours: 08:00-23:00
  tier_gift_percent: 20
  tier_points_percent: 50
  points_percent: {min: 80, max: 150}
  top_up_minimum: {min: 50, max: 300}
  price_percent: 10
stores:
  - id: main
    name: 总店
    address: 幸福路 1 号
    phone: 010-80000001
    hours: {every_day: 10:00-21:00}
  - id: east
    name: 东店
    address: 幸福路 2 号
    phone: 010-80000002
    hours: {every_day: 10:00-21:00}
    overrides:
      hours: {every_day: 09:00-22:00, mon: 休息}
      tiers:
        - {tier: big, gift: 144, points: 1500}
      points_percent: 150
      top_up_minimum: 200
      prices:
        - {item: facial, price: 208}
categories:
  - {id: care, name: 护理}
  - {id: home, name: 产品}
services:
  - {id: facial, name: 做脸, category: care, price: 198, duration_minutes: 60}
goods:
  - {id: mask, name: 面膜, category: home, price: "39.90"}
top_up:
  minimum: 100
  maximum: 5000
  tiers:
    - {id: small, name: 小档, amount: 300, gift: 30, points: 300}
    - {id: first, name: 首充档, amount: 300, gift: 60, points: 300, for: {first_top_up: true}}
    - id: back
      name: 回归档
      amount: 300
      gift: 30
      points: 300
      coupons: [{coupon: off20, count: 2}]
      for: {dormant_days: 90}
    - {id: big, name: 大档, amount: 800, gift: 120, points: 1000}
    - id: festival
      name: 双十一档
      amount: 800
      gift: 200
      when: {from: 2026-11-01, until: 2026-11-11}
      limit: {total: 1}
    - id: member_day
      name: 会员日档
      amount: 800
      gift: 160
      when: {month_days: [8, 29]}
      limit: {per_month: 1}
    - id: top
      name: 尊享档
      amount: 1500
      gift: 301
      instalments: 3
      points: 2200
      coupons: [{coupon: off20, count: 3}]
      entitlements: [{pack: facial_10, amount: 2}]
      level: {level: mature, months: 6}
levels:
  - {id: fresh, name: 新客}
  - id: grown
    name: 成长会员
    conditions: {visits: 3, topped_up: 500}
    member_price_percent: 98
  - id: mature
    name: 成熟会员
    conditions: {visits: 10, spent: 3000, within_months: 12}
    member_price_percent: 95
    points_rate_percent: 120
    valid_months: 12
    grace_days: 30
    on_reaching: {points: 500, entitlements: [{pack: facial_10, amount: 1}]}
    monthly: {points: 50}
    birthday: {points: 888}
  - id: loyal
    name: 忠诚会员
    conditions: {visits: 30, spent: 10000, within_months: 12}
    member_price_percent: 88
    points_rate_percent: 150
    valid_months: 12
points:
  per_yuan_outside: 1
  per_yuan_stored: 2
  per_yuan_top_up: 0.5
  cash_value: {points_per_yuan: 100, step: 100, max_percent: 50}
  campaigns:
    - {id: day8, name: 会员日双倍, multiplier: 2, when: {month_days: [8]}}
    - {id: bday, name: 生日三倍, multiplier: 3, birthday: month}
    - {id: masks, name: 产品一点五倍, multiplier: 1.5, categories: [home]}
    - {id: away, name: 回归四倍, multiplier: 4, dormant_days: 90, earned_by: all}
packs:
  - {id: facial_10, name: 做脸十次, price: 1680, amount: 10, services: [facial], lifetime_months: 12}
coupons:
  - {id: off20, name: 20元券, kind: amount, off: 20, over: 200, valid_days: 30}
payment_methods:
  - {id: cash, name: 现金}
  - {id: wechat, name: 微信, aliases: [wx]}
roles:
  - {id: cashier, name: 收银员, per_entry: 2000}
  - {id: manager, name: 店长}
  - {id: head_office, name: 总部}
  - {id: owner, name: 老板}
"""


def rich_shop() -> Shop:
    return loads(RICH)


def changed(old: str, new: str) -> str:
    """The text of the shop with one thing written otherwise."""
    assert RICH.count(old) >= 1, old
    return RICH.replace(old, new, 1)


def local(*parts: int) -> datetime:
    """A moment in the shop's zone."""
    return datetime(*parts, tzinfo=ZONE)  # type: ignore[arg-type, misc]
