/**
 * Words that databases, spreadsheets and scripts write for an absent value. `NA` is not among them: it is Namibia.
 */
const words: ReadonlySet<string> = new Set([
  ...['', 'null', '(null)', '<null>', '[null]', '\\n', 'nil', 'none', 'undefined'],
  ...[
    'n/a',
    '#n/a',
    'n.a.',
    '-',
    '--',
    '\u2013',
    '\u2014',
    'unknown',
    'unavailable',
    'not available',
    'not set',
  ],
]);
const maxLength = Math.max(...[...words].map((word) => word.length));

/**
 * Digits and letters that no word for an absent value begins with: the first character is decisive for nearly all
 * texts.
 */
const tellingStart: readonly boolean[] = Array.from({ length: 0x7b }, (_, code) => {
  const sign = String.fromCharCode(code).toLowerCase();
  return /[0-9a-z]/.test(sign) && ![...words].some((word) => word.startsWith(sign));
});

/**
 * Whether a member with a type (number, time, identifier, code, address, country) has no value: it is absent, null,
 * blank, or a word for an absent value. Not for names and free texts, because a SIM may be called `unknown`.
 */
export function isNothing(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (typeof value !== 'string') return false;
  // Stryker disable next-line ConditionalExpression: a short cut
  if (tellingStart[value.charCodeAt(0)] === true) return false;
  const text = value.trim();
  // Stryker disable next-line ConditionalExpression,EqualityOperator: a long text is only not made small
  return text.length <= maxLength && words.has(text.toLowerCase());
}

/** The first of several members for the same thing that has a value. */
export function findFirstStated(first: unknown, second: unknown, third?: unknown, fourth?: unknown): unknown {
  if (!isNothing(first)) return first;
  if (!isNothing(second)) return second;
  if (!isNothing(third)) return third;
  return isNothing(fourth) ? undefined : fourth;
}
