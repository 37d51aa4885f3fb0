/** What a request gets instead of what it asked for. Thrown inside the API, and written as an answer at its edge. */
export class Problem extends Error {
  override readonly name = 'Problem';
  /** HTTP status. */
  readonly status: number;
  /** As Twilio's clients know it: 20000 and something. */
  readonly code: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/** The codes that the API answers with, by what has happened. `docs/api.md` and `/docs` explain each. */
export const problemCodes = {
  badParameter: 20001,
  unauthenticated: 20003,
  wrongMethod: 20004,
  notFound: 20404,
  tooManyRequests: 20429,
  internal: 20500,
  unavailable: 20503,
} as const;

/** A parameter that can't be used: says which, the value given and what is accepted. */
export function badParameter(name: string, given: string | undefined, accepted: string): Problem {
  const value = given === undefined ? 'nothing' : JSON.stringify(shortened(given));
  return new Problem(
    400,
    problemCodes.badParameter,
    `${shortened(name)}: ${value} given; accepted is ${accepted}`,
  );
}

/** Something that is not there. */
export function notFound(what: string): Problem {
  return new Problem(404, problemCodes.notFound, `${what} was not found`);
}

/** A value as a message may repeat it. */
export function shortened(value: string): string {
  return value.length <= 80 ? value : `${value.slice(0, 79)}…`;
}
