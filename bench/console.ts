import { existsSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { type Browser, chromium, type Page } from 'playwright-core';
import { portVariables } from '../local/options.ts';
import { type BenchmarkOptions, type Figure, makeFigure } from './figures.ts';
import { LocalRun } from './local-run.ts';
import { computeRatios, runInterleaved } from './pairs.ts';

/**
 * How long the console's page of a SIM takes in a browser, compared with an empty page and with a timeline without
 * records.
 */

const program = '/usr/bin/chromium';
const authorization = `Basic ${Buffer.from('AClocal:local').toString('base64')}`;

/** A SIM of which the local run has one event. */
const sim = '8988280666000099999';

/** The range of the timeline, in milliseconds since the epoch: two days, whose records are loaded one by one. */
const shown = { from: Date.parse('2026-11-02T00:00:00Z'), to: Date.parse('2026-11-04T00:00:00Z') };
const place = `#/sims/${sim}?from=${new Date(shown.from).toISOString()}&to=${new Date(shown.to).toISOString()}`;

export async function consolePages({ pairs }: BenchmarkOptions): Promise<Figure[]> {
  if (!existsSync(program)) {
    console.log(`console: there is no ${program}, so it is left out`);
    return [];
  }
  const { run, env } = await LocalRun.start();
  const browser = await chromium.launch({ executablePath: program, args: ['--no-sandbox'] });
  try {
    const root = `http://127.0.0.1:${env[portVariables.api.variable]}`;
    await putEvent(root);
    // The first request starts the API's process.
    await measurePaint(browser, `${root}/${place}`, '[data-figure="Last heard"]');
    const rounds = Math.max(3, pairs * 2);
    const paint = await runInterleaved(
      {
        empty: async () => measurePaint(browser, `${root}/health`, 'body'),
        sim: async () => measurePaint(browser, `${root}/${place}`, '[data-figure="Last heard"]'),
      },
      rounds,
    );
    const scripting = await runInterleaved(
      {
        emptyLoad: async () => (await measureScripting(browser, `${root}/${place}`, 0)).load,
        load: async () => (await measureScripting(browser, `${root}/${place}`, 10_000)).load,
        emptyZoom: async () => (await measureScripting(browser, `${root}/${place}`, 0)).zoom,
        zoom: async () => (await measureScripting(browser, `${root}/${place}`, 10_000)).zoom,
      },
      rounds,
    );
    const added = scripting.load.map((taken, round) => taken - (scripting.emptyLoad[round] ?? Number.NaN));
    return [
      makeFigure('console.paint', 'A SIM’s page, until it says when the SIM was heard', paint.sim, 'ms', {
        atMost: 1000,
      }),
      makeFigure(
        'console.paint.ratio',
        '  relative to a page with nothing',
        computeRatios(paint.sim, paint.empty),
        '×',
      ),
      makeFigure(
        'console.load',
        'Scripts until 10,000 records are read and drawn, beyond none',
        added,
        'ms',
        {
          atMost: 100,
        },
      ),
      makeFigure('console.zoom', 'Scripts of one zoom of 10,000 records', scripting.zoom, 'ms', {
        atMost: 100,
      }),
      makeFigure(
        'console.zoom.ratio',
        '  relative to none',
        computeRatios(scripting.zoom, scripting.emptyZoom),
        '×',
      ),
    ];
  } finally {
    await browser.close();
    await run.stop();
  }
}

/** Posts an event of the SIM, as a carrier does, and waits until the API knows it. */
async function putEvent(root: string): Promise<void> {
  const event = {
    ...{ id: 1, timestamp: '2026-11-02T06:00:00Z', event_type: { id: 3, description: 'Create PDP Context' } },
    ...{ event_severity: { id: 0, description: 'INFO' }, event_source: { id: 0, description: 'Network' } },
    ...{ alert: false, description: 'New PDP Context', sim: { id: 9, iccid: `${sim}0` } },
    detail: { pdp_context: { pdp_context_id: 1, mcc: '262', mnc: '01' } },
  };
  const answer = await fetch(`${root}/v1/ingest/1nce`, {
    ...{ method: 'POST', body: JSON.stringify(event) },
    headers: { authorization, 'content-type': 'application/json' },
  });
  if (!answer.ok) throw new Error(`The local run answered ${answer.status}: ${await answer.text()}`);
  for (let attempt = 0; attempt < 300; attempt += 1) {
    const { ok } = await fetch(`${root}/v1/Sims/${sim}`, { headers: { authorization } });
    if (ok) return;
    await wait(100);
  }
  throw new Error('The local run did not store the SIM of an event that was posted');
}

/** Milliseconds from navigation until an element appears, in a browser without a cache. */
async function measurePaint(browser: Browser, url: string, selector: string): Promise<number> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const started = performance.now();
  await page.goto(url, { waitUntil: 'commit' });
  await page.locator(selector).first().waitFor({ state: 'attached' });
  const taken = performance.now() - started;
  await context.close();
  return taken;
}

