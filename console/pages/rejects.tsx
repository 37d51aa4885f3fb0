import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { changeQuery, place } from '../address.ts';
import { usePages } from '../api/answers.ts';
import { makeRequest, type Query, type Schemas } from '../api/client.ts';
import { TextFilter } from '../components/form.tsx';
import { Listed } from '../components/listed.tsx';
import { type Column, Table } from '../components/table.tsx';
import { Name, Time } from '../components/values.tsx';
import { formatBytes, formatCount } from '../format.ts';

/** What is in quarantine: how much by source and reason, and each object. Its bytes may name people, and are not shown. */

type Reject = Schemas['Reject'];

/** Objects in a page, and pages that are read at once: more are read when they are asked for. */
const readPages = { size: 1000, atOnce: 3 };

/** What is in quarantine, by source and reason. */
export function Rejects(): JSX.Element {
  const { query } = place.value;
  const request = makeRequest('/v1/Rejects', {}, {
    Source: query.get('source') ?? undefined,
    Code: query.get('code') ?? undefined,
    PageSize: readPages.size,
  } as Query<'/v1/Rejects'>);
  const rejects = usePages(request, (answer) => answer.rejects, readPages.atOnce);
  const groups = useMemo(() => groupRejects(rejects.value ?? []), [rejects.value]);
  return (
    <section>
      <h2>Quarantine</h2>
      <p class="quiet">
        What could not be read, of streams, webhooks and files. Its bytes may name people, so they are not
        shown here: <code>npx simledger quarantine list</code> shows them,{' '}
        <code>npx simledger quarantine redrive</code> has them read again.
      </p>
      <search class="filters">
        <TextFilter name="code" label="Reason" size={14} />
      </search>
      <Listed asked={rejects} what="the quarantine" empty="Nothing is in quarantine that matches.">
        {(rows) => (
          <>
            <Table
              name="Quarantine by source and reason"
              columns={groupColumns}
              rows={groups}
              request={request}
              pages={rejects}
            />
            <Table
              name="Objects in quarantine"
              columns={rejectColumns}
              rows={rows}
              request={request}
              pages={rejects}
            />
          </>
        )}
      </Listed>
    </section>
  );
}

/** Rejects of one source and reason. */
export interface RejectGroup {
  readonly source: string;
  readonly code: string;
  readonly objects: number;
  readonly bytes: number;
  readonly first: string;
  readonly last: string;
}

/** Groups rejects by source and reason, the largest group first. */
export function groupRejects(rejects: readonly Reject[]): RejectGroup[] {
  const groups = new Map<string, RejectGroup>();
  for (const { source, code, bytes, kept } of rejects) {
    const key = `${source}/${code}`;
    const known = groups.get(key);
    groups.set(key, {
      ...{ source, code, objects: (known?.objects ?? 0) + 1, bytes: (known?.bytes ?? 0) + bytes },
      first: known !== undefined && known.first < kept ? known.first : kept,
      last: known !== undefined && known.last > kept ? known.last : kept,
    });
  }
  return [...groups.values()].sort(
    (a, b) => b.objects - a.objects || (`${a.source}/${a.code}` < `${b.source}/${b.code}` ? -1 : 1),
  );
}

const groupColumns: readonly Column<RejectGroup>[] = [
  { title: 'Source', text: ({ source }) => source, show: ({ source }) => <Name text={source} /> },
  {
    title: 'Reason',
    text: ({ code }) => code,
    show: ({ source, code }) => (
      <button type="button" class="link" onClick={() => changeQuery({ source, code })}>
        {code}
      </button>
    ),
  },
  {
    title: 'Objects',
    text: ({ objects }) => String(objects),
    show: ({ objects }) => formatCount(objects),
    isNumeric: true,
  },
  {
    title: 'Bytes',
    text: ({ bytes }) => String(bytes),
    show: ({ bytes }) => formatBytes(bytes),
    isNumeric: true,
  },
  { title: 'First', text: ({ first }) => first, show: ({ first }) => <Time at={first} /> },
  { title: 'Last', text: ({ last }) => last, show: ({ last }) => <Time at={last} /> },
];

const rejectColumns: readonly Column<Reject>[] = [
  { title: 'Kept', text: ({ kept }) => kept, show: ({ kept }) => <Time at={kept} /> },
  { title: 'Source', text: ({ source }) => source, show: ({ source }) => <Name text={source} /> },
  { title: 'Reason', text: ({ code }) => code },
  {
    title: 'Bytes',
    text: ({ bytes }) => String(bytes),
    show: ({ bytes }) => formatBytes(bytes),
    isNumeric: true,
  },
  { title: 'Id', text: ({ id }) => id, show: ({ id }) => <code>{id}</code> },
];
