// The chat on the phone: bubbles, pictures, cards, time lines, the dots while the shop is writing.

import { avatar, byId, icon, make } from "./api.js";
import { separator } from "./times.js";
import { choiceLink, isWeb, nodesOf, webLink } from "./words.js";

const TIME_LINE_AFTER_SECONDS = 300;
const SHOWN_AT_MOST = 400;

export class Chat {
  constructor(onChoice, onPicture) {
    this.list = byId("chat");
    this.onChoice = onChoice;
    this.onPicture = onPicture;
    this.pinned = true;
    this.list.addEventListener("scroll", () => (this.pinned = this.distance() < 60));
    new ResizeObserver(() => this.pinned && this.toEnd()).observe(this.list);
    this.clear(null);
  }

  clear(person) {
    this.person = person;
    this.seq = 0;
    this.lastAt = -Infinity;
    this.dots = null;
    this.hinted = "";
    this.pinned = true;
    this.list.replaceChildren();
  }

  /** Show messages that are new here; true when one of them came from the account. */
  add(messages, now) {
    const atEnd = this.pinned || this.distance() < 120;
    const fresh = messages.filter((message) => message.seq > this.seq);
    for (const message of fresh) {
      this.seq = message.seq;
      if (Math.abs(message.at - this.lastAt) > TIME_LINE_AFTER_SECONDS) {
        this.place(make("li", "time-line", separator(message.at, now)));
      }
      this.lastAt = message.at;
      this.place(this.row(message));
    }
    while (this.list.children.length > SHOWN_AT_MOST) this.list.firstElementChild.remove();
    if (fresh.length && (atEnd || fresh.some((message) => message.from === "person"))) this.toEnd();
    return fresh.some((message) => message.from === "account");
  }

  /** While nothing was said yet: things one could say; a tap puts the words on the keyboard line. */
  hint(words, onHint) {
    const empty = !this.list.querySelector(".row");
    if (!empty || this.hinted === words.join()) {
      if (!empty) this.list.querySelector(".hint")?.remove();
      return;
    }
    this.hinted = words.join();
    const buttons = words.map((text) => {
      const button = make("button", "", text);
      button.type = "button";
      button.addEventListener("click", () => onHint(text));
      return button;
    });
    this.list.querySelector(".hint")?.remove();
    this.list.append(make("li", "hint", make("span", "", "试着说"), ...buttons));
  }

  /** The three dots while an answer is on its way. */
  waiting(on) {
    if (on && !this.dots) {
      const bubble = make("div", "bubble dots", make("i"), make("i"), make("i"));
      this.dots = make("li", "row from-account", this.shopFace(), bubble);
      this.list.append(this.dots);
      this.toEnd();
    } else if (!on && this.dots) {
      this.dots.remove();
      this.dots = null;
    }
  }

  /** Pixels between what is seen and the newest message. */
  distance() {
    return this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight;
  }

  toEnd() {
    this.pinned = true;
    this.list.scrollTop = this.list.scrollHeight;
  }

  place(row) {
    if (this.dots) this.list.insertBefore(row, this.dots);
    else this.list.append(row);
  }

  row(message) {
    if (message.from === "system") return make("li", `system ${message.kind}`, make("span", "", message.text));
    const mine = message.from === "person";
    const face = mine ? avatar(this.person) : this.shopFace();
    const body = make("div", "said", this.body(message, mine));
    if (message.made_by_ai) body.append(make("p", "ai-note", "内容由第三方AI生成"));
    const row = make("li", `row ${mine ? "from-person" : "from-account"}`, face, body);
    row.dataset.seq = message.seq;
    return row;
  }

  body(message, mine) {
    switch (message.kind) {
      case "image": return this.picture(message);
      case "voice": return voice(message);
      case "location": return place(message);
      case "news":
      case "link": return make("div", "cards", ...message.articles.map(card));
      case "msgmenu": return this.menu(message);
      case "text": return make("div", "bubble", ...(mine ? [message.text] : nodesOf(message.text, this.onChoice)));
      default: return make("div", "bubble", message.text || `[${message.kind}]`);
    }
  }

  menu(message) {
    const bubble = make("div", "bubble");
    if (message.head) bubble.append(...nodesOf(message.head, this.onChoice), "\n");
    for (const choice of message.choices) {
      bubble.append(choiceLink(choice.text, choice.text, choice.id, this.onChoice), "\n");
    }
    bubble.append(...nodesOf(message.tail || "", this.onChoice));
    return bubble;
  }

  picture(message) {
    const image = make("img", "picture");
    image.alt = "图片";
    image.src = `/standin/media/${encodeURIComponent(message.media_id)}`;
    image.addEventListener("load", () => this.pinned && this.toEnd(), { once: true });
    image.addEventListener("click", () => this.onPicture(image.src));
    return image;
  }

  shopFace() {
    return make("span", "avatar shop-face", icon("seal"));
  }
}

function voice(message) {
  const seconds = Number(message.seconds) || 1;
  const bubble = make("div", "bubble voice", `${seconds}″`, icon("sound"));
  bubble.style.minWidth = `${60 + Math.min(seconds, 30) * 4}px`;
  return message.text ? make("div", "", bubble, make("p", "transcript", message.text)) : bubble;
}

function place(message) {
  const where = `${message.latitude.toFixed(4)}, ${message.longitude.toFixed(4)}`;
  return make("div", "card place", make("b", "", message.text || "位置"), make("span", "", where), make("div", "map", icon("place")));
}

function card(article) {
  const inside = [make("b", "", article.title), make("span", "", article.description || "")];
  if (isWeb(article.picture_url)) {
    const image = make("img", "");
    image.alt = "";
    image.src = article.picture_url;
    inside.push(image);
  }
  const box = isWeb(article.url) ? webLink(article.url, "") : make("div");
  box.className = "card";
  box.append(...inside);
  return box;
}
