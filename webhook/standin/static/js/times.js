// Times on the stand-in's clock, Beijing time, as a phone writes them.

const BEIJING_SECONDS = 8 * 3600;
const WEEKDAYS = "日一二三四五六";

/** Parts of a moment (seconds since the epoch) in Beijing. */
export function partsOf(seconds) {
  const date = new Date((seconds + BEIJING_SECONDS) * 1000);
  const two = (number) => String(number).padStart(2, "0");
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    weekday: WEEKDAYS[date.getUTCDay()],
    dayNumber: Math.floor((seconds + BEIJING_SECONDS) / 86400),
    clock: `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`,
    second: two(date.getUTCSeconds()),
    input: `${date.getUTCFullYear()}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`,
  };
}

/** The line between messages: 14:05 · 昨天 14:05 · 星期三 14:05 · 3月1日 14:05 · 2025年3月1日 14:05 */
export function separator(seconds, now) {
  const then = partsOf(seconds);
  const today = partsOf(now);
  const days = today.dayNumber - then.dayNumber;
  if (days === 0) return then.clock;
  if (days === 1) return `昨天 ${then.clock}`;
  if (days > 1 && days < 7) return `星期${then.weekday} ${then.clock}`;
  const year = then.year === today.year ? "" : `${then.year}年`;
  return `${year}${then.month}月${then.day}日 ${then.clock}`;
}

/** A span in words, the two largest units: 3天4小时 */
export function span(seconds) {
  const units = [["天", 86400], ["小时", 3600], ["分钟", 60], ["秒", 1]];
  const said = [];
  let left = Math.abs(seconds);
  for (const [name, size] of units) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count && said.length < 2) said.push(`${count}${name}`);
  }
  return said.join("") || "0秒";
}
