// The right side: the clock, the state of the product's parts, and what went over the wire.

import { byId, get, make, post, toast } from "./api.js";
import { partsOf, span } from "./times.js";

const PART_NAMES = {
  database: "账本（数据库）", postgres: "账本（数据库）", db: "账本（数据库）", redis: "会话（Redis）", state: "会话（Redis）",
  nlu: "语言模型", rasa: "语言模型", worker: "发信员", queue: "发信队列", jobs: "发信队列", shop: "店铺设定", wechat: "微信接口",
};
const GOOD = new Set(["ok", "up", "ready", "true", "running", "alive", "rasa", "healthy"]);
const COMING = new Set(["starting", "loading", "warming", "training", "keywords", "degraded", "wait", "waiting", "slow"]);
const WIRE_KEPT = 150;
const KINDS = {
  text: "文字", voice: "语音", image: "图片", location: "位置", link: "链接", subscribe: "关注", unsubscribe: "取消关注", SCAN: "扫码",
  CLICK: "菜单", VIEW: "菜单链接", raw: "原样", "message/custom/send": "客服消息", token: "取令牌", stable_token: "取令牌",
  "menu/create": "建菜单", "menu/get": "查菜单", "menu/delete": "删菜单", "qrcode/create": "建二维码", "media/upload": "传素材",
  "media/get": "取素材", "user/info": "查用户", clear_quota: "清配额", getcallbackip: "查地址",
};

export class Clock {
  constructor(onMoved) {
    this.offset = 0;
    this.onMoved = onMoved;
    document.querySelectorAll("[data-move]").forEach((button) =>
      button.addEventListener("click", () => this.move({ move_seconds: Number(button.dataset.move) })));
    byId("clock-real").addEventListener("click", () => this.move({ real: true }));
    byId("clock-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.move({ set: byId("clock-to").value });
    });
    setInterval(() => this.draw(), 1000);
  }

  /** Seconds since the epoch on the stand-in's clock. */
  now() {
    return Date.now() / 1000 + this.offset;
  }

  take(clock) {
    const changed = Math.abs(this.offset - clock.offset_seconds) > 0;
    this.offset = clock.offset_seconds;
    if (changed) byId("clock-to").value = "";
    if (changed || !byId("clock-date").textContent) this.draw();
  }

  async move(body) {
    try {
      this.take(await post("/clock", body));
      this.onMoved();
    } catch (refusal) {
      toast(refusal.message);
    }
  }

  draw() {
    const now = partsOf(this.now());
    byId("phone-time").textContent = now.clock;
    byId("clock-time").textContent = now.clock;
    byId("clock-date").textContent = `${now.year}年${now.month}月${now.day}日 星期${now.weekday}`;
    const field = byId("clock-to");
    if (!field.value) field.value = `${now.input}T${now.clock}`;
    const ahead = this.offset > 0 ? "快" : "慢";
    byId("clock-offset").textContent = this.offset ? `比真实时间${ahead} ${span(this.offset)}` : "与真实时间一致（北京时间）";
    byId("clock-offset").classList.toggle("moved", this.offset !== 0);
  }
}

export class Status {
  async refresh() {
    let seen;
    try {
      seen = await get("/status");
    } catch {
      this.line("bad", "演示台停了：请看看终端");
      byId("status-parts").replaceChildren();
      return;
    }
    const parts = seen.reachable ? partsIn(seen.parts) : [];
    byId("status-parts").replaceChildren(...parts.map(partRow));
    this.say(seen, parts);
  }

  say(seen, parts) {
    const bad = parts.filter((part) => part.state === "bad");
    const model = parts.find((part) => part.name === "语言模型");
    if (!seen.reachable) this.line("bad", "掌柜还没有应答，请稍等");
    else if (bad.some((part) => part !== model)) this.line("bad", `暂不能用：${bad.map((part) => part.name).join("、")}`);
    else if (model && model.state !== "good") this.line("coming", "语言模型启动中，先用关键词应答");
    else if (parts.some((part) => part.state === "coming")) this.line("coming", "正在准备");
    else if (seen.http_status >= 400) this.line("bad", "掌柜还没有准备好");
    else this.line("good", "一切就绪");
  }

  line(state, words) {
    const line = byId("status-line");
    line.className = `status-line ${state}`;
    line.lastElementChild.textContent = words;
  }
}

/** The parts of /readyz: a name with "ok", "degraded: why" or what is wrong; an object with a state is read too. */
function partsIn(report) {
  if (!report || typeof report !== "object") return [];
  const inner = ["parts", "checks", "components"].map((key) => report[key]).find((value) => value && typeof value === "object");
  return Object.entries(inner || report)
    .filter(([name]) => inner || PART_NAMES[name.toLowerCase()])
    .map(([name, value]) => partOf(name, value))
    .slice(0, 12);
}

