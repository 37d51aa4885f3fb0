import type * as z from 'zod';

/** Describes the values that a schema refuses. */

/** One line per mistake: the key, the given value, and what the schema accepts. */
export function listComplaints(issue: z.core.$ZodIssue, given: unknown, key: string): string[] {
  const unknownKeys = issue.code === 'unrecognized_keys' ? issue.keys : [];
  const paths = unknownKeys.length === 0 ? [issue.path] : unknownKeys.map((name) => [...issue.path, name]);
  return paths.map((path) => formatComplaint(key, path, given, issue.message));
}

/** Formats one mistake: the key, the given value, and what is accepted. */
export function formatComplaint(
  key: string,
  path: readonly PropertyKey[],
  given: unknown,
  accepted: string,
): string {
  const value = JSON.stringify(path.reduce(findMember, given));
  return `${formatKey(key, path)}: ${value ?? 'nothing'} given; accepted is ${accepted}`;
}

/** A member of an object or list; undefined for other values. */
export function findMember(value: unknown, part: PropertyKey): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, part) : undefined;
}

/** Formats a key as in code: `simledger.sources[0].name`. */
function formatKey(key: string, path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : `${text}.${String(part)}`),
    key,
  );
}
