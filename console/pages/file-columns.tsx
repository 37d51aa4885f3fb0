import type { Schemas } from '../api/client.ts';
import { bytesColumn, countColumn, nameColumn, timeColumn } from '../components/columns.tsx';
import type { Column } from '../components/table.tsx';

type File = Schemas['File'];

/** Columns of tables of CSV files. */
export const fileColumns: readonly Column<File>[] = [
  nameColumn('File', ({ key }) => key),
  {
    title: 'State',
    text: ({ state, stalled }) => (stalled ? `${state}, stalled` : state),
    show: ({ state, stalled }) => (
      <span class={`badge ${state === 'failed' ? 'critical' : stalled ? 'warning' : 'info'}`}>
        {stalled ? `${state}, stalled` : state}
      </span>
    ),
  },
  countColumn('Rows', ({ rows }) => rows),
  countColumn('Accepted', ({ accepted }) => accepted),
  countColumn('Rejected', ({ rejected }) => rejected),
  nameColumn('Why it failed', ({ reason }) => reason),
  timeColumn('Delivered', ({ delivered }) => delivered),
  nameColumn('Source', ({ source }) => source),
  bytesColumn('Size', ({ size }) => size),
  nameColumn('Bucket', ({ bucket }) => bucket),
];

/** The columns that matter most for a file with rejected rows. */
export const rejectedColumns = fileColumns.filter(({ title }) => title !== 'Bucket' && title !== 'Size');
