import type { TestProvider } from '@gprxy/testkit';
import { neverAborts, settingsFor, testDependencies, withPlot } from '../dependencies.testing.ts';
import type { OidcSettings } from '../settings.ts';
import { type DevicePrompt, loginWithDevice } from './device-login.ts';

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
