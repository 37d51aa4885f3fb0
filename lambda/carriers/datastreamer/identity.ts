import type { Ids, Label, Origin, Phone, Stated, Subscriber } from '../../ledger/observation.ts';
import { carrierTraits } from '../../ledger/source.ts';
import {
  checkIdentifier,
  checkSimId,
  maxSubscriberNumberBytes,
  readIccidInName,
  readIdentifier,
  readSubscriberNumber,
  readWrittenIccid,
} from '../identifier.ts';
import { type Arrival, type Fault, isFault, makeMemberFault, makeStated, readFreeText } from '../reading.ts';
import type { Unread } from '../unread.ts';

/** The members that identify a record and its SIM, in any dialect, with the values as sent. */
export interface IdentityFields {
  readonly id: unknown;
  readonly iccid: unknown;
  readonly simId: unknown;
  readonly endpointName: unknown;
  readonly imsi: unknown;
  readonly msisdn: unknown;
  readonly organisationId: unknown;
}

/** The identity of a record and its SIM. */
export interface Identity {
  readonly recordId: string;
  /** Undefined if the record names no SIM. */
  readonly sim: string | undefined;
  readonly origin: Origin;
  readonly ids: Ids;
  readonly simName: string | undefined;
  readonly msisdn: string | undefined;
  readonly imsi: string | undefined;
}

/**
 * Reads a record's identity, or says what is wrong with it.
 *
 * @param unread receives unusable ids that are not needed.
 */
export function readIdentity(fields: IdentityFields, arrival: Arrival, unread: Unread): Identity | Fault {
  const recordId = readIdentifier(fields.id);
  const simName = readFreeText(fields.endpointName, 128);
  // A flat record may lack the ICCID; at 1NCE, the endpoint's name is usually the ICCID.
  const iccid =
    readIdentifier(fields.iccid) ?? (simName === undefined ? undefined : readIccidInName(simName));
  const fault = checkIdentifier('id', recordId) ?? checkIdentifier('iccid', iccid);
  if (fault !== undefined) return fault;
  // The carrier's other ids are needed only if nothing else identifies the SIM or its owner.
  const written = readWrittenIccid(iccid);
  const card = written?.sim;
  const givenSimId = readIdentifier(fields.simId);
  const readSimId = checkSimId('sim id', givenSimId) ?? givenSimId;
  if (isFault(readSimId) && card === undefined) return readSimId;
  const simId = unread.take(readSimId, 'sim.id', fields.simId);
  // A masked or overlong ICCID does not identify a card, but the carrier's own id of the SIM does.
  const sim = card ?? simId;
  const readOrganisationId = keepUsable('organisation id', fields.organisationId);
  if (isFault(readOrganisationId) && sim === undefined) return readOrganisationId;
  const organisationId = unread.take(readOrganisationId, 'organisation.id', fields.organisationId);
  if (recordId === undefined)
    return makeMemberFault('missing-identity', 'id', 'is missing, or not a whole number');
  return {
    recordId,
    sim,
    origin: { source: arrival.source.name, carrier: chooseCarrier(arrival), iccid: written?.iccid },
    ids: {
      simSid: undefined,
      simId,
      accountId: organisationId,
      fleetSid: undefined,
      writtenIccid: written?.writtenIccid,
    },
    simName,
    msisdn: unread.readCode(readSubscriberNumber(fields.msisdn), maxSubscriberNumberBytes, 'msisdn'),
    imsi: unread.readCode(readSubscriberNumber(fields.imsi), maxSubscriberNumberBytes, 'imsi'),
  };
}

/** The groups of a SIM that both usage and events state. */
export interface IdentityGroups {
  readonly ids: Stated<Ids>;
  readonly label: Stated<Label> | undefined;
  readonly phone: Stated<Phone> | undefined;
  readonly subscriber: Stated<Subscriber> | undefined;
}

/** A record's identity as groups, observed at a time. */
export function makeIdentityGroups(identity: Identity, at: string): IdentityGroups {
  const { ids, simName, msisdn, imsi } = identity;
  return {
    ids: makeStated(at, ids),
    label: simName === undefined ? undefined : makeStated<Label>(at, { simName }),
    phone: msisdn === undefined ? undefined : makeStated<Phone>(at, { msisdn }),
    subscriber: imsi === undefined ? undefined : makeStated<Subscriber>(at, { imsi }),
  };
}

function keepUsable(member: string, value: unknown): string | undefined | Fault {
  const text = readIdentifier(value);
  return checkIdentifier(member, text) ?? text;
}

/** A data-streamer record does not name its carrier; at a source with another format it counts as emnify's. */
function chooseCarrier(arrival: Arrival): Origin['carrier'] {
  const { carrier } = arrival.source;
  return carrierTraits[carrier].format === 'datastreamer' ? carrier : 'emnify';
}
