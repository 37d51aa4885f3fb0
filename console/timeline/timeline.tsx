import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { useWidth } from '../components/use-width.ts';
import { findHit, type Hit, layOut, type MarkRow, type RowName, type Selection } from './layout.ts';
import { paintTimeline, type TimelineTheme, type Tone } from './paint.ts';
import { followPointers } from './pointers.ts';
import type { TimelineRanges } from './records.ts';
import { chooseTicks, type Zone } from './ticks.ts';
import { endBy, measureSpan, panWindow, type TimeWindow, zoomWindow } from './window.ts';

/** A timeline's content and handlers. */
export interface TimelineProps {
  readonly ranges: TimelineRanges;
  readonly window: TimeWindow;
  readonly zone: Zone;
  /** The current time, in milliseconds since the epoch. */
  readonly now: number;
  readonly titles: Readonly<Record<RowName, string>>;
  readonly chooseTone: (row: MarkRow, members: readonly number[]) => Tone;
  readonly formatBytes: (bytes: number) => string;
  /** The title of usage for the steps' period in milliseconds; undefined if each record has its own step. */
  readonly describePeriod: (period: number | undefined) => string;
  /** Describes something under the pointer, or the selection. */
  readonly describe: (hit: Hit) => ComponentChildren;
  /** A description of the timeline for screen readers. */
  readonly summary: string;
  readonly selected: Selection | undefined;
  /** Id of the element that explains the keys. */
  readonly helpId: string;
  readonly onWindow: (window: TimeWindow) => void;
  readonly onSelect: (hit: Hit | undefined) => void;
}

/** How much a key press moves or zooms. */
const panPart = 0.1;
const farPanPart = 0.5;
const zoomFactor = 1.5;

/** How far after now a timeline may extend, as a fraction of the window. */
const ahead = 0.05;

/**
 * The timeline of a SIM, drawn on a canvas and moved with mouse, touch and keys. The tables below it list the same records
 * for people who do not see it.
 */
export function Timeline(props: TimelineProps) {
  const { ranges, window, zone, now, summary, selected } = props;
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const width = useWidth(frame);
  const [scheme, setScheme] = useState(0);
  const [pointer, setPointer] = useState<{ readonly x: number; readonly y: number } | undefined>();
  const scale = useMemo(() => ({ window, width: Math.max(1, width) }), [window, width]);
  const layout = useMemo(() => layOut(ranges, scale), [ranges, scale]);
  const ticks = useMemo(() => chooseTicks(scale, zone), [scale, zone]);
  const theme = useMemo(() => (frame.current ? readTheme(frame.current) : undefined), [scheme, width]);
  const hovered = pointer && findHit(layout, pointer.x, pointer.y);

  const move = (next: TimeWindow) => props.onWindow(endBy(next, now + ahead * measureSpan(next)));
  const latest = useRef({ props, scale, layout, move });
  latest.current = { props, scale, layout, move };

  useEffect(() => watchScheme(() => setScheme((count) => count + 1)), []);

  useEffect(() => {
    const element = canvas.current;
    if (element === null) return;
    return followPointers(element, {
      readScale: () => latest.current.scale,
      onWindow: (next) => latest.current.move(next),
      onPointer: setPointer,
      onClick: (x, y) => choose(latest.current, x, y),
    });
  }, []);

  useLayoutEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context || theme === undefined || width === 0) return;
    const density = globalThis.devicePixelRatio || 1;
    sizeCanvas(context.canvas, width, layout.height, density);
    context.setTransform(density, 0, 0, density, 0, 0);
    const { titles, chooseTone, formatBytes, describePeriod } = props;
    paintTimeline(
      context,
      {
        ...{ layout, ticks, titles, chooseTone, formatBytes, describePeriod, now, selected },
        ...{ readStatedTo: (index) => ranges.sessions[index]?.statedTo ?? now, pointer: pointer?.x },
      },
      theme,
    );
  });

  const onKeyDown = (event: KeyboardEvent) => {
    const next = moveByKey(event, window, now);
    if (next === undefined) return;
    event.preventDefault();
    move(next);
  };
  return (
    <div class="timeline" ref={frame}>
      <div
        class="timeline-picture"
        role="application"
        aria-roledescription="timeline"
        aria-label={summary}
        aria-describedby={props.helpId}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: keys move what it shows
        tabIndex={0}
        onKeyDown={onKeyDown}
      >
        <canvas ref={canvas} />
      </div>
      {hovered && pointer && (
        <Hint x={pointer.x} y={pointer.y} width={width}>
          {props.describe(hovered)}
        </Hint>
      )}
    </div>
  );
}

