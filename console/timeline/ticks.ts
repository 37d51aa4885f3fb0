import { timeTicks, utcTicks } from 'd3-time';
import { placeTime, type TimeScale } from './scale.ts';
import { day, hour, minute } from './window.ts';

/** Chooses and labels the ticks of the time axis. */

/** The time zone of the axis: UTC, or the browser's. */
export type Zone = 'utc' | 'local';

/** A labelled time on the axis. */
export interface Tick {
  readonly time: number;
  readonly x: number;
  readonly label: string;
  /** Whether a day, month or year begins here and the ticks are closer than that. */
  readonly isMajor: boolean;
}

/** Width of a label with the space around it, in CSS pixels. */
const labelWidth = 84;

/** Chooses the ticks: round times in the zone, as many as there is space for labels. */
export function chooseTicks(scale: TimeScale, zone: Zone): Tick[] {
  const { window, width } = scale;
  const count = Math.max(2, Math.floor(width / labelWidth));
  const list = zone === 'utc' ? utcTicks : timeTicks;
  const times = list(new Date(window.from), new Date(window.to), count).map(Number);
  const apart = times.length > 1 ? times[1]! - times[0]! : window.to - window.from;
  return times.map((time) => {
    const isMajor = beginsPeriod(time, apart, zone);
    return { time, x: placeTime(scale, time), label: labelTick(time, apart, zone), isMajor };
  });
}

/** Whether a unit larger than that of the ticks begins at a time. */
function beginsPeriod(time: number, apart: number, zone: Zone): boolean {
  const { month, date, hours, minutes, seconds } = readParts(time, zone);
  const isMidnight = hours + minutes + seconds === 0;
  if (apart < day) return isMidnight;
  return isMidnight && date === 1 && (apart < 25 * day || month === 0);
}

function readParts(time: number, zone: Zone) {
  const at = new Date(time);
  return zone === 'utc'
    ? {
        ...{ year: at.getUTCFullYear(), month: at.getUTCMonth(), date: at.getUTCDate() },
        ...{ hours: at.getUTCHours(), minutes: at.getUTCMinutes(), seconds: at.getUTCSeconds() },
      }
    : {
        ...{ year: at.getFullYear(), month: at.getMonth(), date: at.getDate() },
        ...{ hours: at.getHours(), minutes: at.getMinutes(), seconds: at.getSeconds() },
      };
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

/** Labels a tick with the year, month or day that begins there; otherwise with the time of day. */
function labelTick(time: number, apart: number, zone: Zone): string {
  const { year, month, date, hours, minutes, seconds } = readParts(time, zone);
  const monthName = months[month]!;
  if (apart >= 25 * day) return month === 0 ? `${year}` : monthName;
  if (hours + minutes + seconds === 0) {
    return month === 0 && date === 1 ? `${year}` : `${date} ${monthName}`;
  }
  if (apart >= 12 * hour) return `${date} ${monthName} ${pad(hours)}h`;
  return apart >= minute ? `${pad(hours)}:${pad(minutes)}` : `${pad(hours)}:${pad(minutes)}:${pad(seconds)}`;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
