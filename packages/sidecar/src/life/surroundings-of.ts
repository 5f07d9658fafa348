import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { CancelRegistry } from '@gprxy/proxy-core';
import { readProcTable } from '../client/kernel-table.ts';
import { ownUid } from '../client/own-uid.ts';
import { createProcPeerLookup } from '../client/peer-uid.ts';
import type { Serving } from '../listen/serving.ts';
import type { Surroundings } from '../listen/surroundings.ts';
import { remindOfEnd } from '../sign-in/remind-of-end.ts';
import { isRenewedAhead, type RenewAheadOptions, renewAhead } from '../upstream/renew-ahead.ts';
import type { SidecarOptions } from './sidecar.ts';

/** What exists once for each sidecar. */
type OwnParts = Pick<Surroundings, 'closed' | 'telemetry' | 'inherited'>;

/** What all listeners of one sidecar share. `serving`: told only later what it serves. */
export function surroundingsOf(options: SidecarOptions, parts: OwnParts, serving: () => Serving): Surroundings {
  const { personLoginFor, log, peers, listenAnywhere = false, passwordFile } = options;
  return {
    tokenSourceFor: watchedSources(options, parts.closed, serving),
    ...(personLoginFor && { personLoginFor }),
    ...parts,
    log,
    cancels: new CancelRegistry(),
    peers: peers ?? createProcPeerLookup(readProcTable),
    ownUid: ownUid(),
    readFile: (path) => readFile(path, 'utf8'),
    listenAnywhere,
    passwordFile,
  };
}

/** Renewed ahead of time, with a word to the person before the login ends, for as long as the profile is served. */
function watchedSources(
  { tokenSourceFor, notify, log }: SidecarOptions,
  signal: AbortSignal,
  serving: () => Serving,
): Surroundings['tokenSourceFor'] {
  return async (profile) => {
    const watch: Omit<RenewAheadOptions, 'source'> = {
      profile: profile.name,
      now: Date.now,
      random: Math.random,
      log,
      signal,
      isServed: () => isDeepStrictEqual(serving().profile(profile.name), profile),
      onRenewed: (token) => {
        for (const address of serving().addresses)
          if (address.profile.name === profile.name) address.activity.tokenUsed(token);
      },
    };
    const plain = await tokenSourceFor(profile);
    const source = notify && profile.notify ? remindOfEnd({ ...watch, source: plain, notify }) : plain;
    return isRenewedAhead(profile.credential.kind) ? renewAhead({ ...watch, source }) : source;
  };
}
