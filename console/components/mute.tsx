import { useSignal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { describeError, muteAlert } from '../api/client.ts';

/** Mutes an alert, after a confirmation. */

const durations = [
  ['1h', '1 hour'],
  ['8h', '8 hours'],
  ['24h', '24 hours'],
  ['7d', '7 days'],
  ['30d', '30 days'],
] as const;

/**
 * A button that opens a dialog, which shows what will be muted and asks for how long.
 *
 * @param scope what will be muted, in words.
 */
export function MuteButton({
  alert,
  scope,
  onMuted,
}: {
  /** The alert's id. */
  readonly alert: string;
  readonly scope: ComponentChildren;
  readonly onMuted: () => void;
}): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const fault = useSignal<string | undefined>(undefined);
  const isSending = useSignal(false);
  const submit = async (form: HTMLFormElement): Promise<void> => {
    const given = new FormData(form);
    isSending.value = true;
    fault.value = undefined;
    try {
      await muteAlert(alert, { for: String(given.get('for')), reason: String(given.get('reason')) });
      dialog.current?.close();
      onMuted();
    } catch (error) {
      fault.value = describeError(error);
    } finally {
      isSending.value = false;
    }
  };
  return (
    <>
      <button type="button" onClick={() => dialog.current?.showModal()}>
        Mute …<span class="hidden"> {scope}</span>
      </button>
      <dialog ref={dialog} aria-labelledby={`mute-${alert}`}>
        <form
          class="dialog"
          onSubmit={(event) => {
            event.preventDefault();
            void submit(event.currentTarget);
          }}
        >
          <h2 id={`mute-${alert}`}>Mute {scope}?</h2>
          <p class="quiet">
            Its messages are held back; the alert goes on. Alerts still open when the mute ends are sent then.
          </p>
          <label>
            For
            <select name="for">
              {durations.map(([value, text]) => (
                <option key={value} value={value} selected={value === '8h'}>
                  {text}
                </option>
              ))}
            </select>
          </label>
          <label>
            Reason
            <input name="reason" maxLength={500} autocomplete="off" />
          </label>
          {fault.value === undefined ? null : (
            <p class="failure" role="alert">
              {fault.value}
            </p>
          )}
          <div class="tools">
            <button type="submit" class="primary" disabled={isSending.value}>
              {isSending.value ? 'Muting …' : 'Mute'}
            </button>
            <button type="button" onClick={() => dialog.current?.close()}>
              Cancel
            </button>
          </div>
        </form>
      </dialog>
    </>
  );
}
