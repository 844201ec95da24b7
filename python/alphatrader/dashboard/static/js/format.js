// Numbers and times as text. A sign and an arrow always stand beside a colour.

const NEW_YORK = "America/New_York";
const clockSeconds = new Intl.DateTimeFormat("en-GB", { timeZone: NEW_YORK, hour: "2-digit", minute: "2-digit", second: "2-digit" });
const clockMinutes = new Intl.DateTimeFormat("en-GB", { timeZone: NEW_YORK, hour: "2-digit", minute: "2-digit" });
const grouped = new Map();

export const MISSING = "–";
const MINUS = "−";

/** Format with a fixed number of decimals and a real minus sign; a missing value is a dash, never 0. */
export function number(value, decimals = 0) {
  if (value === null || value === undefined || !Number.isFinite(Number(value))) return MISSING;
  let format = grouped.get(decimals);
  if (!format) {
    format = new Intl.NumberFormat("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
    grouped.set(decimals, format);
  }
  return format.format(Number(value)).replace("-", MINUS);
}

export function signed(value, decimals = 0) {
  if (value === null || value === undefined || !Number.isFinite(Number(value))) return MISSING;
  return (Number(value) > 0 ? "+" : "") + number(value, decimals);
}

export function dollars(value, decimals = 2) {
  if (value === null || value === undefined || !Number.isFinite(Number(value))) return MISSING;
  const amount = Number(value);
  return `${amount < 0 ? MINUS : ""}$${number(Math.abs(amount), decimals)}`;
}

export function signedDollars(value, decimals = 2) {
  if (value === null || value === undefined || !Number.isFinite(Number(value))) return MISSING;
  return (Number(value) > 0 ? "+" : "") + dollars(value, decimals);
}

/** Large amounts for charts: $1.24B. */
export function shortDollars(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return MISSING;
  const size = Math.abs(value);
  const [divisor, unit] = size >= 1e9 ? [1e9, "B"] : size >= 1e6 ? [1e6, "M"] : size >= 1e3 ? [1e3, "K"] : [1, ""];
  const scaled = size / divisor;
  return `${value < 0 ? MINUS : "+"}$${number(scaled, scaled < 10 ? 2 : scaled < 100 ? 1 : 0)}${unit}`;
}

export const arrow = (value) => (value > 0 ? "▲" : value < 0 ? "▼" : "•");
export const tone = (value) => (value > 0 ? "up" : value < 0 ? "down" : "flat");

/** An age: 40 ms, 3.2 s, 14 s, 3m05, 2h10. */
export function age(ms) {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return MISSING;
  if (ms < 1_000) return `${Math.max(0, Math.round(ms / 10) * 10)} ms`;
  if (ms < 10_000) return `${number(ms / 1_000, 1)} s`;
  if (ms < 120_000) return `${Math.floor(ms / 1_000)} s`;
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)}m${String(Math.floor(ms / 1_000) % 60).padStart(2, "0")}`;
  return duration(ms);
}

/** Hours and minutes: 3h14, 12m. */
export function duration(ms) {
  const minutes = Math.floor(ms / 60_000);
  return minutes >= 60 ? `${Math.floor(minutes / 60)}h${String(minutes % 60).padStart(2, "0")}` : `${minutes}m`;
}

/** What is left until a moment, in whole seconds that never round to more than there is: 2m05, 27 s. */
export function remaining(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  return seconds >= 120 ? `${Math.floor(seconds / 60)}m${String(seconds % 60).padStart(2, "0")}` : `${seconds} s`;
}

export const timeOfDay = (ns) => (ns ? clockSeconds.format(ns / 1e6) : MISSING);
export const minuteOfDay = (ns) => (ns ? clockMinutes.format(ns / 1e6) : MISSING);
