import type { ServerMetadata } from 'openid-client';
import { CredentialError } from '../errors.ts';
import { loginCommand } from '../hints.ts';
import { offersBrowserLogin } from './discover-provider.ts';
import type { ProviderTask } from './provider-task.ts';

export type LoginFlow = 'device' | 'browser';

/** Whether a browser can be opened where the login runs, and why not. */
export type BrowserHere = { canOpen: true } | { canOpen: false; why: string };

export interface ChosenFlow {
  flow: LoginFlow;
  /** To be read after "because"; absent where nothing was chosen. */
  why?: string;
}

/**
 * The browser where one can be opened, as there is nothing to type and nothing that could be sent to somebody else to
 * confirm (RFC 8628 section 5.4); a code elsewhere. What the provider does not offer is never begun.
 *
 * @throws CredentialError `ERR_PROVIDER_REFUSED`
 */
export function chooseFlow(
  task: ProviderTask,
  metadata: ServerMetadata,
  wanted: LoginFlow | 'auto',
  browser: BrowserHere,
): ChosenFlow {
  const offers = {
    device: metadata.device_authorization_endpoint !== undefined,
    browser: offersBrowserLogin(metadata),
  };
  if (wanted === 'browser' && offers.browser === false) throw noBrowserLogin(task, offers.device);
  if (wanted === 'device' && !offers.device) throw noDeviceLogin(task, offers.browser !== false);
  if (wanted !== 'auto') return { flow: wanted };
  if (browser.canOpen && offers.browser) return { flow: 'browser', why: 'a browser can be opened here' };
  if (offers.device) return { flow: 'device', why: browser.canOpen ? noPkce(offers.browser) : browser.why };
  if (offers.browser !== false) return { flow: 'browser', why: 'the provider offers no login by code' };
  throw neither(task);
}

function noPkce(browser: boolean | undefined): string {
  return browser === false
    ? 'the provider offers no login in the browser with PKCE (S256)'
    : 'the provider does not say that it knows PKCE (S256)';
}

function noBrowserLogin({ settings, account }: ProviderTask, hasDevice: boolean): CredentialError {
  const message = `${settings.issuer} offers no login in the browser with PKCE (S256)`;
  return new CredentialError('ERR_PROVIDER_REFUSED', message, {
    hint: hasDevice ? `Run ${loginCommand(account, '--device')}.` : administrator(settings.clientId),
  });
}

function noDeviceLogin({ settings, account }: ProviderTask, hasBrowser: boolean): CredentialError {
  const message = `${settings.issuer} refuses the device login: it offers no device authorization`;
  return new CredentialError('ERR_PROVIDER_REFUSED', message, {
    hint: hasBrowser ? `Run ${loginCommand(account, '--browser')}.` : administrator(settings.clientId),
  });
}

function neither({ settings }: ProviderTask): CredentialError {
  const message = `${settings.issuer} offers neither the device grant nor the authorization code with PKCE (S256)`;
  return new CredentialError('ERR_PROVIDER_REFUSED', message, { hint: administrator(settings.clientId) });
}

function administrator(clientId: string): string {
  return `Have the provider's administrator allow the device grant for the client ${clientId}.`;
}