/**
 * Milliseconds of scripting until a number of records of a SIM are shown, and while the timeline then zooms by one key
 * press.
 */
async function measureScripting(
  browser: Browser,
  url: string,
  records: number,
): Promise<{ readonly load: number; readonly zoom: number }> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await answerLists(page, records);
  const session = await context.newCDPSession(page);
  await session.send('Performance.enable');
  await page.goto(url);
  await page.getByRole('status').filter({ hasText: 'usage record' }).waitFor();
  const readScripts = async (): Promise<number> => {
    const { metrics } = await session.send('Performance.getMetrics');
    return (metrics.find(({ name }) => name === 'ScriptDuration')?.value ?? Number.NaN) * 1000;
  };
  await page.locator('[aria-roledescription="timeline"]').focus();
  const before = await readScripts();
  await page.keyboard.press('+');
  await page.waitForURL((address) => address.href !== url);
  const after = await readScripts();
  await context.close();
  return { load: before, zoom: after - before };
}

/** Answers the SIM's lists instead of the API, in pages, with evenly distributed records. */
async function answerLists(page: Page, records: number): Promise<void> {
  const lists = [
    { path: 'DataSessions', key: 'data_sessions', count: records * 0.3, make: makeSession },
    { path: 'UsageRecords', key: 'usage_records', count: records * 0.4, make: makeUsage },
    { path: 'ConnectionEvents', key: 'connection_events', count: records * 0.3, make: makeEvent },
  ];
  for (const { path, key, count, make } of lists) {
    await page.route(`**/v1/Sims/*/${path}?*`, async (route) => {
      const url = new URL(route.request().url());
      const first = Number(url.searchParams.get('PageToken') ?? '0');
      const rows = Array.from({ length: Math.min(1000, count - first) }, (_, index) => {
        const length = (shown.to - shown.from) / count;
        const at = shown.to - (first + index + 1) * length;
        return make(first + index, new Date(at).toISOString(), new Date(at + length * 0.9).toISOString());
      });
      const next = first + rows.length;
      url.searchParams.set('PageToken', String(next));
      await route.fulfill({ json: { [key]: rows, meta: { next_page_url: next < count ? url.href : null } } });
    });
  }
}

const network = {
  ...{ radio_link: '4G', operator_mcc: '262', operator_mnc: '01', operator_name: 'Telekom' },
  ...{ operator_country: 'DEU', cell_id: null, imei: '358600842867678', imsi: null, source: '1nce' },
};

function makeSession(index: number, start: string, end: string) {
  return {
    ...{ ...network, sid: `session-${index}`, start, end, last_updated: end, status: 'ended' },
    ...{
      data_uploaded: 100,
      data_downloaded: 100,
      data_total: 200,
      apn: 'iot',
      ip_address: null,
      error: null,
    },
  };
}

function makeUsage(index: number, start: string, end: string) {
  return {
    ...{ ...network, sid: `usage-${index}`, period: { start_time: start, end_time: end } },
    ...{ data_upload: 100, data_download: 100, data_total: 200, iso_country: 'DE', network_sid: null },
    ...{ messages: null, cost: null, currency: null, tariff: null },
  };
}

function makeEvent(index: number, timestamp: string) {
  return {
    ...{ ...network, sid: `event-${index}`, timestamp, event_type: 'pdp-context.created' },
    ...{ severity: null, alert: false, description: null, error_code: null, error_message: null },
    ...{ data_session_sid: null, detail: null },
  };
}
