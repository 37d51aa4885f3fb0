import type { Schemas } from '../api/client.ts';
import { nameColumn, timeColumn } from '../components/columns.tsx';
import type { Column } from '../components/table.tsx';
import { Age, Name, Personal } from '../components/values.tsx';
import { formatCountry } from '../format.ts';
import { makeSimHref, nameNetwork, nameSim, readSimKey } from './sims.ts';

type Sim = Schemas['Sim'];

/** The precision of a SIM's last sign of life, in words; empty if it is exact. */
export function describePrecision(precision: Sim['last_heard_precision']): string {
  if (precision === 'granule') return 'at this time or some hours later';
  if (precision === 'never') return 'no record came from the device';
  if (precision === 'unknown') return 'not known in the list: see the SIM';
  return '';
}

/** Columns of tables of SIMs. */
export const simColumns: readonly Column<Sim>[] = [
  {
    title: 'SIM',
    text: nameSim,
    show: (sim) => (
      <a href={makeSimHref(readSimKey(sim))}>
        <Name text={nameSim(sim)} />
      </a>
    ),
  },
  {
    title: 'Last heard',
    text: ({ last_heard: at, last_heard_precision: precision }) => at ?? precision,
    show: ({ last_heard: at, last_heard_precision: precision }) => (
      <span title={describePrecision(precision)}>
        {at === null ? precision : <Age at={at} />}
        {precision === 'granule' ? ' at most' : ''}
      </span>
    ),
  },
  timeColumn('At', ({ last_heard: at }) => at),
  nameColumn('Last event', ({ last_event: type }) => type),
  {
    title: 'Online, as stated',
    text: ({ online }) => (online === null ? '' : online ? 'online' : 'offline'),
    show: ({ online, online_stated_at: at }) =>
      online === null ? (
        '–'
      ) : (
        <>
          {online ? 'online' : 'offline'}, <Age at={at} />
        </>
      ),
  },
  nameColumn('Status', ({ status }) => status),
  {
    title: 'Country',
    text: ({ network }) => network?.operator_country ?? '',
    show: ({ network }) => formatCountry(network?.operator_country ?? null),
  },
  {
    title: 'Network',
    text: ({ network }) => nameNetwork(network),
    show: ({ network }) => <Name text={nameNetwork(network)} />,
  },
  nameColumn('Source', ({ source }) => source),
  nameColumn('ICCID', ({ iccid }) => iccid),
  {
    title: 'IMEI',
    text: ({ imei }) => imei ?? '',
    show: ({ imei }) => <Personal value={imei} />,
    isPersonal: true,
  },
  {
    title: 'MSISDN',
    text: ({ msisdn }) => msisdn ?? '',
    show: ({ msisdn }) => <Personal value={msisdn} />,
    isPersonal: true,
  },
];
