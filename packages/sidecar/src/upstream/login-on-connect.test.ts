import { CredentialError, type TokenSource } from '@gprxy/credentials';
import type { ClientConnection, ErrorFields, Peer } from '@gprxy/proxy-core';
import { describe, expect, it } from 'vitest';
import { aliceTokens, testProfile } from '../config/profile.testing.ts';
import { ListenerActivity } from '../listen/listener-activity.ts';
import { startSignIn } from '../sign-in/sign-in.testing.ts';
import { connectUpstream, type UpstreamConnector } from './connect-upstream.ts';

/** A profile whose login is over until the person has signed in, and what happens to a client of it. */
function start(peer: Peer) {
  const { signIn, asked } = startSignIn();
  let isSignedIn = false;
  const tokens: TokenSource = {
    async getToken(signal) {
      if (isSignedIn) return aliceTokens.getToken(signal);
      throw new CredentialError('ERR_LOGIN_NEEDED', 'the login is over');
    },
  };
  const seen = { spares: [] as string[], notices: [] as ErrorFields[] };
  const draining = new AbortController();
  const connector = {
    ...{ profile: testProfile(), tokens, signIn, draining: draining.signal },
    activity: new ListenerActivity('prod', '127.0.0.1:5433'),
    upstream: { hosts: {}, parameters: new Map() },
    spares: { signedOut: () => seen.spares.push('signed out'), open: async () => void seen.spares.push('open') },
  } as unknown as UpstreamConnector;
  const connection = {
    ...{ peer, protocolVersion: 196_608, startup: { parameters: new Map([['user', 'x']]) } },
    notify: (notice: ErrorFields) => void seen.notices.push(notice),
  } as unknown as ClientConnection;
  const connected = connectUpstream(connector, connection, new AbortController().signal);
  connected.catch(() => {});
  const approve = () => {
    isSignedIn = true;
    asked[0]?.approve();
  };
  return { asked, seen, connected, approve, draining };
}

describe('a client that comes when the login is over', () => {
  it.each([['::1'], ['127.0.0.1'], ['::ffff:127.0.0.1'], [undefined]])(
    'waits at %s, and is then connected; what was opened for the former login is for nobody',
    async (address) => {
      const { asked, seen, connected, approve } = start(address === undefined ? {} : { address });
      await expect.poll(() => asked.length).toBe(1);
      asked[0]?.show();
      expect(seen.notices).toEqual([
        {
          ...{ severity: 'NOTICE', severityNonLocalized: 'NOTICE', code: '00000' },
          message: 'open https://login.example/device',
          hint: expect.stringContaining('The login of profile "prod" is over.'),
        },
      ]);
      approve();
      await connected;
      expect(seen.spares).toEqual(['signed out', 'open']);
    },
  );

  it.each(['192.0.2.7', '2001:db8::7', '::ffff:192.0.2.7', '1270.0.0.1'])(
    'S15 is refused at %s: nobody far away begins a login here',
    async (address) => {
      const { asked, connected } = start({ address });
      await expect(connected).rejects.toMatchObject({ code: 'ERR_LOGIN_NEEDED', sqlState: '28P01' });
      expect(asked).toEqual([]);
    },
  );

  it('is told what a drain tells', async () => {
    const { asked, connected, draining } = start({});
    await expect.poll(() => asked.length).toBe(1);
    const reason = new CredentialError('ERR_ABORTED', 'draining');
    draining.abort(reason);
    await expect(connected).rejects.toMatchObject({ message: 'draining' });
  });
});
