// The stand-in's JSON API, and small helpers for building the page from plain text only.

const ROOT = "/standin/api";

export class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function call(method, path, body) {
  const options = { method, cache: "no-store" };
  if (body instanceof FormData) {
    options.body = body;
  } else if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers = { "Content-Type": "application/json" };
  }
  let response;
  try {
    response = await fetch(ROOT + path, options);
  } catch {
    throw new Refusal(0, "连不上演示台，它还在运行吗？");
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refusal(response.status, answer.error || `HTTP ${response.status}`);
  return answer;
}

export const get = (path) => call("GET", path);
export const post = (path, body = {}) => call("POST", path, body);
export const act = (openid, name, body = {}) => post(`/people/${encodeURIComponent(openid)}/${name}`, body);

export const byId = (id) => document.getElementById(id);

/** An element with a class and children; strings become text nodes, never HTML. */
export function make(tag, className = "", ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

export function avatar(person) {
  const tile = make("span", "avatar", [...person.name].at(-1) || "客");
  tile.style.backgroundColor = person.colour;
  return tile;
}

let toastTimer = 0;

export function toast(words) {
  const box = byId("toast");
  box.textContent = words;
  box.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => (box.hidden = true), 3200);
}
