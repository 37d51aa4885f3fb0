import type { ComponentChildren, JSX } from 'preact';
import { type ApiRequest, formatTarget } from '../api/client.ts';
import { formatPlace } from '../place.ts';

/** Where what is shown comes from. */

/** The page that shows a request, its answer, and the command that sends it. */
export function requestHref(request: Pick<ApiRequest, 'target' | 'query'>): string {
  return formatPlace(['request'], { target: formatTarget(request) });
}

/** A link to the request behind what stands beside it. */
export function SourceLink({
  request,
  of,
}: {
  readonly request: Pick<ApiRequest, 'target' | 'query'>;
  /** The figure that it belongs to, for screen readers. */
  readonly of: string;
}): JSX.Element {
  return (
    <a class="source" href={requestHref(request)} title={`GET ${formatTarget(request)}`}>
      <span aria-hidden="true">{'{ }'}</span>
      <span class="hidden">Request behind {of}</span>
    </a>
  );
}

/** One number with its name; both lead to where it comes from. */
export function Figure({
  label,
  value,
  href,
  request,
  note,
  tone = 'plain',
}: {
  readonly label: string;
  /** Undefined while it is not known. */
  readonly value: ComponentChildren | undefined;
  /** A page that lists what is counted; by default the request. */
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
