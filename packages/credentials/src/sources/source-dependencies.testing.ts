import { type TestDependencies, testDependencies } from '../dependencies.testing.ts';
import type { SourceDependencies } from './source-dependencies.ts';

export type TestSourceDependencies = TestDependencies & SourceDependencies;

/** Profile `prod`, a clock that only the test moves, and an environment of PATH and what the test adds. */
export function testSourceDependencies(env: Record<string, string> = {}): TestSourceDependencies {
  return { ...testDependencies(), env: { PATH: process.env.PATH ?? '', ...env }, profile: 'prod' };
}

/** A JWT with these claims and no signature that anybody would take. */
export function unsignedJwt(claims: Readonly<Record<string, unknown>>): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'ES256' })}.${part(claims)}.c2lnbmF0dXJl`;
}

/** The argv of a program that is `code` of Node, without a shell. */
export function nodeCommand(code: string, ...args: string[]): readonly [string, ...string[]] {
  return [process.execPath, '-e', code, ...args];
}
