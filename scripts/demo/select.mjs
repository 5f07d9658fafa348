// A client without psql: node scripts/demo/select.mjs postgresql://localhost:5433/sales 'select 1'
import { userInfo } from 'node:os';
import pg from 'pg';

// node-postgres takes the name from $USER alone, which containers often lack.
pg.defaults.user ??= userInfo().username;
const [connectionString, sql] = process.argv.slice(2);
const client = new pg.Client({ connectionString });
await client.connect();
const { rows } = await client.query(sql);
for (const row of rows) {
  for (const [name, value] of Object.entries(row)) console.log(`${name.padEnd(13)}| ${value}`);
}
await client.end();
