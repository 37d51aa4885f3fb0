import { timeTicks, utcTicks } from 'd3-time';
import { placeTime, type TimeScale } from './scale.ts';
import { day, hour, minute } from './window.ts';

/** The time axis. */

/** In which zone times are shown: UTC, or that of the machine on which the console is seen. */
export type Zone = 'utc' | 'local';

/** One moment on the axis. */
export interface Tick {
  readonly time: number;
  readonly x: number;
  readonly label: string;
  /** Whether a new day, month or year begins here, beside ticks that are closer. */
  readonly isMajor: boolean;
}

/** CSS pixels that a label takes, with what must be free beside it. */
const labelWidth = 84;

/** Chooses the moments of the axis: round ones in the zone, as many as have room for their labels. */
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

/** Whether a unit above that of the ticks begins at a moment. */
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

/** What a tick says: of the units that its moment has, the largest that begins there, and those below. */
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
