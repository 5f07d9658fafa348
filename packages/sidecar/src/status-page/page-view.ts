import type { ListenerStatus, SidecarStatus } from '../control/status.ts';
import type { SignInView } from './page-sign-ins.ts';

/** How a client is told where the sidecar is. */
export interface ConnectionString {
  /** Such as `psql`. */
  readonly client: string;
  readonly text: string;
}

/** What the page shows. Nothing in it is secret: what `gprxy status`, `gprxy dsn` and `gprxy login` print. */
export interface PageView {
  readonly status: Omit<SidecarStatus, 'startArguments'>;
  readonly profiles: readonly ProfileView[];
}

export interface ProfileView {
  readonly name: string;
  /** Whether there is a login that a person could begin here. */
  readonly canSignIn: boolean;
  readonly signIn?: SignInView;
  readonly connectionStrings: readonly ConnectionString[];
}

export interface ViewSources {
  status(): SidecarStatus;
  canSignIn(profile: string): boolean;
  signIn(profile: string): SignInView | undefined;
  connectionStrings(listener: ListenerStatus): readonly ConnectionString[];
}

export function pageView(sources: ViewSources): PageView {
  const { startArguments: _, ...status } = sources.status();
  const names = new Set(status.listeners.map(({ profile }) => profile));
  return { status, profiles: Array.from(names, (name) => profileView(name, status, sources)) };
}

function profileView(name: string, { listeners }: PageView['status'], sources: ViewSources): ProfileView {
  const served = listeners.filter(({ profile, state }) => profile === name && state === 'listening');
  // Every client speaks TCP.
  const best = served.find(({ address }) => !address.startsWith('/')) ?? served[0];
  const signIn = sources.signIn(name);
  return {
    name,
    canSignIn: sources.canSignIn(name),
    ...(signIn && { signIn }),
    connectionStrings: best ? sources.connectionStrings(best) : [],
  };
}
