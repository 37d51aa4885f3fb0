import { describe, expect, it } from 'vitest';
import { findRoute } from '../../../emulators/api/route-table.ts';
import { routes } from '../../../lambda/functions/query-api/routes.ts';

describe('a request', () => {
  it.each([
    ['GET', '/v1/Sims', 'GET /v1/Sims', {}],
    ['GET', '/v1/Sims/89', 'GET /v1/Sims/{sim}', { sim: '89' }],
    ['GET', '/v1/Sims/Vending%2012', 'GET /v1/Sims/{sim}', { sim: 'Vending 12' }],
    ['GET', '/v1/Sims/a%2Fb/DataSessions', 'GET /v1/Sims/{sim}/DataSessions', { sim: 'a/b' }],
    ['GET', '/health', 'GET /health', {}],
    ['GET', '/v1/Sims/', '$default', {}],
    ['GET', '/v1/sims', '$default', {}],
    ['GET', '/', '$default', {}],
    ['GET', '/v1/Sims/%E0%A4%A', '$default', {}],
    ['POST', '/v1/Sims', '$default', {}],
  ])('takes the route that API Gateway would choose: %s %s', (method, path, key, pathParameters) => {
    expect(findRoute(routes, method, path)).toEqual({ routeKey: key, pathParameters });
  });

  it('takes the route with the fewest parameters if several match', () => {
    const table = [
      { path: '/v1/{any}', operation: 'fetchSim', protected: true },
      { path: '/v1/Sims', operation: 'listSims', protected: true },
    ] as const;
    expect(findRoute(table, 'GET', '/v1/Sims').routeKey).toBe('GET /v1/Sims');
  });
});
