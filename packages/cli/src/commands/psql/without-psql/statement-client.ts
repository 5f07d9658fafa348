import { readFile } from 'node:fs/promises';
import { passwordIn } from '@gprxy/sidecar';
import pg from 'pg';
import { CliError } from '../../../cli-error.ts';
import type { LocalTarget } from '../../../local-session/client-environment.ts';
import type { SessionKey } from './cancel-statement.ts';
import type { StatementResult } from './format-result.ts';
import { connectionError } from './server-message.ts';

/** node-postgres with values left as the server writes them, which is what psql prints. */
export interface StatementClient {
  /** All results of one or more statements, by the simple query protocol as psql -c does it. */
  run(sql: string): Promise<readonly StatementResult[]>;
  readonly key: SessionKey;
  close(): Promise<void>;
}

/** What node-postgres has but its types do not tell. */
interface Internals {
  readonly processID: number;
  readonly secretKey: number;
  readonly connection: NodeJS.EventEmitter;
}

export async function connectStatementClient(
  target: LocalTarget,
  onNotice: (notice: { severity?: string | undefined; message?: string | undefined }) => void,
): Promise<StatementClient> {
  const client = new pg.Client(clientConfig(target));
  const internals = client as unknown as Internals;
  const tags: string[] = [];
  client.on('notice', onNotice);
  client.on('error', () => {}); // The statement that was running rejects with the same error.
  await client.connect().catch((error: unknown) => {
    throw connectionError(error);
  });
  // node-postgres keeps only the first word of a command's tag.
  internals.connection.on('commandComplete', ({ text }: { text: string }) => tags.push(text));
  internals.connection.on('emptyQuery', () => tags.push(''));
  return {
    key: { processId: internals.processID, secretKey: internals.secretKey },
    close: () => client.end().catch(() => {}),
    async run(sql) {
      tags.length = 0;
      const answer = await client.query({ text: sql, rowMode: 'array' });
      return [answer].flat().map((result, i) => statementResult(result, tags[i] ?? ''));
    },
  };
}

function statementResult({ fields, rows }: pg.QueryArrayResult, tag: string): StatementResult {
  return { columns: fields.map(({ name, dataTypeID }) => ({ name, typeOid: dataTypeID })), rows, tag };
}

function clientConfig({ endpoint, database, user }: LocalTarget): pg.ClientConfig {
  return {
    host: endpoint.host,
    port: endpoint.port,
    database,
    ...(user !== undefined && { user }),
    ssl: false,
    application_name: 'gprxy',
    // Left out, node-postgres would look for one in ~/.pgpass and send it to whoever asks.
    password: async () => {
      const own = endpoint.passwordFile && passwordIn(await readFile(endpoint.passwordFile, 'utf8'), endpoint);
      if (own) return own;
      throw new CliError('something on the local port asks for a password', { code: 'ERR_UPSTREAM_PASSWORD' });
    },
    types: { getTypeParser: () => (text: string) => text } as unknown as pg.CustomTypesConfig,
  };
}
