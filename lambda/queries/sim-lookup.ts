import { makeSimKey, parseSearchedIccid, readIdentifier } from '../carriers/identifier.ts';
import { isKey } from '../store/keys.ts';
import type { LedgerReader, SimAlias } from '../store/reader.ts';
import { NotFoundError, ParameterError, shorten } from './errors.ts';

/** A SIM that was found by one of its names. */
export interface FoundSim {
  /** The partition of its items. */
  readonly sim: string;
  /** Whether an item of it was read. No record of a SIM that is named by its ICCID may have arrived yet. */
  readonly isKnown: boolean;
}

/**
 * Finds a SIM by one of its names. An ICCID, in any spelling that records may have, is its key and needs no read. A Super
 * SIM SID (`HS…`), the carrier's id of the SIM (digits), its unique name, and the carrier's text for an unreadable ICCID
 * need a read of an index each.
 *
 * @throws NotFoundError for a name that no SIM has, ParameterError for one that several have.
 */
export async function findSim(reader: LedgerReader, name: string): Promise<FoundSim> {
  // No SIM has a name that DynamoDB does not accept as a key.
  if (!isKey(name, 'partition')) throw makeUnknownSimError(name);
  const stem = makeSimKey(name);
  if (stem !== undefined) return { sim: stem, isKnown: false };
  const sims = await findSimsByName(reader, name);
  const [first] = sims;
  if (first === undefined) throw makeUnknownSimError(name);
  // The SIM whose key is the id comes first: it has no other name.
  if (sims.length === 1 || sims.includes(name)) {
    return { sim: sims.includes(name) ? name : first, isKnown: true };
  }
  throw new ParameterError('{sim}', name, `one of the SIMs with this name: ${[...sims].sort().join(', ')}`);
}

/**
 * Checks that a SIM named by its ICCID exists if no item of it was found.
 *
 * @throws NotFoundError
 */
export async function requireKnown(reader: LedgerReader, { sim, isKnown }: FoundSim): Promise<void> {
  if (!isKnown && (await reader.readSim(sim)) === undefined) throw makeUnknownSimError(sim);
}

/** The error of a SIM of which no record has arrived. */
export function makeUnknownSimError(sim: string): NotFoundError {
  return new NotFoundError(`The SIM ${JSON.stringify(shorten(sim))}`);
}

/** The maximum lengths of a SIM's stored name and id. */
const maxNameLength = 128;

async function findSimsByName(reader: LedgerReader, name: string): Promise<string[]> {
  if (name.length > maxNameLength) return [];
  for (const [alias, text] of listAliases(name)) {
    const sims = await reader.findSims(alias, text);
    if (sims.length > 0) return sims;
  }
  return [];
}

/** The indexes in which a name may be found, in the order of the search. */
function listAliases(name: string): [alias: SimAlias, text: string][] {
  const id = readIdentifier(name) ?? name;
  if (/^HS[0-9a-f]{32}$/i.test(id)) return [['bySimSid', id]];
  const written = parseSearchedIccid(name);
  return [
    // A name may consist of digits, too.
    ...(/^\d+$/.test(id) ? [['bySimId', id] satisfies [SimAlias, string]] : []),
    ...(name === '' ? [] : [['bySimName', name] satisfies [SimAlias, string]]),
    ...(written === undefined ? [] : [['byWrittenIccid', written] satisfies [SimAlias, string]]),
  ];
}
