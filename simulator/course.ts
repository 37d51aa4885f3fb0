import { type Incident, spike } from './incidents.ts';
import type { RecordLosses } from './losses.ts';
import type { Random } from './random.ts';
import { type FleetRecord, minute, second } from './records.ts';

/** What is unusual in the life of a device. */
export interface CourseOptions {
  readonly incident?: Incident | undefined;
  /** How often an idle device attaches, in milliseconds; once in its life without it. */
  readonly idleInterval?: number | undefined;
  /** What its carrier does not deliver. With it, a life is complete but for what is lost. */
  readonly losses?: RecordLosses | undefined;
}

/** How the incident of a device changes the course of its life. Times are epoch milliseconds. */
export class Course {
  readonly idleInterval: number | undefined;
  readonly #losses: RecordLosses | undefined;
  readonly #incident: Incident | undefined;
  readonly #random: Random;
  #happened = false;
  #spikes = 0;

  constructor({ incident, idleInterval, losses }: CourseOptions, random: Random) {
    this.#losses = losses;
    this.#incident = incident;
    this.idleInterval = idleInterval;
    this.#random = random;
  }

  /** Whether every session has its start and its end, but for what is lost on purpose. */
  get isComplete(): boolean {
    return this.#losses !== undefined;
  }

  /** What is delivered of a record that happened. */
  deliver<Happened extends FleetRecord>(record: Happened): readonly Happened[] {
    return this.#losses?.take(record) ?? [record];
  }

  /** Whether the device is silent. */
  isDark(at: number): boolean {
    return this.#incident?.kind === 'dark' && at >= this.#incident.from && at < this.#incident.to;
  }

  /** When the device continues: at once, or some minutes after its silence; never, if it died. */
  findWakeTime(at: number): number {
    if (this.#incident?.kind !== 'dark' || !this.isDark(at)) return at;
    return this.#incident.to + this.#random.drawBetween(1, 600) * second;
  }

  /** The end of a step: where an incident is due before it, the step ends there. */
  endStep(from: number, to: number): number {
    const due = this.#findDue();
    return due > from && due < to ? due : to;
  }

  /**
   * When a session ends: an incident ends it early, and the session of a silent device lasts until the network notices.
   */
  endSession(from: number, drawn: number): number {
    const due = this.#findDue();
    if (due <= from || due >= drawn) return drawn;
    return this.#incident?.kind === 'dark' ? due + this.#random.drawBetween(60, 240) * minute : due;
  }

  /** The incident that happens to the device now, between two sessions; undefined if none does. */
  takeIncident(at: number): Incident['kind'] | undefined {
    if (this.#happened || at < this.#findDue()) return undefined;
    this.#happened = true;
    return this.#incident?.kind;
  }

  /** Bytes that a usage record has in addition to the usual ones. */
  takeSpike(at: number): number {
    if (this.#incident?.kind !== 'spike' || at < this.#incident.at || this.#spikes >= spike.records) return 0;
    this.#spikes += 1;
    return spike.bytes;
  }

  /** When the incident is due; never, if no incident is planned or it has happened. */
  #findDue(): number {
    if (this.#incident === undefined || this.#happened || this.#incident.kind === 'spike') {
      return Number.POSITIVE_INFINITY;
    }
    return this.#incident.kind === 'dark' ? this.#incident.from : this.#incident.at;
  }
}
