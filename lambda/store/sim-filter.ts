import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Sim } from '../ledger/observation.ts';

/** Which SIMs of the fleet to return. A member that is absent allows all. */
export interface SimFilter {
  /** As the carrier words it. */
  readonly status?: string | undefined;
  readonly online?: boolean | undefined;
  readonly source?: string | undefined;
  /** SID of a fleet. */
  readonly fleet?: string | undefined;
  /** A part of the SIM's name; case does not matter. */
  readonly name?: string | undefined;
}

/** Whether a SIM's name contains a text; case does not matter. */
export function isNamed({ groups }: Sim, part: string | undefined): boolean {
  if (part === undefined) return true;
  const name = groups.label?.group.simName;
  return name?.toLowerCase().includes(part.toLowerCase()) ?? false;
}

/** Whether a SIM passes a filter, as `LedgerReader.scanSims` applies it. */
export function matchesFilter(sim: Sim, { status, online, source, fleet, name }: SimFilter): boolean {
  const { origin, groups } = sim;
  return (
    (status === undefined || groups.lifecycle?.group.status === status) &&
    (online === undefined || groups.connection?.group.online === online) &&
    (source === undefined || origin.group.source === source) &&
    (fleet === undefined || groups.ids?.group.fleetSid === fleet) &&
    isNamed(sim, name)
  );
}

/** A filter as a DynamoDB expression. Without the name, because DynamoDB cannot ignore case. */
export function filterExpression({ status, online, source, fleet }: SimFilter) {
  const wanted: [attribute: string, value: AttributeValue | undefined][] = [
    ['status', status === undefined ? undefined : { S: status }],
    ['online', online === undefined ? undefined : { BOOL: online }],
    ['source', source === undefined ? undefined : { S: source }],
    ['fleetSid', fleet === undefined ? undefined : { S: fleet }],
  ];
  const names: Record<string, string> = {};
  const values: Record<string, AttributeValue> = {};
  for (const [attribute, value] of wanted) {
    if (value === undefined) continue;
    names[`#${attribute}`] = attribute;
    values[`:${attribute}`] = value;
  }
  const expression = Object.keys(names)
    .map((name) => `${name} = :${name.slice(1)}`)
    .join(' AND ');
  return { expression, names, values };
}