function partOf(name, value) {
  const nested = value && typeof value === "object";
  const word = String(nested ? value.state ?? value.status ?? value.ready ?? value.ok ?? "" : value).toLowerCase();
  const detail = String((nested ? value.detail ?? value.message ?? value.text : value) ?? "");
  const start = word.split(/[^a-z]/, 1)[0];
  const state = GOOD.has(start) ? "good" : COMING.has(start) ? "coming" : "bad";
  return { name: PART_NAMES[name.toLowerCase()] || name, state, detail };
}

function partRow(part) {
  const words = { good: "正常", coming: "启动中", bad: "不可用" }[part.state];
  const row = make("li", part.state, make("i", "dot"), make("span", "", part.name), make("small", "", words));
  row.title = part.detail;
  return row;
}

/** Trouble for the next message or the next call of the platform's API. */
export class Mischief {
  constructor() {
    this.delivery = byId("next-delivery");
    byId("next-fault").addEventListener("change", (event) => this.fault(event.target));
  }

  /** The flags for the next message; the choice goes back to normal. */
  take() {
    const flag = this.delivery.value;
    this.delivery.value = "";
    return flag ? { [flag]: true } : {};
  }

  async fault(select) {
    const kind = select.value;
    if (!kind) return;
    try {
      await post("/faults", { kind, times: 1 });
      byId("faults-set").textContent = `已备好：${select.selectedOptions[0].textContent}`;
    } catch (refusal) {
      toast(refusal.message);
    }
    select.value = "";
  }
}

export class Wire {
  constructor() {
    this.list = byId("wire");
    this.last = 0;
  }

  add(entries, nameOf) {
    for (const entry of entries) {
      if (entry.id <= this.last) continue;
      this.last = entry.id;
      this.list.prepend(this.row(entry, nameOf(entry.openid)));
    }
    while (this.list.children.length > WIRE_KEPT) this.list.lastElementChild.remove();
  }

  row(entry, name) {
    const time = partsOf(entry.at);
    const push = entry.direction === "push";
    const kind = KINDS[entry.kind] || entry.kind;
    const trouble = /^(超时|连接|HTTP|回复无效|errcode)/.test(entry.verdict);
    const tries = entry.attempt > 1 ? `第${entry.attempt}次 ` : "";
    const first = make(
      "div", "wire-line",
      make("span", "wire-time", `${time.clock}:${time.second}`),
      make("span", `way ${push ? "in" : "out"}`, push ? "微信→掌柜" : "掌柜→微信"),
      make("b", "", kind),
      make("span", "wire-who", name),
    );
    const second = make(
      "div", "wire-line",
      make("span", "wire-text", entry.summary || ""),
      make("span", `verdict${trouble ? " trouble" : ""}`, tries + entry.verdict),
    );
    const head = make("summary", "", first, second);
    head.title = [entry.summary, entry.verdict].filter(Boolean).join(" · ");
    const details = make("details", "", head);
    details.addEventListener("toggle", () => details.open && details.children.length === 1 && details.append(inside(entry)), { once: true });
    return make("li", "", details);
  }
}

function inside(entry) {
  const box = make("div", "wire-inside");
  const push = entry.direction === "push";
  const texts = [
    [push ? "微信推送" : "掌柜请求", entry.request_plain], [push ? "微信推送 · 加密原文" : "请求原文", entry.request_wire],
    [push ? "掌柜回复" : "微信应答", entry.response_plain], [push ? "掌柜回复 · 加密原文" : "应答原文", entry.response_wire],
  ];
  for (const [title, text] of texts) {
    if (text) box.append(make("h4", "", title), make("pre", "", pretty(text)));
  }
  box.append(make("h4", "", `${entry.milliseconds} 毫秒 · 地址`), make("p", "quiet", entry.url));
  return box;
}

/** JSON and XML with line breaks; anything else as it is. */
function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    if (!text.startsWith("<xml>")) return text;
  }
  const pieces = text.match(/<!\[CDATA\[[\s\S]*?\]\]>|<[^>]+>|[^<]+/g) || [];
  let depth = 0;
  let out = "";
  pieces.forEach((piece, index) => {
    const closing = piece.startsWith("</");
    const opening = piece.startsWith("<") && !closing && !piece.startsWith("<!");
    if (closing) depth -= 1;
    const afterText = index > 0 && !/^<(?!!)/.test(pieces[index - 1]);
    const afterOpening = index > 0 && /^<[^/!]/.test(pieces[index - 1]);
    if (opening || (closing && !afterText && !afterOpening)) out += `\n${"  ".repeat(Math.max(depth, 0))}`;
    out += piece;
    if (opening) depth += 1;
  });
  return out.trim();
}
