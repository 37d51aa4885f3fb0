import type { EventContent } from '../ledger/contents.ts';
import { hasDeviceBytes, hasDeviceMessages, listEventMarks } from '../ledger/heard.ts';
import { type Known, type KnownUsage, referToEvent, referToUsage, type Sign } from './known.ts';

/** What the records say about a SIM, with the signs of life in them, as docs/last-heard.md describes. */
export function addSigns(records: Omit<Known, 'signs'>): Known {
  const signs = [...records.usage.map(readUsageSign), ...records.events.map(readEventSign)];
  return { ...records, signs: signs.filter(isSign) };
}

function isSign({ isSignal, hasBytes, isSession }: Sign): boolean {
  return isSignal || hasBytes || isSession;
}

/** Data usage shows an open session, whether or not it names it. */
function readUsageSign(usage: KnownUsage): Sign {
  return {
    record: referToUsage(usage),
    isSignal: hasDeviceMessages(usage),
    hasBytes: hasDeviceBytes(usage),
    isSession: usage.trafficType === 'data',
  };
}

/** An event that names no session does not show whether one began. */
function readEventSign(event: EventContent): Sign {
  const marks = listEventMarks(event.type);
  return {
    record: referToEvent(event),
    isSignal: marks.includes('signalled'),
    hasBytes: marks.includes('bytes'),
    isSession: marks.includes('session') && event.sessionId !== undefined,
  };
}
