import type { CDPSession, Page } from 'playwright-core';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { alerts as schema } from '../../lib/alert-rules.ts';
import { LocalAlerts } from '../../local/alerts.ts';
import { browsedConsole, findViolations, hasBrowser } from './browser.ts';

const browsed = browsedConsole();

/** Rules by which some SIMs of the examples are silent when the last record has come. */
const { rules = [] } = schema.parse({
  rules: [{ name: 'silent', kind: 'silent', after: '6h', severity: 'critical' }],
});

/** A Super SIM of the examples with two sessions, of which the second is still open. */
const coldChain = '8988307000000120011';
const morning = 'from=2026-11-02T06:00:00.000Z&to=2026-11-02T09:00:00.000Z';
const timeline = '[aria-roledescription="timeline"]';

interface Sim {
  readonly last_heard: string;
  readonly imei: string;
  readonly imsi: string | null;
  readonly usage_this_month: { readonly data_total: number };
}

/** The time that the address says is shown, in milliseconds. */
function readSpan(page: Page): { from: number; to: number; span: number } {
  const query = new URLSearchParams(new URL(page.url()).hash.split('?')[1]);
  const [from, to] = [Date.parse(query.get('from') ?? ''), Date.parse(query.get('to') ?? '')];
  return { from, to, span: to - from };
}

/** Waits until the address says that something else is shown than before. */
async function waitForWindow(
  page: Page,
  change: () => Promise<unknown>,
): Promise<ReturnType<typeof readSpan>> {
  const before = page.url();
  await change();
  await page.waitForURL(({ href }) => href !== before);
  return readSpan(page);
}

/** The visible time, after the address stops changing: during a movement it may hold an intermediate time. */
async function readSettled(page: Page): Promise<ReturnType<typeof readSpan>> {
  for (let before = ''; before !== page.url(); ) {
    before = page.url();
    await page.waitForTimeout(500);
  }
  return readSpan(page);
}

/** The first cell of each row of a table, as the API has it. */
async function readTimes(page: Page, heading: string): Promise<(string | null)[]> {
  const rows = page.locator(`section[aria-labelledby="${heading}"] tbody tr td:first-child time`);
  await rows.first().waitFor();
  return rows.evaluateAll((times) => times.map((time) => time.getAttribute('datetime')));
}

