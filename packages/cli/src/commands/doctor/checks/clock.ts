import { CredentialError, measureClockSkew } from '@gprxy/credentials';
import { CliError } from '../../../cli-error.ts';
import { credentialDependencies } from '../../../profile-login.ts';
import { type Finding, ok } from '../check.ts';
import type { SetUp } from '../set-up.ts';
import { providerOf } from './issuer.ts';

/** Gateways and databases forgive no more (S7). */
const forgivenMs = 60_000;

/** Whether this clock agrees with the provider's, whose times stand in the tokens. */
export async function checkClock({ profile, dependencies }: SetUp, signal: AbortSignal): Promise<Finding> {
  const { credential } = await profile();
  const provider = providerOf(credential);
  if (provider === undefined) return ok(`not compared for credential = "${credential.kind}"`);
  const deps = credentialDependencies(provider.caFile, await dependencies.credentials(), dependencies);
  const skew = await measureClockSkew(provider.issuer, deps, signal).catch(withoutDate);
  if (skew === undefined) return ok('the provider tells no time to compare with');
  if (Math.abs(skew.skewMs) > forgivenMs) throw wrongClock(skew.skewMs, provider.issuer);
  const offMs = Math.abs(skew.skewMs) + skew.accuracyMs;
  return ok(`within ${Math.max(1, Math.round(offMs / 1000))} s of the provider's`);
}

/** The provider was reached a moment ago; what is missing is the date. */
function withoutDate(error: unknown): undefined {
  if (error instanceof CredentialError && error.code === 'ERR_PROVIDER_REFUSED') return undefined;
  throw error;
}

function wrongClock(skewMs: number, issuer: string): CliError {
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  return new CliError(`this clock is ${seconds} seconds ${skewMs < 0 ? 'behind' : 'ahead of'} that of ${issuer}`, {
    code: 'ERR_CLOCK',
    detail: 'Tokens look expired, or not valid yet, to whoever goes by the other clock.',
    hint: 'Set the clock: "sudo timedatectl set-ntp true" (Linux), "sudo sntp -sS time.apple.com" (macOS), "w32tm /resync" (Windows).',
  });
}
