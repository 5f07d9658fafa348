import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { programs } from '@gprxy/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BothRoutes } from '../both-routes.ts';
import { startPsql } from '../psql/psql.ts';
import { libpqParameters } from '../route.ts';
import { ScenarioProgram } from '../scenario-program.ts';

const conninfo = (parameters: Record<string, string>) =>
  Object.entries(parameters)
    .map(([name, value]) => `${name}='${value}'`)
    .join(' ');

/** The library that came with the server: 17 brought direct TLS and encrypted cancels, 18 protocol 3.2 with longer keys. */
export function describeLibpq(both: BothRoutes): void {
  const { version } = both;
  const latest: Record<string, string> = version >= 18 ? { max_protocol_version: 'latest' } : {};
  let program: ScenarioProgram;
  beforeAll(() => {
    const library = join(both.postgres.libraryDirectory, 'libpq.so.5');
    program = new ScenarioProgram(programs.python, [fileURLToPath(import.meta.resolve('./scenarios.py'))], {
      LIBPQ: library,
    });
  });
  afterAll(() => program?.stop());
  const same = (name: string) =>
    both.same((route) => program.run(name, conninfo({ ...libpqParameters(route), ...latest })));

  /** Straight to the gateway, with the token as the password. */
  function toGateway(more: Record<string, string> = {}): string {
    const { services, sidecar, gprxy } = both.stack;
    const { port } = services.gateway;
    const who = { user: gprxy.user, dbname: gprxy.database, password: sidecar.accessToken };
    const tls = { sslmode: 'verify-full', sslrootcert: services.caFile, ...more };
    return conninfo({ host: 'localhost', port: String(port), ...who, ...tls, ...latest });
  }

  it('pipelines, message for message as with a direct connection', async () => {
    const transcript = await same('pipeline');
    expect(transcript).toContain("PGRES_TUPLES_OK None [['5']]");
    expect(transcript).toContain('PGRES_FATAL_ERROR 22012 []');
    expect(transcript).toContain("PGRES_TUPLES_OK None [['flushed']]");
  });

  it('reads row by row and in chunks', async () => {
    const transcript = await same('row_by_row');
    expect(transcript[0]).toBe('1000 1');
  });

  it('cancels a query in plaintext, and the session goes on', async () => {
    expect(await same('cancel_by_key')).toEqual(['57014', 'sent 1', "[['still here']]"]);
  });

  it('logs in at the gateway with a token of 16 KB as the password, and cancels there', async () => {
    for (const sslmode of ['prefer', 'require', 'verify-ca', 'verify-full']) {
      const [line] = await program.run('version', toGateway({ sslmode }));
      expect(line, sslmode).toBe(`${version >= 18 ? 30_002 : 3} 1 ${both.stack.gprxy.user}`);
    }
    const refusal = (await program.run('version', toGateway({ sslmode: 'disable' }))).join('\n');
    expect(refusal).toContain('this server accepts encrypted connections only');
    expect(await program.run('cancel_by_key', toGateway())).toEqual(['57014', 'sent 1', "[['still here']]"]);
  });

  if (version >= 17) {
    it('cancels a query the way its session is encrypted', async () => {
      const cancelled = ['57014', 'sent 1', "[['still here']]"];
      expect(await same('cancel_like_the_session')).toEqual(cancelled);
      expect(await program.run('cancel_like_the_session', toGateway())).toEqual(cancelled);
      expect(await program.run('cancel_like_the_session', toGateway({ sslnegotiation: 'direct' }))).toEqual(cancelled);
    });
  }

  if (version >= 18) {
    it('speaks protocol 3.2', async () => {
      const versions = await both.same(async (route) => {
        const [line = ''] = await program.run('version', conninfo({ ...libpqParameters(route), ...latest }));
        return line.split(' ')[0];
      });
      expect(versions).toBe('30002');
    });
  }

  it('under psql: a script, COPY and a cancelled query', async () => {
    const seen = await both.same(async (route) => {
      const env = { LD_LIBRARY_PATH: both.postgres.libraryDirectory };
      const script = `select * from items order by id; copy items to stdout; select 1 / 0;
        listen l; notify l; select pg_sleep(60), 'interrupted with another libpq';`;
      const program = startPsql(route, script, { env });
      await both.running('interrupted with another libpq');
      const ended = await program.stop('SIGINT');
      return { ...ended, stdout: ended.stdout.replace(/PID \d+/, 'PID') };
    });
    expect(seen.stderr).toContain('57014');
  });
}
