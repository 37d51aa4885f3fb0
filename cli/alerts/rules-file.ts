import { readFile } from 'node:fs/promises';
import type { Rule } from '../../lambda/alerts/rules.ts';
import { defaultLateness, type KnownSource } from '../../lambda/aws/sources.ts';
import { UsageError } from '../../lambda/errors.ts';
import { parseJson, toJsonObject } from '../../lambda/json/json.ts';
import { alerts, findRuleObjections, listDefaultRules } from '../../lib/alert-rules.ts';

/**
 * Reads rules from a file: the configuration's list `alerts.rules`, or an object with the key `rules`. Without a file,
 * the default rules.
 *
 * @throws UsageError naming each wrong value; what Node.js throws if the file cannot be read.
 */
export async function readRules(
  file: string | undefined,
  sources: readonly KnownSource[],
): Promise<readonly Rule[]> {
  const known = sources.map(({ name }) => ({ name, lateness: defaultLateness }));
  if (file === undefined) return listDefaultRules(known);
  const value = parseJson(await readFile(file, 'utf8'));
  const given = Array.isArray(value) ? value : toJsonObject(value)?.['rules'];
  if (!Array.isArray(given)) {
    throw new UsageError(
      `${file} holds no rules: give a JSON list of rules, or an object with the key rules`,
    );
  }
  const read = alerts.safeParse({ rules: given });
  if (!read.success) {
    throw new UsageError(
      read.error.issues.map(({ path, message }) => complain(file, given, path.slice(1), message)).join('\n'),
    );
  }
  const { rules = [] } = read.data;
  // The command does not know how long the stack keeps records. The back-test reports what has expired.
  const retention = { eventDays: 0, usageDays: 0 };
  const objections = findRuleObjections(rules, { sources: known, retention });
  if (objections.length === 0) return rules;
  throw new UsageError(
    objections.map(({ path, accepted }) => complain(file, given, path, accepted)).join('\n'),
  );
}

function complain(file: string, given: unknown, path: readonly PropertyKey[], accepted: string): string {
  const value = path.reduce<unknown>(
    (member, name) => (typeof member === 'object' && member !== null ? Reflect.get(member, name) : undefined),
    given,
  );
  const key = path.map((name) => (typeof name === 'number' ? `[${name}]` : `.${String(name)}`)).join('');
  return `${file}: rules${key}: ${JSON.stringify(value) ?? 'nothing'} given; accepted is ${accepted}`;
}
