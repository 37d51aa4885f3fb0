import { formatTime } from '../../../lambda/ledger/time.ts';
import { at } from '../../lambda/alerts/records.ts';
import { carrierEvent, usageRecord } from '../../records/datastreamer.ts';
import { connectionEvent, type Members } from '../../records/supersim.ts';
import { type Fact, finalHour, hour, type Plan } from './plan.ts';

/** What devices do, as their carriers write it. */

/** The beginning of the timeline. */
export const start = at(0);

export const sourceName = 'fleet';

/** A SIM of the fleet. */
export interface PlannedSim {
  /** Its key in the ledger. */
  readonly key: string;
  /** Its number, which its carrier's ids are made of. */
  readonly number: number;
  /** Rules watch those that are called `tracker`. */
  readonly name: string;
  readonly facts: readonly Fact[];
}

const beacons = 3;
const beaconHours = 20;

/** The SIMs of a plan, and the beacons. */
export function listFacts({ sims, hasBeacons }: Plan): PlannedSim[] {
  const trackers = sims.map((facts, index) => makeSim(index, 'tracker', facts));
  if (!hasBeacons) return trackers;
  const signals = Array.from({ length: finalHour / beaconHours + 1 }, (_, index): Fact => {
    return { at: Math.floor(index * beaconHours), kind: 'signal', bytes: 0, modem: 0, delays: [0] };
  });
  return [
    ...trackers,
    ...Array.from({ length: beacons }, (_, index) => makeSim(sims.length + index, 'beacon', signals)),
  ];
}

function makeSim(number: number, name: string, facts: readonly Fact[]): PlannedSim {
  return { number, name: `${name} ${number}`, facts, key: `898830700000${String(number).padStart(7, '0')}` };
}

/** The IMEIs of a device's modems. */
export const imeis: readonly string[] = ['490154203237518', '490154203237526'];

/** A fact as its carrier's record. */
export function renderFact(sim: PlannedSim, fact: Fact, index: number, carrier: Plan['carrier']): Members {
  return carrier === 'twilio' ? renderSuperSim(sim, fact, index) : renderStreamer(sim, fact, index);
}

function renderSuperSim({ key, number, name }: PlannedSim, fact: Fact, index: number): Members {
  const id = `EZ${String(number).padStart(16, '0')}${String(index).padStart(16, '0')}`;
  const time = formatTime(start + fact.at * hour);
  const about = {
    event_sid: id,
    timestamp: time,
    account_sid: 'AC00000000000000000000000000000001',
    sim_sid: `HS${String(number).padStart(32, '0')}`,
    sim_iccid: key,
    sim_unique_name: name,
  };
  const envelope = { id, time, source: `/v1/SuperSim/ConnectionEvents/${id}` };
  if (fact.kind === 'signal') return connectionEvent('attachment.accepted', about, envelope);
  if (fact.kind === 'refused') return connectionEvent('data-session.failed', about, envelope);
  const data = {
    ...about,
    imei: imeis[fact.modem],
    data_session_sid: `PI${String(number).padStart(32, '0')}`,
    data_session_start_time: formatTime(start - 2 * hour),
    data_session_update_start_time: formatTime(start + (fact.at - 1) * hour),
    data_session_update_end_time: time,
    data_upload: fact.bytes,
    data_download: 0,
    data_total: fact.bytes,
  };
  return connectionEvent('data-session.updated', data, envelope);
}

function renderStreamer({ key, number, name }: PlannedSim, fact: Fact, index: number): Members {
  const id = (number + 1) * 1_000 + index;
  const sim = { id: number + 1, iccid: key };
  const endpoint = { id: number + 1, name };
  const time = start + fact.at * hour;
  if (fact.kind !== 'usage') {
    const isRefused = fact.kind === 'refused';
    return carrierEvent(isRefused ? 3 : 1, {
      ...{ id, sim, endpoint, timestamp: formatTime(time) },
      ...(isRefused && { alert: true }),
    });
  }
  const megabytes = fact.bytes / 1_000_000;
  return {
    ...usageRecord,
    ...{ id, sim, endpoint: { ...endpoint, imei: imeis[fact.modem] } },
    start_timestamp: formatTime(time - hour),
    end_timestamp: formatTime(time),
    volume: { tx: megabytes, rx: 0, total: megabytes },
    cost: megabytes,
  };
}
