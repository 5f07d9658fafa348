import { encodeErrorResponse, encodeParameterStatus, encodeReadyForQuery } from '@gprxy/proxy-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noticeResponse } from './fake-upstream.testing.ts';
import { UnaskedMessages } from './unasked-messages.ts';

const timeZone = encodeParameterStatus('TimeZone', 'UTC');
const notice = noticeResponse('the night is long');
const shutdown = encodeErrorResponse({ severity: 'FATAL', code: '57P01', message: 'terminating connection' });

describe('what a server says to a session that nobody uses', () => {
  it('is kept in its order, wherever the chunks end', () => {
    const message = fc.constantFrom(timeZone, notice, encodeParameterStatus('in_hot_standby', 'off'));
    fc.assert(
      fc.property(fc.array(message, { maxLength: 20 }), fc.array(fc.nat(200)), (messages, cuts) => {
        const bytes = Buffer.concat(messages);
        const heard = new UnaskedMessages();
        let at = 0;
        for (const cut of [...cuts, bytes.length]) {
          expect(heard.push(bytes.subarray(at, at + cut))).toBe(true);
          at += cut;
        }
        expect(heard.isAtBoundary).toBe(true);
        expect(heard.frames).toEqual(messages);
      }),
    );
  });

  it('tells the last value of each parameter', () => {
    const heard = new UnaskedMessages();
    heard.push(Buffer.concat([timeZone, encodeParameterStatus('TimeZone', 'Europe/Berlin')]));
    expect([...heard.parameters]).toEqual([['TimeZone', 'Europe/Berlin']]);
  });

  it('leaves the session to nobody in the middle of a message', () => {
    const heard = new UnaskedMessages();
    expect(heard.push(notice.subarray(0, 3))).toBe(true);
    expect(heard.isAtBoundary).toBe(false);
  });

  it.each([
    ['a goodbye', shutdown],
    ['a goodbye behind a notice', Buffer.concat([notice, shutdown])],
    ['the first byte of a goodbye', shutdown.subarray(0, 1)],
    ['an answer to a question that nobody asked', encodeReadyForQuery('I')],
    ['a ParameterStatus that is none', Buffer.from('530000000878797a7a', 'hex')],
    ['a message of negative length', Buffer.from('53ffffffff', 'hex')],
    ['a message of more than it will ever need', Buffer.from('4e7fffffff', 'hex')],
    ['notices without end', Buffer.concat(Array.from({ length: 3_000 }, () => notice))],
  ])('means that nobody should have it: %s', (_, bytes) => {
    expect(new UnaskedMessages().push(bytes)).toBe(false);
  });

  it('S25 never throws, and keeps nothing that did not come whole', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), (chunks) => {
        const heard = new UnaskedMessages();
        for (const chunk of chunks) if (!heard.push(Buffer.from(chunk))) return;
        const kept = heard.frames.reduce((sum, frame) => sum + frame.length, 0);
        expect(kept).toBeLessThanOrEqual(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
      }),
    );
  });
});
