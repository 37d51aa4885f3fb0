import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { type ApiRequest, makeRequest } from '../api/client.ts';
import { SourceLink } from '../components/source.tsx';
import { Loading } from '../components/states.tsx';
import { formatPlace } from '../place.ts';
import { showsPersonalData } from '../settings.ts';
import type { LoadedRecords } from '../timeline/load.ts';
import { CopyButton } from './request.tsx';
import type { ChosenRecord } from './sim-selection.ts';

/** One record of a SIM with all its fields. */

/** The record's properties. */
export interface SimRecordProps {
  readonly chosen: ChosenRecord;
  /** Undefined while it is loading, and if it is outside the loaded time. */
  readonly record: AnyRecord | undefined;
  readonly isLoading: boolean;
  /** The SIM's name in the address. */
  readonly sim: string;
  readonly onClose: () => void;
}

type AnyRecord = LoadedRecords['sessions' | 'usage' | 'events' | 'alerts' | 'findings'][number];

const names = {
  sessions: 'Data session',
  usage: 'Usage record',
  events: 'Event',
  alerts: 'Alert',
  findings: 'Finding',
} as const satisfies Record<ChosenRecord['row'], string>;

/** A panel with the record and the request that finds it. */
export function SimRecord({ chosen, record, isLoading, sim, onClose }: SimRecordProps): JSX.Element {
  const heading = useRef<HTMLHeadingElement>(null);
  const { row, id } = chosen;
  useEffect(() => heading.current?.scrollIntoView({ block: 'nearest' }), [row, id]);
  const isSum = row === 'usage' && record !== undefined && !('sid' in record);
  const title = isSum ? 'Usage of a period' : names[row];
  const text = record === undefined ? '' : JSON.stringify(record, replaceHidden, 2);
  const words = showsPersonalData.value ? readCarrierWords(record) : undefined;
  return (
    <aside
      class="sim-record"
      aria-labelledby="record"
      onKeyDown={({ key }) => {
        if (key === 'Escape') onClose();
      }}
    >
      <h3 id="record" ref={heading}>
        {title}
      </h3>
      <p>
        <span class="quiet">{isSum ? 'From' : 'Id'}</span> <bdi class="id">{id}</bdi>
      </p>
      {record === undefined ? (
        isLoading ? (
          <Loading what="the record" />
        ) : (
          <p>It is not among the records of the time shown. Zoom out, or move the timeline to it.</p>
        )
      ) : (
        <>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
          <pre tabIndex={0}>{text}</pre>
          {words === undefined ? null : (
            <>
              <h4>In the carrier’s words</h4>
              {/* biome-ignore lint/a11y/noNoninteractiveTabindex: as above */}
              <pre tabIndex={0}>{words}</pre>
            </>
          )}
          <p class="quiet">{explainRecord(row)}</p>
        </>
      )}
      <div class="tools">
        {record !== undefined && <CopyButton text={text} label="Copy" />}
        {row === 'alerts' && <a href={formatPlace(['alerts', id])}>Details</a>}
        {record !== undefined && (
          <SourceLink request={findRequest(sim, chosen, record)} of={`this ${title}`} />
        )}
        <button type="button" onClick={onClose}>
          Close
        </button>
      </div>
    </aside>
  );
}

/** Fields that are hidden until personal data is shown, in addition to those that the API leaves out. */
const hiddenFields: ReadonlySet<string> = new Set(['imei', 'msisdn', 'imsi', 'ip_address', 'detail']);

function replaceHidden(key: string, value: unknown): unknown {
  return hiddenFields.has(key) && !showsPersonalData.value ? '(hidden)' : value;
}

/** The carrier's additional details, one member per line if they are JSON; undefined if there are none. */
function readCarrierWords(record: AnyRecord | undefined): string | undefined {
  const detail = record !== undefined && 'detail' in record ? record.detail : null;
  if (detail === null) return undefined;
  try {
    return JSON.stringify(JSON.parse(detail), undefined, 2);
  } catch (error) {
    // It is a sentence, or JSON that was cut.
    if (error instanceof SyntaxError) return detail;
    throw error;
  }
}

/** Explains how the shown record relates to what the carrier sent. */
function explainRecord(row: ChosenRecord['row']): string {
  switch (row) {
    case 'alerts':
    case 'findings':
      return 'simledger derived this from the records that it names.';
    case 'sessions':
      return 'A session is merged from all of its records.';
    default:
      return showsPersonalData.value
        ? 'This is the record as the ledger stores it; the original bytes are not kept.'
        : 'This is the record as the ledger stores it; the original bytes are not kept. The carrier’s own words may name people: show personal data to see them.';
  }
}

/** Makes the request that finds a single record. */
function findRequest(sim: string, { row, id }: ChosenRecord, record: AnyRecord): ApiRequest {
  const moment = (time: string) => ({ StartTime: time, EndTime: time });
  switch (row) {
    case 'sessions':
      return makeRequest('/v1/Sims/{sim}/DataSessions', { sim }, moment((record as { start: string }).start));
    case 'events':
      return makeRequest(
        '/v1/Sims/{sim}/ConnectionEvents',
        { sim },
        moment((record as { timestamp: string }).timestamp),
      );
    case 'alerts':
      return makeRequest('/v1/Alerts/{id}', { id });
    case 'findings': {
      const { day } = record as { day: string };
      const end = new Date(Date.parse(day) + 86_400_000).toISOString();
      return makeRequest('/v1/Findings', {}, { Sim: sim, StartTime: day, EndTime: end });
    }
    default: {
      const { start_time, end_time } = (record as LoadedRecords['usage'][number]).period;
      const end = end_time > start_time ? end_time : new Date(Date.parse(start_time) + 1000).toISOString();
      return makeRequest(
        '/v1/Sims/{sim}/UsageRecords',
        { sim },
        {
          ...{ StartTime: start_time, EndTime: end, Granularity: 'raw' as const },
        },
      );
    }
  }
}
