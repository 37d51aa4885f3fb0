import { computed, effect, signal } from '@preact/signals';

/** How a person wants to see things. Kept in this browser, but for personal data, which is hidden again in a new tab. */

/** In which zone times are shown. */
export const zone = signal<'utc' | 'local'>(readSetting('zone', ['utc', 'local']));

/** `auto` follows the system. */
export const theme = signal<'auto' | 'light' | 'dark'>(readSetting('theme', ['auto', 'light', 'dark']));

const systemIsDark = signal(false);

/** The theme that is shown: the one that is chosen, or the system's. */
export const shownTheme = computed(() =>
  theme.value === 'auto' ? (systemIsDark.value ? 'dark' : 'light') : theme.value,
);

/** Whether IMSI, IMEI, MSISDN and IP addresses are shown, and requested. */
export const showsPersonalData = signal(false);

/** Personal fields that the API answers only if they are requested: the value of its parameter `Include`. */
export function listIncluded(): string | undefined {
  return showsPersonalData.value ? 'imsi,ip_address,detail' : undefined;
}

function readSetting<Value extends string>(name: string, values: readonly [Value, ...Value[]]): Value {
  const stored = globalThis.localStorage?.getItem(`simledger.${name}`);
  return values.find((value) => value === stored) ?? values[0];
}

/** Keeps the settings, and has the page follow the theme. */
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
