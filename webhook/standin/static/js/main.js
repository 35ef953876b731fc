// The chat page: one person's phone in the middle, everybody else and the backstage at its sides.

import { act, byId, get, post, toast } from "./api.js";
import { Clock, Mischief, Status, Wire } from "./backstage.js";
import { Chat } from "./chat.js";
import { Bottom } from "./menu.js";
import { People } from "./people.js";
import { Scanner } from "./scan.js";

const CALM_MS = 700;
const BUSY_MS = 200;
const HIDDEN_MS = 4000;
const STATUS_MS = 3000;
const shop = document.body.dataset.shop;

let current = inHash();
let busyUntil = 0;
let timer = 0;
let polling = false;
let readSeq = 0;

const people = new People(choose);
const chat = new Chat((words, id) => send("choice", { text: words, id }), showPicture);
const clock = new Clock(pollSoon);
const status = new Status();
const wire = new Wire();
const mischief = new Mischief();
const bottom = new Bottom({ onSay: (text) => send("say", { text }), onMenu: tapMenu });
const scanner = new Scanner(people, choose);

/** The person named in the address, so that a reload stays on the same phone. */
function inHash() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return "";
  }
}

function choose(openid) {
  current = openid;
  history.replaceState(null, "", `#${encodeURIComponent(openid)}`);
  chat.clear(people.find(openid));
  readSeq = 0;
  document.body.classList.remove("people-open", "tools-open");
  byId("more-sheet").hidden = true;
  people.take(people.all, current);
  drawPhone();
  pollSoon();
}

async function send(name, body = {}) {
  if (!current) return null;
  try {
    const answer = await act(current, name, body instanceof FormData ? body : { ...body, ...mischief.take() });
    busyUntil = Date.now() + 20000;
    pollSoon();
    return answer;
  } catch (refusal) {
    toast(refusal.status === 409 ? "要先关注公众号" : refusal.status === 429 ? "消息太多了，等一等" : refusal.message);
    return null;
  }
}

