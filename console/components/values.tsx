import type { JSX } from 'preact';
import { formatDuration, formatTime } from '../format.ts';
import { showsPersonalData, zone } from '../settings.ts';

/** Single values: times, ages, and personal data. */

/** A time in the selected time zone; a dash without a time. */
export function Time({ at }: { readonly at: string | null | undefined }): JSX.Element {
  if (at === null || at === undefined) return <span class="quiet">–</span>;
  return (
    <time dateTime={at} title={at}>
      {formatTime(at, zone.value)}
    </time>
  );
}

/** How long ago a time was. */
export function Age({ at }: { readonly at: string | null | undefined }): JSX.Element {
  if (at === null || at === undefined) return <span class="quiet">–</span>;
  return (
    <time dateTime={at} title={formatTime(at, zone.value)}>
      {formatDuration(Date.now() - Date.parse(at))} ago
    </time>
  );
}

/** Personal data, which is hidden until the user shows it. */
export function Personal({ value }: { readonly value: string | null | undefined }): JSX.Element {
  if (!showsPersonalData.value) return <span class="quiet">hidden</span>;
  return value === null || value === undefined ? <span class="quiet">–</span> : <bdi>{value}</bdi>;
}

/** A name that someone else chose. It is isolated, so that right-to-left text cannot reorder the text around it. */
export function Name({ text }: { readonly text: string | null | undefined }): JSX.Element {
  if (text === null || text === undefined || text === '') return <span class="quiet">–</span>;
  return (
    <bdi class="name" title={text}>
      {text}
    </bdi>
  );
}
