import { createServer } from 'node:http';

/**
 * A DynamoDB that takes everything, keeps nothing and answers at once: what a program costs that talks to it is the
 * program's own. A program: it tells its parent the port, and ends with it.
 */

const answers: Readonly<Record<string, string>> = {
  BatchGetItem: '{"Responses":{},"UnprocessedKeys":{}}',
  BatchWriteItem: '{"UnprocessedItems":{}}',
};

const server = createServer((request, response) => {
  request.resume();
  request.once('end', () => {
    const operation = String(request.headers['x-amz-target'] ?? '').split('.')[1] ?? '';
    const answer = answers[operation] ?? '{}';
    response.writeHead(200, {
      'content-type': 'application/x-amz-json-1.0',
      'content-length': answer.length,
      'x-amzn-requestid': 'STUB',
    });
    response.end(answer);
  });
});
server.keepAliveTimeout = 120_000;
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.({ port: typeof address === 'object' ? address?.port : undefined });
});
process.once('disconnect', () => process.exit());
