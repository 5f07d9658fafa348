import { decodeErrorFields, encodePasswordMessage, PROTOCOL_3_0, sslRequest } from '@gprxy/proxy-core';
import { alice, type Stack } from '@gprxy/testkit';
import { describe, expect, it } from 'vitest';
import { auditUntil } from '../gateway.testing.ts';
import { BY_OAUTHBEARER, startup, WireSession } from './wire-session.ts';

const GSSENC_REQUEST = Buffer.from('0000000804d21630', 'hex');

export function describePlaintext(stackOf: () => Stack): void {
  const token = () => stackOf().provider.signToken();
  const plain = () => WireSession.plain(stackOf());

  describe('S13 plaintext', () => {
    it.each<[string, () => Promise<Buffer[]>]>([
      ['a startup', async () => [startup()]],
      ['a startup that wants OAUTHBEARER', async () => [startup([BY_OAUTHBEARER])]],
      ['a startup of version 3.2', async () => [startup([], PROTOCOL_3_0 + 2)]],
      ['a startup and, unasked, the token', async () => [startup(), encodePasswordMessage(await token())]],
      ['a startup of somebody unknown', async () => [startup([['user', 'nobody']])]],
    ])('S13 %s is refused before anything is asked for', async (_name, write) => {
      const session = await plain();
      const message = await session.send(...(await write())).next();
      expect(message?.type).toBe('E');
      expect(decodeErrorFields(message?.body ?? Buffer.alloc(0))).toMatchObject({
        severity: 'FATAL',
        code: '28000',
        hint: expect.stringContaining('sslmode=verify-full'),
      });
      expect((await session.client.readToEnd()).bytes.length).toBe(0);
    });

    it('S13 a startup after GSSENCRequest was answered with N is refused all the same', async () => {
      const session = await plain();
      expect((await session.send(GSSENC_REQUEST).client.read(1)).toString()).toBe('N');
      expect(await session.send(startup()).fatal()).toMatchObject({ code: '28000' });
    });

    it('S13 a startup after SSLRequest was answered with S is not read', async () => {
      const session = await plain();
      expect((await session.send(sslRequest).client.read(1)).toString()).toBe('S');
      const { bytes } = await session.send(startup(), encodePasswordMessage(await token())).client.readToEnd();
      // At most an alert of TLS.
      expect(bytes.length === 0 || bytes[0] === 0x15).toBe(true);
    });

    it.each([
      ['SSLRequest', sslRequest],
      ['GSSENCRequest', GSSENC_REQUEST],
    ])('S12 bytes behind %s are refused unread', async (_name, request) => {
      const session = await plain();
      expect(await session.send(request, startup()).fatal()).toMatchObject({ code: '08P01' });
    });
  });

  describe('S11 a second startup in the place of', () => {
    const second = startup([['user', 'bob@corp.example']]);

    it.each<[string, readonly (readonly [string, string])[]]>([
      ['the password', []],
      ['the SASL message', [BY_OAUTHBEARER]],
    ])('S11 %s changes nobody', async (_name, options) => {
      const application = `second startup ${options.length}`;
      const session = await WireSession.secure(stackOf());
      await session.send(startup([...options, ['application_name', application]])).upTo('RE');
      session.send(second, encodePasswordMessage(await stackOf().provider.signToken({ sub: 'bob' })));
      expect(await session.fatal()).toMatchObject({ severity: 'FATAL', code: '08P01' });
      const ours = (all: Array<Record<string, unknown>>) => all.filter((record) => record.application === application);
      const records = ours(await auditUntil(stackOf(), (all) => ours(all).length > 0));
      expect(records).toMatchObject([{ event: 'denial', user: alice.email, sqlstate: '08P01' }]);
      expect(records[0]).not.toHaveProperty('role');
    });

    it.each('QXEPBdcfSFHCD'.split(''))('S11 a password in a message of type %s is none', async (type) => {
      const session = await WireSession.secure(stackOf());
      await session.send(startup()).upTo('RE');
      const message = encodePasswordMessage(await token());
      message.write(type, 0);
      expect(await session.send(message).fatal()).toMatchObject({ code: '08P01' });
    });
  });
}
