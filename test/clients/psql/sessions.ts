import { expect, it } from 'vitest';
import type { BothRoutes } from '../both-routes.ts';
import { libpqEnvironment } from '../route.ts';
import { psql, startPsql } from './psql.ts';
import { CTRL_C, Terminal } from './terminal.ts';

/** How psql comes in, interrupts and ends. */
export function describePsqlSessions(both: BothRoutes): void {
  it('needs no name and no password, and may ask for TLS, which the sidecar declines', async () => {
    const { gprxy } = both.stack;
    for (const sslmode of ['disable', 'allow', 'prefer']) {
      const { stdout } = await psql({ ...gprxy, user: 'whoever' }, 'select session_user', {
        args: ['-At'],
        env: { PGSSLMODE: sslmode },
      });
      expect(stdout).toBe(`${gprxy.user}\n`);
    }
    const { exitCode, stderr } = await psql(gprxy, '', { env: { PGSSLMODE: 'require' } });
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('does not support SSL'),
    });
  });

  it('comes in through the Unix socket as well, and cancels there', async () => {
    const { gprxy, sidecar } = both.stack;
    const atSocket = { ...gprxy, host: sidecar.socketDirectory, port: 5432 };
    const script = "select session_user; select pg_sleep(60), 'interrupted at a socket';";
    const program = startPsql(atSocket, script, { args: ['-At'] });
    await both.running('interrupted at a socket');
    const { stdout, stderr } = await program.stop('SIGINT');
    expect(stdout).toBe(`${gprxy.user}\n`);
    expect(stderr).toContain('57014');
  });

  it('ends its query at Ctrl-C on a terminal, and the session goes on', async () => {
    const seen = await both.same(async (route) => {
      const terminal = new Terminal(
        'psql -X --no-readline --pset=pager=off -v VERBOSITY=verbose',
        libpqEnvironment(route),
      );
      await terminal.see('=> ');
      terminal.type("select pg_sleep(60), 'interrupted at a terminal';\n");
      await both.running('interrupted at a terminal');
      terminal.type(CTRL_C);
      const error = await terminal.see('LOCATION');
      terminal.type("select 'still ' || 'here';\n\\q\n");
      await terminal.see('still here');
      return { error: error.slice(error.indexOf('ERROR')), code: await terminal.closed() };
    });
    expect(seen).toEqual({ error: 'ERROR:  57014: canceling statement due to user request\nLOCATION', code: 0 });
  });

  it('ends its script at SIGINT, once the server has cancelled the query', async () => {
    const { stderr } = await both.same(async (route) => {
      const program = startPsql(route, "select pg_sleep(60), 'interrupted script'; select 'not run';");
      await both.running('interrupted script');
      return program.stop('SIGINT');
    });
    expect(stderr).toContain('57014');
  });

  it('says in the words of the server why its session ended', async () => {
    const words = await both.same(async (route) => {
      const { stderr } = await psql(route, "select pg_terminate_backend(pg_backend_pid()); select 'not run';");
      // Behind them libpq says in its own words that the connection is gone, and has others for TLS.
      return stderr.slice(0, stderr.indexOf('\n', stderr.indexOf('LOCATION')));
    });
    expect(words).toMatch(/^FATAL: {2}57P01: terminating connection due to administrator command\nLOCATION/);
  });
}
