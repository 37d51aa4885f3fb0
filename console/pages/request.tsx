import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useAsync } from '../api/answers.ts';
import { apiRoot, formatCurl, sendTarget } from '../api/client.ts';
import { Failure, Loading } from '../components/states.tsx';
import type { PageProps } from '../page.ts';

/** A request with its answer and its curl command. */
export function RequestPage({ place }: PageProps): JSX.Element {
  const target = place.query.get('target') ?? '';
  // Accept only paths of this API: an address may be someone else's link.
  const isOurs = /^\/v1\/[^\s]*$/.test(target);
  const answer = useAsync(isOurs ? target : undefined, (signal) => sendTarget(target, { signal }));
  const curl = formatCurl(apiRoot, target);
  if (!isOurs) {
    return (
      <>
        <h1>Request</h1>
        <Failure error={new Error(`${JSON.stringify(target)} is not a request of this API`)} />
      </>
    );
  }
  return (
    <>
      <h1>Request</h1>
      <pre class="request">GET {target}</pre>
      <div class="tools">
        <CopyButton text={curl} label="Copy as curl" />
        <button type="button" onClick={() => history.back()}>
          Back
        </button>
      </div>
      <p class="quiet">
        In the command, <code>$A</code> stands for the account and <code>$T</code> for the token.
      </p>
      <pre class="request">{curl}</pre>
      <h2>Answer</h2>
      {answer.isLoading ? <Loading what="the answer" /> : null}
      {answer.error === undefined ? null : <Failure error={answer.error} retry={answer.reload} />}
      {answer.value === undefined ? null : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        <pre class="answer" tabIndex={0}>
          {JSON.stringify(answer.value, undefined, 2)}
        </pre>
      )}
    </>
  );
}

/** A button that copies a text and shows the result. */
export function CopyButton({ text, label }: { readonly text: string; readonly label: string }): JSX.Element {
  const [state, setState] = useState<'ready' | 'copied' | 'refused'>('ready');
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setState('copied');
    } catch {
      // The browser refuses this without HTTPS, for example. The user can select the text on the page.
      setState('refused');
    }
  };
  const said = { ready: label, copied: 'Copied', refused: 'This browser does not let pages copy' };
  return (
    <button type="button" onClick={() => void copy()} aria-live="polite">
      {said[state]}
    </button>
  );
}
