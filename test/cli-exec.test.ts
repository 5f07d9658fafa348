import { readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { has } from '@gprxy/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SignedIn, startSignedIn } from './signed-in-shell.testing.ts';

const whoAmI = 'select session_user as who';
const alice = 'alice@corp.example';
const pgClient = (config: string) =>
  `const c = new (require('pg').Client)(${config}); c.connect().then(() => c.query('${whoAmI}')).then((r) => { console.log(r.rows[0].who); return c.end(); })`;
const postgresJs = (config: string) =>
  `const sql = require('postgres')(${config}); sql\`${whoAmI}\`.then((r) => { console.log(r[0].who); return sql.end(); })`;
/** Programs that find their database as they do in the wild; each prints who it is there. */
const clients = [
  { title: 'node-postgres by PGHOST', program: pgClient(''), options: ['', '--tcp'] },
  { title: 'node-postgres by DATABASE_URL', program: pgClient('process.env.DATABASE_URL'), options: ['', '--tcp'] },
  { title: 'postgres.js by PGHOST', program: postgresJs(''), options: ['', '--tcp'] },
  // It cannot read the name of a socket in a URL.
  { title: 'postgres.js by DATABASE_URL', program: postgresJs('process.env.DATABASE_URL'), options: ['--tcp'] },
];

describe('gprxy exec', () => {
  let signedIn: SignedIn;
  beforeAll(async () => {
    signedIn = await startSignedIn({ env: { NODE_PATH: join(import.meta.dirname, '../node_modules') } });
  });
  afterAll(() => signedIn[Symbol.asyncDispose]());

  it.each(clients)('is the person in the database: $title', async ({ program, options }) => {
    for (const option of options) {
      const ended = await signedIn.shell.run(`gprxy exec ${option} sales -- node -e "${program}"`);
      expect(ended).toEqual({ exitCode: 0, stderr: '', stdout: `${alice}\n` });
    }
  });

  it.runIf(has.psql)('is the person in the database: libpq by DATABASE_URL and by PGHOST', async () => {
    const { shell } = signedIn;
    const script = `psql -XAtc '${whoAmI}' && psql -XAtc '${whoAmI}' "$DATABASE_URL"`;
    for (const option of ['', '--tcp']) {
      const ended = await shell.run(`gprxy exec ${option} sales -- node -e "${shellScript(script)}"`);
      expect(ended).toEqual({ exitCode: 0, stderr: '', stdout: `${alice}\n${alice}\n` });
    }
  });

  it('uses the sidecar that runs', async () => {
    const { shell } = signedIn;
    await shell.run('gprxy start --detach');
    try {
      const ended = await shell.run('gprxy exec sales -- node -e "console.log(process.env.PGHOST)"');
      expect(ended).toEqual({ exitCode: 0, stderr: '', stdout: '127.0.0.1\n' });
    } finally {
      await shell.run('gprxy stop');
    }
  });

  it("ends with the command's exit code, and with 128 and more where a signal ended it", async () => {
    const { shell } = signedIn;
    expect(await shell.run('gprxy exec -- node -e "process.exit(42)"')).toMatchObject({ exitCode: 42, stderr: '' });
    const killed = 'process.kill(process.pid, 9); setInterval(() => 0, 1000)';
    expect(await shell.run(`gprxy exec -- node -e "${killed}"`)).toMatchObject({ exitCode: 137 });
  });

  it('passes SIGTERM on, and waits until the command has ended', async () => {
    const program = `process.on('SIGTERM', () => process.exit(7)); console.error('here'); setInterval(() => 0, 1000)`;
    const command = signedIn.shell.start(`gprxy exec -- node -e "${program}"`);
    await command.says(/here/);
    command.terminate();
    expect(await command.ended).toMatchObject({ exitCode: 7 });
  });

  it('leaves Ctrl-C to the command', async () => {
    const program = `process.on('SIGINT', () => process.exit(8)); console.error('here'); setInterval(() => 0, 1000)`;
    const command = signedIn.shell.start(`gprxy exec -- node -e "${program}"`);
    await command.says(/here/);
    command.interrupt();
    expect(await command.ended).toMatchObject({ exitCode: 8 });
  });

  it('ends with 127 for a command that does not exist, and says so', async () => {
    const { exitCode, stdout, stderr } = await signedIn.shell.run('gprxy exec sales -- no-such-command');
    expect({ exitCode, stdout }).toEqual({ exitCode: 127, stdout: '' });
    expect(stderr).toMatch(/there is no command "no-such-command"\n.*gprxy exec -- sh -c/);
  });

  it('leaves nothing behind; what a killed session left, the next one takes away', async () => {
    const { shell } = signedIn;
    const sessions = join(shell.home, 'state/run');
    const killed = shell.start(`gprxy exec -- node -e "console.error('here'); setInterval(() => 0, 1000)"`);
    await killed.says(/here/);
    killed.kill();
    await killed.ended;
    const left = (await readdir(sessions)).filter((name) => name.startsWith('gprxy-session-'));
    expect(left).toHaveLength(1);
    const longAgo = new Date(Date.now() - 3_600_000);
    for (const name of left) await utimes(join(sessions, name), longAgo, longAgo);
    expect(await shell.run('gprxy exec -- node -e 0')).toMatchObject({ exitCode: 0 });
    expect((await readdir(sessions)).filter((name) => name.startsWith('gprxy-session-'))).toEqual([]);
  });
});

/** A shell script as JavaScript without double quotes, which the words of these command lines cannot hold. */
function shellScript(script: string): string {
  const encoded = Buffer.from(script).toString('hex');
  return `const s = Buffer.from('${encoded}', 'hex').toString(); const r = require('child_process').spawnSync('sh', ['-c', s], { stdio: 'inherit' }); process.exitCode = r.status`;
}
