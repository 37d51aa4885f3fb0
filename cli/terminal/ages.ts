/** How long ago something was, as people say it: `12 s`, `5 min`, `3 h`, `2 d`. */
export function ageOf(time: string | number, now: number): string {
  const at = typeof time === 'number' ? time : Date.parse(time);
  return durationOf(Math.max(0, now - at) / 1000);
}

const units = [
  { name: 'd', seconds: 86_400 },
  { name: 'h', seconds: 3_600 },
  { name: 'min', seconds: 60 },
] as const;

/** A number of seconds as people say it: in the largest unit of which there are at least two. */
export function durationOf(seconds: number): string {
  const unit = units.find((one) => seconds >= 2 * one.seconds);
  return unit === undefined
    ? `${Math.floor(seconds)} s`
    : `${Math.floor(seconds / unit.seconds)} ${unit.name}`;
}
