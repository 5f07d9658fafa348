import { orAborted, within } from '../abort.ts';
import { CredentialError } from '../errors.ts';
import { loginCommand, runLogin as loginHint } from '../hints.ts';
import type { StoredLogin } from '../store/stored-login.ts';
import { type AuthorizationRequest, authorizationRequest } from './authorization-request.ts';
import type { Provider } from './connect-provider.ts';
import { finishLogin } from './finish-login.ts';
import type { BrowserPrompt } from './login-prompt.ts';
import { type Arrival, type LoopbackRedirect, listenForRedirect } from './loopback-redirect.ts';
import { askProvider, oauthErrorText } from './provider-error.ts';
import type { ProviderFailure } from './provider-failure.ts';
import type { ProviderTask } from './provider-task.ts';
import { defaultRedirectUri, redirectAddress } from './redirect-address.ts';
import type { ResultPage } from './result-page.ts';

/** Time to find the password, the phone and the second factor. */
const patienceMs = 600_000;

/**
 * The authorization code grant with PKCE (RFC 7636) in the system's browser, with a redirect to this machine (RFC 8252).
 * Ends with the one redirect that carries our `state`; the port is free again whatever happens.
 *
 * @throws CredentialError `ERR_LOGIN_DENIED`, `ERR_LOGIN_EXPIRED`, `ERR_PROVIDER_UNREACHABLE`, `ERR_PROVIDER_REFUSED`, `ERR_ABORTED`
 */
export async function browserLogin(
  task: ProviderTask,
  provider: Provider,
  show: (prompt: BrowserPrompt) => void,
  limitMs = patienceMs,
): Promise<StoredLogin> {
  const state = provider.openid.randomState();
  const redirect = await listenForRedirect(redirectAddress(task.settings.redirectUri ?? defaultRedirectUri), state);
  try {
    const request = await authorizationRequest(task, provider, redirect.redirectUri, state);
    if (!task.signal.aborted) show(promptFrom(task, provider, redirect, request, limitMs));
    const arrival = await within(orAborted(redirect.arrival, task.signal), limitMs, () => nobodyCame(task, limitMs));
    return await answering(arrival, () => orAborted(exchange(task, provider, request, arrival.url), task.signal));
  } finally {
    await redirect.close();
  }
}

function promptFrom(
  task: ProviderTask,
  { configuration }: Provider,
  { redirectUri }: LoopbackRedirect,
  { url }: AuthorizationRequest,
  limitMs: number,
): BrowserPrompt {
  const { issuer } = configuration.serverMetadata();
  return {
    kind: 'browser',
    url,
    redirectUri,
    issuer,
    clientId: task.settings.clientId,
    expiresAt: task.deps.now() + limitMs,
  };
}

/** From the code to the login (RFC 6749 section 4.1.3). openid-client compares `iss` (RFC 9207), `state` and the ID token's `nonce`. */
async function exchange(
  task: ProviderTask,
  provider: Provider,
  { state, codeVerifier, nonce }: AuthorizationRequest,
  url: URL,
): Promise<StoredLogin> {
  const { openid, configuration } = provider;
  const { resource } = task.settings;
  const checks = {
    pkceCodeVerifier: codeVerifier,
    expectedState: state,
    ...(nonce !== undefined && { expectedNonce: nonce, idTokenExpected: true }),
  };
  const requestedAt = task.deps.now();
  const tokens = await askProvider(
    task,
    () => openid.authorizationCodeGrant(configuration, url, checks, resource === undefined ? {} : { resource }),
    [codeVerifier, url.searchParams.get('code') ?? '', state],
    (failure) => explain(task, failure),
  );
  return finishLogin(task, provider, tokens, requestedAt);
}

/** RFC 6749 sections 4.1.2.1 and 5.2; OpenID Connect Core section 3.1.2.6. */
function explain({ account, settings }: ProviderTask, failure: ProviderFailure): CredentialError | undefined {
  if (failure.kind !== 'oauth-error') return undefined;
  const said = oauthErrorText(failure);
  if (failure.error === 'access_denied') {
    return new CredentialError('ERR_LOGIN_DENIED', `the login was denied at the identity provider: ${said}`, {
      hint: loginHint(account),
    });
  }
  if (/^(unauthorized_client|unsupported_response_type)$/.test(failure.error)) {
    return new CredentialError('ERR_PROVIDER_REFUSED', `${settings.issuer} refuses the login in the browser: ${said}`, {
      hint: `Have the provider's administrator allow the authorization code with PKCE for the client ${settings.clientId}, or run ${loginCommand(account, '--device')}.`,
    });
  }
  return undefined;
}

/** The browser waits for its page until the login is done, one way or the other. */
async function answering(arrival: Arrival, work: () => Promise<StoredLogin>): Promise<StoredLogin> {
  try {
    const login = await work();
    await shown(arrival, successPage(login));
    return login;
  } catch (error) {
    await shown(arrival, failurePage(error));
    throw error;
  }
}

const longestAnswerMs = 2_000;

/** A browser that takes its time must not keep the terminal waiting. */
async function shown(arrival: Arrival, page: ResultPage): Promise<void> {
  await within(arrival.answer(page), longestAnswerMs, () => new Error('too slow')).catch(() => undefined);
}

function successPage({ name, email, subject }: StoredLogin): ResultPage {
  const who = name !== undefined && email !== undefined ? `${name} (${email})` : (email ?? name ?? subject);
  const text = `You are ${who}.`;
  return {
    status: 200,
    kind: 'success',
    title: 'Signed in',
    text,
    detail: 'You can close this window and return to your terminal.',
  };
}

function failurePage(error: unknown): ResultPage {
  const detail = 'You can close this window. Your terminal says what to do next.';
  const { code, message } =
    error instanceof CredentialError ? error : { code: '', message: 'something unexpected happened' };
  const text = `${message.charAt(0).toUpperCase()}${message.slice(1)}.`;
  if (code === 'ERR_LOGIN_DENIED') return { status: 403, kind: 'denied', title: 'Not signed in', text, detail };
  return { status: 502, kind: 'failed', title: 'Signing in did not work', text, detail };
}

function nobodyCame({ account, settings }: ProviderTask, limitMs: number): CredentialError {
  const message = `nobody signed in within ${Math.round(limitMs / 60_000)} minutes`;
  const registered = settings.redirectUri ?? defaultRedirectUri;
  return new CredentialError('ERR_LOGIN_EXPIRED', message, {
    hint:
      `${loginHint(account)} If the provider's page complained of the redirect address, have ${registered} registered ` +
      `for the client ${settings.clientId}, or run ${loginCommand(account, '--device')}.`,
  });
}
