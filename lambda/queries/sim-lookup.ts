import { makeSimKey, parseSearchedIccid, readIdentifier } from '../carriers/identifier.ts';
import { isKey } from '../store/keys.ts';
import type { LedgerReader, SimAlias } from '../store/reader.ts';
import { NotFoundError, ParameterError, shorten } from './errors.ts';

/** A SIM that was found by one of its names. */
export interface FoundSim {
  /** The partition key of its items. */
  readonly sim: string;
  /** Whether an item of it was read. A SIM that was named by its ICCID may have no records yet. */
  readonly isKnown: boolean;
}

/**
 * Finds a SIM by one of its names. An ICCID, in any form that records may have, is its key and needs no read. A Super
 * SIM SID (`HS…`), the carrier's id of the SIM (digits), its unique name, and the carrier's text for an unreadable
 * ICCID each need a read of an index.
 *
 * @throws NotFoundError if no SIM has the name, ParameterError if several have it.
 */
export async function findSim(reader: LedgerReader, name: string): Promise<FoundSim> {
  // A name that DynamoDB does not accept as a key cannot be stored.
  if (!isKey(name, 'partition')) throw makeUnknownSimError(name);
  const stem = makeSimKey(name);
  if (stem !== undefined) return { sim: stem, isKnown: false };
  const sims = await findSimsByName(reader, name);
  const [first] = sims;
  if (first === undefined) throw makeUnknownSimError(name);
  // A SIM whose key is the name comes first, because it has no other name.
  if (sims.length === 1 || sims.includes(name)) {
    return { sim: sims.includes(name) ? name : first, isKnown: true };
  }
  throw new ParameterError('{sim}', name, `one of the SIMs with this name: ${[...sims].sort().join(', ')}`);
}

/**
 * Checks that a SIM that was named by its ICCID exists, if no item of it was found.
 *
 * @throws NotFoundError
 */
export async function requireKnown(reader: LedgerReader, { sim, isKnown }: FoundSim): Promise<void> {
  if (!isKnown && (await reader.readSim(sim)) === undefined) throw makeUnknownSimError(sim);
}

/** The error for a SIM of which no record has arrived. */
export function makeUnknownSimError(sim: string): NotFoundError {
  return new NotFoundError(`The SIM ${JSON.stringify(shorten(sim))}`);
}

/** The most characters of a SIM's stored name and id. */
const maxNameLength = 128;

async function findSimsByName(reader: LedgerReader, name: string): Promise<string[]> {
  if (name.length > maxNameLength) return [];
  for (const [alias, text] of listAliases(name)) {
    const sims = await reader.findSims(alias, text);
    if (sims.length > 0) return sims;
  }
  return [];
}

/** The indexes in which to look for a name, in order. */
function listAliases(name: string): [alias: SimAlias, text: string][] {
  const id = readIdentifier(name) ?? name;
  if (/^HS[0-9a-f]{32}$/i.test(id)) return [['bySimSid', id]];
  const written = parseSearchedIccid(name);
  return [
    // A name may also consist of digits.
    ...(/^\d+$/.test(id) ? [['bySimId', id] satisfies [SimAlias, string]] : []),
    ...(name === '' ? [] : [['bySimName', name] satisfies [SimAlias, string]]),
    ...(written === undefined ? [] : [['byWrittenIccid', written] satisfies [SimAlias, string]]),
  ];
}
