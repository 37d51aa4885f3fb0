import type { ReadonlySignal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { changeQuery } from '../address.ts';
import type { Schemas } from '../api/client.ts';
import { Failure } from '../components/states.tsx';
import { Time } from '../components/values.tsx';
import { countThings, formatBytes, formatCountry, formatDuration, formatTime } from '../format.ts';
import type { Place } from '../place.ts';
import { listIncluded, showsPersonalData, zone } from '../settings.ts';
import type { Hit, MarkRow, RowName } from '../timeline/layout.ts';
import type { LoadedRecords, LoadedTime } from '../timeline/load.ts';
import type { Tone } from '../timeline/paint.ts';
import {
  findSeen,
  type Gap,
  nameModel,
  noRecords,
  readRanges,
  type SeenRecords,
} from '../timeline/records.ts';
import { Timeline } from '../timeline/timeline.tsx';
import { useRecords } from '../timeline/use-records.ts';
import {
  chooseWindow,
  day,
  hour,
  measureSpan,
  minute,
  readWindow,
  type TimeWindow,
  zoomWindow,
} from '../timeline/window.ts';
import { SimCosts } from './sim-costs.tsx';
import { SimRecord } from './sim-record.tsx';
import { chooseRecord, findChosen, formatChosen, readChosen } from './sim-selection.ts';
import { SimTables } from './sim-tables.tsx';

/** The history of a SIM on one time axis, with tables of the records in view. */

/** A history's properties. */
export interface SimHistoryProps {
  readonly sim: Schemas['SimDetails'];
  /** The SIM's name in the address. */
  readonly name: string;
  readonly place: Place;
}

/** Titles of the rows. */
const titles: Readonly<Record<RowName, string>> = {
  alerts: 'Alerts',
  findings: 'Missing or duplicate',
  sessions: 'Data sessions',
  usage: 'Usage',
  events: 'Events',
  networks: 'Network',
  countries: 'Country',
  devices: 'Device',
};

/** The period that a usage record adds up, in milliseconds; 0 for stored records. */
const usageUnits = { raw: 0, hour, day } as const;

/** Windows with a button of their own. */
const presets: readonly (readonly [string, number])[] = [
  ['1 h', hour],
  ['1 day', day],
  ['7 days', 7 * day],
  ['30 days', 30 * day],
  ['1 year', 365 * day],
];

/** The timeline with its controls, the selected record, tables and costs. */
export function SimHistory({ sim, name, place }: SimHistoryProps): JSX.Element {
  const [now] = useState(Date.now);
  const [window, setWindow] = useWindow(place, () => chooseWindow(now, readTime(sim.last_heard)));
  const { loaded, isLoading, progress, error, reload } = useRecords(name, window, listIncluded(), () => now);
  const heard = readTime(sim.last_heard);
  const known = readTime(sim.source_watermark.watermark);
  const records = useMemo(() => {
    const all: LoadedRecords = loaded?.records ?? noRecords;
    return { ...all, gaps: [...all.gaps, ...findSilence(heard, known, now)] };
  }, [loaded, heard, known, now]);
  const granularity = loaded?.detail.granularity ?? 'day';
  const isPersonal = showsPersonalData.value;
  const ranges = useMemo(
    () =>
      readRanges(records, {
        now,
        usageUnit: usageUnits[granularity],
        nameCountry: formatCountry,
        nameDevice: isPersonal ? (imei) => imei : nameModel,
      }),
    [records, now, granularity, isPersonal],
  );
  const sel = place.query.get('sel');
  const chosen = useMemo(() => readChosen(sel), [sel]);
  const selected = chosen && loaded && findChosen(loaded.records, chosen);
  const choose = (next: ReturnType<typeof readChosen>) =>
    changeQuery({ sel: next === undefined ? undefined : formatChosen(next) });
  const onSelect = (hit: Hit | undefined) => {
    const index = hit !== undefined && 'members' in hit.mark ? hit.mark.members[0] : undefined;
    if (hit === undefined || index === undefined || !('members' in hit.mark)) return choose(undefined);
    return choose(chooseRecord(records, { row: hit.row as MarkRow, index }));
  };
  const seen = useMemo(() => findSeen(ranges, window), [ranges, window.from, window.to]);
  const summary = describeWindow(window, records, seen, granularity);
  return (
    <section aria-labelledby="history" class={`sim-history ${chosen === undefined ? '' : 'has-record'}`}>
      <h2 id="history">History</h2>
      <Controls window={window} now={now} onWindow={setWindow} />
      <Timeline
        ranges={ranges}
        window={window}
        zone={zone.value}
        now={now}
        titles={titles}
        chooseTone={(row, members) => chooseTone(records, row, members)}
        formatBytes={formatBytes}
        describePeriod={(period) => describePeriod(period, granularity)}
        describe={(hit) => describeHit(hit, records)}
        summary={summary}
        selected={selected}
        helpId="timeline-help"
        onWindow={setWindow}
        onSelect={onSelect}
      />
      <p class="sim-progress" role="status">
        {isLoading ? <Progress records={progress} /> : summary}
      </p>
      {error === undefined ? null : <Failure error={error} retry={reload} />}
      {loaded !== undefined && <Legend records={records} window={window} />}
      {chosen !== undefined && (
        <SimRecord
          chosen={chosen}
          record={selected && records[selected.row][selected.index]}
          isLoading={isLoading}
          sim={name}
          onClose={() => choose(undefined)}
        />
      )}
      {loaded !== undefined && (
        <SimTables name={name} seen={seen} loaded={loaded} chosen={chosen} onChoose={choose} />
      )}
      <SimCosts name={name} window={window} />
    </section>
  );
}

/** Shows how many records have been loaded. */
function Progress({ records }: { readonly records: ReadonlySignal<number> }): JSX.Element {
  const { value } = records;
  return <>{value === 0 ? 'Reading …' : `Reading … ${countThings(value, 'record')} so far`}</>;
}

function readTime(time: string | null): number | undefined {
  return time === null ? undefined : Date.parse(time);
}

/** How long a window must be unchanged before the address is updated, in milliseconds. Browsers limit such updates. */
const addressDelay = 250;

/** The window. It is written to the address when it has stopped changing, and follows changes of the address. */
function useWindow(place: Place, choose: () => TimeWindow) {
  const [from, to] = [place.query.get('from') ?? undefined, place.query.get('to') ?? undefined];
  const [window, setWindow] = useState<TimeWindow>(() => readWindow(from, to) ?? choose());
  const written = useRef(`${from}/${to}`);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => {
    if (written.current === `${from}/${to}`) return;
    written.current = `${from}/${to}`;
    const stated = readWindow(from, to);
    if (stated !== undefined) setWindow(stated);
  }, [from, to]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const change = (next: TimeWindow) => {
    setWindow(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      const [begin, end] = [new Date(next.from).toISOString(), new Date(next.to).toISOString()];
      written.current = `${begin}/${end}`;
      changeQuery({ from: begin, to: end });
    }, addressDelay);
  };
  return [window, change] as const;
}

