import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { readRules } from '../../cli/alerts/rules-file.ts';
import { LocalAlerts } from '../../local/alerts.ts';
import { putExampleTariffs } from '../../local/example-tariffs.ts';
import type { LocalLedger } from '../../local/ledger-interface.ts';
import { startLocalLedger } from '../../local/local-ledger.ts';
import { localSources } from '../../local/places.ts';
import { replayExamples } from '../../local/replay.ts';
import { optionsForTests } from '../local/running-ledger.ts';

/** A real browser, and a local run with the example records for it to look at. */

/** Debian's Chromium, as CI has it; another one by the variable CHROMIUM. Undefined if none is installed. */
const chromiumPath = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser'].find(
  (path) => path !== undefined && path !== '' && existsSync(path),
);

/** Whether there is a browser. Without one, tests that need it are skipped, and count as skipped. */
export const hasBrowser = chromiumPath !== undefined;

if (!hasBrowser) {
  console.warn(
    'Tests of the console in a browser are skipped: install chromium, or set CHROMIUM to its path',
  );
}

/** Starts the browser. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath ?? '', args: ['--no-sandbox', '--disable-gpu'] });
}

/** How a page is opened. */
export interface Opening {
  readonly width?: number;
  readonly height?: number;
  readonly colours?: 'light' | 'dark';
  readonly hasTouch?: boolean;
}

/** The console of a local run in a browser. */
export class BrowsedConsole {
  #browser: Browser | undefined;
  #ledger: LocalLedger | undefined;
  /** Windows that tests have closed, by how they were opened: a new one costs a second of CPU. */
  readonly #closed = new Map<string, Page[]>();
  readonly #openings = new Map<Page, string>();
  /** What no page may do: errors, and requests that leave the API's origin. */
  readonly faults: string[] = [];

  get ledger(): LocalLedger {
    return this.#ledger ?? expect.fail('The local run is not started');
  }

  /** The API's address, without a slash at its end. */
  get address(): string {
    return this.ledger.endpoints.api;
  }

  async start(): Promise<void> {
    const options = optionsForTests();
    const onTrouble = (sentence: string): void => void this.faults.push(sentence);
    const [browser, ledger, rules] = await Promise.all([
      launchBrowser(),
      startLocalLedger({ ...options, onLog: () => undefined, onTrouble }),
      readRules(undefined, localSources),
    ]);
    this.#browser = browser;
    this.#ledger = ledger;
    await putExampleTariffs(ledger);
    await replayExamples(ledger, { isTTY: false, write: () => true });
    const alerts = new LocalAlerts({ client: ledger.dynamoDb, rules, notify: undefined, onTrouble });
    const swept = await alerts.sweepPast(Date.now());
    if (swept === undefined) throw new Error('The ledger is empty');
    await ledger.closeDays(swept.now);
  }

  async stop(): Promise<void> {
    await this.#browser?.close();
    await this.#ledger?.stop();
  }

  /**
   * Opens the console in a window of its own, which remembers nothing of others.
   *
   * @param place the address behind the API's, such as `#/fleet`.
   */
  async open(
    place = '',
    { width = 1280, height = 800, colours = 'light', hasTouch = false }: Opening = {},
  ): Promise<Page> {
    const opening = JSON.stringify([width, height, colours, hasTouch]);
    const page =
      this.#closed.get(opening)?.pop() ?? (await this.#openWindow({ width, height, colours, hasTouch }));
    this.#openings.set(page, opening);
    await page.goto(`${this.address}/${place}`);
    return page;
  }

  /** Closes a window; nothing of it is left in one that is opened later. */
  async close(page: Page): Promise<void> {
    const opening = this.#openings.get(page) ?? '';
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await page.evaluate('localStorage.clear(); sessionStorage.clear()');
    await page.goto('about:blank');
    this.#closed.set(opening, [...(this.#closed.get(opening) ?? []), page]);
  }

  async #openWindow({ width, height, colours, hasTouch }: Required<Opening>): Promise<Page> {
    const options: BrowserContextOptions = {
      ...{ viewport: { width, height }, colorScheme: colours, hasTouch },
      ...{ reducedMotion: 'reduce', timezoneId: 'America/New_York', locale: 'en-US' },
    };
    const context = await this.#browser?.newContext(options);
    if (context === undefined) throw new Error('The browser is not started');
    const page = await context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.faults.push(message.text());
    });
    page.on('pageerror', ({ message }) => this.faults.push(message));
    page.on('dialog', (dialog) => {
      this.faults.push(`the page asks: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(`${this.address}/`) && !/^(data|blob|about):/.test(url))
        this.faults.push(`asks for ${url}`);
    });
    return page;
  }

  /** What the API answers to who is signed in. */
  async ask<Answer = Readonly<Record<string, unknown>>>(target: string): Promise<Answer> {
    const { account, token } = optionsForTests().apiCredentials;
    const answer = await fetch(`${this.address}${target}`, {
      headers: { authorization: `Basic ${Buffer.from(`${account}:${token}`).toString('base64')}` },
    });
    expect(answer.status, target).toBe(200);
    return (await answer.json()) as Answer;
  }
}

/** Starts a local run and a browser before the tests of a file, and stops them after; nothing where there is no browser. */
export function browsedConsole(): BrowsedConsole {
  const browsed = new BrowsedConsole();
  if (hasBrowser) {
    beforeAll(() => browsed.start());
    afterAll(() => browsed.stop());
  }
  return browsed;
}

/** The texts of a table's cells, by its name. */
export async function readTable(page: Page, name: string): Promise<string[][]> {
  const region = page.getByRole('region', { name, exact: true });
  await region.waitFor();
  return region
    .locator('tbody tr:not(.spacer)')
    .evaluateAll((rows) =>
      rows.map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent.trim())),
    );
}

/** The value of a figure, by its name. */
export async function readFigure(page: Page, name: string): Promise<string> {
  const figure = page.locator(`[data-figure="${name}"]`);
  await expect.poll(() => figure.textContent()).not.toBe('…');
  return (await figure.textContent()) ?? '';
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds wrong: the rule, and where. */
export async function findViolations(page: Page): Promise<string[]> {
  // The page's policy forbids scripts in it; the debugger may run them.
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const { axe: checker } = globalThis as unknown as {
      axe: {
        run: (rules: object) => Promise<{
          violations: readonly {
            id: string;
            nodes: readonly { target: unknown; failureSummary: string }[];
          }[];
        }>;
      };
    };
    const { violations } = await checker.run({ resultTypes: ['violations'] });
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${String(target)} ${failureSummary}`),
    );
  });
}
