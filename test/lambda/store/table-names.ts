/** The names of all tables, in their order. */
export const tableNames = [
  'AlertOutbox',
  'AlertState',
  'Alerts',
  'DayMarkers',
  'DayState',
  'Deliveries',
  'Events',
  'Files',
  'Findings',
  'SessionDays',
  'Sessions',
  'SimDays',
  'Sims',
  'Usage',
];
