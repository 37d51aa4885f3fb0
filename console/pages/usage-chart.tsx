import type { JSX } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type uPlot from 'uplot';
import { formatBytes, formatTime } from '../format.ts';
import { shownTheme, zone } from '../settings.ts';
import { makeSeries, type ShownTime } from './usage-series.ts';
import { type FleetUsage, usageColumns } from './usage-table.tsx';

/** Seconds between ticks of the time axis. Daily sums have no ticks within a day. */
const steps = {
  hour: [1, 3, 6, 12, 24, 48, 168].map((hours) => hours * 3_600),
  day: [1, 2, 7, 14, 28, 56, 112].map((days) => days * 86_400),
} as const;

/** Formats a tick as `11-02`, or with the hour as `11-02 08:00`. */
function formatTick(seconds: number, step: ShownTime['step'], shownZone: 'utc' | 'local'): string {
  const time = formatTime(new Date(seconds * 1000).toISOString(), shownZone);
  return time.slice('2026-'.length, step === 'day' ? '2026-11-02'.length : '2026-11-02 08:00'.length);
}

/** A line chart of usage over time. The table below it has the same numbers. */
export function UsageChart({
  rows,
  group,
  time,
}: {
  readonly rows: readonly FleetUsage[];
  readonly group: string;
  readonly time: ShownTime;
}): JSX.Element {
  const element = useRef<HTMLDivElement>(null);
  const series = useMemo(() => {
    const columns = usageColumns(group, undefined).slice(0, group === '' ? 0 : group.split(',').length);
    // SIMs with the same name have separate lines.
    const nameLine = (row: FleetUsage): string =>
      [...columns.map(({ text }) => text(row) || 'unknown'), ...(row.sim_name ? [row.sim_sid] : [])].join(
        ', ',
      );
    return makeSeries(rows, nameLine, time);
  }, [rows, group, time.from, time.to, time.step]);
  const [shownZone, colours] = [zone.value, shownTheme.value];
  useEffect(() => {
    const box = element.current;
    if (box === null) return undefined;
    let drawn: { destroy: () => void } | undefined;
    let isGone = false;
    const draw = async (): Promise<void> => {
      const { default: UPlot } = await import('uplot');
      if (isGone) return;
      drawn?.destroy();
      drawn = drawChart(UPlot, box, { series, step: time.step, zone: shownZone });
    };
    const redraw = new ResizeObserver(() => void draw());
    redraw.observe(box);
    return () => {
      isGone = true;
      redraw.disconnect();
      drawn?.destroy();
    };
  }, [series, shownZone, colours]);
  return <figure class="chart" ref={element} aria-label="Usage over time; the table below has its numbers" />;
}

/** Draws the chart into an element, with the colours of the style sheet. */
function drawChart(
  UPlot: typeof uPlot,
  box: HTMLElement,
  {
    series: { times, lines },
    step,
    zone: shownZone,
  }: {
    readonly series: ReturnType<typeof makeSeries>;
    readonly step: ShownTime['step'];
    readonly zone: 'utc' | 'local';
  },
): uPlot {
  const style = getComputedStyle(box);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const axis = {
    stroke: colour('--text'),
    grid: { stroke: colour('--line') },
    ticks: { stroke: colour('--line') },
  };
  const options: uPlot.Options = {
    width: box.clientWidth,
    height: 260,
    tzDate: (seconds) =>
      shownZone === 'utc' ? UPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC') : new Date(seconds * 1000),
    series: [
      {
        value: (_, seconds) =>
          seconds === null ? '–' : formatTime(new Date(seconds * 1000).toISOString(), shownZone),
      },
      ...lines.map(({ name }, index) => ({
        label: name,
        stroke: colour(`--series-${index + 1}`),
        width: 2,
        points: { show: times.length < 60 },
        value: (_: unknown, bytes: number | null) => formatBytes(bytes),
      })),
    ],
    axes: [
      {
        ...axis,
        space: 80,
        incrs: [...steps[step]],
        values: (_, ticks) => ticks.map((seconds) => formatTick(seconds, step, shownZone)),
      },
      { ...axis, size: 70, values: (_, values) => values.map((value) => formatBytes(value)) },
    ],
  };
  return new UPlot(options, [[...times], ...lines.map(({ bytes }) => [...bytes])], box);
}
