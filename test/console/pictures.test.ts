import { readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pixelmatch from 'pixelmatch';
import type { Browser, Page } from 'playwright-core';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildConsole } from '../../console/build.ts';
import { hasBrowser, launchBrowser } from './browser.ts';
import { answerPicture, picturedSim, pictureOrigin, pictureTime } from './picture-answers.ts';

/**
 * Pictures of the console's pages, compared with those in the folder beside this file. Answers, clock, zone and font are
 * always the same. `PICTURES=update npx vitest run test/console/pictures.test.ts` takes them anew: look at them before
 * you commit them.
 */

const project = fileURLToPath(new URL('../..', import.meta.url));
const expectedFolder = join(project, 'test/console/pictures');
const differentFolder = join(project, 'cdk.out/pictures');
const isUpdate = process.env['PICTURES'] === 'update';

/** How a picture may differ where another build of the browser draws edges otherwise. */
const tolerance = {
  /** Of a pixel's colour, from 0 to 1. */
  threshold: 0.1,
  /** Pixels of the whole picture, as a part. */
  ofAll: 0.002,
  /** Number of pixels in any square with sides of this many pixels. */
  square: 32,
  ofSquare: 128,
};

const sizes = { phone: { width: 360, height: 1200 }, desk: { width: 1440, height: 900 } } as const;

interface Picture {
  readonly name: string;
  readonly place: string;
  /** What must be there before it is taken. */
  readonly selector: string;
}

const today: Picture = { name: 'today', place: '#/', selector: '.map circle' };
const fleetMap: Picture = { name: 'fleet-map', place: '#/fleet?view=countries', selector: '.map circle' };
const sim: Picture = { name: 'sim', place: `#/sims/${picturedSim}`, selector: '.timeline canvas' };
const bill: Picture = { name: 'bill', place: '#/bill', selector: '[data-figure="Should cost"]' };
const files: Picture = { name: 'files', place: '#/files', selector: 'code' };

/** Each page is in both sizes and both themes, but not in all four combinations: those that matter most are in more. */
const looks = [
  ['phone', 'light', [today, sim, files]],
  ['phone', 'dark', [fleetMap, bill]],
  ['desk', 'light', [fleetMap, bill, sim]],
  ['desk', 'dark', [today, sim, files]],
] as const;

const font = readFileSync(
  createRequire(import.meta.url).resolve('@fontsource/dejavu-sans/files/dejavu-sans-latin-400-normal.woff2'),
);
/** One font on every machine, also for what is bold. */
const fontStyle = `
  @font-face { font-family: Pictured; src: url("/pictured.woff2"); font-weight: 100 900; }
  * { font-family: Pictured !important; }`;

describe.skipIf(!hasBrowser)('the picture', () => {
  let browser: Browser;
  let served: Readonly<Record<string, Uint8Array>>;

  beforeAll(async () => {
    [browser, { files: served }] = await Promise.all([launchBrowser(), buildConsole(project)]);
    await mkdir(isUpdate ? expectedFolder : differentFolder, { recursive: true });
  });

  afterAll(() => browser?.close());

  test.each(looks)('of each page are unchanged: %s, %s', async (size, colours, pictures) => {
    const context = await browser.newContext({
      ...{ viewport: sizes[size], colorScheme: colours, reducedMotion: 'reduce' },
      ...{ timezoneId: 'UTC', locale: 'en-US' },
    });
    const page = await context.newPage();
    const unanswered: string[] = [];
    await serve(page, served, unanswered);
    await page.clock.setFixedTime(pictureTime);
    await page.goto(`${pictureOrigin}/`);
    const different: string[] = [];
    for (const { name, place, selector } of pictures) {
      await page.evaluate(`location.hash = ${JSON.stringify(place)}`);
      await page.locator(selector).first().waitFor();
      await expect.poll(() => page.locator('.loading').count()).toBe(0);
      await page.waitForLoadState('networkidle');
      const taken = await page.screenshot({ animations: 'disabled', caret: 'hide' });
      const difference = await compare(`${name}-${size}-${colours}`, taken);
      if (difference !== undefined) different.push(difference);
    }
    expect(unanswered).toEqual([]);
    expect(different).toEqual([]);
    await context.close();
  });

  test('that differs is recognised', () => {
    const [width, height] = [400, 400];
    const plain = new PNG({ width, height, fill: true });
    const marked = new PNG({ width, height, fill: true });
    plain.data.fill(255);
    marked.data.fill(255);
    for (let y = 100; y < 116; y += 1) {
      for (let x = 100; x < 116; x += 1) marked.data.fill(0, (y * width + x) * 4, (y * width + x) * 4 + 3);
    }
    expect(describeDifference('same', plain, plain)).toBeUndefined();
    expect(describeDifference('marked', plain, marked)?.sentence).toContain('marked');
  });
});

