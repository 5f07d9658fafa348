import type { Profile } from '@gprxy/sidecar';
import { expect, it } from 'vitest';
import { upstreamAddresses } from './upstream-address.ts';

it.each([
  ['postgresql://db.example', [{ host: 'db.example', port: 5432 }]],
  ['postgresql://db.example:6432/sales?sslmode=verify-full', [{ host: 'db.example', port: 6432, database: 'sales' }]],
  ['postgresql://db.example/o%20dd', [{ host: 'db.example', port: 5432, database: 'o dd' }]],
  [
    'postgresql://a.example:1,b.example,[::1]:3/sales?target_session_attrs=read-write',
    [
      { host: 'a.example', port: 1, database: 'sales' },
      { host: 'b.example', port: 5432, database: 'sales' },
      { host: '[::1]', port: 3, database: 'sales' },
    ],
  ],
])('the addresses of %s', (upstream, addresses) => {
  expect(upstreamAddresses({ upstream } as Profile)).toEqual(addresses);
});
