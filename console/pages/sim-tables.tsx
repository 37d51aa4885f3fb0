import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { Schemas } from '../api/client.ts';
import { timeColumn } from '../components/columns.tsx';
import { Empty } from '../components/states.tsx';
import { type Column, Table } from '../components/table.tsx';
import { Name, Personal, Time } from '../components/values.tsx';
import { formatBytes, formatCountry, formatMoney } from '../format.ts';
import type { LoadedTime, LoadedUsage } from '../timeline/load.ts';
import { findNetworkName, type SeenRecords } from '../timeline/records.ts';
import type { ChosenRecord } from './sim-selection.ts';

/** Tables of the records in view. They show what the timeline draws, for reading, keyboards and CSV. */

/** The records to list, and what to call when one is selected. */
export interface SimTablesProps {
  readonly name: string;
  /** Which records are in the window. */
  readonly seen: SeenRecords;
  readonly loaded: LoadedTime;
  readonly chosen: ChosenRecord | undefined;
  readonly onChoose: (record: ChosenRecord) => void;
}

/** Sessions, usage and events of the window. */
export function SimTables({ name, seen, loaded, chosen, onChoose }: SimTablesProps): JSX.Element {
  const { records, requests, detail } = loaded;
  const [sessions, usage, events] = useMemo(
    () =>
      [
        pick(records.sessions, seen.sessions),
        pick(records.usage, seen.usage),
        pick(records.events, seen.events),
      ] as const,
    [records, seen],
  );
  const choose = (row: ChosenRecord['row'], id: string) => () => onChoose({ row, id });
  const isChosen = (row: ChosenRecord['row'], id: string) => chosen?.row === row && chosen.id === id;
  return (
    <>
      <section aria-labelledby="sessions">
        <h3 id="sessions">Data sessions</h3>
        {sessions.length === 0 ? (
          <Empty>No data session in the time shown.</Empty>
        ) : (
          <Table
            name={`Data sessions of ${name}`}
            columns={sessionColumns((sid) => choose('sessions', sid))}
            rows={sessions}
            request={requests.sessions}
            isChosen={({ sid }) => isChosen('sessions', sid)}
            onChoose={({ sid }) => onChoose({ row: 'sessions', id: sid })}
          />
        )}
      </section>
      <section aria-labelledby="usage">
        <h3 id="usage">Usage {detail.granularity === 'raw' ? 'records' : `by ${detail.granularity}`}</h3>
        {usage.length === 0 ? (
          <Empty>No usage in the time shown.</Empty>
        ) : (
          <Table
            name={`Usage of ${name}`}
            columns={usageColumns(detail.granularity, (id) => choose('usage', id))}
            rows={usage}
            request={requests.usage}
            isChosen={(row) => isChosen('usage', identify(row))}
            onChoose={(row) => onChoose({ row: 'usage', id: identify(row) })}
          />
        )}
      </section>
      <section aria-labelledby="events">
        <h3 id="events">Events</h3>
        {events.length === 0 ? (
          <Empty>No event in the time shown.</Empty>
        ) : (
          <Table
            name={`Events of ${name}`}
            columns={eventColumns((sid) => choose('events', sid))}
            rows={events}
            request={requests.events}
            isChosen={({ sid }) => isChosen('events', sid)}
            onChoose={({ sid }) => onChoose({ row: 'events', id: sid })}
          />
        )}
      </section>
    </>
  );
}

function pick<Row>(rows: readonly Row[], positions: readonly number[]): Row[] {
  return positions.flatMap((index) => rows[index] ?? []);
}

function identify(usage: LoadedUsage): string {
  return 'sid' in usage ? usage.sid : usage.period.start_time;
}

type OnChoose = (id: string) => () => void;

/** A time as a button, so that the keyboard can select the row. */
function showTime(at: string, onClick: () => void): JSX.Element {
  return (
    <button
      type="button"
      class="link"
      onClick={(event) => {
        event.stopPropagation();
        onClick();
      }}
    >
      <Time at={at} />
    </button>
  );
}

