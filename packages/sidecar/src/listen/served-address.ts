import { GprxyError, runSession, type SessionPolicy, takesNoMore } from '@gprxy/proxy-core';
import { createClientCheck } from '../client/authenticate-client.ts';
import { LocalPassword } from '../client/local-password.ts';
import type { AddressPassword } from '../client/password-file.ts';
import { createSessionPolicy } from '../client/session-policy.ts';
import type { ListenAddress, LocalAuth, Profile } from '../config/profile.ts';
import { type SidecarProblem, toProblem } from '../life/problem.ts';
import type { Spares } from '../spare/spares.ts';
import type { SpareCounts } from '../spare/waiting-spares.ts';
import { formatAddress, isLocalOnly } from './listen-address.ts';
import { ListenerActivity } from './listener-activity.ts';
import { type OpenAddress, openAddress } from './open-address.ts';
import type { PreparedProfile } from './prepare-profile.ts';
import type { Surroundings } from './surroundings.ts';

/**
 * One configured address and where its connections go. That may change while it is open: a connection goes by what is configured
 * when it comes, and those that run are left alone.
 */
export class ServedAddress {
  readonly #address: ListenAddress;
  readonly #surroundings: Surroundings;
  #profile: Profile;
  #activity: ListenerActivity;
  #policy: SessionPolicy<void> | undefined;
  #open: OpenAddress | undefined;
  #problem: SidecarProblem | undefined;
  #password: LocalPassword | undefined;
  #spares: Spares | undefined;
  readonly #draining = new AbortController();

  readonly #connectionsOf: (profile: string) => number;

  /** `connectionsOf`: the sessions of a profile, wherever they came in; they share its limit. */
  constructor(
    address: ListenAddress,
    profile: Profile,
    surroundings: Surroundings,
    connectionsOf: (profile: string) => number,
  ) {
    this.#address = address;
    this.#profile = profile;
    this.#surroundings = surroundings;
    this.#connectionsOf = connectionsOf;
    this.#activity = new ListenerActivity(profile.name, formatAddress(address));
  }

  get profile(): Profile {
    return this.#profile;
  }

  get activity(): ListenerActivity {
    return this.#activity;
  }

  /** Where it is bound; undefined when it could not be. */
  get bound(): ListenAddress | undefined {
    return this.#open?.address;
  }

  get connections(): number {
    return this.#open?.connections ?? 0;
  }

  /** What clients have to know; undefined where they are not asked. */
  get password(): AddressPassword | undefined {
    const isAsked = this.#profile.localAuth === 'password';
    return isAsked && this.#open && this.#password
      ? { address: this.#open.address, secret: this.#password.secret }
      : undefined;
  }

  /** Of its profile; undefined where that keeps none. */
  get spares(): SpareCounts | undefined {
    return this.#profile.warm === 'auto' ? this.#spares?.counts : undefined;
  }

  /** Why it is not served, or not as it should be. */
  get problem(): SidecarProblem | undefined {
    return this.#problem;
  }

  /** Opens it, or leads new connections elsewhere. Never rejects: what is wrong is the `problem`, and then it stays as it was. */
  async serve(prepared: PreparedProfile): Promise<void> {
    const { profile } = prepared;
    try {
      const activity = this.#activityOf(profile);
      const policy = await this.#createPolicy({ ...prepared, activity });
      this.#profile = profile;
      this.#activity = activity;
      this.#policy = policy;
      this.#spares = prepared.spares;
      const open = this.#open ?? (await this.#bind());
      this.#open = open;
      const localAuth = 'path' in open.address ? undefined : profile.localAuth;
      activity.listening(formatAddress(open.address), localAuth, () => open.connections);
      this.#problem = undefined;
    } catch (error) {
      this.fail(error, profile);
    }
  }

  fail(error: unknown, profile = this.#profile): void {
    this.#activityOf(profile).failed(error);
    this.#problem = toProblem(error, profile.name);
  }

  /** Gives the address free at once; sessions go on. */
  release(): void {
    this.#open?.release();
  }

  async drain(timeoutMs?: number): Promise<{ forced: number }> {
    this.#activity.draining();
    this.#draining.abort(takesNoMore());
    return (await this.#open?.drain(timeoutMs)) ?? { forced: 0 };
  }

  #activityOf({ name }: Profile): ListenerActivity {
    return name === this.#profile.name ? this.#activity : new ListenerActivity(name, formatAddress(this.#address));
  }

  #bind(): Promise<OpenAddress> {
    const limit = () => this.#profile.maxConnections;
    return openAddress({
      address: this.#address,
      peers: this.#surroundings.peers,
      inherited: this.#surroundings.inherited,
      get maxConnections() {
        return limit();
      },
      countConnections: () => this.#connectionsOf(this.#profile.name),
      onGone: (problem) => this.#socketGone(problem),
      serve: async (socket, signal, admission) => {
        this.#activity.connectionOpened();
        const policy = this.#policy as SessionPolicy<void>;
        await runSession(socket, policy, this.#surroundings.cancels, signal, admission);
      },
    });
  }

  /** Somebody has removed the file of the Unix socket. */
  #socketGone(problem: unknown): void {
    const { log } = this.#surroundings;
    const at = { profile: this.#profile.name, address: formatAddress(this.#address) };
    if (problem === undefined) {
      log.warn(at, 'the socket was removed: it has been made again');
      this.#problem = undefined;
      return;
    }
    const told = toProblem(problem, this.#profile.name);
    // It is tried again every few seconds, and the log needs to say so once.
    if (this.#problem?.message !== told.message) {
      log.error({ ...at, error: told.message, hint: told.hint }, 'the socket was removed, and cannot be made again');
    }
    this.fail(problem);
  }

  async #createPolicy(
    connector: PreparedProfile & { readonly activity: ListenerActivity },
  ): Promise<SessionPolicy<void>> {
    const { log, telemetry, peers, ownUid, passwordFile } = this.#surroundings;
    const { name, localAuth } = connector.profile;
    const address = this.#address;
    this.#requireAllowed(localAuth);
    if (localAuth === 'password' && passwordFile !== undefined) this.#password ??= new LocalPassword();
    const authenticateClient = await createClientCheck({ address, localAuth, ownUid, peers, password: this.#password });
    if ('host' in address && localAuth === 'trust') {
      log.warn({ profile: name }, 'local_auth = "trust": every user of this machine can connect as you');
    }
    if (!isLocalOnly(address)) {
      log.warn({ profile: name, address: formatAddress(address) }, 'other machines can connect here, unencrypted');
    }
    const draining = this.#draining.signal;
    return createSessionPolicy({ connector: { ...connector, draining }, authenticateClient, log, telemetry });
  }

  #requireAllowed(localAuth: LocalAuth): void {
    const address = this.#address;
    if (isLocalOnly(address) || (this.#surroundings.listenAnywhere && localAuth === 'password')) return;
    throw new GprxyError(
      `${formatAddress(address)} can be reached from other machines, which are not let in by themselves`,
      {
        code: 'ERR_LISTEN_ANYWHERE',
        hint: 'If that is meant, set local_auth = "password" and run "gprxy start --listen-anywhere".',
      },
    );
  }
}
