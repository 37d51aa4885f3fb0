import * as z from 'zod';
import { parsedJson } from '../json.ts';

/** What the trust policy of a carrier's role says. */

const oneOrMore = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());

const policy = z.object({
  Statement: z.array(
    z.object({
      Effect: z.string(),
      Action: oneOrMore,
      Principal: z.object({ AWS: oneOrMore.optional() }).or(z.string()),
      Condition: z.record(z.string(), z.record(z.string(), oneOrMore)).optional(),
    }),
  ),
});

/**
 * What keeps a carrier from assuming a role, or lets others do so; undefined where all is well.
 *
 * @param document the policy as IAM returns it: JSON, percent-encoded.
 */
export function trustProblem(document: string, externalId: string): string | undefined {
  const parsed = policy.safeParse(parsedJson(decodeURIComponent(document)));
  if (!parsed.success) return 'its trust policy can not be read';
  const trusts = parsed.data.Statement.filter(
    ({ Effect, Action }) => Effect === 'Allow' && Action.includes('sts:AssumeRole'),
  );
  const principals = trusts.flatMap(({ Principal }) =>
    typeof Principal === 'string' ? [Principal] : (Principal.AWS ?? []),
  );
  if (principals.length === 0) return 'nobody may assume it';
  const gone = principals.find((principal) => !principal.startsWith('arn:') && !/^\d{12}$/.test(principal));
  if (gone !== undefined) return `it trusts ${gone}, which is no principal that exists`;
  const ids = trusts.map(({ Condition = {} }) =>
    Object.values(Condition).flatMap((condition) => condition['sts:ExternalId'] ?? []),
  );
  if (ids.some((stated) => stated.length === 0)) return 'it asks for no external id, so others could use it';
  return ids.some((stated) => stated.includes(externalId))
    ? undefined
    : `it asks for another external id than ${externalId}, the one in the outputs`;
}
