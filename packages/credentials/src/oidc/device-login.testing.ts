import type { TestProvider } from '@gprxy/testkit';
import { neverAborts, settingsFor, testDependencies, withPlot } from '../dependencies.testing.ts';
import type { CredentialDependencies } from '../dependencies.ts';
import type { OidcSettings } from '../settings.ts';
import type { StoredLogin } from '../store/stored-login.ts';
import type { DevicePrompt, LoginPrompt } from './login-prompt.ts';
import { runLogin } from './run-login.ts';

/** The device flow alone, without a store. */
export function loginWithDevice(
  settings: OidcSettings,
  deps: CredentialDependencies,
  show: (prompt: DevicePrompt) => void,
  signal: AbortSignal,
): Promise<StoredLogin> {
  const showDevice = (prompt: LoginPrompt) => {
    if (prompt.kind === 'device') show(prompt);
  };
  return runLogin({ settings, deps, signal }, { flow: 'device', show: showDevice });
}

/** A login during which, in each pause between two polls, the next step of the plot happens. */
export function play(
  provider: TestProvider,
  changes: Partial<OidcSettings>,
  ...plot: ((prompt: DevicePrompt, provider: TestProvider) => unknown)[]
) {
  const plain = testDependencies();
  const shown: DevicePrompt[] = [];
  const steps = plot.map((step) => () => step(shown[0] as DevicePrompt, provider));
  const settings = { ...settingsFor(provider), ...changes };
  const result = loginWithDevice(settings, withPlot(plain, steps), (prompt) => shown.push(prompt), neverAborts);
  result.catch(() => undefined);
  const polls = () => plain.sent.filter(({ path, body }) => path === '/token' && body.has('device_code'));
  return { result, deps: plain, shown, polls };
}

export function approve({ verificationUriComplete }: DevicePrompt, provider: TestProvider): Promise<void> {
  return provider.approve(verificationUriComplete ?? '');
}

export function deny({ verificationUriComplete }: DevicePrompt, provider: TestProvider): Promise<void> {
  return provider.deny(verificationUriComplete ?? '');
}

export const nothing = (): undefined => undefined;
