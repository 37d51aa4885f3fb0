import type { JSX } from 'preact';
import type { Schemas } from '../api/client.ts';
import { nameColumn, timeColumn } from '../components/columns.tsx';
import type { Column } from '../components/table.tsx';
import { Age, Name } from '../components/values.tsx';
import { countThings } from '../format.ts';
import { formatPlace } from '../place.ts';
import { makeSimHref } from './sims.ts';

type Alert = Schemas['Alert'];

/** What an alert is about, in words. */
export function describeSubject({
  subject,
  sim,
  sim_name: name,
  source,
  shared_by: by,
  shared_value: value,
  sims,
}: Alert): string {
  if (subject === 'sim') return name ?? sim ?? '';
  if (subject === 'source') return `source ${source ?? ''}`;
  return `${countThings(sims, 'SIM')} of ${by ?? 'one cause'} ${value ?? ''}`.trimEnd();
}

/** What muting an alert mutes, in words. */
export function describeScope({
  rule,
  sim,
  sim_name: name,
  source,
}: Pick<Alert, 'rule' | 'sim' | 'sim_name' | 'source'>): JSX.Element {
  if (sim === null)
    return <>{source === null ? `the rule ${rule}` : `the rule ${rule} for the source ${source}`}</>;
  return (
    <>
      the rule {rule} for the SIM <Name text={name ?? sim} />
      {name === null ? '' : ` (${sim})`}
    </>
  );
}

/** Columns of tables of alerts. */
export const alertColumns: readonly Column<Alert>[] = [
  {
    title: 'Severity',
    text: ({ severity }) => severity,
    show: ({ severity }) => <span class={`badge ${severity}`}>{severity}</span>,
  },
  {
    title: 'About',
    text: describeSubject,
    show: (alert) =>
      alert.sim === null ? (
        <Name text={describeSubject(alert)} />
      ) : (
        <a href={makeSimHref(alert.sim)}>
          <Name text={describeSubject(alert)} />
        </a>
      ),
  },
  {
    title: 'Rule',
    text: ({ rule }) => rule,
    show: ({ rule, id }) => (
      <a href={formatPlace(['alerts', id])} title="The alert and the records it rests on">
        {rule}
      </a>
    ),
  },
  { title: 'State', text: ({ state, held }) => (held ? `${state}, held back` : state) },
  timeColumn('Since', ({ start_time: at }) => at),
  {
    title: 'Began',
    text: ({ start_time: at }) => at,
    show: ({ start_time: at }) => <Age at={at} />,
  },
  timeColumn('Until', ({ end_time: at }) => at),
  nameColumn('SIM', ({ sim }) => sim),
  nameColumn('Source', ({ source }) => source),
  { title: 'SIMs', text: ({ sims }) => String(sims), isNumeric: true },
  { title: 'Messages', text: ({ messages }) => String(messages), isNumeric: true },
];
