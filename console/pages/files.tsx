import type { JSX } from 'preact';
import { usePages } from '../api/answers.ts';
import { makeRequest, type Query, type Schemas } from '../api/client.ts';
import { ChoiceFilter, TextFilter } from '../components/form.tsx';
import { Listed } from '../components/listed.tsx';
import { type Column, Table } from '../components/table.tsx';
import { Name, Time } from '../components/values.tsx';
import { formatBytes, formatCount } from '../format.ts';
import type { PageProps } from '../page.ts';

/** CSV files that carriers delivered, and what of them was rejected. */

type File = Schemas['File'];

const fileColumns: readonly Column<File>[] = [
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

/** The page of imported files, and of what was rejected in them. */
export function Files({ place: { query } }: PageProps): JSX.Element {
  const request = makeRequest('/v1/Files', {}, {
    Source: query.get('source') ?? undefined,
    State: query.get('state') ?? undefined,
    PageSize: 200,
  } as Query<'/v1/Files'>);
  const files = usePages(request, (answer) => answer.files);
  return (
    <>
      <h1>Files and quarantine</h1>
      <search class="filters">
        <TextFilter name="source" label="Source" size={10} />
        <ChoiceFilter
          name="state"
          label="State"
          choices={[
            ['', 'any'],
            ['importing', 'importing'],
            ['done', 'done'],
            ['failed', 'failed'],
          ]}
        />
      </search>
      <Listed asked={files} what="files" empty="No file matches: no carrier has delivered one.">
        {(rows) => (
          <Table
            name="Files"
            columns={fileColumns}
            rows={rows}
            request={request}
            more={files.hasMore ? files.more : undefined}
            isLoading={files.isLoading}
          />
        )}
      </Listed>
      <h2>Quarantine</h2>
      <p>
        What cannot be read is kept with its bytes and the reason. Those bytes may name people, so they are
        not shown here: <code>npx simledger quarantine list</code> shows them,{' '}
        <code>npx simledger quarantine redrive</code> has them read again.
      </p>
    </>
  );
}
