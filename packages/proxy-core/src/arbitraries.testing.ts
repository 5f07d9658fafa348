import fc from 'fast-check';
import { expect } from 'vitest';
import { GprxyError } from './errors.ts';

/** Generators and checks that the property tests of all parsers share. */

export const anyBytes: fc.Arbitrary<Buffer> = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));

export const bytesOf = (minLength: number, maxLength: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ minLength, maxLength }).map((bytes) => Buffer.from(bytes));

/** What fits between two NULs: any code points but U+0000. */
export const anyText: fc.Arbitrary<string> = fc
  .string({ unit: 'binary', maxLength: 50 })
  .filter((text) => !text.includes('\0'));

export const anyName: fc.Arbitrary<string> = anyText.filter((text) => text !== '');

/** Runs a parser on bytes that may be anything: it returns, or throws an error that is meant for the client. */
export function expectNoOtherError(parse: () => unknown): void {
  try {
    parse();
  } catch (error) {
    expect(error).toBeInstanceOf(GprxyError);
  }
}