describe.skipIf(!hasBrowser)('the page of a SIM', () => {
  beforeAll(async () => {
    const client = browsed.ledger.dynamoDb;
    const alerts = new LocalAlerts({ client, rules, notify: undefined, onTrouble: () => undefined });
    await alerts.sweepPast(Date.now());
  });

  // No page may report an error, ask another origin for anything, or open a window.
  afterEach(() => expect(browsed.faults.splice(0)).toEqual([]));

  test('says what the API says', async () => {
    const page = await browsed.open(`#/sims/${coldChain}?${morning}`);
    const sim = await browsed.ask<Sim>(`/v1/Sims/${coldChain}`);
    await page.getByText('12.0 kB in 6 usage records').first().waitFor();
    expect(sim.usage_this_month.data_total).toBe(12_000);
    expect(await page.locator('[data-figure="This month"]').textContent()).toBe('12.0 kB');
    expect(await page.locator('[data-figure="Charged this month"]').textContent()).toBe('no cost stated');
    const heard = page.locator('[data-figure="Last heard"] time');
    expect(await heard.getAttribute('datetime')).toBe(sim.last_heard);
    const range = 'StartTime=2026-11-02T06:00:00Z&EndTime=2026-11-02T09:00:00Z';
    const path = `/v1/Sims/${coldChain}`;
    const sessions = await browsed.ask<{ data_sessions: { start: string }[] }>(
      `${path}/DataSessions?${range}`,
    );
    const events = await browsed.ask<{ connection_events: { timestamp: string }[] }>(
      `${path}/ConnectionEvents?${range}`,
    );
    const usage = await browsed.ask<{ usage_records: { period: { start_time: string } }[] }>(
      `${path}/UsageRecords?${range}&Granularity=raw`,
    );
    expect(sessions.data_sessions.length + events.connection_events.length).toBe(6);
    expect(await readTimes(page, 'sessions')).toEqual(sessions.data_sessions.map(({ start }) => start));
    expect(await readTimes(page, 'events')).toEqual(
      events.connection_events.map(({ timestamp }) => timestamp),
    );
    expect(await readTimes(page, 'usage')).toEqual(
      usage.usage_records.map(({ period }) => period.start_time),
    );
    await browsed.close(page);
  });

  test('hides personal data until it is requested', async () => {
    const page = await browsed.open(`#/sims/${coldChain}?${morning}`);
    const { imei, imsi } = await browsed.ask<Sim>(`/v1/Sims/${coldChain}?Include=imsi`);
    await page.getByText('12.0 kB in 6 usage records').first().waitFor();
    const hidden = (await page.locator('body').textContent()) ?? '';
    expect(hidden).not.toContain(imei);
    expect(hidden).toContain(`model ${imei.slice(0, 8)}`);
    expect(imsi === null || !hidden.includes(imsi)).toBe(true);
    await page.getByRole('button', { name: 'Personal data' }).click();
    await page.getByText(imei).first().waitFor();
    // The carrier's additional text may name people, so it is then in the record's panel.
    await page.evaluate(
      "location.hash = '#/sims/8988228066700001001?from=2026-11-02T15:00:00.000Z&to=2026-11-02T18:00:00.000Z&sel=events:201370703'",
    );
    const words = page.locator('aside pre').nth(1);
    expect(JSON.parse((await words.textContent()) ?? '')).toMatchObject({ name: 'T-Mobile' });
    await page.getByRole('button', { name: 'Personal data' }).click();
    await page.locator('aside pre').first().waitFor();
    expect(await page.getByText('In the carrier’s words').count()).toBe(0);
    await browsed.close(page);
  });

  test('is found by one click if a SIM is silent, says why, and shows the record behind that by another', async () => {
    const page = await browsed.open('');
    await page.getByRole('link', { name: 'bike-231' }).first().click();
    await page.locator('[data-figure="Silent for"]').waitFor();
    await page
      .getByText('The last event is data-session.failed (31005: PDP context activation failed)')
      .waitFor();
    const itsRecord = await page.getByRole('link', { name: 'its record' }).getAttribute('href');
    expect(itsRecord).toContain('sel=events%3AEZfc4656d98dccd264976d7a738102fd36');
    await page.getByRole('link', { name: 'the record that says so' }).click();
    const record = page.locator('aside pre');
    await record.waitFor();
    const { alerts } = await browsed.ask<{ alerts: { id: string }[] }>(
      '/v1/Alerts?State=open&Rule=silent&Sim=bike-231',
    );
    const { evidence } = await browsed.ask<{ evidence: { last: { key: string; time: string } } }>(
      `/v1/Alerts/${alerts[0]!.id}`,
    );
    const shown = JSON.parse((await record.textContent()) ?? '') as { sid: string; timestamp: string };
    expect(`${shown.timestamp}#${shown.sid}`).toBe(evidence.last.key);
    await browsed.close(page);
  });

  test('mutes an alert after confirmation, and says so', async () => {
    const page = await browsed.open('#/sims/bike-231');
    await page.getByRole('button', { name: 'Mute' }).first().click();
    const dialog = page.getByRole('dialog');
    expect(await dialog.getByRole('heading').textContent()).toMatch(
      /^Mute the rule silent for the SIM bike-231 \(\d+\)\?$/,
    );
    await dialog.getByLabel('Reason').fill('in the workshop');
    await dialog.getByRole('button', { name: 'Mute', exact: true }).click();
    await page.getByText('muted until').waitFor();
    const { alerts } = await browsed.ask<{ alerts: { id: string; sim_name: string }[] }>(
      '/v1/Alerts?State=open&Rule=silent&Sim=bike-231',
    );
    expect(alerts.map(({ sim_name: name }) => name)).toEqual(['bike-231']);
    const { mute } = await browsed.ask<{ mute: object }>(`/v1/Alerts/${alerts[0]!.id}`);
    expect(mute).toMatchObject({ rule: 'silent', reason: 'in the workshop' });
    await browsed.close(page);
  });

  test('shows the sessions of a year like those of a day, and the days whose usage may have expired', async () => {
    const page = await browsed.open();
    await page.route(/\/v1\/UsageRecords\?.*Granularity=day/, async (route) => {
      const body = (await (await route.fetch()).json()) as { coverage: object };
      const expired = [{ start_time: '2026-03-01T00:00:00Z', end_time: '2026-04-01T00:00:00Z' }];
      await route.fulfill({ json: { ...body, coverage: { ...body.coverage, expired } } });
    });
    await page.evaluate(
      `location.hash = '#/sims/${coldChain}?from=2026-01-01T00:00:00Z&to=2026-12-31T00:00:00Z'`,
    );
    await page.getByText('usage of these days may have expired before they were sealed').waitFor();
    const { data_sessions: sessions } = await browsed.ask<{ data_sessions: { start: string }[] }>(
      `/v1/Sims/${coldChain}/DataSessions?StartTime=2026-10-20T00:00:00Z&EndTime=2026-11-18T00:00:00Z`,
    );
    expect(sessions.length).toBeGreaterThan(1);
    expect(await readTimes(page, 'sessions')).toEqual(sessions.map(({ start }) => start));
    await browsed.close(page);
  });

  test('can be used with the keyboard alone: zooms, pans, goes to now, opens a record and closes it', async () => {
    const page = await browsed.open(`#/sims/${coldChain}?${morning}`);
    await page.getByText('12.0 kB in 6 usage records').first().waitFor();
    const before = readSpan(page);
    await page.locator(timeline).focus();
    const near = await waitForWindow(page, () => page.keyboard.press('+'));
    expect(near.span).toBeCloseTo(before.span / 1.5, -1);
    const back = await waitForWindow(page, () => page.keyboard.press('-'));
    expect(Math.abs(back.from - before.from) + Math.abs(back.to - before.to)).toBeLessThan(10);
    const earlier = await waitForWindow(page, () => page.keyboard.press('ArrowLeft'));
    expect(before.from - earlier.from).toBeCloseTo(before.span / 10, -1);
    await waitForWindow(page, () => page.keyboard.press('ArrowRight'));
    await page.locator('section[aria-labelledby="events"] button.link').first().focus();
    await page.keyboard.press('Enter');
    const record = page.locator('aside pre');
    expect(JSON.parse((await record.textContent()) ?? '')).toMatchObject({
      event_type: 'data-session.started',
    });
    await record.focus();
    await page.keyboard.press('Escape');
    await record.waitFor({ state: 'detached' });
    await page.locator(timeline).focus();
    const now = await waitForWindow(page, () => page.keyboard.press('End'));
    expect(Date.now() - now.to).toBeLessThan(600_000);
    await browsed.close(page);
  });

  test('can be used with fingers: a pinch zooms around them, a drag pans, a tap chooses', async () => {
    const page = await browsed.open(`#/sims/${coldChain}?${morning}`, { width: 360, hasTouch: true });
    await page.getByText('12.0 kB in 6 usage records').first().waitFor();
    const canvas = page.locator(`${timeline} canvas`);
    await canvas.scrollIntoViewIfNeeded();
    const box = (await canvas.boundingBox())!;
    const session = await page.context().newCDPSession(page);
    const before = readSpan(page);
    const y = box.y + 60;
    const place = (part: number) => ({ x: box.x + box.width * part, y });
    await touch(session, [place(0.4), place(0.6)], [place(0.3), place(0.7)]);
    const near = await readSettled(page);
    expect(near.span / before.span).toBeCloseTo(0.5, 1);
    await touch(session, [place(0.6)], [place(0.3)]);
    const moved = await readSettled(page);
    expect((moved.from - near.from) / near.span).toBeCloseTo(0.3, 1);
    expect(moved.span).toBeCloseTo(near.span, -2);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
    await browsed.close(page);
  });

  test('zooms around the pointer with the wheel, and chooses a session with a click', async () => {
    const page = await browsed.open(`#/sims/${coldChain}?${morning}`);
    await page.getByText('12.0 kB in 6 usage records').first().waitFor();
    const canvas = page.locator(`${timeline} canvas`);
    await canvas.scrollIntoViewIfNeeded();
    const box = (await canvas.boundingBox())!;
    const before = readSpan(page);
    await page.mouse.move(box.x + box.width / 4, box.y + 100);
    const near = await waitForWindow(page, () => page.mouse.wheel(0, -400));
    const anchor = before.from + before.span / 4;
    expect((anchor - near.from) / near.span).toBeCloseTo(0.25, 2);
    expect(near.span).toBeLessThan(before.span * 0.7);
    const { data_sessions: sessions } = await browsed.ask<{ data_sessions: { sid: string }[] }>(
      `/v1/Sims/${coldChain}/DataSessions?StartTime=2026-11-02T06:00:00Z&EndTime=2026-11-02T07:00:00Z`,
    );
    const at = (Date.parse('2026-11-02T06:30:00Z') - near.from) / near.span;
    const shown = await canvas.evaluate((element) => element.getBoundingClientRect().top);
    // Sessions stand below the alerts: the place is looked for row by row, as an eye does.
    for (let y = 30; y < 110 && (await page.locator('aside').count()) === 0; y += 6)
      await page.mouse.click(box.x + box.width * at, shown + y);
    const record = JSON.parse((await page.locator('aside pre').textContent()) ?? '') as { sid: string };
    expect(record.sid).toBe(sessions[0]!.sid);
    await browsed.close(page);
  });

  test('reads page by page, aborts what another window supersedes, and says if there is too much to read', async () => {
    const page = await browsed.open();
    const ended: string[] = [];
    page.on('requestfailed', (request) => ended.push(new URL(request.url()).pathname));
    const pages: string[] = [];
    let isHeld = false;
    await page.route('**/ConnectionEvents?*', async (route) => {
      const url = new URL(route.request().url());
      // The last event is asked for by itself.
      if (url.searchParams.get('PageSize') === '20') return route.continue();
      const token = url.searchParams.get('PageToken') ?? '0';
      // A request that stays without an answer is ended by the page.
      if (isHeld) return;
      pages.push(token);
      const next = String(Number(token) + 1);
      url.searchParams.set('PageToken', next);
      const connection_events = [makeListedEvent(Number(token))];
      await route.fulfill({ json: { connection_events, meta: { next_page_url: url.href } } });
    });
    await page.goto(`${browsed.address}/#/sims/${coldChain}?${morning}`);
    await page.getByText('there are too many records to load at once').waitFor();
    expect(pages).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    isHeld = true;
    await page.getByRole('button', { name: '7 days' }).click();
    await page.getByText('Reading …').waitFor();
    await page.waitForTimeout(400);
    await page.getByRole('button', { name: '30 days' }).click();
    await expect.poll(() => ended).toContainEqual(expect.stringMatching(/ConnectionEvents$/));
    await browsed.close(page);
  });

  test.each(['light', 'dark'] as const)('has no accessibility violation in %s colours', async (colours) => {
    const page = await browsed.open(`#/sims/bike-231`, { colours });
    await page.locator('[data-figure="Silent for"]').waitFor();
    await page.getByRole('link', { name: 'the record that says so' }).click();
    await page.locator('aside pre').waitFor();
    const violations = await findViolations(page);
    expect(violations).toEqual([]);
    await browsed.close(page);
  });

  test('shows hostile names and texts as text, and stays as wide as the screen', async () => {
    const names = [
      '<img src=x onerror=alert(1)><script>alert(2)</script>',
      '\u202eedocllatot\u202c \u05e9\u05dc\u05d5\u05dd \ud83d\udef0\ufe0f',
      'W'.repeat(1000),
    ];
    for (const [index, name] of names.entries()) {
      const body = makeFailure(index, name);
      await browsed.ledger.putRecord('twilio', Buffer.from(JSON.stringify(body)), String(index));
    }
    await browsed.ledger.waitUntilIdle();
    for (const [index, name] of names.entries()) {
      const page = await browsed.open(
        `#/sims/${hostileSim(index)}?from=2026-11-02T06:00:00Z&to=2026-11-02T09:00:00Z`,
        { width: 360 },
      );
      const { unique_name: shown } = await browsed.ask<{ unique_name: string }>(
        `/v1/Sims/${hostileSim(index)}`,
      );
      expect(shown.slice(0, 60)).toBe(name.slice(0, 60));
      await page.locator('section[aria-labelledby="events"] td').first().waitFor();
      expect(await page.locator('h1').textContent()).toBe(shown);
      expect(await page.locator('main img, main script').count()).toBe(0);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
      await browsed.close(page);
    }
  });
});

