import type { Carrier } from '../lambda/ledger/source.ts';
import type { Random } from './random.ts';

/** The Luhn check digit of a number, which ICCID and IMEI have at their end. */
export function computeLuhnDigit(stem: string): string {
  let sum = 0;
  for (let place = 0; place < stem.length; place++) {
    const digit = Number(stem[stem.length - 1 - place]);
    const weighted = place % 2 === 0 ? digit * 2 : digit;
    sum += weighted > 9 ? weighted - 9 : weighted;
  }
  return String((10 - (sum % 10)) % 10);
}

/** A visited network and one of its cells. */
export interface Network {
  readonly name: string;
  readonly sid: string;
  readonly operatorId: number;
  readonly mcc: string;
  readonly mnc: string;
  readonly tapcode: string;
  readonly countryId: number;
  readonly countryName: string;
  readonly isoCountry: string;
  readonly callingCode: string;
  readonly lat: number;
  readonly lon: number;
}

/** The networks that the simulated SIMs visit. */
export const networks: readonly [Network, ...Network[]] = [
  {
    name: 'Telekom',
    sid: 'HW1f4ae18c9a4c4a3f8a1d7f1b2c3d4e01',
    operatorId: 3,
    mcc: '262',
    mnc: '01',
    tapcode: 'DEUD1',
    countryId: 74,
    countryName: 'Germany',
    isoCountry: 'DE',
    callingCode: '49',
    lat: 50.1109,
    lon: 8.6821,
  },
  {
    name: 'Vodafone',
    sid: 'HW2f4ae18c9a4c4a3f8a1d7f1b2c3d4e02',
    operatorId: 5,
    mcc: '262',
    mnc: '02',
    tapcode: 'DEUD2',
    countryId: 74,
    countryName: 'Germany',
    isoCountry: 'DE',
    callingCode: '49',
    lat: 48.1374,
    lon: 11.5755,
  },
  {
    name: 'SFR Cegetel',
    sid: 'HW3f4ae18c9a4c4a3f8a1d7f1b2c3d4e03',
    operatorId: 48,
    mcc: '208',
    mnc: '10',
    tapcode: 'FRAF2',
    countryId: 68,
    countryName: 'France',
    isoCountry: 'FR',
    callingCode: '33',
    lat: 48.8566,
    lon: 2.3522,
  },
  {
    name: 'T-Mobile',
    sid: 'HWd46933be78a54c05b5c287ddeb9592f4',
    operatorId: 91,
    mcc: '310',
    mnc: '260',
    tapcode: 'USAW6',
    countryId: 222,
    countryName: 'United States',
    isoCountry: 'US',
    callingCode: '1',
    lat: 34.1669,
    lon: -118.572,
  },
];

/** A SIM, its device, and how its carrier's records state both. */
export interface Sim {
  readonly carrier: SimulatedCarrier;
  /** The SIM's key in the ledger: the first 19 digits of the ICCID. */
  readonly sim: string;
  readonly iccidWithCheckDigit: string;
  readonly imsi: string;
  /** 15 digits. */
  readonly imei: string;
  /** 16 digits: the IMEI without its check digit, and the software version. */
  readonly imeisv: string;
  readonly msisdn: string;
  readonly name: string;
  readonly ipAddress: string;
  readonly network: Network;
  readonly cellId: number;
  readonly locationAreaCode: number;
  /** Data-streamer id of SIM, IMSI and endpoint. */
  readonly simId: number;
  /** Super SIM resource ids. */
  readonly simSid: string;
  readonly fleetSid: string;
  /** The first id of this SIM's records. */
  readonly firstRecordId: number;
  /** Whether it attaches once and sends nothing more. */
  readonly idle: boolean;
  readonly superSim: SuperSimDialect;
  readonly dataStreamer: DataStreamerDialect;
}

/** How the records of a Super SIM are written. */
export interface SuperSimDialect {
  /** What precedes the connection event's type. */
  readonly typePrefix: string;
  /** Whether `data` is a string of JSON, as in the Kinesis quickstart. */
  readonly dataAsText: boolean;
  /** Version 1 of the schema has no running totals. */
  readonly schema: 1 | 2;
}

/** How the records of a data-streamer SIM are written. */
export interface DataStreamerDialect {
  /** `old` as in the documents of 2019 and 2021, `nested` as 1NCE and emnify send today, `flat` as in 1NCE's 2.0. */
  readonly generation: 'old' | 'nested' | 'flat';
  /** Whether ICCID and IMSI are numbers, which not every JSON parser reads exactly. */
  readonly numericIdentity: boolean;
  /** Whether PDP contexts state when their tunnel was created. */
  readonly statesTunnelCreated: boolean;
  /** Whether usage is in CSV files only. */
  readonly usageByFile: boolean;
}

/** What distinguishes a carrier's SIMs from others in its records. */
interface CarrierIdentity {
  /** Organisation (data streamer) or account (Super SIM) that owns the SIMs. */
  readonly account: string;
  /** The first 11 digits of an ICCID. */
  readonly iccidPrefix: string;
  /** The first 8 digits of an IMSI. */
  readonly imsiPrefix: string;
  readonly apn: string;
}

