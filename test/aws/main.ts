/**
 * `npm run test:aws`: deploys the project to the AWS-compatible endpoint of `AWS_ENDPOINT_URL` and tests what runs there.
 * `--short` leaves the command line out. `--moto` starts moto's server for it. Other arguments go to vitest.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startMoto } from './moto.ts';

const given = process.argv.slice(2);
const own = ['--short', '--moto'];
const moto = given.includes('--moto') ? await startMoto() : undefined;
const endpoint = moto?.url ?? process.env['AWS_ENDPOINT_URL'];
if (endpoint === undefined || !URL.canParse(endpoint)) {
  console.error(
    'Set AWS_ENDPOINT_URL to an AWS-compatible endpoint, such as http://127.0.0.1:5000 after `pip install "moto[server]"` and `moto_server -p 5000`.',
  );
  process.exit(2);
}

const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
const config = ['--config', fileURLToPath(new URL('vitest.config.ts', import.meta.url))];
const child = spawn(
  process.execPath,
  [vitest, 'run', ...config, ...given.filter((argument) => !own.includes(argument))],
  {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    env: {
      ...process.env,
      AWS_ENDPOINT_URL: endpoint,
      TEST_AWS_SHORT: String(given.includes('--short')),
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    },
    stdio: 'inherit',
  },
);
const [status] = (await once(child, 'exit')) as [number | null];
await moto?.stop();
process.exit(status ?? 1);
