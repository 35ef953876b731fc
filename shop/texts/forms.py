"""Running forms: prompts, corrections, interruptions."""

from __future__ import annotations

TEXTS: dict[str, str] = {
    "form_forgotten": "刚才的{what}放得有点久，先停下了，什么都没有办。想接着办，再说一次就行。",
    "form_cancelled": "好的，{what}先不办了。",
    "form_given_up": "这几句我都没接住，{what}先停在这里，什么都没有办。回复“人工”请店员帮您办。",
    "form_not_heard": "这句我没听懂。",
    "form_way_out": "也可以回复“算了”不办，或回复“人工”请店员帮忙。",
    "no_hurry": "不急，想好了再告诉我。",
    "form_back": "接着办{what}：\n{question}",
    "form_join": "入会",
    "form_phone": "换手机号",
    "form_book": "预约",
    "form_move": "改约",
    "form_cancel_booking": "取消预约",
    # Booking, said to the member
    "my_bookings_none": "您现在没有预约。想约哪天，直接说就行，例如“周六下午{service}”。",
    "booking_nothing": "来店不用预约，什么时候方便什么时候来。有事请打{store}电话 {phone}。",
    "my_bookings_mine": "您的预约：\n{lines}",
    "book_which_service": "想约哪一项？",
    "book_which_service_more": "想约哪一项？没列出来的，直接说名字就行。",
    "book_place": "好的，就约离您最近的{store}（约 {distance}）。",
    "book_which_technician": "您说的是哪一位？",
    "book_which": "是哪一个预约？",
    "book_when": "{service}想约哪天、几点？",
    "book_full": "{service}这段时间都约满了。要排队等位吗？有人改期，我第一时间告诉您。",
    "book_offer_as_wished": "{service}这些时间可以：",
    "book_offer_other_time": "您说的时间约满了，最近的空位：",
    "book_offer_other_technician": "{wished}那会儿约满了，这些时间可以：",
    "book_offer_other_store": "这家店约满了，别的店这些时间可以：",
    "book_offer_closed": "那个时间店里不营业，这些时间可以：",
    "book_offer_too_soon": "那个时间来不及安排了，最早这些时间可以：",
    "book_offer_too_far": "那个时间还没开放预约，现在能约的有：",
    "book_offer_full": "{service}现在能约的有：",
    "book_just_taken": "刚刚被别人约走了一步，抱歉。",
    "book_people": " · {count} 位",
    "book_echo": "帮您留好了，请核对：\n{time}\n{service}{people}{who}\n{store}{price}\n\n"
    "回复 1 约定，回复 0 不约（先留 {minutes} 分钟）",
    "book_move_echo": "改成这个时间，请核对：\n{time}\n{service}{people}{who}\n{store}{price}\n\n"
    "回复 1 改约，回复 0 不改（先留 {minutes} 分钟）",
    "book_done": "约好了 ✓\n{line}\n预约号 {number}\n\n地址 {address}\n电话 {phone}\n"
    "要改要取消，请在开始前 {hours} 小时说一声。",
    "book_moved": "改好了 ✓\n{line}\n预约号 {number}\n\n地址 {address}\n电话 {phone}",
    "book_waiting": "已经给您排上队了。{service}一有空位，我马上告诉您。",
    "book_cancel_echo": "要取消这个预约吗？\n{line}{deposit}\n\n回复 1 取消预约，回复 0 保留",
    "book_cancel_echo_late": "要取消这个预约吗？\n{line}\n"
    "离开始不到 {hours} 小时，会记一次临时取消。{deposit}\n\n回复 1 取消预约，回复 0 保留",
    "book_cancelled": "已取消：{line}{deposit}",
    "book_deposit_returned": "\n定金 {amount} 已退回您的储值。",
    "book_deposit_kept": "\n定金 {amount} 按约定不退。",
    "book_number": "预约号 {number}",
    "book_command": "我要预约",
    "pending_waits": "刚才那份还等您确认：回复 1 确认，0 取消。",
}
