import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

interface Job {
  readonly 'runs-on': string;
  readonly 'timeout-minutes'?: number;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly strategy?: { readonly matrix: Readonly<Record<string, readonly (string | number)[]>> };
  readonly steps: readonly { readonly uses?: string; readonly run?: string; readonly with?: Record<string, unknown> }[];
}
interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: unknown;
  readonly jobs: Readonly<Record<string, Job>>;
}

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = `${root}.github/workflows/`;
const files = readdirSync(folder);
const textOf = (file: string) => readFileSync(folder + file, 'utf8');
const workflow = (file: string) => parse(textOf(file)) as Workflow;
const { scripts } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
/** The same release everywhere, and it says which: a SHA alone tells a reader nothing. */
const PINNED = /^\s*- uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/;

describe.each(files)('the workflow %s', (file) => {
  const { on, permissions, jobs } = workflow(file);

  it('pins each action to a commit and names its version', () => {
    const uses = textOf(file)
      .split('\n')
      .filter((line) => /\buses:/.test(line));
    expect(uses.length).toBeGreaterThan(0);
    for (const line of uses) expect(line).toMatch(PINNED);
  });

  it('may read the code and nothing else, unless a job says so', () => {
    expect(permissions).toEqual({ contents: 'read' });
    expect(Object.keys(on)).not.toContain('pull_request_target');
    for (const [name, job] of Object.entries(jobs)) {
      expect(job['timeout-minutes'], name).toBeGreaterThan(0);
      const checkout = job.steps.find(({ uses }) => uses?.startsWith('actions/checkout@'));
      if (job.permissions?.contents !== 'write') expect(checkout?.with).toMatchObject({ 'persist-credentials': false });
    }
  });

  it('runs only scripts that there are', () => {
    const lines = Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []));
    for (const line of lines) {
      const [, script] =
        /\bnpm run ([\w:-]+)/.exec(line) ?? (/\bnpm (test)\b/.exec(line) as RegExpExecArray | null) ?? [];
      if (script !== undefined) expect(Object.keys(scripts), line).toContain(script);
      for (const [, path = ''] of line.matchAll(/\b(scripts\/\S+)/g)) expect(existsSync(root + path), path).toBe(true);
    }
  });

  it('puts nothing that others wrote into a shell', () => {
    for (const { steps } of Object.values(jobs))
      for (const { run = '' } of steps) expect(run).not.toContain('github.event');
  });
});

describe('where the tests run', () => {
  const { jobs, on } = workflow('test.yml');

  it('is on three systems with three versions of Node', () => {
    expect(jobs.test?.strategy?.matrix).toEqual({
      os: ['ubuntu-latest', 'macos-latest', 'windows-latest'],
      node: [20, 22, 24],
    });
    expect(jobs.test?.steps.at(-1)).toEqual({ run: 'npm test' });
  });

  it('is at every proposal and on every change of main', () => {
    expect(on).toMatchObject({ push: { branches: ['main'] } });
    expect(on).toHaveProperty('pull_request');
  });

  it('lints, and runs each benchmark once', () => {
    const ran = (job: string) => jobs[job]?.steps.map(({ run }) => run);
    expect(ran('lint')).toEqual(expect.arrayContaining(['npm run lint', 'npm run check-imports']));
    expect(ran('bench')).toContain('npm run bench -- --smoke');
  });
});

describe('what publishes', () => {
  const { jobs } = workflow('release.yml');

  it('proves to npm who it is, instead of keeping a token', () => {
    expect(jobs.npm?.permissions).toEqual({ contents: 'write', 'id-token': 'write' });
    expect(textOf('release.yml')).not.toContain('secrets.');
  });

  it('is the only one that may write', () => {
    const writers = files.flatMap((file) =>
      Object.entries(workflow(file).jobs).flatMap(([name, { permissions = {} }]) =>
        Object.values(permissions).includes('write') ? [`${file} ${name}`] : [],
      ),
    );
    expect(writers).toEqual(['release.yml npm']);
  });
});
