import { EventEmitter } from 'node:events';
import type { SidecarStatus } from '@gprxy/sidecar';
import { describe, expect, it } from 'vitest';
import { prodProfile, runInWorld, runningStatus, type TestWorld, testNow } from '../../dependencies.testing.ts';
import type { Sidecars } from '../../dependencies.ts';
import { parseArguments } from '../../parse-arguments.testing.ts';

const status = runningStatus([
  {
    address: '127.0.0.1:5433',
    connections: 2,
    totalConnections: 17,
    tokenExpiresAt: new Date(testNow + 600_000).toISOString(),
    spares: { waiting: 1, lent: 9, unused: 2 },
  },
  {
    address: '/run/gprxy/.s.PGSQL.5432',
    lastError: { at: new Date(testNow - 5000).toISOString(), code: '08006', message: 'the gateway hung up' },
  },
]);

describe('status: arguments to options', () => {
  it.each([
    { args: [], options: {} },
    { args: ['--json'], options: { json: true } },
    { args: ['--watch'], options: { watch: true } },
    { args: ['--metrics'], options: { metrics: true } },
    { args: ['--web'], options: { web: true } },
  ])('reads $args', async ({ args, options }) => {
    expect(await parseArguments(['status', ...args])).toEqual({ command: 'status', options });
  });
});

describe('status: options to output', () => {
  it('shows listeners, connections, token expiry and the last error', async () => {
    const { exitCode, stdout, stderr } = await runInWorld(['status'], { status });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout.split('\n')).toEqual([
      'gprxy runs as process 4711, started 1 hour ago',
      '',
      'PROFILE  ADDRESS                   STATE      OPEN  SPARE  TOTAL  TOKEN',
      'prod     127.0.0.1:5433            listening  2     1      17     expires in 10 minutes',
      'prod     /run/gprxy/.s.PGSQL.5432  listening  0     -      0      not used yet',
      '',
      'Last error of profile "prod", 5 seconds ago: 08006 the gateway hung up',
      '',
    ]);
  });

  it('warns of a port that everybody on the machine may use', async () => {
    const open = runningStatus([{ localAuth: 'trust' }, { address: '127.0.0.1:5434', localAuth: 'same-user' }]);
    const { stdout } = await runInWorld(['status'], { status: open });
    expect(stdout.match(/Warning.*\n.*/g)).toEqual([
      'Warning: every user of this machine can connect to 127.0.0.1:5433 as you (local_auth = "trust").\n' +
        '  Set local_auth = "same-user" or "password" for profile "prod".',
    ]);
  });

  it('prints versioned JSON', async () => {
    const { stdout } = await runInWorld(['status', '--json'], { status });
    expect(JSON.parse(stdout)).toEqual({ running: true, ...status });
  });

  it('says where health and metrics are served', async () => {
    const { stdout } = await runInWorld(['status'], { status: { ...status, health: '127.0.0.1:9187' } });
    expect(stdout).toContain('\nHealth and metrics: http://127.0.0.1:9187/readiness, http://127.0.0.1:9187/metrics\n');
  });

  it('prints the metrics and nothing else', async () => {
    const requestControl = (async () => ({
      pid: 1,
      text: '# HELP a b\na 1\n',
    })) as unknown as Sidecars['requestControl'];
    const { exitCode, stdout, stderr } = await runInWorld(['status', '--metrics'], { sidecars: { requestControl } });
    expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 0, stdout: '# HELP a b\na 1\n', stderr: '' });
  });

  it('has no metrics when no sidecar runs', async () => {
    const { exitCode, stdout, stderr } = await runInWorld(['status', '--metrics'], { config: prodProfile });
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toContain('gprxy start --detach');
  });

  it('ends with 1 when no sidecar runs', async () => {
    const plain = await runInWorld(['status'], { config: prodProfile });
    expect(plain).toMatchObject({ exitCode: 1, stdout: '' });
    expect(plain.stderr).toContain('gprxy start --detach');
    const json = await runInWorld(['status', '--json']);
    expect(json.exitCode).toBe(1);
    expect(JSON.parse(json.stdout)).toEqual({ version: 1, running: false });
  });

  it('tells what is not as the configuration says, once', async () => {
    const problem = { profile: 'prod', message: 'port 5433 is taken', hint: 'Free it.' };
    const lastError = { at: new Date(testNow).toISOString(), code: 'ERR_INTERNAL', message: problem.message };
    const failed = { ...runningStatus([{ state: 'failed', lastError }]), problems: [problem, { message: 'no TOML' }] };
    const { stdout } = await runInWorld(['status'], { status: failed });
    expect(stdout.split('\n').slice(4)).toEqual([
      '',
      'Problem with profile "prod": port 5433 is taken',
      '  Free it.',
      '',
      'Problem: no TOML',
      '',
    ]);
  });

  it('says that it is about to end', async () => {
    const { stdout } = await runInWorld(['status'], { status: { ...status, state: 'stopping' } });
    expect(stdout).toContain('started 1 hour ago, and is stopping\n');
  });
});

