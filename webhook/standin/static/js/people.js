// The people at the left: who they are, who has something unread, whose phone is in hand.

import { avatar, byId, make } from "./api.js";

const FILTER_FROM = 9;
const NEWCOMERS = ["小周", "阿琳", "晓雯", "大刘", "小何", "思思", "老陈", "婷婷", "阿杰", "雅芳", "小唐", "佳佳"];

export class People {
  constructor(onChoose) {
    this.list = byId("people");
    this.filter = byId("people-filter");
    this.onChoose = onChoose;
    this.all = [];
    this.drawn = "";
    this.filter.addEventListener("input", () => this.draw());
  }

  find(openid) {
    return this.all.find((person) => person.openid === openid);
  }

  /** Take the newest list; redraw only when something changed. */
  take(people, current) {
    this.all = people;
    this.current = current;
    const key = JSON.stringify([people.map((p) => [p.openid, p.name, p.label, p.colour, p.follows, p.unread]), current]);
    if (key !== this.drawn) {
      this.drawn = key;
      this.draw();
    }
  }

  draw() {
    const asked = this.filter.value.trim();
    this.filter.hidden = this.all.length < FILTER_FROM;
    const shown = this.all.filter((person) => !asked || (person.name + person.label).includes(asked));
    this.list.replaceChildren(...shown.map((person) => this.row(person)));
    if (!this.all.length) this.list.append(make("li", "people-empty", "还没有人，先请一位客人来"));
    this.countUnread();
  }

  countUnread() {
    const others = this.all.filter((person) => person.openid !== this.current);
    const unread = others.reduce((sum, person) => sum + person.unread, 0);
    const badge = byId("back-unread");
    badge.hidden = unread === 0;
    badge.textContent = unread > 99 ? "99+" : String(unread);
  }

  row(person) {
    const here = person.openid === this.current;
    const face = make("span", "face", avatar(person));
    if (person.unread && !here) face.append(make("em", "badge", person.unread > 99 ? "99+" : String(person.unread)));
    const [role, ...rest] = person.label.split(" · ");
    if (!person.follows) rest.push("未关注");
    const below = rest.join(" · ") || "已关注";
    const name = make("span", "who", make("b", "", person.name), make("small", "", below));
    const label = role ? [make("span", `tag ${tagOf(role)}`, role)] : [];
    const button = make("button", `person${here ? " here" : ""}${person.follows ? "" : " away"}`, face, name, ...label);
    button.type = "button";
    button.dataset.openid = person.openid;
    if (here) button.setAttribute("aria-current", "true");
    button.addEventListener("click", () => this.onChoose(person.openid));
    return make("li", "", button);
  }

  /** A name for a newcomer that nobody has yet. */
  freshName() {
    const used = new Set(this.all.map((person) => person.name));
    return NEWCOMERS.find((name) => !used.has(name)) || `客人${this.all.length + 1}`;
  }
}

function tagOf(label) {
  if (/老板|店长|总部/.test(label)) return "lead";
  if (/收银|员工|技师|前台/.test(label)) return "staff";
  return /新/.test(label) ? "new" : "member";
}
