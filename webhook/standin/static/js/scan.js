// Scanning a QR code: the newest codes of the account, or an address pasted from one.

import { act, byId, get, make, toast } from "./api.js";

export class Scanner {
  constructor(people, onScanned) {
    this.people = people;
    this.onScanned = onScanned;
    this.dialog = byId("scan-dialog");
    byId("scan-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.scan({ url: byId("scan-url").value.trim() });
    });
  }

  /** Open the dialog for `openid`; `code` is the code of an address that a camera opened. */
  async open(openid, code = "") {
    const who = byId("scan-who");
    who.replaceChildren(...this.people.all.map((person) => {
      const option = make("option", "", `${person.name}${person.label ? ` · ${person.label}` : ""}${person.follows ? "" : "（未关注）"}`);
      option.value = person.openid;
      return option;
    }));
    if (openid) who.value = openid;
    byId("scan-url").value = code ? `${location.origin}/q/${code}` : "";
    try {
      const answer = await get("/tickets");
      this.draw(answer.tickets);
    } catch (refusal) {
      toast(refusal.message);
    }
    if (!this.dialog.open) this.dialog.showModal();
  }

  draw(tickets) {
    const rows = tickets.map((ticket) => {
      const image = make("img");
      image.alt = "";
      image.src = `/cgi-bin/showqrcode?ticket=${encodeURIComponent(ticket.ticket)}`;
      const button = make("button", "", image, make("span", "", ticket.scene), make("small", "", ticket.alive ? "" : "已过期"));
      button.type = "button";
      button.disabled = !ticket.alive;
      button.addEventListener("click", () => this.scan({ ticket: ticket.ticket }));
      return make("li", "", button);
    });
    const empty = make("li", "quiet", "掌柜还没有生成过二维码。会员要过推荐码以后，这里就有了。");
    byId("scan-codes").replaceChildren(...(rows.length ? rows : [empty]));
  }

  async scan(what) {
    const openid = byId("scan-who").value;
    try {
      await act(openid, "scan", what);
      this.dialog.close();
      this.onScanned(openid);
    } catch (refusal) {
      toast(refusal.status === 404 ? "没有这个二维码" : refusal.status === 409 ? "二维码已过期" : refusal.message);
    }
  }
}
