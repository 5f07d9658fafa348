import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import type { AccessToken } from '@gprxy/credentials';
import { CancelRegistry } from '@gprxy/proxy-core';
import { readProcTable } from '../client/kernel-table.ts';
import { createProcPeerLookup, type PeerLookup } from '../client/peer-uid.ts';
import type { Profile } from '../config/profile.ts';
import type { SidecarSettings } from '../config/sidecar-settings.ts';
import { serveControl } from '../control/serve-control.ts';
import type { ListenerStatus, SidecarStatus } from '../control/status.ts';
import { ServedHealth } from '../health/served-health.ts';
import { InheritedSockets } from '../listen/inherited-sockets.ts';
import type { ServedAddress } from '../listen/served-address.ts';
import { Serving } from '../listen/serving.ts';
import type { Surroundings } from '../listen/surroundings.ts';
import { type Reminder, remindOfEnd } from '../sign-in/remind-of-end.ts';
import type { ConnectionString } from '../status-page/page-view.ts';
import { StatusPage, type StatusPageOptions } from '../status-page/status-page.ts';
import { noTelemetry, observeAll, type Telemetry } from '../telemetry/connection-observer.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { Tracing } from '../telemetry/tracing.ts';
import { isRenewedAhead, type RenewAheadOptions, renewAhead } from '../upstream/renew-ahead.ts';
import { type Closing, createClosing, type Ended } from './close-sidecar.ts';
import type { SidecarProblem } from './problem.ts';
import { type CommonParts, type ProfilesRead, type Reloaded, type Reloading, startServing } from './reload.ts';

export interface SidecarOptions extends Pick<Surroundings, 'tokenSourceFor' | 'personLoginFor' | 'log'> {
  readonly profiles: readonly Profile[];
  /** Profiles that could not be read, for the status. */
  readonly problems?: readonly SidecarProblem[];
  readonly sidecar?: SidecarSettings;
  /** Reads the configuration again. Rejects when that as a whole cannot be used; left out: there is none to read. */
  readProfiles?(): Promise<ProfilesRead>;
  /** Called before and after each reload, and when the sidecar begins to drain. */
  onPhase?(phase: 'ready' | 'reloading' | 'stopping'): void;
  /** Left out: a private sidecar that nobody else can ask or stop. */
  readonly controlSocketPath?: string;
  /** For the status, so that a restart can repeat them. */
  readonly startArguments?: readonly string[];
  /** Bind addresses beyond loopback too, where the profile has `local_auth = "password"`. */
  readonly listenAnywhere?: boolean;
  /** A file in the form of libpq's PGPASSFILE, written anew: the passwords of listeners with `local_auth = "password"`. */
  readonly passwordFile?: string;
  /** Tells the person, where the profile has `notify`, that the login ends soon. Left out: nobody is told. */
  notify?(reminder: Reminder): Promise<void>;
  /** For the status page: where clients of a listener connect. */
  connectionStrings?(listener: ListenerStatus): readonly ConnectionString[];
  /** File descriptors of sockets that a supervisor has bound for us: used for configured addresses only. */
  readonly inheritedDescriptors?: readonly number[];
  /** Who is behind a TCP connection; default: Linux's /proc. */
  readonly peers?: PeerLookup;
}

export interface SidecarListener {
  readonly profile: string;
  /** `127.0.0.1:5433` (which serves `[::1]:5433` too, where there is IPv6) or the path of a Unix socket. */
  readonly address: string;
  readonly host?: string;
  readonly port?: number;
  readonly path?: string;
}

export interface Sidecar {
  readonly listeners: readonly SidecarListener[];
  readonly problems: readonly SidecarProblem[];
  status(): SidecarStatus;
  /** Serves what the configuration says now. Sessions are never ended by it. Never rejects: see the problems. */
  reload(reason: string): Promise<Reloaded>;
  /**
   * No new connections; running ones may finish for their profile's `drainTimeoutMs`, then get 57P01. Says how many were cut
   * off. A second call with a shorter time overtakes the first.
   */
  close(reason?: string, options?: { readonly drainTimeoutMs?: number }): Promise<Ended>;
  /** Settles when the sidecar has closed, whoever asked for it. */
  readonly closed: Promise<Ended>;
}

/**
 * Opens the listeners of every profile. What is wrong with one profile is in `problems` and does not stop the others.
 * Rejects with AlreadyRunningError when another daemon owns the control socket.
 */
