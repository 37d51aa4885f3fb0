import { identifier, searchedIccid, simOfIccid } from '../carriers/identifier.ts';
import { isKey } from '../store/keys.ts';
import type { LedgerReader, SimAlias } from '../store/reader.ts';
import { NotFoundError, ParameterError, shorten } from './errors.ts';

/** A SIM that was found by one of its names. */
export interface FoundSim {
  /** The partition of its items. */
  readonly sim: string;
  /** Whether an item of it has been seen; a SIM named by its ICCID may be one of which no record has come. */
  readonly isKnown: boolean;
}

/**
 * Finds a SIM by one of its names: an ICCID in any spelling that is read in records is its key and needs no read; else a
 * Super SIM SID (`HS…`), the carrier's id of the SIM (digits), its unique name, or what the carrier wrote for an ICCID,
 * with a read of an index each.
 *
 * @throws NotFoundError for a name that no SIM has, ParameterError for one that several have.
 */
export async function findSim(reader: LedgerReader, name: string): Promise<FoundSim> {
  // No SIM has a name that DynamoDB does not take as a key.
  if (!isKey(name, 'partition')) throw unknownSim(name);
  const stem = simOfIccid(name);
  if (stem !== undefined) return { sim: stem, isKnown: false };
  const sims = await simsCalled(reader, name);
  const [first] = sims;
  if (first === undefined) throw unknownSim(name);
  // Of a SIM's id, the SIM that has no other key comes first: it can't be named in any other way.
  if (sims.length === 1 || sims.includes(name)) {
    return { sim: sims.includes(name) ? name : first, isKnown: true };
  }
  throw new ParameterError(
    '{sim}',
    name,
    `one of the SIMs that are called so: ${[...sims].sort().join(', ')}`,
  );
}

/**
 * Makes sure that a SIM named by its ICCID exists, where nothing of it has been found.
 *
 * @throws NotFoundError
 */
export async function requireKnown(reader: LedgerReader, { sim, isKnown }: FoundSim): Promise<void> {
  if (!isKnown && (await reader.sim(sim)) === undefined) throw unknownSim(sim);
}

/** The error of a SIM of which no record has come. */
export function unknownSim(sim: string): NotFoundError {
  return new NotFoundError(`The SIM ${JSON.stringify(shorten(sim))}`);
}

/** The longest name and the longest id of a SIM that are kept. */
const maxNameLength = 128;

async function simsCalled(reader: LedgerReader, name: string): Promise<string[]> {
  if (name.length > maxNameLength) return [];
  for (const [alias, text] of listAliases(name)) {
    const sims = await reader.simsBy(alias, text);
    if (sims.length > 0) return sims;
  }
  return [];
}

/** By what a SIM may be called so, in the order in which it is looked for. */
function listAliases(name: string): [alias: SimAlias, text: string][] {
  const id = identifier(name) ?? name;
  if (/^HS[0-9a-f]{32}$/i.test(id)) return [['bySimSid', id]];
  const written = searchedIccid(name);
  return [
    // A number may be a name as well.
    ...(/^\d+$/.test(id) ? [['bySimId', id] satisfies [SimAlias, string]] : []),
    ...(name === '' ? [] : [['bySimName', name] satisfies [SimAlias, string]]),
    ...(written === undefined ? [] : [['byWrittenIccid', written] satisfies [SimAlias, string]]),
  ];
}