/** Shows these one after the other, and then Ctrl-C. */
function successive(...answers: Array<SidecarStatus | undefined>): TestWorld {
  const interrupt = new AbortController();
  const requestControl = async () => {
    const answer = answers.shift();
    if (answers.length === 0) interrupt.abort();
    if (answer === undefined) throw Object.assign(new Error('nothing answers'), { code: 'ERR_NOT_RUNNING' });
    return answer;
  };
  return { interrupted: interrupt.signal, sidecars: { requestControl: requestControl as Sidecars['requestControl'] } };
}

describe('status --web', () => {
  const url = 'http://127.0.0.1:40000/open/ticket';
  const pageOf = (ownUserOnly: boolean) => ({
    requestControl: (async () => ({ pid: 1, url, ownUserOnly })) as unknown as Sidecars['requestControl'],
  });
  const desktop = { tty: true, env: { DISPLAY: ':0', CI: '' } };

  it('opens the page, and prints its address for another browser', async () => {
    const run = await runInWorld(['status', '--web'], { ...desktop, sidecars: pageOf(true) });
    expect(run).toMatchObject({ exitCode: 0, stdout: `${url}\n`, openedPages: [url] });
    expect(run.stderr).toContain('for one visit, within two minutes');
  });

  it('only prints it where no browser can be opened', async () => {
    const run = await runInWorld(['status', '--web'], { sidecars: pageOf(true) });
    expect(run).toMatchObject({ exitCode: 0, stdout: `${url}\n`, openedPages: [] });
  });

  it('hands it to no other program where other users could use what they see of it', async () => {
    const run = await runInWorld(['status', '--web'], { ...desktop, sidecars: pageOf(false) });
    expect(run).toMatchObject({ exitCode: 0, stdout: `${url}\n`, openedPages: [] });
    expect(run.stderr).toContain('Open it yourself');
  });

  it('is not there without a sidecar', async () => {
    const { exitCode, stdout, stderr } = await runInWorld(['status', '--web'], { ...desktop, config: prodProfile });
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toContain('the sidecar is not running');
    expect(stderr).toContain('gprxy start --detach');
  });
});

