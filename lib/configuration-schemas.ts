import * as z from 'zod';

/** Building blocks for the configuration's schemas. Each message states what is accepted. */

/** A whole number in a range. Every mistake gets the same message: the range and the unit. */
export function wholeNumber(minimum: number, maximum: number, meaning: string) {
  const accepted = `a whole number from ${minimum} to ${maximum} (${meaning})`;
  return z.int(accepted).min(minimum, accepted).max(maximum, accepted);
}

/** A text that matches a pattern. Every mistake gets the same message. */
export function text(form: RegExp, accepted: string) {
  return z.string(accepted).regex(form, accepted);
}

/** One of several words. The message lists them all. */
export function parseWord<const Words extends readonly string[]>(words: Words) {
  return z.enum(words, { error: `one of ${words.join(', ')}` });
}

/** What {@link secretId} accepts, in words. */
export const secretIdForm =
  'the name or ARN of a secret in Secrets Manager, such as simledger/pagerduty, which holds addresses and keys';

/** A secret that the user has created. */
export const secretId = text(
  /^(?:[\w/+=.@-]{1,256}|arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]{1,256})$/,
  secretIdForm,
);

/** An object with exactly these keys. The message lists them. */
export function exactly<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.strictObject(shape, { error: `an object with the keys ${Object.keys(shape).join(', ')}` });
}

/** Milliseconds of each unit of duration. */
const units = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Parses a duration such as `30m`, `24h` or `7d` into milliseconds; undefined if it is not valid. */
export function parseDuration(text: string): number | undefined {
  const [, count, unit] = /^(\d{1,4})([mhd])$/.exec(text) ?? [];
  return unit === undefined ? undefined : Number(count) * units[unit as keyof typeof units];
}

/** Formats a duration as the configuration writes it, in the largest unit that divides it. */
export function formatDuration(milliseconds: number): string {
  const unit = (['d', 'h', 'm'] as const).find((name) => milliseconds % units[name] === 0) ?? 'm';
  return `${Math.ceil(milliseconds / units[unit])}${unit}`;
}

/** A duration in a range, in milliseconds. The message states the range. */
export function duration(minimum: string, maximum: string) {
  const accepted = `a number of minutes, hours or days from ${minimum} to ${maximum}, such as ${minimum}`;
  const [least = 0, greatest = 0] = [minimum, maximum].map(parseDuration);
  return z.string(accepted).transform((given, context) => {
    const milliseconds = parseDuration(given);
    if (milliseconds !== undefined && milliseconds >= least && milliseconds <= greatest) return milliseconds;
    context.issues.push({ code: 'custom', input: given, message: accepted });
    return z.NEVER;
  });
}
