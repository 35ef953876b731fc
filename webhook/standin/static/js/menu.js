// The account's menu at the bottom of the phone, the keyboard, and the ways to send something else.

import { byId, get, make } from "./api.js";

export class Bottom {
  constructor({ onSay, onMenu }) {
    this.onSay = onSay;
    this.onMenu = onMenu;
    this.version = -1;
    this.hasMenu = false;
    this.words = byId("words");
    byId("to-keyboard").addEventListener("click", () => this.keyboard(true));
    byId("to-menu").addEventListener("click", () => this.keyboard(false));
    byId("open-extras").addEventListener("click", () => this.extras(byId("extras").hidden));
    byId("input-bar").addEventListener("submit", (event) => this.submit(event));
    this.words.addEventListener("input", () => this.sized());
    this.words.addEventListener("keydown", (event) => this.key(event));
    document.addEventListener("click", (event) => this.closePopups(event));
  }

  /** Fetch and draw the menu again when its version moved on. */
  async sync(version) {
    if (version === this.version) return;
    this.version = version;
    const menu = await get("/menu");
    this.hasMenu = menu.button.length > 0;
    byId("menu-buttons").replaceChildren(...menu.button.map((button, top) => this.top(button, top)));
    byId("to-menu").hidden = !this.hasMenu;
    this.keyboard(!this.hasMenu, false);
  }

  keyboard(on, focus = true) {
    byId("menu-bar").hidden = on;
    byId("input-bar").hidden = !on;
    this.extras(false);
    if (on && focus) this.words.focus();
  }

  /** Put words on the keyboard line without sending them. */
  fill(words) {
    this.keyboard(true);
    this.words.value = words;
    this.sized();
  }

  extras(on) {
    byId("extras").hidden = !on;
  }

  top(button, top) {
    const subs = button.sub_button || [];
    const face = make("button", `menu-top${subs.length ? " has-subs" : ""}`, button.name);
    face.type = "button";
    const holder = make("div", "menu-holder", face);
    if (!subs.length) {
      face.addEventListener("click", () => this.onMenu([top]));
      return holder;
    }
    const popup = make("div", "menu-popup", ...subs.map((sub, index) => this.sub(sub, [top, index], () => (popup.hidden = true))));
    popup.hidden = true;
    face.addEventListener("click", () => {
      const open = popup.hidden;
      document.querySelectorAll(".menu-popup").forEach((other) => (other.hidden = true));
      popup.hidden = !open;
    });
    holder.append(popup);
    return holder;
  }

  sub(button, position, close) {
    const face = make("button", "", button.name);
    face.type = "button";
    face.addEventListener("click", () => {
      close();
      this.onMenu(position);
    });
    return face;
  }

  closePopups(event) {
    if (event.target.closest(".menu-holder")) return;
    document.querySelectorAll(".menu-popup").forEach((popup) => (popup.hidden = true));
  }

  key(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    byId("input-bar").requestSubmit();
  }

  sized() {
    const empty = !this.words.value.trim();
    byId("send").hidden = empty;
    byId("open-extras").hidden = !empty;
    this.words.style.height = "auto";
    this.words.style.height = `${Math.min(this.words.scrollHeight, 120)}px`;
  }

  submit(event) {
    event.preventDefault();
    const text = this.words.value;
    if (!text.trim()) return;
    this.words.value = "";
    this.sized();
    this.onSay(text);
  }
}
