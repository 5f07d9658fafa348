const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** `in 59 minutes`, or `3 days ago` for the past. */
export function relativeTime(thenMs: number, nowMs: number): string {
  const distance = spell(Math.abs(thenMs - nowMs));
  return thenMs >= nowMs ? `in ${distance}` : `${distance} ago`;
}

/** `09:59`, for a countdown; never negative. */
export function countdown(untilMs: number, nowMs: number): string {
  const seconds = Math.max(0, Math.ceil((untilMs - nowMs) / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** `14:32`, in the reader's own time zone. */
export function clockTime(atMs: number): string {
  const at = new Date(atMs);
  return [at.getHours(), at.getMinutes()].map((part) => String(part).padStart(2, '0')).join(':');
}

function spell(durationMs: number): string {
  if (durationMs < minuteMs) return count(Math.round(durationMs / 1000), 'second');
  if (durationMs < hourMs) return count(Math.round(durationMs / minuteMs), 'minute');
  if (durationMs < 2 * dayMs) return count(Math.round(durationMs / hourMs), 'hour');
  return count(Math.round(durationMs / dayMs), 'day');
}

function count(amount: number, unit: string): string {
  return `${amount} ${unit}${amount === 1 ? '' : 's'}`;
}
