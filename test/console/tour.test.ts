import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { makeEpisode, storeEpisodes } from '../lambda/queries/stored-alerts.ts';
import { browsedConsole, findViolations, hasBrowser, readFigure, readTable } from './browser.ts';

/** The console in a real browser, against a local run with the example records: what it says is what the API says. */

const browsed = browsedConsole();

/** An ICCID that no example has. */
const hostileSim = '8988303000000199999';
const hostileName = `"><img src=x onerror=alert(1)><script>alert(2)</script>\u202e gnirts \u200f${'🛰️'.repeat(20)}${'x'.repeat(1_000)}`;

interface Money {
  readonly amount: string;
  readonly currency: string;
}

interface Alerts {
  readonly alerts: readonly { readonly id: string; readonly sim: string; readonly rule: string }[];
}

describe.skipIf(!hasBrowser)('the console', () => {
  beforeAll(async () => {
    await browsed.ledger.putRecord('emnify', Buffer.from(JSON.stringify(makeHostileRecord())), '1');
    await browsed.ledger.putRecord('kore', Buffer.from('{"broken'), '1');
    await browsed.ledger.waitUntilIdle();
    await storeEpisodes(browsed.ledger.dynamoDb, [
      makeEpisode({ id: 'a'.repeat(32), sim: '8988303000000100001', source: 'emnify' }),
    ]);
  }, 60_000);

  // No page may report an error, ask another origin for anything, or open a window.
  afterEach(() => expect(browsed.faults.splice(0)).toEqual([]));

  test('signs in automatically in the local run, and says on Today what the API says', async () => {
    const page = await browsed.open();
    const { sims } = await browsed.ask<{ sims: readonly { last_heard: string; url: string }[] }>(
      '/v1/Sims?Silent=24h&PageSize=1000',
    );
    const { alerts } = await browsed.ask<Alerts>('/v1/Alerts?State=open');
    const { files } = await browsed.ask<{ files: readonly { key: string; rejected: number }[] }>('/v1/Files');
    expect(await readFigure(page, 'SIMs silent for 24 hours')).toBe(String(sims.length));
    expect(await readFigure(page, 'Open alerts')).toBe(String(alerts.length));
    expect(alerts.length).toBeGreaterThan(0);
    const rejected = files.reduce((sum, file) => sum + file.rejected, 0);
    expect(rejected).toBeGreaterThan(0);
    expect(await readFigure(page, 'Rejected rows')).toBe(String(rejected));
    const rows = await readTable(page, 'Silent SIMs');
    expect(rows.map(([, , at]) => at)).toEqual(
      sims.map(({ last_heard: at }) => at.slice(0, 19).replace('T', ' ')),
    );
    const groups = await readTable(page, 'Silent SIMs by country and network');
    expect(groups.reduce((sum, [, , count]) => sum + Number(count), 0)).toBe(sims.length);
    const { watermarks } = await browsed.ask<{ watermarks: readonly { source: string }[] }>(
      '/v1/Sims?Silent=24h',
    );
    expect((await readTable(page, 'Sources')).map(([source]) => source)).toEqual(
      watermarks.map(({ source }) => source),
    );
    await browsed.close(page);
  });

  test('leads from its first page to a silent SIM by one click', async () => {
    const page = await browsed.open();
    const rows = await readTable(page, 'Silent SIMs');
    await page.getByRole('link', { name: 'tracker-1', exact: true }).first().click();
    await page.getByRole('heading', { level: 1 }).waitFor();
    await expect.poll(() => page.getByRole('heading', { level: 1 }).textContent()).toContain('tracker-1');
    expect(rows.some(([name]) => name === 'tracker-1')).toBe(true);
    expect(page.url()).toContain('#/sims/8988280666001000101');
    await browsed.close(page);
  });

  test('shows silent SIMs on a map that agrees with its table, and those of a country after a click', async () => {
    const page = await browsed.open();
    const table = await readTable(page, 'Silent SIMs by country and network');
    const counts = new Map<string, number>();
    for (const [country = '', , count] of table)
      counts.set(country, (counts.get(country) ?? 0) + Number(count));
    await page.getByRole('figure', { name: 'Map of silent SIMs' }).scrollIntoViewIfNeeded();
    const places = page.locator('.map a');
    await places.first().waitFor();
    const shown = await places.evaluateAll((links) => links.map((link) => link.getAttribute('aria-label')));
    const expected = [...counts].filter(([country]) => country !== 'unknown');
    expect(expected.length).toBeGreaterThan(1);
    expect(shown.toSorted()).toEqual(
      expected
        .map(([country, count]) => `${country}: ${count} ${count === 1 ? 'SIM' : 'SIMs'}, ${count} silent`)
        .sort(),
    );
    const [first = ''] = shown;
    await places.first().focus();
    await page.keyboard.press('Enter');
    await page.getByText(`Only SIMs that were last seen in ${first?.split(':')[0]}`).waitFor();
    expect((await readTable(page, 'Silent SIMs')).length).toBe(Number(/: (\d+)/.exec(first ?? '')?.[1]));
    await page.goBack();
    await expect
      .poll(async () => (await readTable(page, 'Silent SIMs')).length)
      .toBe(table.reduce((sum, [, , count]) => sum + Number(count), 0));
    await browsed.close(page);
  });

  test('counts the SIMs of the fleet, and the silent ones, by country', async () => {
    const page = await browsed.open('#/fleet?view=countries');
    const rows = await readTable(page, 'SIMs by country');
    const { sims } = await browsed.ask<{ sims: readonly unknown[] }>('/v1/Sims?PageSize=1000');
    const silent = await browsed.ask<{ sims: readonly unknown[] }>('/v1/Sims?Silent=24h&PageSize=1000');
    const add = (column: number): number => rows.reduce((sum, cells) => sum + Number(cells[column]), 0);
    expect([add(1), add(2)]).toEqual([sims.length, silent.sims.length]);
    await browsed.close(page);
  });

  test('takes the numbers of a fleet that is too large to be read from the last sweep', async () => {
    const page = await browsed.open('#/files');
    const { sims } = await browsed.ask<{ sims: readonly object[] }>('/v1/Sims?PageSize=1');
    const count = (country: string | null, all: number, silent: number): object => ({
      operator_country: country,
      sims: all,
      silent: ['1h', '6h', '24h', '3d', '7d', '30d'].map((duration, index) => ({
        ...{ duration, sims: Math.max(0, silent - 10 * index) },
      })),
    });
    const countries = [count('DEU', 700_000, 2_520), count('FRA', 299_999, 1_020), count(null, 1, 0)];
    await page.route('**/v1/Fleet', (route) =>
      route.fulfill({ json: { as_of: '2026-11-02T08:00:00.000Z', sims: 1_000_000, countries } }),
    );
    const asked: string[] = [];
    await page.route(/\/v1\/Sims\?/, async (route) => {
      asked.push(route.request().url());
      const next = `${browsed.address}/v1/Sims?PageToken=more`;
      await route.fulfill({ json: { sims, watermarks: [], meta: { next_page_url: next } } });
    });
    await page.evaluate("location.hash = '#/fleet?view=countries'");
    await page.getByText('All 1 000 000 SIMs by the country').waitFor();
    expect(await readTable(page, 'SIMs by country')).toEqual([
      ['Germany', '700 000', '2 500'],
      ['France', '299 999', '1 000'],
      ['unknown', '1', '0'],
    ]);
    expect(asked).toEqual([]);
    await page.evaluate("location.hash = '#/'");
    await page.getByText('The map shows all: at most 3 500 SIMs').waitFor();
    expect(await readFigure(page, 'SIMs silent for 24 hours')).toBe('3 500');
    expect(asked).toHaveLength(4);
    await browsed.close(page);
  });

  test('shows the fleet with filters that are kept in the address', async () => {
    const page = await browsed.open('#/fleet?name=cold-chain');
    expect((await readTable(page, 'SIMs')).map(([name]) => name)).toEqual(['cold-chain-17']);
    await page.getByLabel('Name contains').fill('');
    const { sims } = await browsed.ask<{ sims: readonly unknown[] }>('/v1/Sims');
    await expect.poll(async () => (await readTable(page, 'SIMs')).length).toBe(sims.length);
    expect(page.url()).not.toContain('name=');
    await page.getByLabel('Online').selectOption('online');
    const online = await browsed.ask<{ sims: readonly unknown[] }>('/v1/Sims?Online=true');
    await expect.poll(async () => (await readTable(page, 'SIMs')).length).toBe(online.sims.length);
    expect(page.url()).toContain('online=true');
    await browsed.close(page);
  });

  test.each([
    ['#/fleet?view=top', 'Top users', `Group=sim&Order=bytes&StartTime=${monthStart()}`],
    [
      '#/bill?month=2026-11',
      'Usage of 2026-11',
      'Group=isoCountry,tariff&StartTime=2026-11-01&EndTime=2026-12-01',
    ],
    [
      '#/explore?every=all&by=source&from=2026-10-01&to=2026-12-01',
      'Usage',
      'Group=source&StartTime=2026-10-01&EndTime=2026-12-01',
    ],
  ])('sums up usage as the API does: %s', async (place, name, query) => {
    const page = await browsed.open(place);
    const { usage_records: records } = await browsed.ask<{
      usage_records: readonly { records: number; data_total: number }[];
    }>(`/v1/UsageRecords?${query}&PageSize=1000`);
    const region = page.getByRole('region', { name, exact: true });
    const empty = page.getByText('No usage in this time, or');
    // The examples are of a month that may be over.
    await (records.length === 0 ? empty : region).waitFor();
    const exact = await region
      .locator('tbody td span[title$=" B"]')
      .evaluateAll((cells) => cells.map((cell) => cell.getAttribute('title')));
    expect(exact.map((bytes) => Number(bytes?.replaceAll(/[^\d]/g, '')))).toEqual(
      records.map(({ data_total: bytes }) => bytes),
    );
    await browsed.close(page);
  });

  test('shows the bill of the last month that has one, line by line', async () => {
    const page = await browsed.open('#/bill');
    const { bills } = await browsed.ask<{ bills: readonly { month: string; totals: readonly Money[] }[] }>(
      '/v1/Bills',
    );
    const [last] = bills;
    if (last === undefined) expect.fail('The local run has no bill');
    const { rows } = await browsed.ask<{ rows: readonly { name: string; amount: string }[] }>(
      `/v1/Bills/${last.month}`,
    );
    expect(await readFigure(page, 'Should cost')).toBe(
      last.totals.map(({ amount, currency }) => `${amount} ${currency}`).join(' + '),
    );
    const shown = await readTable(page, 'Lines of the bill');
    expect(shown.map(([name, ...cells]) => [name, cells[8]?.split(' ')[0]])).toEqual(
      rows.map(({ name, amount }) => [name, amount]),
    );
    await page.getByRole('combobox', { name: 'Lines' }).selectOption('of each SIM');
    const { lines } = await browsed.ask<{ lines: readonly { sim: string }[] }>(
      `/v1/Bills/${last.month}/Lines?PageSize=500`,
    );
    expect((await readTable(page, 'Lines of SIMs')).map(([sim]) => sim)).toEqual(lines.map(({ sim }) => sim));
    await browsed.close(page);
  });

  test('draws usage over time', async () => {
    const page = await browsed.open('#/explore?from=2026-10-25&to=2026-11-05');
    await page.locator('.chart canvas').waitFor();
    expect(await page.locator('.chart .u-legend .u-series').count()).toBeGreaterThan(2);
    await browsed.close(page);
  });

  test('shows the files and how many rows were rejected', async () => {
    const page = await browsed.open('#/files');
    const { files } = await browsed.ask<{
      files: readonly { key: string; rows: number; rejected: number }[];
    }>('/v1/Files');
    const rows = await readTable(page, 'Files');
    expect(rows.map(([key, , count, , rejected]) => [key, Number(count), Number(rejected)])).toEqual(
      files.map(({ key, rows: count, rejected }) => [key, count, rejected]),
    );
    await browsed.close(page);
  });

  test('shows the quarantine by source and reason', async () => {
    const page = await browsed.open('#/files');
    const { rejects } = await browsed.ask<{
      rejects: readonly { id: string; source: string; code: string }[];
    }>('/v1/Rejects?PageSize=1000');
    expect(rejects).toContainEqual(expect.objectContaining({ source: 'kore', code: 'broken-json' }));
    const rows = await readTable(page, 'Objects in quarantine');
    expect(rows.map(([, source, code, , id]) => [source, code, id])).toEqual(
      rejects.map(({ source, code, id }) => [source, code, id]),
    );
    const groups = await readTable(page, 'Quarantine by source and reason');
    expect(groups.reduce((sum, [, , objects]) => sum + Number(objects), 0)).toBe(rejects.length);
    await page.getByRole('button', { name: 'broken-json' }).first().click();
    await expect.poll(() => page.url()).toContain('code=broken-json');
    await browsed.close(page);
  });

  test('links every number to the request behind it, its answer and its command', async () => {
    const page = await browsed.open();
    await page.getByRole('link', { name: 'Request behind Silent SIMs', exact: true }).click();
    await page.locator('.answer').waitFor();
    expect(await page.locator('.request').first().textContent()).toBe('GET /v1/Sims?Silent=24h&PageSize=500');
    expect(await page.locator('.request').last().textContent()).toBe(
      `curl -su "$A:$T" '${browsed.address}/v1/Sims?Silent=24h&PageSize=500'`,
    );
    const shown = JSON.parse((await page.locator('.answer').textContent()) ?? '') as {
      sims: readonly { sid: string }[];
    };
    const { sims } = await browsed.ask<{ sims: readonly { sid: string }[] }>(
      '/v1/Sims?Silent=24h&PageSize=500',
    );
    expect(shown.sims.map(({ sid }) => sid)).toEqual(sims.map(({ sid }) => sid));
    await browsed.close(page);
  });

  test('saves any table as CSV, with times in UTC and without personal data', async () => {
    const page = await browsed.open('#/fleet?name=cold-chain');
    await readTable(page, 'SIMs');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'CSV of SIMs' }).click(),
    ]);
    const [head, row] = readFileSync(await download.path(), 'utf8').split('\r\n');
    expect(head).toBe(
      '\uFEFFSIM,Last heard,At,Last event,"Online, as stated",Status,Country,Network,Source,ICCID',
    );
    expect(row).toMatch(/^cold-chain-17,2026-11-\d\dT/);
    await browsed.close(page);
  });

  test('shows times in the browser’s zone, and personal data, on request', async () => {
    const page = await browsed.open('#/fleet?name=cold-chain');
    const [[, , utc] = []] = await readTable(page, 'SIMs');
    await page.getByRole('button', { name: 'Times: UTC' }).click();
    await page.getByRole('button', { name: 'Times: America/New_York' }).waitFor();
    const [[, , local] = []] = await readTable(page, 'SIMs');
    expect(Date.parse(`${utc}Z`) - Date.parse(`${local}Z`)).toBe(5 * 3_600_000);
    expect(await page.content()).not.toContain('358600842867678');
    await page.getByRole('button', { name: 'Personal data: hidden' }).click();
    await page.getByText('358600842867678').waitFor();
    await browsed.close(page);
  });

  test('mutes an alert after confirmation', async () => {
    const page = await browsed.open(`#/alerts/${'a'.repeat(32)}`);
    await page.getByRole('button', { name: 'Mute …' }).click();
    const dialog = page.getByRole('dialog');
    expect(await dialog.getByRole('heading').textContent()).toBe(
      'Mute the rule silent for the SIM gateway-berlin (8988303000000100001)?',
    );
    await dialog.getByLabel('Reason').fill('workshop');
    await dialog.getByRole('button', { name: 'Mute', exact: true }).click();
    await expect.poll(() => page.locator('[data-figure="Muted until"]').count()).toBe(1);
    const { mute } = await browsed.ask<{ mute: object }>(`/v1/Alerts/${'a'.repeat(32)}`);
    expect(mute).toMatchObject({ rule: 'silent', sim: '8988303000000100001', reason: 'workshop' });
    await browsed.close(page);
  });

  test('says what to do about wrong credentials, and keeps them out of the address and other tabs', async () => {
    const page = await browsed.open();
    await readFigure(page, 'Open alerts');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Account').fill('ACwrong');
    await page.getByLabel('Token').fill('wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('alert').textContent()).toContain('The credentials are missing or wrong');
    // The browser reports the status of the answer; nothing else.
    expect(browsed.faults.splice(0)).toEqual([expect.stringContaining('401')]);
    const { account, token } = { account: 'AClocal', token: 'local' };
    await page.getByLabel('Account').fill(account);
    await page.getByLabel('Token').fill(token);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await readFigure(page, 'Open alerts');
    const kept = await page.evaluate<string>(
      'JSON.stringify([{ ...localStorage }, location.href, document.cookie])',
    );
    expect(kept).not.toContain(account);
    await browsed.close(page);
  });

  test('can be used with the keyboard alone', async () => {
    const page = await browsed.open();
    await readTable(page, 'Silent SIMs');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await page.evaluate<string>('document.activeElement.id')).toBe('content');
    for (let presses = 0; presses < 60; presses += 1) {
      await page.keyboard.press('Tab');
      if ((await page.evaluate<string>('document.activeElement.textContent')) === 'tracker-1') break;
    }
    await page.keyboard.press('Enter');
    await expect.poll(() => page.getByRole('heading', { level: 1 }).textContent()).toContain('tracker-1');
    await expect.poll(() => page.evaluate<string>('document.activeElement.tagName')).toBe('H1');
    await browsed.close(page);
  });

  test('reads a fleet page by page, and keeps only the rows in view in the page', async () => {
    const page = await browsed.open('#/files');
    const { sims } = await browsed.ask<{ sims: readonly object[] }>('/v1/Sims?PageSize=1');
    const size = 1_000;
    await page.route(/\/v1\/Sims\?/, async (route) => {
      const at = Number(new URL(route.request().url()).searchParams.get('PageToken') ?? '0');
      const next = at === 2 ? null : `${browsed.address}/v1/Sims?PageToken=${at + 1}`;
      const rows = Array.from({ length: size }, (_, index) => ({
        ...sims[0],
        unique_name: `sim-${at * size + index}`,
      }));
      await route.fulfill({ json: { sims: rows, meta: { next_page_url: next } } });
    });
    await page.evaluate("location.hash = '#/fleet'");
    const region = page.getByRole('region', { name: 'SIMs', exact: true });
    await region.getByText('sim-0', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'More' }).click();
    await page.getByText('2 000 rows so far').waitFor();
    await page.getByRole('button', { name: 'More' }).click();
    await page.getByText('3 000 rows', { exact: true }).waitFor();
    expect(await page.getByRole('button', { name: 'More' }).count()).toBe(0);
    expect(await region.locator('tbody tr').count()).toBeLessThan(100);
    await region.evaluate((element) => element.scrollTo(0, element.scrollHeight));
    await region.getByText('sim-2999', { exact: true }).waitFor();
    expect(await region.locator('tbody tr').count()).toBeLessThan(100);
    await browsed.close(page);
  });

  test('reads a whole list before saving it, waits, and stops on request', async () => {
    const page = await browsed.open('#/files');
    const { sims } = await browsed.ask<{ sims: readonly object[] }>('/v1/Sims?PageSize=1');
    let refusals = 1;
    let held = -1;
    await page.route(/\/v1\/Sims\?/, async (route) => {
      const at = Number(new URL(route.request().url()).searchParams.get('PageToken') ?? '0');
      // What is left without an answer is ended by the page.
      if (at === held) return;
      if (at === 1 && refusals > 0) {
        refusals -= 1;
        await route.fulfill({ status: 429, headers: { 'retry-after': '0' }, json: { message: 'Slower' } });
        return;
      }
      const next = at === 3 ? null : `${browsed.address}/v1/Sims?PageToken=${at + 1}`;
      const rows = Array.from({ length: 200 }, (_, index) => ({
        ...sims[0],
        unique_name: `sim-${at * 200 + index}`,
      }));
      await route.fulfill({ json: { sims: rows, meta: { next_page_url: next } } });
    });
    const save = async (button: string): Promise<string[]> => {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('dialog').getByRole('button', { name: button }).click(),
      ]);
      const [, ...lines] = readFileSync(await download.path(), 'utf8')
        .trimEnd()
        .split('\r\n');
      return lines.map((line) => line.split(',')[0] ?? '');
    };
    const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `sim-${index}`);
    await page.evaluate("location.hash = '#/fleet'");
    await page.getByRole('button', { name: 'CSV of SIMs' }).click();
    expect(await save('Read the rest, then save')).toEqual(names(800));
    expect(browsed.faults.splice(0)).toEqual([expect.stringContaining('429')]);
    held = 2;
    await page.evaluate("location.hash = '#/fleet?name=sim'");
    await page.getByText('200 rows so far').waitFor();
    await page.getByRole('button', { name: 'CSV of SIMs' }).click();
    await page.getByRole('button', { name: 'Read the rest, then save' }).click();
    await page.getByText('Reading … 400 rows so far').waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    expect(await save('Save these')).toEqual(names(400));
    await browsed.close(page);
  });

  test('says what takes long, what failed and what to do, and retries', async () => {
    const page = await browsed.open('#/fleet');
    await readTable(page, 'SIMs');
    let answers = 0;
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route(/\/v1\/Files/, async (route) => {
      answers += 1;
      await released;
      const message = 'The ledger cannot be read now; try again in a moment';
      if (answers === 1) await route.fulfill({ status: 503, json: { code: 20_503, message, status: 503 } });
      else await route.continue();
    });
    await page.evaluate("location.hash = '#/files'");
    await page.getByText('Reading files …').waitFor({ state: 'visible' });
    release();
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('alert').textContent()).toContain('The ledger cannot be read now');
    expect(browsed.faults.splice(0)).toEqual([expect.stringContaining('503')]);
    await page.getByRole('button', { name: 'Try again' }).click();
    expect((await readTable(page, 'Files')).length).toBeGreaterThan(0);
    expect(await page.getByRole('alert').count()).toBe(0);
    await browsed.close(page);
  });

  test('shows hostile names as text', async () => {
    const page = await browsed.open('#/fleet?source=emnify', { width: 360 });
    const { sims } = await browsed.ask<{ sims: readonly { sid: string; unique_name: string }[] }>(
      '/v1/Sims?Source=emnify',
    );
    const stored = sims.find(({ sid }) => sid === hostileSim)?.unique_name ?? '';
    expect(stored).toContain('<script>');
    const names = (await readTable(page, 'SIMs')).map(([name]) => name);
    expect(names.some((name) => name?.startsWith('"><img src=x onerror=alert(1)><script>'))).toBe(true);
    expect(await page.locator('td img, td script').count()).toBe(0);
    expect(await overflow(page)).toBeLessThanOrEqual(0);
    await page.getByRole('link', { name: '"><img' }).click();
    await expect.poll(() => page.getByRole('heading', { level: 1 }).textContent()).toContain('<script>');
    expect(await overflow(page)).toBeLessThanOrEqual(0);
    await browsed.close(page);
  });

  // Colours and widths don't depend on each other: each is tried once on every page.
  test.each([
    ['light', 360],
    ['dark', 1280],
  ] as const)('has no accessibility violations: %s, %i pixels', async (colours, width) => {
    // Each with what tells that it is there, and not the one before.
    const places = [
      ['#/', 'section[aria-label="Silent SIMs"]'],
      ['#/fleet', 'section[aria-label="SIMs"]'],
      ['#/fleet?view=top', 'nav [aria-current] >> text=Top users'],
      ['#/fleet?view=countries', '.map circle'],
      ['#/bill?month=2026-11', 'h2 >> text=What carriers’ records state'],
      ['#/bill?lines=sim', 'section[aria-label="Lines of SIMs"]'],
      ['#/files?code=broken-json', 'section[aria-label="Objects in quarantine"]'],
      ['#/explore?from=2026-10-25', '.chart canvas'],
      ['#/alerts', 'section[aria-label="Alerts"]'],
      [`#/alerts/${'a'.repeat(32)}`, 'dl.facts'],
      ['#/request?target=/v1/Files', '.answer'],
      ['#/nothing', 'h1 >> text=Not found'],
    ] as const;
    const page = await browsed.open('', { width, colours });
    for (const [place, selector] of places) {
      await page.evaluate(`location.hash = ${JSON.stringify(place)}`);
      await page.locator(selector).first().waitFor();
      await expect.poll(() => page.locator('.loading').count()).toBe(0);
      expect(await findViolations(page), `${place} ${width}`).toEqual([]);
      expect(await overflow(page), `${place} ${width}`).toBeLessThanOrEqual(0);
    }
    await browsed.close(page);
  });
});

/** A record of a SIM whose name tries to break out. */
function makeHostileRecord(): object {
  const [, usage = ''] = readFileSync(
    new URL('../../local/examples/emnify.jsonl', import.meta.url),
    'utf8',
  ).split('\n');
  const record = JSON.parse(usage) as { sim: object; endpoint: object };
  return {
    ...{ ...record, id: 672999999, session_id: '00000000-0000-4000-8000-000000000001' },
    sim: { ...record.sim, iccid: hostileSim, id: 999999 },
    endpoint: { ...record.endpoint, name: hostileName, id: 999999 },
  };
}

function monthStart(): string {
  return `${new Date().toISOString().slice(0, 7)}-01`;
}

/** Pixels by which a page is wider than its window. */
function overflow(page: Page): Promise<number> {
  return page.evaluate<number>('document.documentElement.scrollWidth - document.documentElement.clientWidth');
}
