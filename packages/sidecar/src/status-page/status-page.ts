import type { Socket } from 'node:net';
import type { PeerLookup } from '../client/peer-uid.ts';
import type { Profile } from '../config/profile.ts';
import type { Log } from '../log/log.ts';
import type { PersonLogin } from '../sign-in/person-login.ts';
import { PageSignIns } from './page-sign-ins.ts';
import { type PageView, pageView, type ViewSources } from './page-view.ts';
import type { ServedPage } from './serve-page.ts';

export interface StatusPageOptions extends Pick<ViewSources, 'status' | 'connectionStrings'> {
  /** As it is served now. */
  profile(name: string): Profile | undefined;
  readonly personLoginFor: ((profile: Profile) => PersonLogin | Promise<PersonLogin>) | undefined;
  readonly peers: PeerLookup;
  readonly ownUid: number | undefined;
  readonly log: Log;
  readonly now: () => number;
  /** Aborts when the sidecar has closed. */
  readonly signal: AbortSignal;
}

export interface PageLink {
  readonly url: string;
  /** False where the system does not say whose a connection is: whoever sees the link first could use it. */
  readonly ownUserOnly: boolean;
}

/** The status page, which has a port from the first time that somebody asks for it until the sidecar ends. */
export class StatusPage {
  readonly #options: StatusPageOptions;
  readonly #signIns: PageSignIns;
  #served: Promise<ServedPage> | undefined;

  constructor(options: StatusPageOptions) {
    this.#options = options;
    const { profile, personLoginFor } = options;
    this.#signIns = new PageSignIns({
      ...options,
      async personLoginFor(name) {
        const served = profile(name);
        return served && personLoginFor?.(served);
      },
    });
  }

  async link(): Promise<PageLink> {
    const { peers, ownUid } = this.#options;
    const ownUserOnly = ownUid !== undefined && (await peers.available());
    this.#served ??= this.#serve(ownUserOnly);
    try {
      return { url: (await this.#served).link(), ownUserOnly };
    } catch (error) {
      this.#served = undefined;
      throw error;
    }
  }

  async close(): Promise<void> {
    await (await this.#served)?.close();
  }

  async #serve(ownUserOnly: boolean): Promise<ServedPage> {
    const { servePage } = await import('./serve-page.ts');
    const { now } = this.#options;
    const isOwnUser = ownUserOnly ? (socket: Socket) => this.#isOwnUser(socket) : undefined;
    return servePage({ view: () => this.#view(), signIn: (profile) => this.#signIn(profile), isOwnUser, now });
  }

  async #isOwnUser({ remoteAddress, remotePort, localAddress, localPort }: Socket): Promise<boolean> {
    const { peers, ownUid, log } = this.#options;
    if (!remoteAddress || !remotePort || !localAddress || !localPort) return false;
    const ends = { address: remoteAddress, port: remotePort, localAddress, localPort };
    const uid = await peers.uidOf(ends);
    if (uid !== ownUid) log.warn({ uid }, 'refused another OS user at the status page');
    return uid === ownUid;
  }

  #view(): PageView {
    const signIn = (profile: string) => this.#signIns.view(profile);
    return pageView({ ...this.#options, signIn, canSignIn: (profile) => this.#canSignIn(profile) });
  }

  #canSignIn(profile: string): boolean {
    const { profile: served, personLoginFor } = this.#options;
    return personLoginFor !== undefined && served(profile)?.credential.kind === 'oidc';
  }

  #signIn(profile: string): boolean {
    if (!this.#canSignIn(profile)) return false;
    this.#signIns.begin(profile);
    return true;
  }
}
