import { has } from '@gprxy/testkit';
import { type AuditRecord, auditTable } from './audit-table.ts';
import { leashSidecar, type Setting } from './setting.ts';

const WHO_AM_I = `"select session_user, system_user, current_setting('app.email') as app_email"`;

export interface Scene {
  title: string;
  play(setting: Setting): Promise<void>;
}

export const signIn: Scene = {
  title: 'Sign in, once',
  async play({ terminal, narrator, stack, options }) {
    const line = 'gprxy login --insecure-storage';
    if (options.interactive) {
      narrator.say(`Sign in as alice; any password will do. mallory would be refused later on.`);
      if ((await terminal.attach(line)) !== 0) throw new Error('the login did not succeed');
      return;
    }
    const login = terminal.start(`${line} --no-open`);
    const [, uri = ''] = await login.waitForLine(/filled in: (\S+)/);
    await stack.provider.approve(uri, 'alice');
    narrator.say('The demo opens that page as alice would: it confirms the code and signs in.');
    await login.ended;
  },
};

const whoAmI: Scene = {
  title: 'Who am I?',
  play: async ({ terminal }) => void (await terminal.run('gprxy whoami')),
};

export const query: Scene = {
  title: 'Query as yourself',
  async play({ terminal, narrator }) {
    await terminal.run(`gprxy psql sales -c ${WHO_AM_I}`);
    narrator.say(
      'PostgreSQL knows alice herself. The gateway logged in as her, with its own certificate; there is no\nservice account to hide behind, and nobody else to become:',
    );
    await terminal.run(`gprxy psql sales -c 'set role "bob@corp.example"'`);
  },
};

const anyClient: Scene = {
  title: 'The same for every client: localhost, no password',
  async play(setting) {
    const { terminal, narrator, sidecarPort } = setting;
    await terminal.run('gprxy start --detach');
    await leashSidecar(setting);
    const uri = `postgresql://localhost:${sidecarPort}/sales`;
    if (has.psql) await terminal.run(`psql ${uri} -c ${WHO_AM_I}`);
    else {
      narrator.say('psql is not on this machine; node-postgres plays the client.');
      await terminal.run(`node scripts/demo/select.mjs ${uri} ${WHO_AM_I}`);
    }
    await terminal.run('gprxy status');
  },
};

const token: Scene = {
  title: 'The token that the gateway sees, and no application has to',
  play: ({ terminal }) =>
    terminal.runAndShow('gprxy get-token', (stdout) => {
      const jwt = stdout.trim();
      const claims = JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString());
      const { iss, aud, sub, email, groups } = claims;
      return `${jwt.slice(0, 60)}... (${jwt.length} characters)\n${JSON.stringify({ iss, aud, sub, email, groups })}\n`;
    }),
};

export const cancel: Scene = {
  title: 'Ctrl-C cancels the statement, through both proxies',
  async play({ terminal, narrator, stack, signal }) {
    const sleeping = terminal.start(`gprxy psql sales -c 'select pg_sleep(60)'`);
    const sql = "select 1 from pg_stat_activity where state = 'active' and query = 'select pg_sleep(60)'";
    const isRunning = async () => (await stack.postgres.query(sql)).length > 0;
    while (!(await isRunning())) signal.throwIfAborted();
    const startedAt = performance.now();
    process.kill(-sleeping.pid, 'SIGINT');
    await sleeping.ended;
    const tookMs = Math.round(performance.now() - startedAt);
    const left = (await isRunning()) ? 'still runs it' : 'runs it no more';
    narrator.say(`psql was back ${tookMs} ms after Ctrl-C, and PostgreSQL ${left}.`);
  },
};

export const refusal: Scene = {
  title: 'Somebody with a company login, but without a reason to be here',
  async play({ terminal, narrator, stack }) {
    const login = terminal.start('gprxy login --profile mallory --insecure-storage --no-open', { unseen: true });
    const [, uri = ''] = await login.waitForLine(/filled in: (\S+)/);
    await stack.provider.approve(uri, 'mallory');
    const { stderr } = await login.ended;
    narrator.output(stderr.slice(stderr.indexOf('Signed in')));
    await terminal.run(`gprxy psql --profile mallory sales -c 'select 1'`);
    narrator.say('mallory is in no group that a rule of the gateway lets in.');
  },
};

const audit: Scene = {
  title: 'What the gateway has written down',
  async play({ narrator, stack, signal }) {
    const isComplete = (records: readonly AuditRecord[]) => records.some(({ event }) => event === 'denial');
    let records = await stack.audit();
    while (!isComplete(records)) {
      signal.throwIfAborted();
      records = await stack.audit();
    }
    narrator.output(auditTable(records));
    narrator.say('Each is one JSON record in the file. The last one in full:');
    narrator.output(`${JSON.stringify(records.at(-1))}\n`);
  },
};

export const signOut: Scene = {
  title: 'Sign out',
  async play({ terminal }) {
    await terminal.run('gprxy stop');
    await terminal.run('gprxy logout');
  },
};

export const keepRunning: Scene = {
  title: 'It all keeps running, until Ctrl-C',
  async play({ terminal, narrator, stack, sidecarPort, signal }) {
    await terminal.run('gprxy dsn sales --for dbeaver');
    narrator.say(`Anything else: postgresql://localhost:${sidecarPort}/sales, as the OS user that you are now.
gprxy in another terminal:`);
    narrator.output(`export GPRXY_CONFIG=${terminal.env.GPRXY_CONFIG} GPRXY_STATE_DIR=${terminal.env.GPRXY_STATE_DIR}
alias gprxy='node ${process.cwd()}/packages/cli/bin/gprxy.cjs'
tail -f ${stack.directory}/gateway/audit.jsonl\n`);
    narrator.say(`Sign in as somebody else: the user alice, bob or mallory, with any password. The gateway lets alice and bob in, and
refuses mallory, who is in no group that a rule of it names.`);
    narrator.output('gprxy login --insecure-storage\n');
    narrator.say('Ctrl-C here ends it all and leaves nothing behind.');
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
  },
};

export const story: readonly Scene[] = [signIn, whoAmI, query, anyClient, token, cancel, refusal, audit];
