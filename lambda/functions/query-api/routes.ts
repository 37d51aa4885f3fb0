/**
 * The routes of the API and of the console, which the CDK construct and the local run use. Those of the API are all
 * `GET`.
 */

/** A route, as API Gateway writes it. */
export interface Route<Name extends string = Operation> {
  /** GET by default. */
  readonly method?: 'GET' | 'POST';
  readonly path: string;
  readonly operation: Name;
  /** Whether the caller must authenticate. */
  readonly protected: boolean;
}

/** The operations by their names in `openapi.yaml`. */
export type Operation =
  | 'listSims'
  | 'fetchSim'
  | 'fetchFleet'
  | 'listDataSessions'
  | 'listUsageRecords'
  | 'listConnectionEvents'
  | 'listFleetUsageRecords'
  | 'listFiles'
  | 'fetchFile'
  | 'listRejects'
  | 'listAlerts'
  | 'fetchAlert'
  | 'listFindings'
  | 'listBills'
  | 'fetchBill'
  | 'listBillLines'
  | 'fetchContract'
  | 'fetchDocumentation'
  | 'fetchHealth';

/** All requests of the API. */
export const routes: readonly Route[] = [
  { path: '/v1/Sims', operation: 'listSims', protected: true },
  { path: '/v1/Sims/{sim}', operation: 'fetchSim', protected: true },
  { path: '/v1/Sims/{sim}/DataSessions', operation: 'listDataSessions', protected: true },
  { path: '/v1/Sims/{sim}/UsageRecords', operation: 'listUsageRecords', protected: true },
  { path: '/v1/Sims/{sim}/ConnectionEvents', operation: 'listConnectionEvents', protected: true },
  { path: '/v1/Fleet', operation: 'fetchFleet', protected: true },
  { path: '/v1/UsageRecords', operation: 'listFleetUsageRecords', protected: true },
  { path: '/v1/Files', operation: 'listFiles', protected: true },
  { path: '/v1/Files/{id}', operation: 'fetchFile', protected: true },
  { path: '/v1/Rejects', operation: 'listRejects', protected: true },
  { path: '/v1/Alerts', operation: 'listAlerts', protected: true },
  { path: '/v1/Alerts/{id}', operation: 'fetchAlert', protected: true },
  { path: '/v1/Findings', operation: 'listFindings', protected: true },
  { path: '/v1/Bills', operation: 'listBills', protected: true },
  { path: '/v1/Bills/{month}', operation: 'fetchBill', protected: true },
  { path: '/v1/Bills/{month}/Lines', operation: 'listBillLines', protected: true },
  { path: '/openapi.json', operation: 'fetchContract', protected: false },
  { path: '/docs', operation: 'fetchDocumentation', protected: false },
  { path: '/health', operation: 'fetchHealth', protected: false },
];

/** Further requests of the console's page. They are not part of the API's contract, which only reads. */
export type ConsoleOperation = 'fetchConsolePage' | 'fetchConsoleFile' | 'muteAlert';

/** The routes of the console, where callers sign in with account and token. */
export const consoleRoutes: readonly Route<ConsoleOperation>[] = [
  { path: '/', operation: 'fetchConsolePage', protected: false },
  { path: '/console/{file}', operation: 'fetchConsoleFile', protected: false },
  { method: 'POST', path: '/console/alerts/{id}/mute', operation: 'muteAlert', protected: true },
];

/**
 * Path of the credentials with which the console signs in automatically. Only the local run answers with an account and
 * a token; the deployed API answers `{}`.
 */
export const consoleSessionPath = '/console/session.json';

/** A route of the API or of the console. */
export type AnyRoute = Route | Route<ConsoleOperation>;

/** Whether a route is one of the console's. */
export function isConsoleRoute(route: AnyRoute): route is Route<ConsoleOperation> {
  return consoleRoutes.some(({ operation }) => operation === route.operation);
}

/** API Gateway's key of a route: `GET /v1/Sims/{sim}`. */
export function routeKey({ method = 'GET', path }: Pick<Route, 'method' | 'path'>): string {
  return `${method} ${path}`;
}
