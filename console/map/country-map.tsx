import type { JSX } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { changeQuery, place } from '../address.ts';
import { useAsync } from '../api/answers.ts';
import { Failure, Loading } from '../components/states.tsx';
import { useWidth } from '../components/use-width.ts';
import { countThings, findTwoLetters, formatCount, formatCountry } from '../format.ts';
import type { WorldLayout } from './world.ts';

/** SIMs on a map. A table on the same page shows the same numbers. */

/** SIMs of one country. */
export interface CountryCount {
  /** A two-letter or three-letter code, or other text for an unknown country. */
  readonly country: string;
  /** All counted SIMs, including silent ones. */
  readonly sims: number;
  readonly silent: number;
}

/** What a map shows. */
export interface CountryMapProps {
  /** The map's name, for screen readers. */
  readonly name: string;
  readonly counts: readonly CountryCount[];
  /** The link of a country. */
  readonly href: (country: string) => string;
}

/** A map, which is loaded when it comes into view. */
export function CountryMap(props: CountryMapProps): JSX.Element {
  const frame = useRef<HTMLElement>(null);
  const width = useWidth(frame);
  const [isSeen, setSeen] = useState(false);
  useEffect(() => {
    const element = frame.current;
    if (element === null) return undefined;
    const observer = new IntersectionObserver((entries) => {
      if (entries.some(({ isIntersecting }) => isIntersecting)) setSeen(true);
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const world = useAsync(isSeen ? 'world' : undefined, () => import('./world.ts'));
  const part = place.value.query.get('map') === 'world' ? 'world' : 'countries';
  const byLetters = useMemo(() => joinCounts(props.counts), [props.counts]);
  const height = Math.round(Math.max(200, Math.min(460, width / 2)));
  const layout = useMemo(
    () =>
      width === 0
        ? undefined
        : world.value?.layOutWorld({ countries: [...byLetters.keys()], width, height, part }),
    [world.value, byLetters, width, height, part],
  );
  const unplaced = layout && [...byLetters].filter(([letters]) => !layout.points.has(letters));
  return (
    <figure class="map" ref={frame} aria-label={props.name}>
      {world.error === undefined ? null : <Failure error={world.error} retry={world.reload} />}
      {layout === undefined ? (
        isSeen && world.error === undefined ? (
          <Loading what="the map" />
        ) : null
      ) : (
        <>
          <Picture {...props} layout={layout} counts={[...byLetters]} width={width} height={height} />
          <figcaption class="tools">
            <span>
              Area of a circle: number of SIMs; red: silent ones.
              {unplaced === undefined || unplaced.length === 0
                ? ''
                : ` Not on the map: ${countThings(
                    unplaced.reduce((sum, [, { sims }]) => sum + sims, 0),
                    'SIM',
                  )} (${unplaced.map(([, { country }]) => formatCountry(country)).join(', ')}).`}
            </span>
            <button
              type="button"
              aria-pressed={part === 'world'}
              onClick={() => changeQuery({ map: part === 'world' ? undefined : 'world' })}
            >
              All the world
            </button>
          </figcaption>
        </>
      )}
    </figure>
  );
}

/** Adds up counts by two-letter code: records have two-letter or three-letter codes. */
function joinCounts(counts: readonly CountryCount[]): ReadonlyMap<string, CountryCount> {
  const joined = new Map<string, CountryCount>();
  for (const { country, sims, silent } of counts) {
    const letters = findTwoLetters(country);
    const known = joined.get(letters);
    joined.set(letters, {
      country,
      sims: sims + (known?.sims ?? 0),
      silent: silent + (known?.silent ?? 0),
    });
  }
  return joined;
}

/** Radius of the largest circle, the smallest circle, and the touch target, in CSS pixels. */
const radius = { max: 26, min: 3, touch: 12 } as const;
/** Maximum radius of a circle as a fraction of the map's width, for the small maps on phones. */
const maxWidthPart = 1 / 30;

function Picture({
  name,
  layout,
  counts,
  width,
  height,
  href,
}: Pick<CountryMapProps, 'name' | 'href'> & {
  readonly layout: WorldLayout;
  readonly counts: readonly (readonly [letters: string, count: CountryCount])[];
  readonly width: number;
  readonly height: number;
}): JSX.Element {
  const most = counts.reduce((max, [, { sims }]) => Math.max(max, sims), 1);
  const largest = Math.min(radius.max, Math.max(radius.touch, width * maxWidthPart));
  const size = (sims: number): number =>
    sims === 0 ? 0 : Math.max(radius.min, largest * Math.sqrt(sims / most));
  // Draw small circles above large ones.
  const placed = counts
    .flatMap(([letters, count]) => {
      const at = layout.points.get(letters);
      return at === undefined ? [] : [{ letters, count, at }];
    })
    .sort((a, b) => b.count.sims - a.count.sims || (a.letters < b.letters ? -1 : 1));
  return (
    <svg viewBox={`0 0 ${width} ${height}`} width={width} height={height}>
      <title>{name}</title>
      <path class="land" d={layout.land} />
      {[...layout.shapes].map(([letters, shape]) => (
        <path key={letters} class="land counted" d={shape} />
      ))}
      {placed.map(({ letters, count: { country, sims, silent }, at: [x, y] }) => {
        const words = `${formatCountry(country)}: ${countThings(sims, 'SIM')}, ${formatCount(silent)} silent`;
        return (
          <a key={letters} href={href(country)} aria-label={words}>
            <title>{words}</title>
            <circle class="touch" cx={x} cy={y} r={Math.max(radius.touch, size(sims))} />
            <circle class="sims" cx={x} cy={y} r={size(sims)} />
            <circle class="silent" cx={x} cy={y} r={size(silent)} />
          </a>
        );
      })}
    </svg>
  );
}
