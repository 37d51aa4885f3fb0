import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { changeQuery, place } from '../address.ts';

/** Filters that keep their values in the page's address. */

/** A text filter, applied when typing pauses. */
export function TextFilter({
  name,
  label,
  size,
}: {
  readonly name: string;
  readonly label: string;
  readonly size?: number;
}): JSX.Element {
  const stated = place.value.query.get(name) ?? '';
  const [text, setText] = useState(stated);
  useEffect(() => setText(stated), [stated]);
  useEffect(() => {
    if (text.trim() === stated) return undefined;
    const timer = setTimeout(() => changeQuery({ [name]: text.trim() }), pauseMilliseconds);
    return () => clearTimeout(timer);
  }, [text, stated, name]);
  return (
    <label>
      {label}
      <input
        type="search"
        name={name}
        value={text}
        size={size ?? 16}
        onInput={({ currentTarget }) => setText(currentTarget.value)}
      />
    </label>
  );
}

const pauseMilliseconds = 350;

/** A filter with a fixed set of values. */
export function ChoiceFilter({
  name,
  label,
  choices,
}: {
  readonly name: string;
  readonly label: string;
  /** The first choice is the default. */
  readonly choices: readonly (readonly [value: string, text: string])[];
}): JSX.Element {
  const [[first] = ['']] = choices;
  const value = place.value.query.get(name) ?? first;
  return (
    <label>
      {label}
      <select
        name={name}
        value={value}
        onChange={({ currentTarget }) =>
          changeQuery({ [name]: currentTarget.value === first ? undefined : currentTarget.value })
        }
      >
        {choices.map(([choice, text]) => (
          <option key={choice} value={choice} selected={choice === value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

/** A filter for a day such as `2026-11-01`. */
export function DayFilter({
  name,
  label,
  fallback,
}: {
  readonly name: string;
  readonly label: string;
  readonly fallback: string;
}): JSX.Element {
  return (
    <label>
      {label}
      <input
        type="date"
        name={name}
        value={place.value.query.get(name) ?? fallback}
        onChange={({ currentTarget }) => changeQuery({ [name]: currentTarget.value })}
      />
    </label>
  );
}
