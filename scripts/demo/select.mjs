// A client without psql: node scripts/demo/select.mjs postgresql://localhost:5433/sales 'select 1'
import pg from 'pg';

const [connectionString, sql] = process.argv.slice(2);
const client = new pg.Client({ connectionString });
await client.connect();
const { rows } = await client.query(sql);
for (const row of rows) {
  for (const [name, value] of Object.entries(row)) console.log(`${name.padEnd(13)}| ${value}`);
}
await client.end();
