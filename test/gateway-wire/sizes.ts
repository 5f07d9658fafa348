import {
  decodeErrorFields,
  encodeOAuthBearerInitialResponse,
  encodePasswordMessage,
  encodeSASLInitialResponse,
} from '@gprxy/proxy-core';
import { alice, type Stack } from '@gprxy/testkit';
import { describe, expect, it } from 'vitest';
import { BY_OAUTHBEARER, startup, typesOf, WireSession } from './wire-session.ts';

/** A message of type "p" whose body has that many bytes; only its header. */
function passwordHeader(bodyBytes: number): Buffer {
  const header = Buffer.from('p\0\0\0\0');
  header.writeUInt32BE(bodyBytes + 4, 1);
  return header;
}

/** As long as a StartupMessage may be, or longer. */
function startupOf(bytes: number): Buffer {
  const packet = Buffer.alloc(bytes, 'x');
  startup([['application_name', '']]).copy(packet);
  packet.writeUInt32BE(bytes, 0);
  const name = packet.indexOf('application_name\0') + 'application_name\0'.length;
  packet.fill('x', name, bytes - 2).fill(0, bytes - 2);
  return packet;
}

export function describeSizes(stackOf: () => Stack): void {
  const secure = () => WireSession.secure(stackOf());

  describe('S27 sizes', () => {
    it('S27 a startup of 10,000 bytes is read, and refused for what PostgreSQL would not read', async () => {
      const session = await secure();
      expect(typesOf(await session.send(startupOf(10_000)).upTo('RE'))).toBe('R');
      const error = await session.send(encodePasswordMessage(await stackOf().provider.signToken())).fatal();
      expect(error).toMatchObject({ code: '53400', message: expect.stringContaining('10000') });
    });

    it.each([
      ['10,001 bytes', startupOf(10_001)],
      ['10,001 bytes, of which only the length comes', Buffer.from('00002711', 'hex')],
      ['4 GiB', Buffer.from('ffffffff00030000', 'hex')],
      ['7 bytes', Buffer.from('00000007000300', 'hex')],
      ['0 bytes', Buffer.alloc(8)],
    ])('S27 a startup of %s is not answered', async (_name, bytes) => {
      const session = await secure();
      expect((await session.send(bytes).client.readToEnd()).bytes.toString()).toBe('');
    });

    it.each<[string, readonly (readonly [string, string])[]]>([
      ['a password', []],
      ['a SASL message', [BY_OAUTHBEARER]],
    ])('S27 %s of 65,536 bytes is refused from its header, one of 65,535 is read', async (_name, options) => {
      for (const bytes of [65_536, 0x3fff_ffff, 0x7fff_fff0, 0x8000_0000, 0xffff_fff0]) {
        const session = await secure();
        await session.send(startup(options)).upTo('RE');
        expect(await session.send(passwordHeader(bytes)).fatal()).toMatchObject({ code: '08P01' });
      }
      const session = await secure();
      await session.send(startup(options)).upTo('RE');
      session.send(passwordHeader(65_535), Buffer.alloc(65_534, 'x'), Buffer.alloc(1));
      expect((await session.fatal()).code).toBe(options.length === 0 ? '28P01' : '08P01');
    });
  });

  describe('a token of over 16 KB, because of its many groups', () => {
    const groups = [...alice.groups, ...Array.from({ length: 500 }, (_, i) => `group-${i + 1_000}-of-many-others`)];

    it.each<[string, readonly (readonly [string, string])[], (token: string) => Buffer]>([
      ['as a password', [], encodePasswordMessage],
      [
        'by OAUTHBEARER',
        [BY_OAUTHBEARER],
        (token) => encodeSASLInitialResponse('OAUTHBEARER', encodeOAuthBearerInitialResponse(token)),
      ],
    ])('lets in %s', async (_name, options, present) => {
      const token = await stackOf().provider.signToken({ groups });
      expect(token.length).toBeGreaterThan(16_384);
      const session = await secure();
      await session.send(startup(options)).upTo('RE');
      const messages = await session.send(present(token)).upTo('ZE');
      session.end();
      const [error] = messages.filter(({ type }) => type === 'E');
      expect(error && decodeErrorFields(error.body)).toBeUndefined();
      expect(typesOf(messages)).toMatch(/^RS+KZ$/);
    });
  });
}
