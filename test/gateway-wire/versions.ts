import { decodeErrorFields, encodePasswordMessage, PROTOCOL_3_0, PROTOCOL_3_2, sslRequest } from '@gprxy/proxy-core';
import type { Stack } from '@gprxy/testkit';
import { describe, expect, it } from 'vitest';
import { startup, typesOf, WireSession } from './wire-session.ts';

const PROTOCOL_3_9999 = 0x0003_270f;
const GSSENC_REQUEST = Buffer.from('0000000804d21630', 'hex');

export function describeVersions(stackOf: () => Stack): void {
  /** Logs in and returns what the server said before and after it asked for the password. */
  async function logIn(protocolVersion: number, options: ReadonlyArray<readonly [string, string]> = []) {
    const session = await WireSession.secure(stackOf());
    const before = await session.send(startup(options, protocolVersion)).upTo('RE');
    const after = await session.send(encodePasswordMessage(await stackOf().provider.signToken())).upTo('ZE');
    session.end();
    const keyBytes = (after.find(({ type }) => type === 'K')?.body.length ?? 4) - 4;
    return { before, after: typesOf(after), keyBytes };
  }

  /** What PostgreSQL itself answers to the same bytes, up to where it would ask who is there. */
  async function bothAnswers(first: Buffer) {
    const { postgres } = stackOf();
    const answers: string[] = [];
    for (const port of [stackOf().gateway.port, postgres.port]) {
      const session = await WireSession.secure(stackOf(), { port, direct: false });
      const [message] = await session.send(first).upTo('vRE');
      session.end();
      if (message?.type !== 'E') answers.push(message?.frame.toString('latin1') ?? 'closed');
      else answers.push(JSON.stringify(pick(decodeErrorFields(message.body))));
    }
    return answers;
  }

  const pick = ({ severity, code, message }: ReturnType<typeof decodeErrorFields>) => ({ severity, code, message });

  describe('S28 versions', () => {
    it.each([
      ['3.0', PROTOCOL_3_0, 4],
      ['3.1, which is reserved', 0x0003_0001, 4],
      ['3.2', PROTOCOL_3_2, 32],
    ])('S28 %s is served, with a key of its length', async (_name, protocolVersion, bytes) => {
      const { before, after, keyBytes } = await logIn(protocolVersion);
      expect(typesOf(before)).toBe('R');
      expect(after).toMatch(/^RS+KZ$/);
      expect(keyBytes).toBe(bytes);
    });

    it('S28 3.9999 is negotiated down to 3.2, and the login goes on', async () => {
      const { before, after, keyBytes } = await logIn(PROTOCOL_3_9999);
      expect(before.map(({ frame }) => frame.toString('hex'))).toEqual([
        '760000000c0003000200000000',
        '520000000800000003',
      ]);
      expect(after).toMatch(/^RS+KZ$/);
      expect(keyBytes).toBe(32);
    });

    it('S28 protocol options that nobody knows are named, reach no backend, and the login goes on', async () => {
      const { before, after } = await logIn(PROTOCOL_3_0, [
        ['_pq_.x', 'y'],
        ['_pq_.role', 'postgres'],
      ]);
      expect(typesOf(before)).toBe('vR');
      expect(before[0]?.body.subarray(8).toString()).toBe('_pq_.x\0_pq_.role\0');
      expect(after).toMatch(/^RS+KZ$/);
    });

    it.each<[string, Buffer]>([
      ['3.9999', startup([], PROTOCOL_3_9999)],
      [
        '3.0 with protocol options',
        startup([
          ['_pq_.x', 'y'],
          ['_pq_.z', ''],
        ]),
      ],
      ['3.2 with a protocol option', startup([['_pq_.x', '']], PROTOCOL_3_2)],
      ['4.0', startup([], 0x0004_0000)],
      ['255.255', startup([], 0x00ff_00ff)],
      ['SSLRequest once more, within TLS', sslRequest],
      ['GSSENCRequest within TLS', GSSENC_REQUEST],
    ])('S28 %s is answered as by PostgreSQL 18', async (_name, first) => {
      const [gateway, postgres] = await bothAnswers(first);
      expect(gateway).toBe(postgres);
    });

    it.each<[string, Buffer]>([
      ['2.0', startup([], 0x0002_0000)],
      ['4.0', startup([], 0x0004_0000)],
      ['SSLRequest within direct TLS', sslRequest],
      ['GSSENCRequest within direct TLS', GSSENC_REQUEST],
    ])('S28 %s is told 0A000, and which versions there are', async (_name, first) => {
      const session = await WireSession.secure(stackOf());
      const error = await session.send(first).fatal();
      expect(error).toMatchObject({ code: '0A000', message: expect.stringContaining('3.0 to 3.2') });
    });
  });
}