/** A hint next to the pointer, on the side with more space. */
function Hint({
  x,
  y,
  width,
  children,
}: {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly children: ComponentChildren;
}) {
  const side = x > width / 2 ? { right: `${width - x + 12}px` } : { left: `${x + 12}px` };
  return (
    <div class="timeline-hint" style={{ ...side, top: `${y + 12}px` }} aria-hidden="true">
      {children}
    </div>
  );
}

function choose(
  {
    layout,
    move,
    props,
  }: Readonly<{ layout: ReturnType<typeof layOut>; move: (next: TimeWindow) => void; props: TimelineProps }>,
  x: number,
  y: number,
): void {
  const hit = findHit(layout, x, y);
  const zoomed = hit && showMembers(hit, layout.scale.window);
  if (zoomed === undefined) props.onSelect(hit);
  else move(zoomed);
}

/** The window that separates a mark's members; undefined if it has only one, or all are at the same time. */
function showMembers({ mark }: Hit, { from, to }: TimeWindow): TimeWindow | undefined {
  if (!('members' in mark) || mark.members.length < 2) return undefined;
  const apart = mark.to - mark.from;
  const span = Math.max(apart * 1.5, 2 * 60_000);
  if (apart === 0 || span > (to - from) * 0.8) return undefined;
  const middle = (mark.from + mark.to) / 2;
  return { from: middle - span / 2, to: middle + span / 2 };
}

/** The window after a key press; undefined for other keys. */
export function moveByKey(
  {
    key,
    shiftKey,
    ctrlKey,
    metaKey,
    altKey,
  }: Pick<KeyboardEvent, 'key' | 'shiftKey' | 'ctrlKey' | 'metaKey' | 'altKey'>,
  window: TimeWindow,
  now: number,
): TimeWindow | undefined {
  if (ctrlKey || metaKey || altKey) return undefined;
  const part = shiftKey ? farPanPart : panPart;
  const middle = (window.from + window.to) / 2;
  switch (key) {
    case 'ArrowLeft':
      return panWindow(window, -part);
    case 'ArrowRight':
      return panWindow(window, part);
    case '+':
    case '=':
      return zoomWindow(window, 1 / zoomFactor, middle);
    case '-':
    case '_':
      return zoomWindow(window, zoomFactor, middle);
    case 'Home':
      return zoomWindow({ from: now - measureSpan(window), to: now }, Number.POSITIVE_INFINITY, now);
    case 'End':
      return { from: now - measureSpan(window), to: now };
    default:
      return undefined;
  }
}

function sizeCanvas(canvas: HTMLCanvasElement, width: number, height: number, density: number): void {
  const [across, down] = [Math.round(width * density), Math.round(height * density)];
  if (canvas.width === across && canvas.height === down) return;
  canvas.width = across;
  canvas.height = down;
  canvas.style.setProperty('width', `${width}px`);
  canvas.style.setProperty('height', `${height}px`);
}

/** Calls a function whenever colours may have changed. */
function watchScheme(onChange: () => void): () => void {
  const query = matchMedia('(prefers-color-scheme: dark)');
  query.addEventListener('change', onChange);
  const observer = new MutationObserver(onChange);
  observer.observe(document.documentElement, { attributes: true });
  return () => {
    query.removeEventListener('change', onChange);
    observer.disconnect();
  };
}

/** Reads the colours of the style sheet. */
function readTheme(element: HTMLElement): TimelineTheme {
  const style = getComputedStyle(element);
  const read = (name: string) => style.getPropertyValue(`--timeline-${name}`).trim() || style.color;
  return {
    font: `12px ${style.fontFamily}`,
    background: read('background'),
    text: read('text'),
    muted: read('muted'),
    line: read('line'),
    usage: read('usage'),
    session: read('session'),
    open: read('open'),
    failed: read('failed'),
    info: read('info'),
    warning: read('warning'),
    critical: read('critical'),
    hatch: read('hatch'),
    focus: read('focus'),
    bands: [1, 2, 3, 4, 5, 6].map((place) => read(`band-${place}`)),
  };
}
