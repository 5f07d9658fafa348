import { describe, expect, it } from 'vitest';
import { exitCodeFor, exitCodeOfChild } from './exit-code.ts';

describe('exit codes', () => {
  it.each([
    ['ERR_USAGE', 2],
    ['ERR_CONFIG', 3],
    ['ERR_CONFIG_LISTEN', 3],
    ['ERR_SOURCE_FAILED', 3],
    ['ERR_LOGIN_NEEDED', 4],
    ['ERR_LOGIN_EXPIRED', 4],
    ['ERR_LOGIN_DENIED', 5],
    ['ERR_PROVIDER_REFUSED', 5],
    ['ERR_PROVIDER_UNREACHABLE', 6],
    ['ERR_UPSTREAM', 7],
    ['ERR_STORE_ABSENT', 8],
    ['ERR_STORE_LOCKED', 8],
    ['ERR_STORE_FAILED', 8],
    ['ERR_ABORTED', 130],
    ['ENOSPC', 1],
  ])('%s is %i', (code, exitCode) => {
    expect(exitCodeFor(Object.assign(new Error('x'), { code }))).toBe(exitCode);
  });

  it('calls everything it does not know unexpected', () => {
    expect([new Error('x'), 'text', undefined, null].map(exitCodeFor)).toEqual([1, 1, 1, 1]);
  });

  it('reports a child that a signal ended as a shell does', () => {
    expect([exitCodeOfChild(2, undefined), exitCodeOfChild(null, 15)]).toEqual([2, 143]);
  });
});
