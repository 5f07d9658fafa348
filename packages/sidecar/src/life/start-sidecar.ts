import { serveControl } from '../control/serve-control.ts';
import type { ListenerStatus, SidecarStatus } from '../control/status.ts';
import { ServedHealth } from '../health/served-health.ts';
import { InheritedSockets } from '../listen/inherited-sockets.ts';
import type { ServedAddress } from '../listen/served-address.ts';
import { Serving } from '../listen/serving.ts';
import type { Surroundings } from '../listen/surroundings.ts';
import { StatusPage, type StatusPageOptions } from '../status-page/status-page.ts';
import { noTelemetry, observeAll, type Telemetry } from '../telemetry/connection-observer.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { Tracing } from '../telemetry/tracing.ts';
import { type Closing, createClosing } from './close-sidecar.ts';
import { type CommonParts, type Reloading, startServing } from './reload.ts';
import type { Sidecar, SidecarListener, SidecarOptions } from './sidecar.ts';
import { surroundingsOf } from './surroundings-of.ts';

/**
 * Opens the listeners of every profile. What is wrong with one profile is in `problems` and does not stop the others.
 * Rejects with AlreadyRunningError when another daemon owns the control socket.
 */
export async function startSidecar(options: SidecarOptions): Promise<Sidecar> {
  const { log, profiles, problems = [], sidecar = {}, readProfiles } = options;
  const closed = new AbortController();
  const metrics = await metricsOf(options, () => status());
  const tracing = new Tracing();
  const inherited = await InheritedSockets.read(options.inheritedDescriptors ?? []);
  const parts = { closed: closed.signal, telemetry: telemetryOf(metrics, tracing), inherited };
  const surroundings = surroundingsOf(options, parts, () => serving);
  const serving: Serving = new Serving(surroundings);
  const closing = createClosing(serving, log, () => options.onPhase?.('stopping'));
  const health = new ServedHealth({ status: () => status(), metrics: async () => (await metrics?.text()) ?? '' });
  let reloading: Reloading | undefined;
  const status = statusOf(options, { serving, closing, health, reloading: () => reloading });
  const reload = reloadOf(options, closing, () => ready);
  const page = pageOf(options, surroundings, { status, profile: (name) => serving.profile(name) });
  closing.afterwards(async () => closed.abort());
  closing.afterwards(() => health.close());
  closing.afterwards(() => page.close());
  const signedOut = (profile: string) => serving.signedOut(profile);
  await openControl(options, { status, reload, metrics, page, signedOut }, closing);
  closeOn(options.stop, closing);
  const common = commonParts(health, tracing);
  const ready = startServing({ serving, common, first: { profiles, problems, sidecar }, readProfiles, log });
  reloading = await openedUnlessClosed(ready, closing);
  for (const address of reloading ? inherited.left : [])
    log.error({ address }, 'nobody is served at a socket that was handed over: it is not configured');
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

function closeOn(stop: AbortSignal | undefined, closing: Closing): void {
  const close = () => void closing.close(String(stop?.reason));
  if (stop?.aborted) close();
  else stop?.addEventListener('abort', close, { once: true });
}

/** Whoever stops it while it starts does not wait for a profile that takes long: what that still opens is closed again. Undefined: it has closed. */
async function openedUnlessClosed(ready: Promise<Reloading>, closing: Closing): Promise<Reloading | undefined> {
  const opened = ready.then(async (reloading) => {
    if (closing.started) await closing.close();
    return reloading;
  });
  return Promise.race([opened, closing.closed.then(() => undefined)]);
}

/** A sidecar that began to stop meanwhile closes what a reload has opened. */
function reloadOf({ onPhase }: SidecarOptions, closing: Closing, ready: () => Promise<Reloading>): Sidecar['reload'] {
  return async (reason) => {
    const started = await ready();
    onPhase?.('reloading');
    const reloaded = await started.reload(reason);
    onPhase?.('ready');
    if (closing.started) await closing.close();
    return reloaded;
  };
}

interface Answers extends Pick<Sidecar, 'status' | 'reload'> {
  readonly metrics: Metrics | undefined;
  readonly page: StatusPage;
  signedOut(profile: string): void;
}

/** The control socket comes first: it is what keeps a second daemon from starting. */
async function openControl(
  { controlSocketPath: path, log }: SidecarOptions,
  { status, reload, metrics, page, signedOut }: Answers,
  closing: Closing,
): Promise<void> {
  if (path === undefined) return;
  const control = await serveControl({
    path,
    status,
    metrics: async () => (await metrics?.text()) ?? '',
    page: () => page.link(),
    reload: () => reload('asked to'),
    signedOut,
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

interface StatusSources {
  readonly serving: Serving;
  readonly closing: Closing;
  readonly health: ServedHealth;
  /** Undefined until all listeners have been opened once. */
  readonly reloading: () => Reloading | undefined;
}

function statusOf(
  { startArguments, passwordFile }: SidecarOptions,
  { serving, closing, health, reloading }: StatusSources,
): () => SidecarStatus {
  const startedAt = new Date().toISOString();
  return () => ({
    version: 1,
    pid: process.pid,
    startedAt,
    state: closing.started ? 'stopping' : reloading() === undefined ? 'starting' : 'running',
    ...(startArguments !== undefined && { startArguments }),
    ...(health.address !== undefined && { health: health.address }),
    listeners: serving.addresses.map((address) => listenerStatusOf(address, passwordFile)),
    problems: reloading()?.problems ?? [],
  });
}

function listenerStatusOf(address: ServedAddress, passwordFile: string | undefined): ListenerStatus {
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