/** Buttons that do the same as the wheel and keys, and an explanation of the keys. */
function Controls({
  window,
  now,
  onWindow,
}: {
  readonly window: TimeWindow;
  readonly now: number;
  readonly onWindow: (window: TimeWindow) => void;
}): JSX.Element {
  const span = measureSpan(window);
  const middle = (window.from + window.to) / 2;
  const show = (length: number) => {
    const to = Math.min(now, middle + length / 2);
    onWindow(
      length >= span
        ? { from: Math.min(window.to, now) - length, to: Math.min(window.to, now) }
        : { from: to - length, to },
    );
  };
  return (
    <div class="timeline-controls">
      <fieldset>
        <legend class="hidden">Time shown</legend>
        {presets.map(([title, length]) => (
          <button
            key={title}
            type="button"
            aria-pressed={Math.abs(span - length) < minute}
            onClick={() => show(length)}
          >
            {title}
          </button>
        ))}
        <button
          type="button"
          aria-label="Zoom in"
          onClick={() => onWindow(zoomWindow(window, 1 / 2, middle))}
        >
          +
        </button>
        <button type="button" aria-label="Zoom out" onClick={() => onWindow(zoomWindow(window, 2, middle))}>
          −
        </button>
        <button type="button" onClick={() => onWindow({ from: now - span, to: now })}>
          Now
        </button>
      </fieldset>
      <span class="quiet" id="timeline-help">
        Wheel, pinch or + and − zoom; drag or arrow keys pan (Shift: further); Home shows a year, End goes to
        now.
      </span>
    </div>
  );
}

/** Shorter silences are not drawn, in milliseconds. */
const minSilence = hour;

/**
 * Finds the silence since the last sign of life, up to where the source's records are complete, and the incomplete time
 * after it.
 *
 * @param heard when the device was last heard; undefined if it never was.
 * @param known the time up to which the source's records are complete; undefined if no sweep has judged that.
 */
function findSilence(heard: number | undefined, known: number | undefined, now: number): Gap[] {
  const gaps: Gap[] = [
    { from: heard ?? now, to: Math.min(known ?? now, now), kind: 'silent' },
    { from: Math.max(known ?? now, heard ?? 0), to: now, kind: 'later' },
  ];
  return gaps.filter(({ from, to }) => to - from >= minSilence);
}

/** Explains the hatching, if there is any. */
function Legend({
  records: { findings, gaps },
  window,
}: {
  readonly records: LoadedRecords;
  readonly window: TimeWindow;
}): JSX.Element | null {
  const has = (kind: Gap['kind']) =>
    gaps.some((gap) => gap.kind === kind && gap.to > window.from && gap.from < window.to);
  const sentences = [
    findings.length > 0 && 'Hatched in colour: what the carrier did not deliver, or delivered twice.',
    has('silent') && 'Hatched in grey: no record came from the device since.',
    has('later') && 'Hatched the other way: records may still arrive.',
    has('expired') && 'Hatched very widely: usage of these days may have expired before they were sealed.',
    has('unread') && 'Hatched widely: there are too many records to load at once; zoom in to see them.',
  ].filter((sentence) => sentence !== false);
  return sentences.length === 0 ? null : <p class="quiet">{sentences.join(' ')}</p>;
}