async function tapMenu(position) {
  const answer = await send("menu", { position });
  if (answer && answer.opens && /^https?:\/\//.test(answer.opens)) window.open(answer.opens, "_blank", "noopener,noreferrer");
}

function pollSoon() {
  clearTimeout(timer);
  timer = setTimeout(poll, 0);
}

async function poll() {
  if (polling) return;
  polling = true;
  const asked = current;
  let pending = 0;
  try {
    const query = new URLSearchParams({ openid: asked, since: chat.seq, wire_since: wire.last });
    const seen = await get(`/poll?${query}`);
    clock.take(seen.clock);
    people.take(seen.people, current);
    wire.add(seen.wire, (openid) => people.find(openid)?.name || "");
    await bottom.sync(seen.menu_version);
    if (asked === current) {
      show(seen);
      pending = seen.pending;
    }
    document.body.classList.remove("offline");
  } catch {
    document.body.classList.add("offline");
    pending = 0;
  }
  polling = false;
  clearTimeout(timer);
  timer = setTimeout(poll, document.hidden ? HIDDEN_MS : pending && Date.now() < busyUntil ? BUSY_MS : asked === current ? CALM_MS : 0);
}

function show(seen) {
  const person = people.find(current);
  if (!person) {
    if (seen.people.length) choose(seen.people[0].openid);
    return;
  }
  chat.person ||= person;
  drawPhone();
  chat.add(seen.messages, clock.now());
  chat.hint(hintsFor(person), (words) => bottom.fill(words));
  chat.waiting(seen.pending > 0 && person.follows);
  byId("title").textContent = seen.pending > 0 && person.follows ? "对方正在输入…" : shop;
  if (chat.seq > readSeq && !document.hidden) {
    readSeq = chat.seq;
    act(current, "read", { seq: chat.seq }).catch(() => {});
  }
}

function hintsFor(person) {
  if (/收银|店长|老板|总部|前台/.test(person.label)) return ["充值 13800138000 500 微信", "帮助"];
  return ["我卡里还有多少钱", "充500送多少", "我的积分什么时候到期"];
}

function drawPhone() {
  const person = people.find(current);
  const follows = Boolean(person && person.follows);
  byId("profile").hidden = follows || !person;
  byId("chat").hidden = !follows;
  byId("bottom").hidden = !follows;
  byId("more").hidden = !follows;
  if (!person) return;
  byId("profile-who").textContent = `这是${person.name}的手机`;
  byId("more-who").textContent = `${person.name}的手机${person.label ? `（${person.label}）` : ""}`;
}

function showPicture(address) {
  byId("picture-large").src = address;
  byId("picture-dialog").showModal();
}

const extras = {
  image: () => byId("picture-file").click(),
  voice: () => byId("voice-dialog").showModal(),
  location: () => send("location", { latitude: 31.2304, longitude: 121.4737, label: "上海市黄浦区人民广场" }),
  scan: () => scanner.open(current),
};

function wireUp() {
  document.querySelectorAll("[data-extra]").forEach((button) =>
    button.addEventListener("click", () => {
      bottom.extras(false);
      extras[button.dataset.extra]();
    }));
  byId("picture-file").addEventListener("change", sendPicture);
  byId("voice-form").addEventListener("submit", sendVoice);
  byId("follow").addEventListener("click", () => send("follow"));
  byId("unfollow").addEventListener("click", () => {
    byId("more-sheet").hidden = true;
    send("unfollow");
  });
  byId("more").addEventListener("click", () => (byId("more-sheet").hidden = !byId("more-sheet").hidden));
  byId("back").addEventListener("click", () => document.body.classList.add("people-open"));
  byId("open-tools").addEventListener("click", () => document.body.classList.add("tools-open"));
  document.querySelectorAll(".close-side").forEach((button) =>
    button.addEventListener("click", () => document.body.classList.remove("people-open", "tools-open")));
  byId("open-scan").addEventListener("click", () => scanner.open(current));
  byId("new-person").addEventListener("click", addPerson);
  document.addEventListener("keydown", typeAnywhere);
  document.addEventListener("visibilitychange", () => !document.hidden && pollSoon());
  window.addEventListener("hashchange", () => {
    const asked = inHash();
    if (asked !== current && people.find(asked)) choose(asked);
  });
}

/** A key typed with nothing in focus goes to the phone's keyboard. */
function typeAnywhere(event) {
  const plain = event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey && event.key !== " ";
  const free = document.activeElement === document.body && !document.querySelector("dialog[open]");
  if (plain && free && !byId("bottom").hidden) bottom.keyboard(true);
}

async function sendPicture() {
  const [file] = byId("picture-file").files;
  byId("picture-file").value = "";
  if (!file) return;
  const form = new FormData();
  form.append("media", file);
  await send("image", form);
}

async function sendVoice(event) {
  event.preventDefault();
  const words = byId("voice-words").value.trim();
  const seconds = Math.min(60, Math.max(1, Math.round(words.length / 3)));
  byId("voice-dialog").close();
  byId("voice-words").value = "";
  await send("voice", { seconds, recognition: byId("voice-recognised").checked ? words : "" });
}

async function addPerson() {
  try {
    const person = await post("/people", { name: people.freshName(), label: "新客", follows: false });
    people.take([...people.all, person], person.openid);
    choose(person.openid);
  } catch (refusal) {
    toast(refusal.message);
  }
}

async function begin() {
  wireUp();
  await poll();
  const code = new URLSearchParams(location.search).get("scan");
  if (code && /^[0-9a-f]{1,40}$/.test(code)) {
    history.replaceState(null, "", `/${location.hash}`);
    scanner.open(current, code);
  }
  status.refresh();
  setInterval(() => document.hidden || status.refresh(), STATUS_MS);
}

begin();
