import type { Profile } from '../config/profile.ts';
import type { SidecarSettings } from '../config/sidecar-settings.ts';
import type { Changes, Serving } from '../listen/serving.ts';
import type { Log } from '../log/log.ts';
import { type SidecarProblem, toProblem } from './problem.ts';

/** What the configuration says at the moment. */
export interface ProfilesRead {
  /** Those to serve. */
  readonly profiles: readonly Profile[];
  readonly sidecar?: SidecarSettings;
  /** Those that cannot be used as they stand in the file. */
  readonly problems: readonly SidecarProblem[];
}

export interface Reloaded extends Changes {
  readonly problems: readonly SidecarProblem[];
}

export interface Reloading {
  /** Never rejects: what is wrong is among the problems. */
  reload(reason: string): Promise<Reloaded>;
  /** As of the last time that the configuration was read. */
  readonly problems: readonly SidecarProblem[];
}

export interface CommonParts {
  /** Never rejects: see the problems. */
  apply(settings: SidecarSettings): Promise<void>;
  readonly problems: readonly SidecarProblem[];
}

export interface ReloadOptions {
  readonly serving: Serving;
  /** What `[sidecar]` is about. */
  readonly common: CommonParts;
  readonly first: ProfilesRead;
  /** Rejects when the configuration as a whole cannot be used: all stays as it is. */
  readonly readProfiles: (() => Promise<ProfilesRead>) | undefined;
  readonly log: Log;
}

/** Serves what is configured, first and whenever it is read again, one after the other. */
export async function startServing({ serving, common, first, readProfiles, log }: ReloadOptions): Promise<Reloading> {
  let inFile = first.problems;
  const problems = () => [...inFile, ...common.problems, ...problemsOf(serving)];
  const apply = async (read: ProfilesRead): Promise<Changes> => {
    inFile = read.problems;
    const changes = await serving.apply([...read.profiles, ...brokenButServed(read, serving)]);
    await common.apply(read.sidecar ?? {});
    for (const problem of problems()) log.error(forLog(problem), 'not as configured');
    return changes;
  };
  const readAgain = async (reason: string): Promise<Reloaded> => {
    try {
      const changes = await apply(await readConfigured(readProfiles));
      log.info({ reason, ...changes }, 'reloaded');
      return { ...changes, problems: problems() };
    } catch (error) {
      const problem = toProblem(error);
      inFile = [problem];
      log.error({ reason, ...forLog(problem) }, 'not reloaded: all stays as it was');
      return { added: [], changed: [], removed: [], problems: inFile };
    }
  };
  await apply(first);
  let last: Promise<unknown> = Promise.resolve();
  return {
    get problems() {
      return problems();
    },
    reload(reason) {
      const reloaded = last.then(() => readAgain(reason));
      last = reloaded;
      return reloaded;
    },
  };
}

async function readConfigured(readProfiles: (() => Promise<ProfilesRead>) | undefined): Promise<ProfilesRead> {
  if (readProfiles === undefined) throw new Error('this sidecar does not go by a configuration file');
  return readProfiles();
}

function forLog({ profile, message, hint }: SidecarProblem): object {
  return { profile, error: message, hint };
}

/** A profile that has been edited into something wrong is served as it was before. */
function brokenButServed({ profiles, problems }: ProfilesRead, serving: Serving): Profile[] {
  const readable = new Set(profiles.map(({ name }) => name));
  const broken = problems.flatMap(({ profile }) => profile ?? []).filter((name) => !readable.has(name));
  return broken.flatMap((name) => serving.profile(name) ?? []);
}

/** A profile that cannot be used says so once, not once an address. */
function problemsOf({ addresses }: Serving): SidecarProblem[] {
  const all = addresses.flatMap(({ problem }) => problem ?? []);
  return all.filter((problem, index) => index === all.findIndex((other) => isSame(other, problem)));
}

function isSame(one: SidecarProblem, other: SidecarProblem): boolean {
  return one.profile === other.profile && one.message === other.message;
}