/**
 * The simulated carriers: those whose dialects differ. A carrier that uses another one's dialect needs no row; a test
 * requires one of each format.
 */
export const carrierIdentities = {
  twilio: {
    account: 'ACe7ea554f7fc0fad65e689bb5899bb6c3',
    iccidPrefix: '89883070000',
    imsiPrefix: '73212320',
    apn: 'super',
  },
  kore: {
    account: 'AC5f3b8c1d2e4a69708b9cadbecfd0e1f2',
    iccidPrefix: '89883070001',
    imsiPrefix: '73212321',
    apn: 'super',
  },
  '1nce': { account: '12345', iccidPrefix: '89882806660', imsiPrefix: '90140510', apn: 'iot.1nce.net' },
  emnify: { account: '839921', iccidPrefix: '89883030000', imsiPrefix: '90143010', apn: 'em' },
  telekom: {
    account: '80025',
    iccidPrefix: '89882280666',
    imsiPrefix: '90140530',
    apn: 'internet.m2mportal.de',
  },
} as const satisfies Readonly<Partial<Record<Carrier, CarrierIdentity>>>;

export type SimulatedCarrier = keyof typeof carrierIdentities;

/** The names of the simulated carriers. */
export const simulatedCarriers: readonly SimulatedCarrier[] = Object.keys(
  carrierIdentities,
) as SimulatedCarrier[];

/** Half Super SIM, half data streamer; any five consecutive SIMs include all five carriers. */
const carrierOrder = [
  'twilio',
  '1nce',
  'kore',
  'emnify',
  'telekom',
  'twilio',
  '1nce',
  'kore',
  'emnify',
  'twilio',
] as const satisfies readonly SimulatedCarrier[];

/**
 * The number of a carrier's first SIM, for `provideSim`.
 *
 * @throws Error if no simulated SIM is of this carrier.
 */
export function findFirstSim(carrier: SimulatedCarrier): number {
  const index = (carrierOrder as readonly SimulatedCarrier[]).indexOf(carrier);
  if (index === -1) throw new Error(`No simulated SIM is of the carrier ${JSON.stringify(carrier)}`);
  return index;
}

/** The SIM with the given number, from 0. The number determines its carrier; everything else is random. */
export function provideSim(index: number, random: Random): Sim {
  const carrier = carrierOrder[index % carrierOrder.length] ?? 'twilio';
  const { iccidPrefix, imsiPrefix } = carrierIdentities[carrier];
  const sim = iccidPrefix + String(index).padStart(8, '0');
  const tac = `3586008${String(index).padStart(7, '0').slice(-7)}`;
  return {
    carrier,
    sim,
    iccidWithCheckDigit: sim + computeLuhnDigit(sim),
    imsi: imsiPrefix + String(index).padStart(7, '0').slice(-7),
    imei: tac + computeLuhnDigit(tac),
    imeisv: `${tac}${random.drawDigits(2)}`,
    msisdn: `88228510${String(index).padStart(7, '0')}`,
    name: `tracker-${index}`,
    ipAddress: `100.${64 + random.drawInteger(64)}.${random.drawInteger(256)}.${random.drawInteger(256)}`,
    network: random.pick(networks),
    cellId: random.drawBetween(1000, 60_000),
    locationAreaCode: random.drawBetween(1000, 60_000),
    simId: 1_000_000 + index,
    simSid: `HS${random.drawHex(4)}`,
    fleetSid: 'HF925ae5b4af6aeb7d5034d3f4b09c78ce',
    firstRecordId: index * 1_000_000,
    idle: random.decide(0.06),
    superSim: chooseSuperSimDialect(carrier, random),
    dataStreamer: chooseDataStreamerDialect(carrier, random),
  };
}

/** The SIM in a device of another model. */
export function putIntoOtherDevice(sim: Sim): Sim {
  const stem = `8612345${sim.imei.slice(7, 14)}`;
  return { ...sim, imei: stem + computeLuhnDigit(stem), imeisv: `${stem}${sim.imeisv.slice(14)}` };
}

function chooseSuperSimDialect(carrier: SimulatedCarrier, random: Random): SuperSimDialect {
  const twilio = carrier === 'twilio';
  return {
    typePrefix:
      twilio || random.decide(0.5) ? 'com.twilio.iot.supersim.connection.' : 'com.kore.supersim.connection.',
    dataAsText: twilio && random.decide(0.1),
    schema: twilio && random.decide(0.1) ? 1 : 2,
  };
}

function chooseDataStreamerDialect(carrier: SimulatedCarrier, random: Random): DataStreamerDialect {
  if (carrier === 'telekom') {
    return {
      generation: 'old',
      numericIdentity: random.decide(0.1),
      statesTunnelCreated: random.decide(0.9),
      usageByFile: random.decide(0.2),
    };
  }
  const flat = carrier === '1nce' && random.decide(0.5);
  return {
    generation: flat ? 'flat' : 'nested',
    numericIdentity: false,
    statesTunnelCreated: true,
    usageByFile: !flat && random.decide(0.1),
  };
}
