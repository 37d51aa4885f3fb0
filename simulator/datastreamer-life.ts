import { Course, type CourseOptions } from './course.ts';
import { putIntoOtherDevice, type Sim } from './identity.ts';
import { failures, loop } from './incidents.ts';
import type { Random } from './random.ts';
import {
  type CarrierEvent,
  hour,
  minute,
  type PdpContext,
  type Span,
  second,
  type UsageRecord,
  type Volume,
} from './records.ts';
import { makeSessionId, type PartitionTruth } from './truth.ts';

type DataStreamerRecord = CarrierEvent | UsageRecord;

/** Types of a SIM's events outside of sessions, by frequency: location, GPRS location, quota, activation, unknown. */
const sideEvents = [1, 1, 1, 2, 2, 2, 8, 15, 18, 20, 56, 99] as const;

/** Types of events that a carrier of the old generation sends by file in this simulation. */
const fileEvents: ReadonlySet<number> = new Set([1, 2, 8, 99]);

/** Types of events about a user of the portal instead of a SIM. */
const userEvents = [6, 13, 41, 67] as const;

/**
 * The records of one data-streamer SIM, roughly in the order in which they happen: it attaches, opens a PDP context,
 * sends a usage record every ten to fifteen minutes, closes the context with the volume of the whole session, and
 * pauses. In between come short messages, locations and quotas. Every record is reported to `truth`.
 */