function sessionColumns(onChoose: OnChoose): Column<Schemas['DataSession']>[] {
  return [
    { title: 'Start', text: ({ start }) => start, show: ({ start, sid }) => showTime(start, onChoose(sid)) },
    timeColumn('End', ({ end }) => end),
    { title: 'Status', text: ({ status }) => status },
    {
      ...{ title: 'Bytes', isNumeric: true, text: ({ data_total }) => String(data_total) },
      show: ({ data_total }) => formatBytes(data_total),
    },
    {
      title: 'Network',
      text: (row) => findNetworkName(row) ?? '',
      show: (row) => <Name text={findNetworkName(row)} />,
    },
    {
      ...{ title: 'Country', text: ({ operator_country }) => operator_country ?? '' },
      show: ({ operator_country }) => (operator_country === null ? '–' : formatCountry(operator_country)),
    },
    { title: 'Radio', text: ({ radio_link }) => radio_link ?? '' },
    { title: 'APN', text: ({ apn }) => apn ?? '' },
    {
      ...{ title: 'IMEI', isPersonal: true, text: ({ imei }) => imei ?? '' },
      show: ({ imei }) => <Personal value={imei} />,
    },
    { title: 'Error', text: ({ error }) => error ?? '' },
    { title: 'Id', text: ({ sid }) => sid },
  ];
}

function usageColumns(
  granularity: LoadedTime['detail']['granularity'],
  onChoose: OnChoose,
): Column<LoadedUsage>[] {
  const common: Column<LoadedUsage>[] = [
    {
      ...{ title: 'From', text: ({ period }) => period.start_time },
      show: (row) => showTime(row.period.start_time, onChoose(identify(row))),
    },
    timeColumn('To', ({ period }) => period.end_time),
    {
      ...{ title: 'Bytes', isNumeric: true, text: ({ data_total }) => String(data_total) },
      show: ({ data_total }) => formatBytes(data_total),
    },
    {
      ...{ title: 'Up', isNumeric: true, text: ({ data_upload }) => String(data_upload ?? '') },
      show: ({ data_upload }) => formatBytes(data_upload),
    },
    {
      ...{ title: 'Down', isNumeric: true, text: ({ data_download }) => String(data_download ?? '') },
      show: ({ data_download }) => formatBytes(data_download),
    },
    {
      ...{ title: 'Messages', isNumeric: true },
      text: (row) => ('messages' in row ? String(row.messages ?? '') : ''),
    },
    { title: 'Cost', isNumeric: true, text: showCost },
  ];
  const network: Column<LoadedUsage> = {
    title: 'Network',
    text: (row) => ('operator_name' in row ? (findNetworkName(row) ?? '') : (row.network_sid ?? '')),
  };
  const country: Column<LoadedUsage> = {
    ...{ title: 'Country', text: ({ iso_country }) => iso_country ?? '' },
    show: ({ iso_country }) => (iso_country === null ? '–' : formatCountry(iso_country)),
  };
  if (granularity === 'hour') return common.filter(({ title }) => title !== 'Messages');
  if (granularity === 'day') return [...common, network, country];
  return [
    ...common,
    ...[network, country],
    { title: 'Tariff', text: (row) => ('sid' in row ? (row.tariff ?? '') : '') },
    { title: 'Id', text: (row) => ('sid' in row ? row.sid : '') },
  ];
}

/** What carriers charged. */
function showCost(row: LoadedUsage): string {
  if ('costs' in row)
    return row.costs.map(({ amount, currency }) => formatMoney(amount, currency)).join(', ');
  if ('sid' in row) return row.currency === null ? '' : formatMoney(row.cost, row.currency);
  return row.data_total_billed === null ? '' : formatMoney(row.data_total_billed, row.billed_unit);
}

function eventColumns(onChoose: OnChoose): Column<Schemas['ConnectionEvent']>[] {
  return [
    {
      ...{ title: 'Time', text: ({ timestamp }) => timestamp },
      show: ({ timestamp, sid }) => showTime(timestamp, onChoose(sid)),
    },
    { title: 'Event', text: ({ event_type }) => event_type },
    {
      title: 'Says',
      text: ({ error_message, description }) => error_message ?? description ?? '',
      show: ({ error_message, description }) => <Name text={error_message ?? description} />,
    },
    {
      title: 'Network',
      text: (row) => findNetworkName(row) ?? '',
      show: (row) => <Name text={findNetworkName(row)} />,
    },
    {
      ...{ title: 'Country', text: ({ operator_country }) => operator_country ?? '' },
      show: ({ operator_country }) => (operator_country === null ? '–' : formatCountry(operator_country)),
    },
    { title: 'Session', text: ({ data_session_sid }) => data_session_sid ?? '' },
    { title: 'Id', text: ({ sid }) => sid },
  ];
}
