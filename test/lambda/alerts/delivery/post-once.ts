import { post } from '../../../../lambda/alerts/delivery/post.ts';

/** Posts once to the address in the first argument, and prints the answer. For tests that need a separate process. */

const [, , address = ''] = process.argv;
const answer = await post(
  { url: new URL(address), headers: {}, body: 'hello' },
  { allowPrivateAddresses: true, timeoutMilliseconds: 60_000 },
);
process.stdout.write(JSON.stringify(answer));