/** An event as the list has it, ten minutes before the one with the number before. */
function makeListedEvent(number: number) {
  const timestamp = new Date(Date.parse('2026-11-02T08:50:00Z') - number * 600_000).toISOString();
  return {
    ...{ sid: `EZ${number}`, event_type: 'attachment.accepted', timestamp, severity: null, alert: null },
    ...{ description: null, error_code: null, error_message: null, data_session_sid: null, source: 'twilio' },
    ...{ operator_mcc: null, operator_mnc: null, operator_name: null, operator_country: null },
  };
}

/** The ICCID of a SIM whose name is hostile, without its check digit. */
function hostileSim(index: number): string {
  return `898830700000099001${index}`;
}

/** A Super SIM's event with a name, and an error in the same words. */
function makeFailure(index: number, name: string) {
  const id = `EZ${String(index).repeat(32)}`;
  return {
    ...{ specversion: '1.0', type: 'com.twilio.iot.supersim.connection.attachment.failed', id },
    ...{ source: `/v1/SuperSim/ConnectionEvents/${id}`, datacontenttype: 'application/json' },
    ...{ dataschema: 'https://events-schemas.twilio.com/SuperSim.ConnectionEvent/2' },
    time: '2026-11-02T07:00:00.000Z',
    data: {
      ...{ event_sid: id, event_type: 'com.twilio.iot.supersim.connection.attachment.failed' },
      ...{ timestamp: '2026-11-02T07:00:00Z', sim_iccid: `${hostileSim(index)}0`, sim_unique_name: name },
      ...{ sim_sid: `HS${String(index).repeat(32)}`, account_sid: `AC${'7'.repeat(32)}` },
      network: { iso_country: 'US', mnc: '260', mcc: '310', friendly_name: name },
      error: { code: 31004, message: name },
    },
  };
}

/** Puts fingers down, moves them in ten steps and lifts them. */
async function touch(
  session: CDPSession,
  from: readonly { x: number; y: number }[],
  to: readonly { x: number; y: number }[],
): Promise<void> {
  const place = (part: number) =>
    from.map(({ x, y }, id) => ({ id, x: x + (to[id]!.x - x) * part, y: y + (to[id]!.y - y) * part }));
  await session.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: place(0) });
  for (let step = 1; step <= 10; step += 1)
    await session.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: place(step / 10) });
  await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
}
