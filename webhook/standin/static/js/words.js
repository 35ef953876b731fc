// A text of the account as WeChat shows it: plain words, and links of exactly two kinds.

import { make } from "./api.js";

const ANCHOR = /<a\s[^>]*?href\s*=\s*("|')(.*?)\1[^>]*>([\s\S]*?)<\/a>/gi;
const ADDRESS = /https?:\/\/[^\s<>"'，。；！？、）】》]+/gi;
const CHOICE = "weixin://bizmsgmenu?";

/** Nodes for `text`; `onChoice(words, id)` is called when a choice is tapped. */
export function nodesOf(text, onChoice) {
  const nodes = [];
  let from = 0;
  for (const found of text.matchAll(ANCHOR)) {
    nodes.push(...plain(text.slice(from, found.index)));
    nodes.push(linkOf(decodeEntities(found[2]), decodeEntities(found[3]), onChoice));
    from = found.index + found[0].length;
  }
  nodes.push(...plain(text.slice(from)));
  return nodes;
}

export function choiceLink(label, words, id, onChoice) {
  const link = make("button", "choice", label);
  link.type = "button";
  link.addEventListener("click", () => onChoice(words, id));
  return link;
}

function linkOf(href, label, onChoice) {
  if (href.startsWith(CHOICE)) {
    const asked = choiceOf(href.slice(CHOICE.length));
    return choiceLink(label, asked.words || label, asked.id, onChoice);
  }
  return isWeb(href) ? webLink(href, label) : document.createTextNode(label);
}

/** The words and the id of a choice; the words may be percent-encoded or not. */
function choiceOf(query) {
  const values = new Map(query.split("&").map((pair) => splitOnce(pair)));
  return { words: decode(values.get("msgmenucontent") || ""), id: decode(values.get("msgmenuid") || "") };
}

function splitOnce(pair) {
  const at = pair.indexOf("=");
  return at < 0 ? [pair, ""] : [pair.slice(0, at), pair.slice(at + 1)];
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function decodeEntities(text) {
  const names = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'" };
  return text.replace(/&(amp|lt|gt|quot|#39);/g, (entity) => names[entity]);
}

export function isWeb(address) {
  try {
    return ["http:", "https:"].includes(new URL(address).protocol);
  } catch {
    return false;
  }
}

export function webLink(address, label) {
  const link = make("a", "", label);
  link.href = address;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  return link;
}

function plain(text) {
  const nodes = [];
  let from = 0;
  for (const found of text.matchAll(ADDRESS)) {
    nodes.push(document.createTextNode(text.slice(from, found.index)));
    nodes.push(isWeb(found[0]) ? webLink(found[0], found[0]) : document.createTextNode(found[0]));
    from = found.index + found[0].length;
  }
  nodes.push(document.createTextNode(text.slice(from)));
  return nodes;
}