/** Describes the period that one step of usage adds up. */
function describePeriod(
  period: number | undefined,
  granularity: LoadedTime['detail']['granularity'],
): string {
  return `Usage by ${period === undefined ? (granularity === 'raw' ? 'record' : granularity) : formatPeriod(period)}`;
}

/** A period's length in words. */
function formatPeriod(milliseconds: number): string {
  if (milliseconds < hour) return milliseconds === minute ? 'minute' : `${milliseconds / minute} minutes`;
  if (milliseconds < day) return milliseconds === hour ? 'hour' : `${milliseconds / hour} hours`;
  return milliseconds === day ? 'day' : `${milliseconds / day} days`;
}

/** Chooses the tone of an event by its meaning. */
function chooseEventTone(event: Schemas['ConnectionEvent']): Tone {
  if (/failed|rejected|refused|error/.test(event.event_type) || event.error_code !== null) return 'failed';
  if (event.alert === true) return 'warning';
  return /started|created|accepted/.test(event.event_type) ? 'session' : 'muted';
}

/** Tones by importance, the most important first. */
const toneOrder: readonly Tone[] = ['critical', 'failed', 'warning', 'info', 'open', 'session', 'muted'];

function chooseTone(records: LoadedRecords, row: MarkRow, members: readonly number[]): Tone {
  const tones = new Set(members.map((index) => readTone(records, row, index)));
  return toneOrder.find((tone) => tones.has(tone)) ?? 'muted';
}

function readTone(records: LoadedRecords, row: MarkRow, index: number): Tone {
  switch (row) {
    case 'alerts':
      return records.alerts[index]!.severity;
    case 'findings':
      return 'warning';
    case 'events':
      return chooseEventTone(records.events[index]!);
    default: {
      const { status } = records.sessions[index]!;
      return status === 'ended' ? 'session' : status;
    }
  }
}

/** Describes the window in words, for screen readers. */
function describeWindow(
  { from, to }: TimeWindow,
  records: LoadedRecords,
  seen: SeenRecords,
  granularity: LoadedTime['detail']['granularity'],
): string {
  const bytes = seen.usage.reduce((sum, index) => sum + Number(records.usage[index]?.data_total), 0);
  const unit = granularity === 'raw' ? 'usage record' : `${granularity}`;
  const parts = [
    `${formatTime(new Date(from).toISOString(), zone.value)} to ${formatTime(new Date(to).toISOString(), zone.value)}`,
    countThings(seen.sessions.length, 'session'),
    `${formatBytes(bytes)} in ${countThings(seen.usage.length, unit)}${granularity === 'raw' ? '' : ' with usage'}`,
    countThings(seen.events.length, 'event'),
    countThings(seen.alerts.length, 'alert'),
  ];
  return parts.join(' · ');
}

/** The text of the hint for something on the timeline. */
function describeHit(hit: Hit, records: LoadedRecords): ComponentChildren {
  const { mark, row } = hit;
  const range = (
    <>
      <Time at={new Date(mark.from).toISOString()} />
      {mark.to > mark.from && (
        <>
          {' – '}
          <Time at={new Date(mark.to).toISOString()} /> ({formatDuration(mark.to - mark.from)})
        </>
      )}
    </>
  );
  if ('value' in mark) return <Lines lines={[mark.value, range]} />;
  const { members } = mark;
  const [first = 0] = members;
  if ('bytes' in mark) {
    return (
      <Lines lines={[`${formatBytes(mark.bytes)} in ${countThings(members.length, 'record')}`, range]} />
    );
  }
  if (members.length > 1)
    return <Lines lines={[`${members.length} × ${titles[row]}`, range, 'Click to zoom in']} />;
  switch (row) {
    case 'sessions': {
      const { sid, status, data_total } = records.sessions[first]!;
      return <Lines lines={[`Session ${sid}, ${status}`, range, formatBytes(data_total)]} />;
    }
    case 'events': {
      const { event_type, error_message, description } = records.events[first]!;
      return <Lines lines={[event_type, range, error_message ?? description]} />;
    }
    case 'findings': {
      const { check, reason, bytes } = records.findings[first]!;
      return <Lines lines={[`${check}: ${reason}`, range, bytes === null ? null : formatBytes(bytes)]} />;
    }
    default: {
      const { rule, severity, state } = records.alerts[first]!;
      return <Lines lines={[`${rule}, ${severity}, ${state}`, range]} />;
    }
  }
}

function Lines({ lines }: { readonly lines: readonly ComponentChildren[] }): JSX.Element {
  return <>{lines.map((line, index) => (line === null ? null : <div key={index}>{line}</div>))}</>;
}
