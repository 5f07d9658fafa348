import { isDeepStrictEqual } from 'node:util';
import { GprxyError } from '@gprxy/proxy-core';
import { writePasswordFile } from '../client/password-file.ts';
import type { ListenAddress, Profile } from '../config/profile.ts';
import { formatAddress } from './listen-address.ts';
import { type PreparedProfile, prepareProfile } from './prepare-profile.ts';
import { ServedAddress } from './served-address.ts';
import type { Surroundings } from './surroundings.ts';

/** Names of profiles. */
export interface Changes {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

/** All that is served at the moment, and how it becomes what the configuration says. */
export class Serving {
  readonly #surroundings: Surroundings;
  #prepared = new Map<string, PreparedProfile>();
  #profiles = new Map<string, Profile>();
  #addresses = new Map<string, ServedAddress>();
  readonly #draining = new Map<ServedAddress, string>();

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  /** In the order of the configuration, and then those that are no longer in it but still have sessions. */
  get addresses(): readonly ServedAddress[] {
    return [...this.#addresses.values(), ...this.#draining.keys()];
  }

  /** The profile as it is served now. */
  profile(name: string): Profile | undefined {
    return this.#profiles.get(name);
  }

  /**
   * Serves these profiles and no others, one call after the other. Sessions are never ended by it: an address that stays is not closed, one
   * that goes is kept until its last session has ended. Never rejects: what is wrong is the `problem` of each address.
   */
  async apply(configured: readonly Profile[]): Promise<Changes> {
    const before = this.#profiles;
    const profiles = await Promise.all(configured.map((profile) => this.#whereItCanBeServed(profile)));
    this.#profiles = new Map(profiles.map((profile) => [profile.name, profile]));
    const claims = claimsOf(profiles);
    for (const [key, address] of this.#addresses) if (!claims.has(key)) this.#retire(key, address);
    this.#addresses = new Map(Array.from(claims, ([key, claim]) => [key, this.#served(key, claim)]));
    const prepared = await Promise.all(profiles.map((profile) => this.#serve(profile, claims)));
    const former = this.#prepared;
    this.#prepared = new Map(prepared.flatMap((each) => (each ? [[each.profile.name, each]] : [])));
    for (const [name, { spares }] of former) {
      if (!this.#prepared.has(name)) void spares.close('its profile is not served any more');
    }
    await this.#publishPasswords();
    return changesBetween(before, this.#profiles);
  }

  /** A profile that is to listen elsewhere, but cannot be served there, stays where it is. */
  async #whereItCanBeServed(profile: Profile): Promise<Profile> {
    const served = this.#profiles.get(profile.name);
    if (!served || isDeepStrictEqual(served.listen, profile.listen)) return profile;
    const canBeServed = prepareProfile(profile, this.#surroundings).then(
      () => true,
      () => false,
    );
    return (await canBeServed) ? profile : { ...profile, listen: served.listen };
  }

  /** Whoever connects from here on is asked for a login. */
  signedOut(profile: string): void {
    for (const address of this.addresses) if (address.profile.name === profile) address.activity.signedOut();
  }

  #connectionsOf(profile: string): number {
    const its = this.addresses.filter((address) => address.profile.name === profile);
    return its.reduce((sum, { connections }) => sum + connections, 0);
  }

  /** Those that wait for a client wait in vain once none is let in. */
  async closeSpares(reason: string): Promise<void> {
    await Promise.all(Array.from(this.#prepared.values(), ({ spares }) => spares.close(reason)));
  }

  /** Before anybody is told that it listens. */
  async #publishPasswords(): Promise<void> {
    const { passwordFile, log } = this.#surroundings;
    const passwords = [...this.#addresses.values()].flatMap(({ password }) => password ?? []);
    if (passwordFile === undefined || passwords.length === 0) return;
    await writePasswordFile(passwordFile, passwords).catch((error: NodeJS.ErrnoException) => {
      log.error(
        { file: passwordFile, code: error.code },
        'the local passwords cannot be written: nobody will know them',
      );
    });
  }

  #served(key: string, { address, profile, holder }: Claim): ServedAddress {
    const known = this.#addresses.get(key);
    if (known) return known;
    for (const [draining, itsKey] of this.#draining) if (itsKey === key) draining.release();
    const served = new ServedAddress(address, profile, this.#surroundings, (name) => this.#connectionsOf(name));
    if (holder) served.fail(claimedTwice(address, holder));
    return served;
  }

  async #serve(profile: Profile, claims: ReadonlyMap<string, Claim>): Promise<PreparedProfile | undefined> {
    const own = [...this.#addresses].flatMap(([key, address]) => {
      const claim = claims.get(key);
      return claim?.profile === profile && !claim.holder ? [address] : [];
    });
    const before = this.#prepared.get(profile.name);
    try {
      const prepared = await prepareProfile(profile, this.#surroundings, before);
      await Promise.all(own.map((address) => address.serve(prepared)));
      void before?.spares.close('the configuration was read again');
      return prepared;
    } catch (error) {
      for (const address of own) address.fail(error, profile);
      return before;
    }
  }

  #retire(key: string, address: ServedAddress): void {
    this.#draining.set(address, key);
    void address.drain().then(() => this.#draining.delete(address));
  }
}

interface Claim {
  readonly address: ListenAddress;
  readonly profile: Profile;
  /** The other profile that claimed the address before, and has it. */
  readonly holder?: Profile;
}

function claimsOf(profiles: readonly Profile[]): Map<string, Claim> {
  const claims = new Map<string, Claim>();
  for (const profile of profiles) {
    for (const address of profile.listen) {
      const key = keyOf(address, profile);
      const holder = claims.get(key)?.profile;
      if (holder === undefined) claims.set(key, { address, profile });
      else if (holder !== profile) claims.set(`${key} of ${profile.name}`, { address, profile, holder });
    }
  }
  return claims;
}

/** Equal for what cannot be bound twice. A port that the system chooses is another one for each profile. */
function keyOf(address: ListenAddress, { name }: Profile): string {
  if ('path' in address) return address.path;
  if (address.port === 0) return `${formatAddress(address)} of ${name}`;
  const host = ['localhost', '::1'].includes(address.host) ? '127.0.0.1' : address.host;
  return formatAddress({ ...address, host });
}

function changesBetween(before: ReadonlyMap<string, Profile>, after: ReadonlyMap<string, Profile>): Changes {
  const names = [...after.keys()];
  return {
    added: names.filter((name) => !before.has(name)),
    changed: names.filter((name) => before.has(name) && !isDeepStrictEqual(before.get(name), after.get(name))),
    removed: [...before.keys()].filter((name) => !after.has(name)),
  };
}

function claimedTwice(address: ListenAddress, holder: Profile): GprxyError {
  return new GprxyError(`profile "${holder.name}" listens on ${formatAddress(address)} already`, {
    code: 'ERR_ADDRESS_IN_USE',
    hint: 'Choose another port in "listen".',
  });
}
