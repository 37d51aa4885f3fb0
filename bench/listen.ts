import type { Server } from 'node:http';

/**
 * Has a server listen on loopback.
 *
 * @returns its port, a free one.
 */
export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('The server has no port');
  return address.port;
}
