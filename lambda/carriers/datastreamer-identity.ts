import type { Ids, Label, Origin, Phone, Stated, Subscriber } from '../ledger/observation.ts';
import { identifier, identifierFault, looksLikeIccid, simOfIccid } from './identifier.ts';
import { type Arrival, type Fault, fault, freeText, shown, stated } from './reading.ts';

/** What a record of any dialect says about whose it is. Each member as it was sent. */
export interface IdentityFields {
  readonly id: unknown;
  readonly iccid: unknown;
  readonly simId: unknown;
  readonly endpointName: unknown;
  readonly imsi: unknown;
  readonly msisdn: unknown;
  readonly organisationId: unknown;
}

/** What tells records and SIMs apart. */
export interface Identity {
  readonly recordId: string;
  /** Undefined where no SIM is named. */
  readonly sim: string | undefined;
  readonly origin: Origin;
  readonly ids: Ids;
  readonly simName: string | undefined;
  readonly msisdn: string | undefined;
  readonly imsi: string | undefined;
}

/** Finds a record's identity, or says what is wrong with it. */
export function identityOf(fields: IdentityFields, arrival: Arrival): Identity | Fault {
  const recordId = identifier(fields.id);
  const simId = identifier(fields.simId);
  const simName = freeText(fields.endpointName, 128);
  // A flat record may lack the ICCID; 1NCE's endpoint name usually is it.
  const iccid =
    identifier(fields.iccid) ?? (simName !== undefined && looksLikeIccid(simName) ? simName : undefined);
  const organisationId = identifier(fields.organisationId);
  const wrong =
    unusable('id', recordId) ??
    unusable('iccid', iccid) ??
    unusable('sim id', simId) ??
    unusable('organisation id', organisationId);
  if (wrong !== undefined) return wrong;
  if (recordId === undefined) return fault('missing-identity', 'id is missing, or no whole number');
  return {
    recordId,
    // A masked ICCID names no card: then the carrier's own id of the SIM does.
    sim: (iccid === undefined ? undefined : simOfIccid(iccid)) ?? simId,
    origin: { source: arrival.source.name, carrier: carrierOf(arrival), iccid },
    ids: { simSid: undefined, simId, accountId: organisationId, fleetSid: undefined },
    simName,
    msisdn: freeText(fields.msisdn, 32),
    imsi: freeText(fields.imsi, 32),
  };
}

/** The groups that both usage and events state of a SIM. */
export interface IdentityGroups {
  readonly ids: Stated<Ids>;
  readonly label: Stated<Label> | undefined;
  readonly phone: Stated<Phone> | undefined;
  readonly subscriber: Stated<Subscriber> | undefined;
}

/** A record's identity as groups observed at a time. */
export function identityGroups(identity: Identity, at: string): IdentityGroups {
  const { ids, simName, msisdn, imsi } = identity;
  return {
    ids: stated(at, ids),
    label: simName === undefined ? undefined : stated<Label>(at, { simName }),
    phone: msisdn === undefined ? undefined : stated<Phone>(at, { msisdn }),
    subscriber: imsi === undefined ? undefined : stated<Subscriber>(at, { imsi }),
  };
}

function unusable(member: string, text: string | undefined): Fault | undefined {
  const wrong = text === undefined ? undefined : identifierFault(text);
  return wrong === undefined ? undefined : fault(wrong, `${member} can not be used: ${shown(text)}`);
}

/** Carriers of this format can't be told apart by a record; a source of the other format tells none of them. */
function carrierOf(arrival: Arrival): Origin['carrier'] {
  const { carrier } = arrival.source;
  return carrier === 'twilio' || carrier === 'kore' ? 'emnify' : carrier;
}
