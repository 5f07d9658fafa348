import { has, type PostgresVersion } from '@gprxy/testkit';
import { afterAll, beforeAll, describe } from 'vitest';
import { describeAsyncpg } from './asyncpg/asyncpg.ts';
import { BothRoutes } from './both-routes.ts';
import { describeJdbc } from './jdbc/jdbc.ts';
import { describeLibpq } from './libpq/libpq.ts';
import { describeLimits } from './limits/limits.ts';
import { describeLostConnections } from './lost-connections.ts';
import { describeNodePostgresMessages } from './node-postgres/messages.ts';
import { describeNodePostgresQueries } from './node-postgres/queries.ts';
import { describeNodePostgresSessions } from './node-postgres/sessions.ts';
import { describePgbench } from './pgbench/pgbench.ts';
import { describePostgresJsQueries } from './postgres-js/queries.ts';
import { describePostgresJsSessions } from './postgres-js/sessions.ts';
import { describePrismaAdapter } from './prisma/prisma.ts';
import { describePsqlScripts } from './psql/scripts.ts';
import { describePsqlSessions } from './psql/sessions.ts';
import { describePsycopg2 } from './psycopg2/psycopg2.ts';
import { describePsycopg3 } from './psycopg3/psycopg3.ts';
import { describeSqlalchemy } from './sqlalchemy/sqlalchemy.ts';
import { describeCancelKeys } from './wire/cancel-keys.ts';
import { describeLogins } from './wire/logins.ts';
import { describeMessages } from './wire/messages.ts';

/** Some move hundreds of megabytes, on machines that may be busy with the other versions. */
const PATIENCE_MS = 120_000;

/**
 * S40: clients that are not ours, through sidecar and gateway to one version of PostgreSQL. Every scenario is written once and
 * run twice, directly as well: what differs is a bug of gprxy.
 */
export function describeClients(version: PostgresVersion): void {
  describe(`S40 through sidecar and gateway to PostgreSQL ${version}`, { timeout: PATIENCE_MS }, () => {
    const both = new BothRoutes(version);
    beforeAll(() => both.start());
    afterAll(() => both.stop());

    describe('every byte', () => {
      describeLogins(both);
      describeMessages(both);
      describeCancelKeys(both);
    });
    describe('node-postgres', () => {
      describeNodePostgresQueries(both);
      describeNodePostgresMessages(both);
      describeNodePostgresSessions(both);
    });
    describe('postgres.js', () => {
      describePostgresJsQueries(both);
      describePostgresJsSessions(both);
    });
    describe('Prisma, its adapter', () => describePrismaAdapter(both));
    describe.runIf(has.psql)('psql', () => {
      describePsqlScripts(both);
      describePsqlSessions(both);
    });
    describe.runIf(has.psycopg2)('psycopg2', () => describePsycopg2(both));
    describe.runIf(has.psycopg3)('psycopg 3', () => describePsycopg3(both));
    describe.runIf(has.asyncpg)('asyncpg', () => describeAsyncpg(both));
    describe.runIf(has.sqlalchemy)('SQLAlchemy', () => describeSqlalchemy(both));
    describe.runIf(has.jdbc)('JDBC', () => describeJdbc(both));
    describe.runIf(has.pgbench)('pgbench', () => describePgbench(both));
    describe.runIf(has.psycopg2 && has.psql)('libpq', () => describeLibpq(both));
    describe('many and large', () => describeLimits(both));
    describe('when a connection is lost', () => describeLostConnections(both));
  });
}
