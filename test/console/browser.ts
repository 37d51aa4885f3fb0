import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { alerts } from '../../lib/alert-rules.ts';
import { LocalAlerts } from '../../local/alerts.ts';
import { type LocalLedger, startLocalLedger } from '../../local/local-ledger.ts';
import { replayExamples } from '../../local/replay.ts';
import { optionsForTests } from '../local/running-ledger.ts';

/** The console in a real browser, on a local run. */

/** Where a Chromium may be: Debian's packages, and Google's. */
const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The browser's program; undefined where there is none, and tests in a browser are skipped. */
export const chromiumPath: string | undefined = places.find((place) => existsSync(place));

/** Rules by which some SIMs of the examples are silent when the last record has come. */
const rules = alerts.parse({
  rules: [{ name: 'silent', kind: 'silent', after: '6h', severity: 'critical' }],
}).rules;

/** What a page did that it must not do. */
interface Misdeeds {
  readonly errors: string[];
  readonly foreignRequests: string[];
}

/** The console of a local run, and its API. */
export class OpenedConsole {
  readonly credentials = { account: 'ACconsole', token: 'console' };
  #ledger: LocalLedger | undefined;
  #browser: Browser | undefined;
  readonly #misdeeds: Misdeeds = { errors: [], foreignRequests: [] };

  get ledger(): LocalLedger {
    if (this.#ledger === undefined) throw new Error('The local run is not started');
    return this.#ledger;
  }

  get browser(): Browser {
    if (this.#browser === undefined) throw new Error('The browser is not started');
    return this.#browser;
  }

  /** The console's address, with a slash at its end. */
  get root(): string {
    return `${this.ledger.endpoints.api}/`;
  }

  /** Starts both, with the example records and their alerts. */
  async start(): Promise<void> {
    const options = optionsForTests();
    this.#ledger = await startLocalLedger({
      ...{ ...options, apiCredentials: this.credentials },
      ...{ onLog: () => undefined, onTrouble: () => undefined },
    });
    await replayExamples(this.ledger, { isTTY: false, write: () => true });
    await this.ledger.idle();
    await this.judge();
    this.#browser = await chromium.launch({
      executablePath: chromiumPath ?? expect.fail('There is no Chromium'),
      args: ['--no-sandbox'],
    });
  }

  /** Judges the alerts, up to the newest record. */
  async judge(): Promise<void> {
    const client = this.ledger.dynamoDb;
    const local = new LocalAlerts({
      ...{ client, rules: rules ?? [], notify: undefined, onTrouble: () => undefined },
    });
    await local.sweepPast(Date.now());
  }

  async stop(): Promise<void> {
    await this.#browser?.close();
    await this.#ledger?.stop();
  }

  /** What the API answers to a request by its path and query. */
  async ask<Answer>(target: string): Promise<Answer> {
    const { account, token } = this.credentials;
    const authorization = `Basic ${Buffer.from(`${account}:${token}`).toString('base64')}`;
    const answer = await fetch(`${this.ledger.endpoints.api}${target}`, { headers: { authorization } });
    expect(answer.status).toBe(200);
    return (await answer.json()) as Answer;
  }

  /** Opens a place of the console in a browser of its own; the browser is signed in, as a local run does it. */
  async open(place: string, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    const page = await context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning')
        this.#misdeeds.errors.push(message.text());
    });
    page.on('pageerror', ({ message }) => this.#misdeeds.errors.push(message));
    page.on('dialog', (dialog) => {
      this.#misdeeds.errors.push(`A dialog opened: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(this.root) && !/^(data|blob):/.test(url)) this.#misdeeds.foreignRequests.push(url);
    });
    await page.goto(`${this.root}${place}`);
    await page.locator('h1').waitFor();
    return page;
  }

  /** Fails if any page logged an error, opened a dialog or asked another server. */
  expectGoodManners(): void {
    expect(this.#misdeeds).toEqual({ errors: [], foreignRequests: [] });
  }
}

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** What a page does that keeps people out: the rules of axe that it breaks, and where. */
export async function findViolations(page: Page): Promise<readonly { rule: string; places: string[] }[]> {
  // The policy of the page lets no script in; the browser's own console does.
  await page.evaluate(readFileSync(axe, 'utf8'));
  const { violations } = (await page.evaluate('axe.run(document)')) as {
    violations: readonly { id: string; nodes: readonly { html: string }[] }[];
  };
  return violations.map(({ id, nodes }) => ({ rule: id, places: nodes.map(({ html }) => html) }));
}

/** Opens the console before the tests of a file, and closes it after. Without a browser nothing is started. */
export function openedConsole(): OpenedConsole {
  const opened = new OpenedConsole();
  if (chromiumPath === undefined) return opened;
  beforeAll(() => opened.start());
  afterAll(() => opened.stop());
  return opened;
}
