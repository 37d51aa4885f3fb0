import type { Schemas } from '../api/client.ts';
import type { Column } from '../components/table.tsx';
import { Name, Time } from '../components/values.tsx';
import { formatBytes, formatCount } from '../format.ts';

type File = Schemas['File'];

/** CSV files as tables show them. */
export const fileColumns: readonly Column<File>[] = [
  { title: 'File', text: ({ key }) => key, show: ({ key }) => <Name text={key} /> },
  {
    title: 'State',
    text: ({ state, stalled }) => (stalled ? `${state}, stalled` : state),
    show: ({ state, stalled }) => (
      <span class={`badge ${state === 'failed' ? 'critical' : stalled ? 'warning' : 'info'}`}>
        {stalled ? `${state}, stalled` : state}
      </span>
    ),
  },
  { title: 'Rows', text: ({ rows }) => String(rows), show: ({ rows }) => formatCount(rows), isNumeric: true },
  {
    title: 'Accepted',
    text: ({ accepted }) => String(accepted),
    show: ({ accepted }) => formatCount(accepted),
    isNumeric: true,
  },
  {
    title: 'Rejected',
    text: ({ rejected }) => String(rejected),
    show: ({ rejected }) => formatCount(rejected),
    isNumeric: true,
  },
  {
    title: 'Why it failed',
    text: ({ reason }) => reason ?? '',
    show: ({ reason }) => <Name text={reason} />,
  },
  {
    title: 'Delivered',
    text: ({ delivered }) => delivered,
    show: ({ delivered }) => <Time at={delivered} />,
  },
  { title: 'Source', text: ({ source }) => source, show: ({ source }) => <Name text={source} /> },
  {
    title: 'Size',
    text: ({ size }) => String(size),
    show: ({ size }) => formatBytes(size),
    isNumeric: true,
  },
  { title: 'Bucket', text: ({ bucket }) => bucket, show: ({ bucket }) => <Name text={bucket} /> },
];

/** Of a file with rejected rows, what matters first. */
export const rejectedColumns = fileColumns.filter(({ title }) => title !== 'Bucket' && title !== 'Size');
