import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium } from 'playwright-core';
import { portVariables } from '../local/options.ts';

/**
 * `npm run pictures`: takes the screenshots of the console in docs/images, using the example records. It needs Chromium, at
 * /usr/bin/chromium or at the path in the variable CHROMIUM.
 */

const project = fileURLToPath(new URL('..', import.meta.url));
const folder = join(project, 'docs/images');

/** The time of the browser's clock: the evening of the examples' day, so that ages stay the same. */
const now = '2026-11-02T20:00:00Z';

/** With this rule, some of the example SIMs are silent once the last record has arrived. */
const rules = [{ name: 'silent', kind: 'silent', after: '6h', severity: 'critical' }];

/** A screenshot, and what it shows. */
interface Picture {
  readonly name: string;
  /** The part of the address after the console's own. */
  readonly place: string;
  readonly width: number;
  readonly height: number;
  readonly colours: 'light' | 'dark';
  /** The element to wait for. */
  readonly selector: string;
  /** The element at the screenshot's top; by default, the top of the page. */
  readonly top?: string;
}

const wide = { width: 1280, height: 860 };
const narrow = { width: 360, height: 780 };
const morning = 'from=2026-11-02T06%3A00%3A00.000Z&to=2026-11-02T12%3A00%3A00.000Z';
const silentSim =
  '#/sims/8988307000000120013?from=2026-11-02T06%3A00%3A00.000Z&to=2026-11-02T18%3A00%3A00.000Z';

const pictures: readonly Picture[] = [
  { ...wide, name: 'console-today', place: '#/', colours: 'light', selector: '[data-figure="Open alerts"]' },
  {
    ...{ ...wide, name: 'console-sim', colours: 'light', selector: '.timeline canvas' },
    ...{ place: `#/sims/8988307000000120011?${morning}`, top: '#why' },
  },
  {
    ...{ ...wide, name: 'console-record', colours: 'dark', selector: '.sim-record pre' },
    ...{ top: '#why' },
    place: `${silentSim}&sel=events%3AEZfc4656d98dccd264976d7a738102fd36`,
  },
  {
    ...{ ...wide, name: 'console-fleet', colours: 'dark', selector: '.map circle' },
    place: '#/fleet?view=countries',
  },
  {
    ...{ ...wide, name: 'console-explore', colours: 'light', selector: '.chart canvas' },
    place: '#/explore?from=2026-10-26&to=2026-11-03&by=source',
  },
  {
    ...{ ...narrow, name: 'console-phone', colours: 'dark', selector: '.timeline canvas' },
    ...{ place: silentSim, top: '#why' },
  },
];

const { address, stop } = await startExamples();
const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
try {
  await mkdir(folder, { recursive: true });
  for (const picture of pictures) {
    const bytes = await take(browser, address, picture);
    await writeFile(join(folder, `${picture.name}.webp`), bytes);
    console.log(`${picture.name}.webp  ${Math.ceil(bytes.length / 1000)} kB`);
  }
} finally {
  await browser.close();
  await stop();
}

/** Starts a local run with the example records, and waits until alerts have been evaluated. */
async function startExamples(): Promise<{ address: string; stop: () => Promise<void> }> {
  const temporary = await mkdtemp(join(tmpdir(), 'simledger-pictures-'));
  const rulesFile = join(temporary, 'rules.json');
  await writeFile(rulesFile, JSON.stringify(rules));
  const ports = Object.fromEntries(Object.values(portVariables).map(({ variable }) => [variable, '0']));
  const child = spawn(process.execPath, [join(project, 'local/start.mjs'), '--rules', rulesFile], {
    ...{ cwd: project, env: { ...process.env, ...ports }, stdio: ['ignore', 'pipe', 'inherit'] },
  });
  const stop = async (): Promise<void> => {
    const ended = once(child, 'close');
    child.kill('SIGTERM');
    await ended;
    await rm(temporary, { recursive: true, force: true });
  };
  let address: string | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    address ??= /^The console: (http:\S+)/.exec(line)?.[1];
    if (!line.startsWith('Ready for records') || address === undefined) continue;
    child.stdout.resume();
    return { address, stop };
  }
  throw new Error('The local run has ended');
}

/** Takes a screenshot as WebP, which the browser encodes. */
async function take(
  browser: Browser,
  root: string,
  { place, width, height, colours, selector, top = 'header' }: Picture,
): Promise<Buffer> {
  const context = await browser.newContext({
    ...{ viewport: { width, height }, colorScheme: colours, deviceScaleFactor: 1.5 },
    ...{ reducedMotion: 'reduce', timezoneId: 'UTC', locale: 'en-US' },
  });
  const page = await context.newPage();
  await page.clock.setFixedTime(now);
  await page.goto(`${root}${place}`);
  await page.locator(selector).first().waitFor();
  await page.locator('.loading').first().waitFor({ state: 'detached' });
  await page.waitForLoadState('networkidle');
  await page.locator(top).evaluate((element) => element.scrollIntoView());
  const png = await page.screenshot();
  const encoder = await context.newPage();
  const url = await encoder.evaluate(
    `(async () => {
      const image = new Image();
      image.src = 'data:image/png;base64,${png.toString('base64')}';
      await image.decode();
      const canvas = Object.assign(document.createElement('canvas'), { width: image.width, height: image.height });
      canvas.getContext('2d').drawImage(image, 0, 0);
      return canvas.toDataURL('image/webp', 0.85);
    })()`,
  );
  await context.close();
  return Buffer.from(String(url).split(',')[1] ?? '', 'base64');
}