describe('status --watch', () => {
  const busier = runningStatus([{ connections: 3 }]);

  it('prints a line of JSON for each change, and ends quietly with 130 on Ctrl-C', async () => {
    const world = successive(undefined, busier, busier, { ...busier, state: 'stopping' });
    const { exitCode, stdout, stderr } = await runInWorld(['status', '--watch'], world);
    expect({ exitCode, stderr }).toEqual({ exitCode: 130, stderr: '' });
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toMatchObject([{ version: 1, running: false }, { state: 'running' }, { state: 'stopping' }]);
  });

  const terminal = { tty: true, columns: 40, env: { TERM: 'xterm', CI: '' } };
  const [enter, leave] = ['\u001b[?1049h\u001b[?25l', '\u001b[?25h\u001b[?1049l'];

  it('draws over itself on a screen of its own, in lines that fit, and leaves the last of it', async () => {
    const world = { ...successive(busier, undefined, status, status), ...terminal };
    const { stdout, exitCode } = await runInWorld(['status', '--watch'], world);
    expect(exitCode).toBe(130);
    const [frames = '', left = ''] = stdout.replaceAll('\u001b[K', '').split(leave);
    const [first = '', second = '', third = ''] = frames.split('\u001b[J');
    expect(first.startsWith(`${enter}\u001b[H`)).toBe(true);
    expect(first).toContain('prod\n  address  127.0.0.1:5433\n  state    listening\n  open     3\n');
    expect(second).toBe('\u001b[Hgprxy is not running.\n\nCtrl-C ends this.');
    const widest = Math.max(
      ...third
        .replace('\u001b[H', '')
        .split('\n')
        .map((line) => line.length),
    );
    expect(widest).toBeLessThan(40);
    expect(left).toMatch(
      /^gprxy runs as process 4711, started 1 hour ago\n\nprod\n[\s\S]*: 08006 the gateway hung up\n$/,
    );
  });

  /** A sidecar whose first answers bring these events about, and Ctrl-C the last. */
  function meanwhile(...events: readonly string[]) {
    const [signals, interrupt] = [new EventEmitter(), new AbortController()];
    const raised: unknown[] = [];
    const left = [...events];
    const requestControl = async () => {
      const event = left.shift();
      if (event === undefined) interrupt.abort();
      // Between two looks.
      else setImmediate(() => signals.emit(event, event));
      return busier;
    };
    const sidecars = { requestControl: requestControl as unknown as Sidecars['requestControl'] };
    const raise = (signal: NodeJS.Signals) => void raised.push([signal, signals.listenerCount(signal)]);
    const world = { ...terminal, interrupted: interrupt.signal, sidecars, signals, raise };
    return { raised, signals, run: () => runInWorld(['status', '--watch'], world) };
  }

  it.each(['SIGTERM', 'SIGHUP', 'SIGQUIT'])('gives the terminal back, and then ends by %s', async (signal) => {
    const { raised, signals, run } = meanwhile(signal);
    const { stdout } = await run();
    expect(raised).toEqual([[signal, 0]]);
    expect([stdout.split(enter).length, stdout.split(leave).length]).toEqual([2, 2]);
    expect(stdout.split(leave)[1]).toMatch(/^gprxy runs as process 4711/);
    expect(signals.eventNames()).toEqual([]);
  });

  it('gives the terminal back for as long as Ctrl-Z has stopped it', async () => {
    const { raised, run } = meanwhile('SIGTSTP', 'SIGCONT');
    const { stdout } = await run();
    expect(raised).toEqual([['SIGSTOP', 0]]);
    const [first = '', ...again] = stdout.split(leave);
    expect(first.startsWith(enter)).toBe(true);
    expect(again[0]?.startsWith(enter)).toBe(true);
    expect(again).toHaveLength(2);
  });

  it('gives the terminal back before an error of its own is told', async () => {
    const { stdout } = await meanwhile('uncaughtExceptionMonitor').run();
    expect(stdout.split(leave)).toHaveLength(2);
    expect(stdout.split(leave)[1]).toMatch(/^gprxy runs as process 4711/);
  });

  it('shows as much as there is room for', async () => {
    const many = runningStatus(Array.from({ length: 30 }, (_, at) => ({ address: `127.0.0.1:${6000 + at}` })));
    const world = { ...successive(many, many), ...terminal, columns: 100 };
    const [frame = ''] = (await runInWorld(['status', '--watch'], world)).stdout.split('\u001b[J');
    expect(frame.split('\n')).toHaveLength(24);
    expect(frame).toMatch(/\.\.\. and \d+ lines more: "gprxy status" shows all/);
  });
});
