import { jsonObject } from '../../lambda/carriers/json.ts';
import contract from '../../lambda/query-api/openapi.json' with { type: 'json' };

/** Resources that a command lists, by the names of their schemas in openapi.json. */
export type ResourceSchema =
  | 'SimFields'
  | 'DataSession'
  | 'UsageFields'
  | 'RawUsageRecord'
  | 'ConnectionEvent';

const schemas: Readonly<Record<string, object>> = contract.components.schemas;

/** Members that only the API over HTTP has: the command line has no addresses to give. */
const addresses = /^(?:url|links)(?:\.|$)/;

/**
 * The columns of a resource's CSV: all its members but addresses, in the order of the API's contract. Members of members have names
 * such as `period.start_time`. They are the same whatever resources there are.
 */
export function csvColumns(name: ResourceSchema): readonly string[] {
  return listColumns({ $ref: `#/components/schemas/${name}` }, '').filter(
    (column) => !addresses.test(column),
  );
}

/** Of a schema: itself where it has no members, else those of its members. */
function listColumns(schema: object, path: string): string[] {
  const { $ref, allOf, properties } = schema as {
    readonly $ref?: string;
    readonly allOf?: readonly object[];
    readonly properties?: object;
  };
  const referred = $ref === undefined ? undefined : schemas[$ref.slice($ref.lastIndexOf('/') + 1)];
  if (referred !== undefined) return listColumns(referred, path);
  const inherited = (allOf ?? []).flatMap((part) => listColumns(part, path));
  const own = Object.entries(jsonObject(properties) ?? {}).flatMap(([member, part]) =>
    listColumns(jsonObject(part) ?? {}, path === '' ? member : `${path}.${member}`),
  );
  const columns = [...inherited, ...own];
  return columns.length === 0 ? [path] : columns;
}
