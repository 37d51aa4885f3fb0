import type { ComponentType, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { place } from './address.ts';
import { useAsync } from './api/answers.ts';
import { apiRoot, credentials, signOut } from './api/client.ts';
import { Failure, Loading } from './components/states.tsx';
import { describeZone } from './format.ts';
import type { PageProps } from './page.ts';
import { formatPlace } from './place.ts';
import { showsPersonalData, theme, zone } from './settings.ts';
import { SignIn } from './sign-in.tsx';

/** The console's frame: navigation, the settings for all pages, and the page. */

/** A page of the console. Its code is loaded when the page is opened. */
interface Page {
  /** The first part of the address. */
  readonly name: string;
  /** The title in the navigation; undefined for a page that only other pages link to. */
  readonly title: string | undefined;
  readonly load: () => Promise<ComponentType<PageProps>>;
}

const pages: readonly Page[] = [
  { name: '', title: 'Today', load: async () => (await import('./pages/today.tsx')).Today },
  { name: 'fleet', title: 'Fleet', load: async () => (await import('./pages/fleet.tsx')).Fleet },
  { name: 'sims', title: undefined, load: async () => (await import('./pages/sim.tsx')).SimPage },
  { name: 'alerts', title: undefined, load: async () => (await import('./pages/alerts.tsx')).Alerts },
  { name: 'bill', title: 'Bill', load: async () => (await import('./pages/bill.tsx')).BillPage },
  { name: 'files', title: 'Files', load: async () => (await import('./pages/files.tsx')).Files },
  { name: 'explore', title: 'Explore', load: async () => (await import('./pages/explore.tsx')).Explore },
  { name: 'request', title: undefined, load: async () => (await import('./pages/request.tsx')).RequestPage },
];

/** The whole console. */
export function App(): JSX.Element {
  const who = credentials.value;
  if (who === 'unknown') return <Loading what="who is signed in" />;
  return (
    <>
      <button type="button" class="skip" onClick={() => document.getElementById('content')?.focus()}>
        Skip to the content
      </button>
      <Header isSignedIn={who !== undefined} />
      <main id="content" tabIndex={-1}>
        {who === undefined ? (
          <SignIn />
        ) : (
          <CurrentPage key={showsPersonalData.value ? 'personal' : 'plain'} />
        )}
      </main>
      <Footer />
    </>
  );
}

/** Links to the documentation and licences. The licence file's name has a hash, which the page knows. */
function Footer(): JSX.Element {
  const licences = document.querySelector<HTMLLinkElement>('link[rel="license"]')?.href;
  return (
    <footer>
      <a href={`${apiRoot}docs`}>API documentation</a>
      {licences === undefined ? null : <a href={licences}>Licences of the packages in this console</a>}
    </footer>
  );
}

function Header({ isSignedIn }: { readonly isSignedIn: boolean }): JSX.Element {
  const current = place.value.path[0] ?? '';
  return (
    <header>
      <a class="brand" href="#/">
        simledger
      </a>
      {isSignedIn ? (
        <nav aria-label="Pages">
          {pages.map(({ name, title }) =>
            title === undefined ? null : (
              <a
                key={name}
                href={formatPlace(name === '' ? [] : [name])}
                aria-current={isCurrent(name, current) ? 'page' : undefined}
              >
                {title}
              </a>
            ),
          )}
        </nav>
      ) : null}
      <div class="settings">
        <button
          type="button"
          title="Show times in UTC or in the zone of this browser"
          onClick={() => {
            zone.value = zone.value === 'utc' ? 'local' : 'utc';
          }}
        >
          Times: {describeZone(zone.value)}
        </button>
        <button
          type="button"
          aria-pressed={showsPersonalData.value}
          title="IMSI, IMEI, MSISDN and IP addresses"
          onClick={() => {
            showsPersonalData.value = !showsPersonalData.value;
          }}
        >
          Personal data: {showsPersonalData.value ? 'shown' : 'hidden'}
        </button>
        <button
          type="button"
          title="Colours: as the system, light or dark"
          onClick={() => {
            theme.value = ({ auto: 'light', light: 'dark', dark: 'auto' } as const)[theme.value];
          }}
        >
          Theme: {theme.value}
        </button>
        {isSignedIn ? (
          <button type="button" onClick={() => signOut()}>
            Sign out
          </button>
        ) : null}
      </div>
    </header>
  );
}

/** Whether a page's entry in the navigation is current. SIMs belong to the fleet, and alerts to today. */
function isCurrent(name: string, current: string): boolean {
  return (
    name === ({ sims: 'fleet', alerts: '' } as Readonly<Record<string, string>>)[current] || name === current
  );
}

function CurrentPage(): JSX.Element {
  const { path } = place.value;
  const name = path[0] ?? '';
  const page = pages.find((one) => one.name === name);
  const loaded = useAsync(page?.name, async () => {
    const Component = await (page as Page).load();
    return { Component };
  });
  usePageTitle(path.join('/'));
  if (page === undefined) {
    return (
      <>
        <h1>Not found</h1>
        <Failure error={new Error(`There is no page ${JSON.stringify(name)}: choose one of those above`)} />
      </>
    );
  }
  if (loaded.error !== undefined) {
    // After a deployment the files have other names than those that the open page knows.
    const error = new Error(
      `The page could not be loaded (${loaded.error.message}). Retry reloads the whole console`,
    );
    return <Failure error={error} retry={() => location.reload()} />;
  }
  if (loaded.value === undefined) return <Loading what="the page" />;
  const { Component } = loaded.value;
  return <Component key={path.join('/')} place={place.value} />;
}

/** Gives the tab the page's heading as title. On a new page, moves the focus there so that screen readers read it. */
function usePageTitle(key: string): void {
  const seen = useRef<string | undefined>(undefined);
  useEffect(() => {
    const update = (): void => {
      const heading = document.querySelector('h1');
      if (heading === null) return;
      document.title = `${heading.textContent} · simledger`;
      if (seen.current === key) return;
      heading.tabIndex = -1;
      if (seen.current !== undefined) heading.focus();
      seen.current = key;
    };
    const observer = new MutationObserver(update);
    observer.observe(document.body, { childList: true, subtree: true, characterData: true });
    update();
    return () => observer.disconnect();
  }, [key]);
}
