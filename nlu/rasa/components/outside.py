"""Names of other people's businesses, which the classifier sees as one: what it learns of one it knows of all.

Only names that are no everyday word. 微信 and 支付宝 are missing: members pay and write with them.
"""

from __future__ import annotations

import re

OUTSIDE = "◇"
_NAMES = """
12306 12315 12345 12333 10086 10010 10000号 95588 95533 95566 95555 110 119 120 114 ChatGPT 文心一言 豆包 小爱同学 小度 天猫精灵 Siri
淘宝 天猫 京东 拼多多 唯品会 闲鱼 当当 苏宁 亚马逊 得物 小红书 抖音 快手 B站 哔哩哔哩 微博 知乎 豆瓣 贴吧 陌陌 探探 今日头条 头条号 西瓜视频 视频号 公众号
爱奇艺 优酷 腾讯视频 芒果TV 央视频 网易云 QQ音乐 酷狗 酷我 喜马拉雅 蜻蜓FM 全民K歌 百度网盘 迅雷 夸克 WPS 印象笔记 石墨文档 腾讯会议 钉钉 飞书 企业微信 樊登读书 得到app 微信读书 番茄小说
起点 掌阅 Netflix YouTube 苹果音乐 Steam Keep 薄荷健康 美图秀秀 剪映 醒图 墨迹天气 百度 谷歌 必应 搜狗 搜狐 新浪 网易 腾讯 凤凰网 汽车之家 58同城 赶集网 智联招聘 BOSS直聘 猎聘 学信网 学习通 学习强国
QQ Q币 王者荣耀 王者 和平精英 吃鸡 原神 英雄联盟 蛋仔派对 蛋仔 我的世界 开心消消乐 消消乐 梦幻西游 DNF 三国杀 斗地主 植物大战僵尸 崩坏 明日方舟 阴阳师 穿越火线 点券 战令 V币 抖币 快币
美团 饿了么 大众点评 肯德基 麦当劳 必胜客 星巴克 瑞幸 喜茶 奈雪 蜜雪冰城 海底捞 西贝 外婆家 全聚德 呷哺 汉堡王 德克士 霸王茶姬 古茗 盒马 叮咚买菜 朴朴 山姆 Costco 沃尔玛 永辉 大润发 家乐福 物美 宜家 迪卡侬 优衣库
滴滴 高德 百度地图 哈啰 青桔 曹操出行 T3出行 神州租车 一嗨 携程 去哪儿 飞猪 同程 马蜂窝 途牛 南航 国航 东航 海航 厦航 川航 春秋航空 汉庭 如家 全季 亚朵 希尔顿 万豪 七天连锁 锦江之星 迪士尼 环球影城 欢乐谷
顺丰 中通 圆通 申通 韵达 极兔 邮政 菜鸟 丰巢 中国移动 中国联通 中国电信 移动 联通 电信 广电 铁塔 国家电网 中石化 中石油 壳牌
招商银行 招行 工商银行 工行 建设银行 建行 农业银行 农行 中国银行 中行 交通银行 交行 邮储 浦发 民生银行 平安银行 中信银行 兴业银行 光大 广发 汇丰 花旗 余额宝 花呗 借呗 白条 芝麻信用 云闪付 银联 数字人民币 零钱通 微粒贷 度小满
平安保险 中国人寿 太平洋保险 人保 泰康 众安 中信证券 东方财富 同花顺 雪球 支付宝基金 天天基金 蚂蚁
公交卡 地铁卡 交通卡 一卡通 羊城通 八达通 饭卡 校园卡 加油卡 油卡 煤气卡 燃气卡 天然气卡 电卡 水卡 电话卡 手机卡 流量卡 工资卡 医保卡 社保卡 市民卡 高速卡 ETC 购物卡 网吧卡 身份证 护照 驾照 居住证 户口本 签证
话费 电费 水费 燃气费 物业费 宽带 流量 房租 房贷 车贷 学费 公积金 社保 医保 养老金 个税 罚款 违章 信用卡 储蓄卡 押金
火车票 机票 高铁票 动车票 汽车票 船票 火车 高铁 动车 飞机 航班 酒店 宾馆 民宿 旅馆 客栈 度假村 演唱会 电影票 话剧 球赛 门票
网约车 出租车 顺风车 专车 代驾 快递 外卖 骑手 4S店 加油站 充电桩 充电宝 共享单车 停车场
闹钟 会议 例会 面试 答辩 家长会 牙医 驾校 科目二 科目三 科一 高考 考研 疫苗 核酸 急诊 住院 手术 律师 法院 派出所 大使馆 车管所 民政局 图书馆 博物馆 动物园 电影院
iPhone iPad 苹果手机 华为 三星 联想 海尔 格力 美的 奔驰 宝马 特斯拉 比亚迪 路由器 打印机 蓝牙 空调 电视机 冰箱 热水器
"""
_AMBIGUOUS = frozenset("公众号 学费 身份证 户口本 快手 当当 物美 点券 停车场 空调 电视机 冰箱 热水器 高铁 动车 飞机 火车 疫苗 手术 住院 押金 110 119 120 114 流量 移动 美的 起点".split())  # noqa: SIM905
"""Words that members say of a visit, a service or themselves (停车场在哪, 赶高铁, 卡绑到公众号, 宠物美容): these stay as they are."""


def _pattern() -> re.Pattern[str]:
    names = {name.lower() for name in _NAMES.split()} - _AMBIGUOUS
    longest_first = sorted(names, key=lambda name: (-len(name), name))
    return re.compile("|".join(rf"(?<![a-z0-9]){re.escape(name)}(?![a-z0-9])" if name.isascii() else re.escape(name) for name in longest_first))


NAMES = _pattern()
