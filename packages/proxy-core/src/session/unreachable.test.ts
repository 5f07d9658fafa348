import { expect, it } from 'vitest';
import { unreachable } from './unreachable.ts';

const gateway = { host: 'gateway.corp.example', port: 6432 };
const failure = (code: string) => Object.assign(new Error('no'), { code });

it.each([
  ['ENOTFOUND', 'there is no host of this name', /Check the host of the upstream, and the network or the VPN/],
  ['EAI_AGAIN', 'no name server answers', /network or the VPN/],
  ['ECONNREFUSED', 'nothing listens there', /running and that its host and port are right/],
  ['ENETUNREACH', 'there is no way to it', /network or the VPN/],
])('%s is told in words, with what to look at', (code, words, hint) => {
  expect(unreachable(gateway, failure(code))).toMatchObject({
    message: `could not connect to gateway.corp.example:6432: ${words} (${code})`,
    sqlState: '08001',
    hint: expect.stringMatching(hint),
  });
});

it('a failure that has no words of ours is told by its code, or without one', () => {
  expect(unreachable(gateway, failure('EPIPE')).message).toBe('could not connect to gateway.corp.example:6432 (EPIPE)');
  expect(unreachable(gateway, new Error('gone'))).toMatchObject({
    message: 'could not connect to gateway.corp.example:6432',
    hint: expect.stringContaining('host and port'),
  });
});
