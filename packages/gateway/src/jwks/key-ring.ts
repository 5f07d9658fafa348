import type { IssuerConfig } from '../config/issuers.ts';
import type { Log } from '../log.ts';
import type { Fetch } from './fetch-keys.ts';
import { IssuerKeys, type KeysState } from './issuer-keys.ts';
import { createKeyFile } from './key-file.ts';

const RENEWAL_CHECK_MS = 5_000;

/** The keys of all issuers of the file, renewed beside the logins. */
export interface KeyRing {
  keysOf(issuer: IssuerConfig): IssuerKeys;
  states(): KeysState[];
  /** Resolves when every issuer has been asked once. One that cannot be reached is logged, and asked again. */
  readonly started: Promise<void>;
  stop(): void;
}

export interface KeyRingOptions {
  readonly issuers: readonly IssuerConfig[];
  readonly stateDirectory: string | undefined;
  readonly fetchFor: (issuer: IssuerConfig) => Fetch;
  readonly log: Log;
  readonly now: () => number;
}

/** Starts to ask at once; who comes meanwhile waits for the answers. */
export function createKeyRing({ issuers, stateDirectory, fetchFor, log, now }: KeyRingOptions): KeyRing {
  const keys = new Map(
    issuers.map((issuer) => {
      const keyFile = stateDirectory === undefined ? undefined : createKeyFile(stateDirectory, issuer.issuer);
      return [issuer.issuer, new IssuerKeys(issuer, { fetch: fetchFor(issuer), now, log, keyFile })];
    }),
  );
  const all = [...keys.values()];
  const started = Promise.all(all.map((issuerKeys) => issuerKeys.start())).then(() => {});
  const timer = setInterval(() => {
    for (const issuerKeys of all) void issuerKeys.renewIfDue();
  }, RENEWAL_CHECK_MS);
  return {
    keysOf: (issuer) => keys.get(issuer.issuer) as IssuerKeys,
    states: () => all.map(({ state }) => state),
    started,
    stop: () => clearInterval(timer),
  };
}