export async function startSidecar(options: SidecarOptions): Promise<Sidecar> {
  const { log, profiles, problems = [], sidecar = {}, readProfiles, startArguments, passwordFile } = options;
  const closed = new AbortController();
  const metrics = await metricsOf(options, () => status());
  const tracing = new Tracing();
  const watched = (profile: Profile) => ({
    isServed: () => isDeepStrictEqual(serving.profile(profile.name), profile),
    onRenewed: (token: AccessToken) => {
      for (const address of serving.addresses)
        if (address.profile.name === profile.name) address.activity.tokenUsed(token);
    },
  });
  const inherited = await InheritedSockets.read(options.inheritedDescriptors ?? []);
  const surroundings = surroundingsOf({ ...options, inherited }, telemetryOf(metrics, tracing), watched, closed.signal);
  const serving: Serving = new Serving(surroundings);
  const closing = createClosing(serving, log, () => options.onPhase?.('stopping'));
  closing.afterwards(async () => closed.abort());
  const startedAt = new Date().toISOString();
  const health = new ServedHealth({ status: () => status(), metrics: async () => (await metrics?.text()) ?? '' });
  closing.afterwards(() => health.close());
  const common = commonParts(health, tracing);
  let reloading: Reloading | undefined;
  const status = (): SidecarStatus => ({
    version: 1,
    pid: process.pid,
    startedAt,
    state: closing.started ? 'stopping' : reloading === undefined ? 'starting' : 'running',
    ...(startArguments !== undefined && { startArguments }),
    ...(health.address !== undefined && { health: health.address }),
    listeners: serving.addresses.map((address) => statusOf(address, passwordFile)),
    problems: reloading?.problems ?? [],
  });
  const reload = async (reason: string) => {
    const started = await ready;
    options.onPhase?.('reloading');
    const reloaded = await started.reload(reason);
    options.onPhase?.('ready');
    if (closing.started) await closing.close();
    return reloaded;
  };
  const page = pageOf(options, surroundings, { status, profile: (name) => serving.profile(name) });
  closing.afterwards(() => page.close());
  await openControl(options, { status, reload, metrics, page }, closing);
  const ready = startServing({ serving, common, first: { profiles, problems, sidecar }, readProfiles, log });
  reloading = await ready;
  for (const address of inherited.left)
    log.error({ address }, 'nobody is served at a socket that was handed over: it is not configured');
  if (closing.started) await closing.close();
  return {
    get listeners() {
      return serving.addresses.flatMap(toListener);
    },
    get problems() {
      return reloading?.problems ?? [];
    },
    status,
    reload,
    close: closing.close,
    closed: closing.closed,
  };
}

interface Answers extends Pick<Sidecar, 'status' | 'reload'> {
  readonly metrics: Metrics | undefined;
  readonly page: StatusPage;
}

/** The control socket comes first: it is what keeps a second daemon from starting. */
async function openControl(
  { controlSocketPath: path, log }: SidecarOptions,
  { status, reload, metrics, page }: Answers,
  closing: Closing,
): Promise<void> {
  if (path === undefined) return;
  const control = await serveControl({
    path,
    status,
    metrics: async () => (await metrics?.text()) ?? '',
    page: () => page.link(),
    reload: () => reload('asked to'),
    stop: (drainTimeoutMs) => {
      log.info({}, 'asked to stop');
      void closing.close('asked to', drainTimeoutMs === undefined ? {} : { drainTimeoutMs });
    },
  });
  closing.afterwards(control.close);
}

function commonParts(health: ServedHealth, tracing: Tracing): CommonParts {
  return {
    get problems() {
      return [...health.problems, ...tracing.problems];
    },
    async apply(settings) {
      await tracing.apply(settings.tracing ?? false);
      await health.apply(settings.health);
    },
  };
}

function telemetryOf(metrics: Metrics | undefined, { observe }: Tracing): Telemetry {
  return metrics ? { ...metrics, observe: observeAll(metrics.observe, observe) } : { ...noTelemetry, observe };
}

/** Not for a private sidecar, which nobody asks. */
async function metricsOf({ controlSocketPath }: SidecarOptions, status: () => SidecarStatus) {
  if (controlSocketPath === undefined) return undefined;
  return (await import('../telemetry/metrics.ts')).createMetrics(status);
}

function pageOf(
  { connectionStrings = () => [] }: SidecarOptions,
  { personLoginFor, peers, ownUid, log, closed: signal }: Surroundings,
  sources: Pick<StatusPageOptions, 'status' | 'profile'>,
): StatusPage {
  return new StatusPage({ ...sources, personLoginFor, peers, ownUid, log, signal, connectionStrings, now: Date.now });
}

function surroundingsOf(
  {
    tokenSourceFor,
    personLoginFor,
    notify,
    log,
    peers,
    inherited,
    listenAnywhere = false,
    passwordFile,
  }: SidecarOptions & Pick<Surroundings, 'inherited'>,
  telemetry: Telemetry,
  watched: (profile: Profile) => Pick<RenewAheadOptions, 'isServed' | 'onRenewed'>,
  signal: AbortSignal,
): Surroundings {
  const renewal = { now: Date.now, random: Math.random, log, signal };
  return {
    tokenSourceFor: async (profile) => {
      const watch = { ...renewal, profile: profile.name, ...watched(profile) };
      const plain = await tokenSourceFor(profile);
      const source = notify && profile.notify ? remindOfEnd({ ...watch, source: plain, notify }) : plain;
      return isRenewedAhead(profile.credential.kind) ? renewAhead({ ...watch, source }) : source;
    },
    ...(personLoginFor && { personLoginFor }),
    closed: signal,
    log,
    telemetry,
    cancels: new CancelRegistry(),
    peers: peers ?? createProcPeerLookup(readProcTable),
    ownUid: process.getuid?.(),
    inherited,
    readFile: (path) => readFile(path, 'utf8'),
    listenAnywhere,
    passwordFile,
  };
}

function statusOf(address: ServedAddress, passwordFile: string | undefined): ListenerStatus {
  const { activity, password, spares } = address;
  return {
    ...activity.status(),
    ...(password && passwordFile !== undefined && { passwordFile }),
    ...(spares && { spares }),
  };
}

function toListener({ profile, activity, bound }: ServedAddress): SidecarListener[] {
  return bound ? [{ profile: profile.name, address: activity.address, ...bound }] : [];
}
