import type { ComponentChildren, JSX } from 'preact';
import { type ApiRequest, formatTarget } from '../api/client.ts';
import { formatPlace } from '../place.ts';

/** Links from figures to the requests that they come from. */

/** The address of the page with a request, its answer, and its curl command. */
export function requestHref(request: Pick<ApiRequest, 'target' | 'query'>): string {
  return formatPlace(['request'], { target: formatTarget(request) });
}

/** A link to the request that a figure or table comes from. */
export function SourceLink({
  request,
  of,
}: {
  readonly request: Pick<ApiRequest, 'target' | 'query'>;
  /** The figure's name, for screen readers. */
  readonly of: string;
}): JSX.Element {
  return (
    <a class="source" href={requestHref(request)} title={`GET ${formatTarget(request)}`}>
      <span aria-hidden="true">{'{ }'}</span>
      <span class="hidden">Request behind {of}</span>
    </a>
  );
}

/** A figure and its name. Both link to the figure's source. */
export function Figure({
  label,
  value,
  href,
  request,
  note,
  tone = 'plain',
}: {
  readonly label: string;
  /** Undefined while it is loading. */
  readonly value: ComponentChildren | undefined;
  /** A page that lists the counted things; by default, the request's page. */
  readonly href?: string;
  readonly request: Pick<ApiRequest, 'target' | 'query'>;
  readonly note?: ComponentChildren;
  readonly tone?: 'plain' | 'bad' | 'good';
}): JSX.Element {
  return (
    <div class={`figure ${tone}`}>
      <div class="label">
        {label} <SourceLink request={request} of={label} />
      </div>
      <a class="value" href={href ?? requestHref(request)}>
        <span class="hidden">{label}: </span>
        <span data-figure={label}>{value === undefined ? '…' : value}</span>
      </a>
      {note === undefined ? null : <div class="note">{note}</div>}
    </div>
  );
}
