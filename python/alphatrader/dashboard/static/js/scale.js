// Axes: round steps and linear scales.

/** Round values that cover [low, high] in about `count` steps. */
export function ticks(low, high, count) {
  if (!(high > low)) return [low];
  const raw = (high - low) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((candidate) => candidate >= raw);
  const values = [];
  for (let value = Math.ceil(low / step) * step; value <= high + step * 1e-9; value += step) values.push(value);
  return values;
}

/** A function that maps [from0, from1] to [to0, to1]. */
export function linear(from0, from1, to0, to1) {
  const slope = from1 === from0 ? 0 : (to1 - to0) / (from1 - from0);
  return (value) => to0 + (value - from0) * slope;
}

/** Half pixels keep one-pixel lines sharp. */
export const crisp = (value) => Math.round(value) + 0.5;
