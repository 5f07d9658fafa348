import type { DeviceAuthorizationResponse } from 'openid-client';
import { CredentialError } from '../errors.ts';
import { loginCommand } from '../hints.ts';
import type { OidcSettings } from '../settings.ts';
import type { StoredLogin } from '../store/stored-login.ts';
import { askedFor } from './authorization-request.ts';
import type { Provider } from './connect-provider.ts';
import { finishLogin } from './finish-login.ts';
import { isProtected } from './issuer-url.ts';
import type { DevicePrompt } from './login-prompt.ts';
import { pollDeviceCode } from './poll-device-code.ts';
import { askProvider } from './provider-error.ts';
import type { ProviderTask } from './provider-task.ts';
import { requestDeviceToken } from './request-device-token.ts';

/**
 * The device authorization grant (RFC 8628) at a provider that was found to offer it. Stores nothing; `login` does.
 *
 * @throws CredentialError `ERR_LOGIN_DENIED`, `ERR_LOGIN_EXPIRED`, `ERR_PROVIDER_UNREACHABLE`, `ERR_PROVIDER_REFUSED`
 */
export async function deviceLogin(
  task: ProviderTask,
  provider: Provider,
  show: (prompt: DevicePrompt) => void,
): Promise<StoredLogin> {
  const { issuer } = provider.configuration.serverMetadata();
  const askedAt = task.deps.now();
  const device = await authorizeDevice(task, provider);
  const prompt = promptFrom(device, issuer, task, askedAt);
  if (!task.signal.aborted) show(prompt);
  const { tokens, requestedAt } = await pollDeviceCode({
    task,
    intervalMs: (device.interval ?? 5) * 1000,
    expiresAt: prompt.expiresAt,
    poll: () => requestDeviceToken(task, provider, device.device_code),
  });
  return finishLogin(task, provider, tokens, requestedAt);
}

function authorizeDevice(
  task: ProviderTask,
  { openid, configuration }: Provider,
): Promise<DeviceAuthorizationResponse> {
  return askProvider(
    task,
    () => openid.initiateDeviceAuthorization(configuration, askedFor(task)),
    [],
    (failure) => {
      const refused =
        failure.kind === 'oauth-error' && /^(unauthorized_client|unsupported_grant_type)$/.test(failure.error);
      return refused ? unsupported(task, failure.error) : undefined;
    },
  );
}

function unsupported({ settings, account }: ProviderTask, why: string): CredentialError {
  return new CredentialError('ERR_PROVIDER_REFUSED', `${settings.issuer} refuses the device login: ${why}`, {
    hint: `Have the provider's administrator allow the device grant for the client ${settings.clientId}, or run ${loginCommand(account, '--browser')}.`,
  });
}

function promptFrom(
  device: DeviceAuthorizationResponse,
  issuer: string,
  task: ProviderTask,
  askedAt: number,
): DevicePrompt {
  const complete = device.verification_uri_complete;
  return {
    kind: 'device',
    verificationUri: webAddress(device.verification_uri, task),
    ...(complete !== undefined && { verificationUriComplete: webAddress(complete, task) }),
    userCode: printable(device.user_code, task),
    expiresAt: askedAt + device.expires_in * 1000,
    issuer,
    clientId: task.settings.clientId,
  };
}

/** It will be opened in a browser: nothing but a web page, and in a spelling that cannot steer a terminal. */
function webAddress(address: string, { settings }: ProviderTask): string {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url !== undefined && isProtected(url)) return url.href;
  throw unfit(settings, 'a verification address that is no https URL');
}

function printable(userCode: string, { settings }: ProviderTask): string {
  if (/^[\x21-\x7e](?:[\x20-\x7e]{0,62}[\x21-\x7e])?$/.test(userCode)) return userCode;
  throw unfit(settings, 'a user code that cannot be shown');
}

function unfit(settings: OidcSettings, what: string): CredentialError {
  return new CredentialError('ERR_PROVIDER_REFUSED', `the identity provider ${settings.issuer} answered with ${what}`, {
    hint: "Report it to the provider's administrator.",
  });
}
