import { describe, expect, it } from 'vitest';
import { parseEndpoint } from './local-endpoint.ts';

describe("the sidecar's addresses", () => {
  it.each([
    ['127.0.0.1:5433', { host: '127.0.0.1', port: 5433 }],
    ['[::1]:5433', { host: '::1', port: 5433 }],
    ['/run/user/1000/gprxy/prod/.s.PGSQL.5432', { host: '/run/user/1000/gprxy/prod', port: 5432 }],
    ['nonsense', undefined],
    ['/run/gprxy/other.sock', undefined],
  ])('%s', (address, endpoint) => {
    expect(parseEndpoint(address)).toEqual(endpoint);
  });
});
