import pg from 'pg';

/** A way to send a statement. Errors: pg.DatabaseError. */
export type Carry = (client: pg.Client, statement: string) => Promise<unknown>;

const { escapeLiteral } = pg;

/** By the extended protocol: Parse, Bind, Execute. */
export function queryExtended(client: pg.Client, text: string, values: unknown[] = []): Promise<pg.QueryResult> {
  return client.query({ text, values, queryMode: 'extended' } as pg.QueryConfig);
}

let statements = 0;
const newName = () => `s${++statements}`;

const ON_TOP: Readonly<Record<string, Carry>> = {
  'by the simple protocol': (client, statement) => client.query(statement),
  'by the extended protocol': queryExtended,
  'as a named statement': (client, text) => client.query({ name: newName(), text }),
};

/** A dollar-quoted body would end where the statement says so. */
const WITHIN_OTHERS: Readonly<Record<string, Carry>> = {
  'among others in one message': (client, statement) => client.query(`SELECT 1; ${statement}\n; SELECT 2`),
  'in a DO block': (client, statement) =>
    client.query(`DO ${escapeLiteral(`BEGIN EXECUTE ${escapeLiteral(statement)}; END`)}`),
  'in a function': async (client, statement) => {
    await client.query(`CREATE OR REPLACE FUNCTION pg_temp.carry(statement text) RETURNS void LANGUAGE plpgsql AS
      'BEGIN EXECUTE statement; END'`);
    await queryExtended(client, 'SELECT pg_temp.carry($1)', [statement]);
  },
};

const FOR_QUERIES: Readonly<Record<string, Carry>> = {
  'by query_to_xml': (client, query) => queryExtended(client, "SELECT query_to_xml($1, true, false, '')", [query]),
  'by PREPARE and EXECUTE': async (client, query) => {
    const name = newName();
    await client.query(`PREPARE ${name} AS ${query}`);
    await client.query(`EXECUTE ${name}`);
  },
  'by a cursor': (client, query) =>
    client.query(`BEGIN; DECLARE c CURSOR WITH HOLD FOR ${query}; FETCH ALL FROM c; CLOSE c; COMMIT`),
};

/** Every way to send these statements, by its name. */
export function carriersOf(statements: readonly string[], isTopLevel = false): Array<[name: string, carry: Carry]> {
  if (isTopLevel) return Object.entries(ON_TOP);
  const areQueries = statements.every((statement) => statement.startsWith('SELECT'));
  return Object.entries({ ...ON_TOP, ...WITHIN_OTHERS, ...(areQueries && FOR_QUERIES) });
}