/** Serves the console and its answers to a page, without a server. */
async function serve(
  page: Page,
  files: Readonly<Record<string, Uint8Array>>,
  unanswered: string[],
): Promise<void> {
  const html = Buffer.from(files['index.html'] ?? [])
    .toString()
    .replaceAll('{{root}}', '')
    .replace('</head>', '<link rel="stylesheet" href="/pictured.css" /></head>');
  await page.route('**/*', async (route) => {
    const url = new URL(route.request().url());
    const path = url.pathname;
    if (path === '/') return route.fulfill({ contentType: 'text/html', body: html });
    if (path === '/pictured.css') return route.fulfill({ contentType: 'text/css', body: fontStyle });
    if (path === '/pictured.woff2') return route.fulfill({ contentType: 'font/woff2', body: font });
    if (path === '/console/session.json') return route.fulfill({ json: { account: 'AC0', token: 'token' } });
    const file = files[path.replace('/console/', '')];
    const contentType = path.endsWith('.css') ? 'text/css' : 'text/javascript';
    if (file !== undefined) return route.fulfill({ contentType, body: Buffer.from(file) });
    const answer = answerPicture(path, url.searchParams);
    if (answer !== undefined) return route.fulfill({ json: answer });
    unanswered.push(url.href);
    return route.abort();
  });
}

/** Compares a picture with the one before. Says how they differ; undefined where they do not. */
async function compare(name: string, taken: Buffer): Promise<string | undefined> {
  const path = join(expectedFolder, `${name}.png`);
  if (isUpdate) {
    await writeFile(path, encode(PNG.sync.read(taken)));
    return undefined;
  }
  const difference = describeDifference(name, PNG.sync.read(await readFile(path)), PNG.sync.read(taken));
  if (difference === undefined) return undefined;
  await writeFile(join(differentFolder, `${name}.png`), taken);
  if (difference.picture !== undefined)
    await writeFile(join(differentFolder, `${name}-difference.png`), PNG.sync.write(difference.picture));
  return `${difference.sentence}: see cdk.out/pictures`;
}

/** A picture in so few colours that its file is small. They differ from its own by far less than the tolerance. */
function encode(picture: PNG): Buffer {
  const step = 16;
  picture.data.forEach((level, index) => {
    if (index % 4 < 3) picture.data[index] = Math.min(255, Math.round(level / step) * step);
  });
  return PNG.sync.write(picture, { deflateLevel: 9, deflateStrategy: 0, filterType: 0, colorType: 2 });
}

function describeDifference(
  name: string,
  before: PNG,
  now: PNG,
): { readonly sentence: string; readonly picture: PNG | undefined } | undefined {
  const { width, height } = before;
  if (now.width !== width || now.height !== height)
    return {
      sentence: `${name} is ${now.width} × ${now.height}, not ${width} × ${height}`,
      picture: undefined,
    };
  const picture = new PNG({ width, height });
  const { threshold, ofAll, square, ofSquare } = tolerance;
  const all = pixelmatch(before.data, now.data, picture.data, width, height, { threshold });
  if (all === 0) return undefined;
  const inSquare = pixelmatch(before.data, now.data, undefined, width, height, {
    threshold,
    windowSize: square,
  });
  if (all <= ofAll * width * height && inSquare <= ofSquare) return undefined;
  return { sentence: `${name} differs in ${all} pixels, ${inSquare} of them close together`, picture };
}
