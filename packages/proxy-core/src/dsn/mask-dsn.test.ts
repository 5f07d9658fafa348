import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskDsn } from './mask-dsn.ts';

describe('maskDsn', () => {
  it.each([
    ['postgresql://db.example/sales', 'postgresql://db.example/sales'],
    ['postgresql://alice@db.example:6432/sales', 'postgresql://alice@db.example:6432/sales'],
    ['postgresql://alice:geheim@db.example/sales', 'postgresql://alice:***@db.example/sales'],
    ['postgresql://alice:@db.example', 'postgresql://alice:***@db.example'],
    ['postgresql://alice:geh@eim@db.example', 'postgresql://alice:***@db.example'],
    ['postgresql://alice:geh/eim@db.example', 'postgresql://alice:***@db.example'],
    ['postgresql://alice:geh?e=im#@db.example', 'postgresql://alice:***@db.example'],
    ['postgresql://x?sslmode=require&password=y&sslcert=z', 'postgresql://x?sslmode=require&***&sslcert=z'],
    ['postgresql://x?pass%77ord=y', 'postgresql://x?***'],
    ['postgresql://x?password=a&b?c', 'postgresql://x?***&***'],
    ['postgresql://[::1]:5432/a:b', 'postgresql://[::1]:5432/a:b'],
    ['postgresql://alice:geheim', 'postgresql://***'],
    ['postgresql://alice:geheim/x', 'postgresql://***'],
    ['host=x password=y', '***'],
    ['', '***'],
  ])('masks %s', (dsn, masked) => {
    expect(maskDsn(dsn)).toBe(masked);
  });

  it('S18 never shows a password, however it is written', () => {
    const secret = fc.string({ minLength: 1, unit: 'binary' }).map((text) => `7${text}Q`);
    fc.assert(
      fc.property(secret, (text) => {
        for (const written of [text, encodeURIComponent(text)]) {
          expect(maskDsn(`postgresql://u:${written}@db.example/x?sslmode=disable`)).toBe(
            'postgresql://u:***@db.example/x?sslmode=disable',
          );
          expect(maskDsn(`postgresql://db.example/x?password=${written}`)).not.toContain('7');
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
