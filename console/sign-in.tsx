import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { describeError, makeRequest, send, signIn, signInFault } from './api/client.ts';

/** A form for the account and token. It tries them before it stores them. */
export function SignIn(): JSX.Element {
  const [fault, setFault] = useState(signInFault.peek());
  const [isTrying, setTrying] = useState(false);
  const submit = async (event: SubmitEvent & { readonly currentTarget: HTMLFormElement }): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const given = { account: String(form.get('account')).trim(), token: String(form.get('token')).trim() };
    setTrying(true);
    try {
      await send(makeRequest('/v1/Sims', {}, { PageSize: 1 }), { as: given });
      signIn(given);
    } catch (error) {
      setFault(describeError(error));
    } finally {
      setTrying(false);
    }
  };
  return (
    <form class="sign-in" onSubmit={(event) => void submit(event)}>
      <h1>Sign in</h1>
      <p class="quiet">
        With the account and token of the query API, which the command in the stack’s output{' '}
        <code>ReadApiCredentials</code> prints. They stay in this tab and are forgotten when it is closed.
      </p>
      <label>
        Account
        <input name="account" autocomplete="username" required spellcheck={false} placeholder="AC…" />
      </label>
      <label>
        Token
        <input name="token" type="password" autocomplete="current-password" required />
      </label>
      {fault === undefined ? null : (
        <p class="failure" role="alert">
          {fault}
        </p>
      )}
      <button type="submit" class="primary" disabled={isTrying}>
        {isTrying ? 'Trying …' : 'Sign in'}
      </button>
    </form>
  );
}
