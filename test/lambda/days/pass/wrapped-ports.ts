import type { DayPorts, DayTables, Lake, PartialPorts } from '../../../../lambda/days/pass/ports.ts';

/** Makes a call, possibly later or not at all. */
export type Caller = <Answer>(effect: () => Promise<Answer>) => Promise<Answer>;

/** Ports whose calls go through a caller, with the given list of SIMs and the given jobs. */
export function wrapPorts(
  { tables, notes, simDays, findings, markers, lake, jobs }: DayPorts,
  call: Caller,
): DayPorts {
  return {
    tables: wrapTables(tables, call),
    notes: {
      read: (...given) => call(() => notes.read(...given)),
      write: (...given) => call(() => notes.write(...given)),
    },
    simDays: {
      put: (...given) => call(() => simDays.put(...given)),
      sumMonth: (...given) => call(() => simDays.sumMonth(...given)),
    },
    findings: {
      put: (...given) => call(() => findings.put(...given)),
      read: (...given) => call(() => findings.read(...given)),
    },
    markers: {
      list: (...given) => call(() => markers.list(...given)),
      put: (...given) => call(() => markers.put(...given)),
      remove: (...given) => call(() => markers.remove(...given)),
    },
    lake: wrapLake(lake, call),
    jobs,
  };
}

/** The same for a partial pass. */
export function wrapPartialPorts(
  { tables, simDays, lake, jobs, maxLiveSims }: PartialPorts,
  call: Caller,
): PartialPorts {
  return {
    maxLiveSims,
    tables: wrapTables(tables, call),
    simDays: {
      putPartial: (...given) => call(() => simDays.putPartial(...given)),
      sumPartialMonth: (...given) => call(() => simDays.sumPartialMonth(...given)),
    },
    lake: wrapLake(lake, call),
    jobs,
  };
}

function wrapTables(tables: DayTables, call: Caller): DayTables {
  return {
    listSims: () => tables.listSims(),
    readRecords: (...given) => call(() => tables.readRecords(...given)),
    readUsage: (...given) => call(() => tables.readUsage(...given)),
    mayLackUsage: (...given) => tables.mayLackUsage(...given),
    readNamedFiles: (...given) => call(() => tables.readNamedFiles(...given)),
    readFiledHashes: (...given) => tables.readFiledHashes(...given),
    readSessions: (...given) => call(() => tables.readSessions(...given)),
  };
}

function wrapLake(lake: Lake, call: Caller): Lake {
  return {
    open: (...given) => call(() => lake.open(...given)),
    write: (...given) => call(() => lake.write(...given)),
  };
}
