"""One way of writing for what members write in many: full-width, traditional script, blanks, invisible marks.

Standard library only: the Rasa project, which has a Python of its own, reads this file too.
"""

from __future__ import annotations

import re
import unicodedata

TEXT_LIMIT = 500
"""Characters; what is longer is not a request and is not parsed."""

# Traditional on even places, simplified after it. The characters that requests to a shop are made of.
_PAIRS_TEXT = """
餘余額额儲储值值點点積积幾几錢钱還还剩剩卡卡裡里裏里裡里麼么嗎吗沒没這这個个們们來来時时間间約约預预訂订單单號号電电話话機机碼码會会員员級级別别優优惠惠
券券劵券換换兌兑禮礼獎奖勵励領领退退費费賬账帳账戶户記记錄录錯错誤误對对請请問问謝谢讓让說说話话講讲話话認认識识語语訊讯詢询課课訂订計计論论設设許许
該该詳详誰谁調调談谈變变議议護护讀读買买賣卖貨货質质貴贵賓宾賞赏賺赚購购車车軟软轉转輕轻輸输辦办過过運运進进連连週周遲迟遠远選选邊边鄰邻郵邮門门開开關关
閉闭閒闲間间陽阳陰阴隊队階阶際际險险隨随難难雙双離离雲云電电靜静頁页項项順顺須须預预領领頭头題题額额顏颜願愿顧顾類类風风飛飞飯饭飲饮館馆馬马駕驾驗验髮发
發发體体點点黃黄齊齐齒齿龍龙龜龟歡欢歲岁歸归殺杀氣气決决況况洗洗淨净減减測测湯汤溫温滿满漢汉潔洁澤泽濕湿灑洒無无煩烦熱热燈灯燙烫爭争爲为為为牆墙狀状獨独現现
環环產产畫画當当療疗癢痒盜盗盡尽監监盤盘眾众著着矯矫確确碼码禮礼禍祸種种稱称穩稳穫获競竞筆笔節节範范築筑簡简簽签簾帘籃篮籤签糧粮紀纪紅红純纯紙纸級级細细終终組组
結结給给絡络統统絲丝經经維维網网緊紧線线編编緩缓練练縣县縮缩總总績绩織织繼继續续羅罗義义習习聖圣聞闻聯联聲声聽听職职肅肃脫脱腦脑腳脚膚肤臉脸臨临與与興兴舊旧
藝艺藥药萬万葉叶號号處处蟲虫術术衛卫裝装補补製制複复見见規规視视親亲覺觉覽览觀观觸触訂订訴诉診诊詞词試试詩诗誠诚誇夸譯译豐丰負负財财責责貼贴費费貸贷資资賠赔贈赠贏赢
趕赶跡迹踐践軍军載载較较輛辆輪轮農农迴回適适遺遗鄉乡醫医釋释銀银銷销鋪铺錶表鍵键鎖锁鎮镇鏡镜鐘钟鐵铁閱阅闆板陸陆隻只雖虽霧雾響响頂顶順顺頸颈頻频顯显養养餐餐餵喂騎骑
驚惊鬆松魚鱼鮮鲜鳥鸟麗丽麵面默默僅仅價价億亿償偿儀仪傳传債债傷伤傾倾備备內内兩两冊册凈净凍冻刪删別别劃划劇剧劉刘動动務务勝胜勞劳勢势匯汇區区協协單单衛卫卻却
參参雙双叢丛員员問问啟启啓启嗎吗喚唤喫吃嘗尝嚴严團团園园圍围國国圖图圓圆場场塊块報报執执塗涂墊垫壓压壞坏壽寿夢梦夥伙奪夺奬奖婦妇媽妈嬰婴孫孙學学寫写寬宽實实寧宁審审
寵宠將将專专尋寻導导屆届屬属岡冈島岛崗岗師师帶带幫帮幣币幹干庫库應应廁厕廳厅張张強强彈弹彙汇後后從从復复徵征徹彻恆恒悅悦悶闷惡恶惱恼愛爱態态慘惨慣惯慶庆憂忧憑凭憶忆
應应懶懒戀恋戲戏戶户拋抛挾挟捨舍掃扫掛挂採采換换揮挥損损搶抢摟搂摺折撥拨撿捡擁拥擇择擊击擋挡據据擠挤擬拟擴扩擺摆擾扰攔拦攜携攝摄數数斷断於于暫暂暢畅曆历曉晓書书
條条東东檔档檢检極极構构槍枪樂乐樣样標标樓楼樹树橋桥機机權权殘残沖冲涼凉淚泪淺浅渾浑準准溝沟滅灭滯滞漲涨潤润濃浓灣湾炸炸煉炼燒烧爛烂爺爷牽牵犧牺猶犹獲获獻献瑪玛異异
疊叠痠酸瘋疯瞭了矚瞩碩硕禪禅禿秃稅税積积窩窝窮穷竊窃筍笋篩筛粵粤糾纠絕绝綁绑綠绿緣缘縫缝繞绕繡绣罷罢聰聪肌肌腫肿膽胆臺台檯台艙舱蔥葱蓋盖蘇苏蘋苹蘭兰蝦虾衝冲裝装褲裤
譜谱讚赞貓猫販贩貿贸賀贺跟跟踴踊蹤踪軌轨軒轩輩辈辭辞邏逻鄭郑醬酱鑰钥鑽钻鍊链鏈链鐲镯鑲镶閃闪閣阁隱隐雜杂霑沾韓韩頓顿頒颁頗颇餅饼餓饿騙骗騷骚驟骤鬍胡鬧闹鹹咸鹽盐黨党
"""
_TRADITIONAL = {
    ord(a): b for line in _PAIRS_TEXT.split() for a, b in zip(line[::2], line[1::2], strict=True) if a != b
}
_BLANKS = re.compile(r"\s+")
_REPEATED = re.compile(r"([!?。,~.…、;])\1+")


def _is_invisible(character: str) -> bool:
    """Control and format characters, private use, unassigned; blanks are kept for `_BLANKS`."""
    return unicodedata.category(character) in ("Cc", "Cf", "Co", "Cs", "Cn") and not character.isspace()


def simplified(text: str) -> str:
    """Characters of traditional script in simplified script, for the common ones; length is kept."""
    return text.translate(_TRADITIONAL)


def normalise(text: str) -> str:
    """NFKC, simplified script, no invisible characters, single blanks, no repeated punctuation."""
    plain = unicodedata.normalize("NFKC", text)
    visible = "".join(character for character in plain if not _is_invisible(character))
    one_line = _BLANKS.sub(" ", simplified(visible)).strip()
    return _REPEATED.sub(r"\1", one_line)