export function* simulateDataStreamer(
  given: Sim,
  span: Span,
  random: Random,
  truth: PartitionTruth,
  options: CourseOptions = {},
): Generator<DataStreamerRecord, void> {
  const course = new Course(options, random);
  let sim = given;
  const dialect = sim.dataStreamer;
  const usageInterval = sim.carrier === 'emnify' ? 10 * minute : 15 * minute;
  const usageNamesSession = sim.carrier === 'emnify' || dialect.generation === 'flat';
  // Files may repeat everything that the stream delivers, but only of a complete life.
  const isRepeatedByFile = course.isComplete && dialect.generation === 'nested' && random.decide(0.4);
  let eventCount = 0;
  let usageCount = 0;
  let at = span.from + random.drawInteger((20 * minute) / second) * second;
  for (const record of records()) {
    if (record.at >= span.to) return;
    for (const delivered of course.deliver(record)) {
      if (delivered.kind === 'event') truth.addEvent(delivered);
      else truth.addUsageRecord(delivered);
      yield delivered;
    }
  }

  function* records(): Generator<DataStreamerRecord, void> {
    yield event(random.decide(0.5) ? 1 : 2, at);
    if (sim.idle) {
      if (course.idleInterval === undefined) return;
      for (at += course.idleInterval; at < span.to; at += course.idleInterval) yield event(2, at);
      return;
    }
    yield* session(random.decide(0.1) && !course.isComplete);
    for (at = course.findWakeTime(at); at < span.to; at = course.findWakeTime(at)) {
      yield* simulateIncident();
      if (random.decide(0.5)) yield event(2, at + random.drawInteger(1000));
      if (sim.carrier === 'emnify' && random.decide(0.1)) yield event(3, at);
      at += random.drawBetween(1, 30) * second;
      yield* session(false);
    }
  }

  /** What happens to the device between two sessions. */
  function* simulateIncident(): Generator<DataStreamerRecord, void> {
    const incident = course.takeIncident(at);
    if (incident === 'swap') sim = putIntoOtherDevice(sim);
    if (incident === 'attach-loop') {
      for (let count = 0; count < loop.attachments; count++) {
        yield event(2, at);
        at += loop.interval;
      }
    }
    if (incident === 'session-failures') {
      for (let count = 0; count < failures.sessions; count++) {
        yield event(3, at);
        at += failures.interval;
      }
    }
  }

  /** @param beganEarlier the session opened before the records begin, so its creation is not one of them. */
  function* session(beganEarlier: boolean): Generator<DataStreamerRecord, void> {
    const context = openContext(beganEarlier);
    const usageOnly = usageNamesSession && random.decide(0.05) && !course.isComplete;
    const drawn =
      at + random.drawBetween(60, 900) * second + random.drawExponential((6 * hour) / second) * second;
    const end = course.endSession(at, drawn);
    if (!beganEarlier && !usageOnly) yield event(3, at, { context });
    let volume: Volume = { up: 0, down: 0 };
    while (at < end && at < span.to && !course.isDark(at)) {
      const usage = dataUsage(context, course.endStep(at, Math.min(at + usageInterval, end)));
      volume = { up: volume.up + usage.volume.up, down: volume.down + usage.volume.down };
      yield usage;
      at = usage.end;
      if (!course.isDark(at)) yield* between(context, usageOnly);
    }
    // The network deletes the context of a silent device as soon as it notices.
    if (course.isDark(at)) at = Math.max(at, end);
    if (!usageOnly && (random.decide(0.97) || course.isComplete)) yield event(5, at, { context, volume });
    at = course.endStep(at, at + (1 + random.drawExponential(3600)) * second);
    at -= at % second;
  }

  function openContext(beganEarlier: boolean): PdpContext {
    const started = beganEarlier && dialect.statesTunnelCreated ? at - random.drawBetween(1, 20) * hour : at;
    const id = 100_000_000 + random.drawInteger(900_000_000);
    return { id, tunnelCreated: started, uuid: random.drawUuid(), ratType: random.pick([1, 2, 6, 6, 8, 9]) };
  }

  function* between(context: PdpContext, usageOnly: boolean): Generator<DataStreamerRecord, void> {
    if (random.decide(0.02)) yield shortMessage(context);
    if (random.decide(0.05)) yield event(random.pick(sideEvents), at + random.drawInteger(1000));
    if (!usageOnly && random.decide(0.04)) yield event(4, at + random.drawInteger(1000), { context });
  }

  function dataUsage(context: PdpContext, until: number): UsageRecord {
    // emnify mixes whole seconds and milliseconds. Files have whole seconds only.
    const mixes =
      sim.carrier === 'emnify' && !(course.isComplete && (dialect.usageByFile || isRepeatedByFile));
    const end = mixes && random.decide(0.2) ? until + random.drawInteger(1000) : until;
    const volume = {
      up: random.drawExponential(60_000) + course.takeSpike(at),
      down: random.drawExponential(40_000),
    };
    const record = {
      kind: 'usage',
      sim,
      id: recordId(usageCount++),
      at: end,
      start: at,
      end,
      volume,
    } as const;
    return { ...record, messages: 0, ...nameSession(context), path: choosePath(at, end) };
  }

  function shortMessage(context: PdpContext): UsageRecord {
    // emnify also names a session in messages, but never one that carries data.
    const session = random.decide(0.5) ? context : { ...context, drawUuid: random.drawUuid() };
    const sent = at - (at % second);
    const record = {
      kind: 'usage',
      sim,
      id: recordId(usageCount++),
      at: sent,
      start: sent,
      end: sent,
    } as const;
    return {
      ...record,
      volume: { up: 0, down: 0 },
      messages: random.drawBetween(1, 3),
      ...nameSession(session),
      path: choosePath(sent, sent),
    };
  }

  function nameSession(context: PdpContext): { sessionId?: string } {
    return usageNamesSession ? { sessionId: makeSessionId(sim.carrier, dialect, context) } : {};
  }

  /** Files have whole seconds, so only records with whole seconds can be in both. */
  function choosePath(start: number, end: number): UsageRecord['path'] {
    const wholeSeconds = start % second === 0 && end % second === 0;
    if (dialect.generation === 'flat' || !wholeSeconds) return 'stream';
    if (dialect.usageByFile) return 'file';
    return isRepeatedByFile || random.decide(0.06) ? 'both' : 'stream';
  }

  function event(typeId: number, time: number, about: Partial<CarrierEvent> = {}): CarrierEvent {
    const byFile = dialect.generation === 'old' && fileEvents.has(typeId) && random.decide(0.5);
    // Files and 1NCE's nested events have whole seconds only.
    const inSeconds =
      byFile || isRepeatedByFile || (sim.carrier === '1nce' && dialect.generation === 'nested');
    const path = byFile ? 'file' : isRepeatedByFile ? 'both' : 'stream';
    const stated = inSeconds ? time - (time % second) : time;
    const source = sim.carrier;
    return { kind: 'event', source, sim, typeId, id: recordId(eventCount++), at: stated, path, ...about };
  }

  function recordId(count: number): string {
    return makeRecordId(dialect.generation, sim.firstRecordId + count);
  }
}

/** Events of one data-streamer account about users of the portal: about one per hour. */
export function* simulateAccount(
  source: Sim['carrier'],
  firstRecordId: number,
  span: Span,
  random: Random,
  truth: PartitionTruth,
): Generator<CarrierEvent, void> {
  let count = 0;
  for (
    let at = span.from + random.drawExponential(hour);
    at < span.to;
    at += minute + random.drawExponential(hour)
  ) {
    const id = makeRecordId('nested', firstRecordId + count++);
    const stated = at - (at % second);
    const event: CarrierEvent = {
      kind: 'event',
      source,
      typeId: random.pick(userEvents),
      id,
      at: stated,
      path: 'stream',
    };
    truth.addEvent(event);
    yield event;
  }
}

/** The ids of 1NCE's 2.0 exceed 2^53 here, so that a JSON parser that uses doubles would confuse neighbours. */
function makeRecordId(generation: 'old' | 'nested' | 'flat', count: number): string {
  if (generation === 'flat') return `9007199${String(count).padStart(12, '0')}`;
  return String((generation === 'old' ? 170_000_000_000 : 4_000_000_000) + count);
}
