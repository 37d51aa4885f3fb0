import { computed, effect, signal } from '@preact/signals';

/** The user's settings. The browser stores them, except whether personal data is shown: each new tab hides it. */

/** The time zone of shown times. */
export const zone = signal<'utc' | 'local'>(readSetting('zone', ['utc', 'local']));

/** `auto` follows the system. */
export const theme = signal<'auto' | 'light' | 'dark'>(readSetting('theme', ['auto', 'light', 'dark']));

const systemIsDark = signal(false);

/** The theme in use: the selected one, or the system's. */
export const shownTheme = computed(() =>
  theme.value === 'auto' ? (systemIsDark.value ? 'dark' : 'light') : theme.value,
);

/** Whether to request and show IMSI, IMEI, MSISDN and IP addresses. */
export const showsPersonalData = signal(false);

/** The value of the API's parameter `Include`: personal fields that the API returns only on request. */
export function listIncluded(): string | undefined {
  return showsPersonalData.value ? 'imsi,ip_address,detail' : undefined;
}

function readSetting<Value extends string>(name: string, values: readonly [Value, ...Value[]]): Value {
  const stored = globalThis.localStorage?.getItem(`simledger.${name}`);
  return values.find((value) => value === stored) ?? values[0];
}

/** Stores changed settings, and applies the theme to the page. */
export function followSettings(): void {
  effect(() => localStorage.setItem('simledger.zone', zone.value));
  effect(() => localStorage.setItem('simledger.theme', theme.value));
  const system = matchMedia('(prefers-color-scheme: dark)');
  systemIsDark.value = system.matches;
  system.addEventListener('change', ({ matches }) => {
    systemIsDark.value = matches;
  });
  effect(() => {
    document.documentElement.dataset['theme'] = shownTheme.value;
  });
}
