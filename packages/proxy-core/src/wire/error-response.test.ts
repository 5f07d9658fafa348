import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyBytes, anyText, expectNoOtherError } from '../arbitraries.testing.ts';
import { ProtocolError } from '../errors.ts';
import { ByteBuilder, bodyOf } from './byte-builder.testing.ts';
import { decodeErrorFields, type ErrorFields, encodeErrorResponse, encodeNoticeResponse } from './error-response.ts';
import { parseAsClient } from './pg-protocol.testing.ts';

const fatal: ErrorFields = {
  severity: 'FATAL',
  severityNonLocalized: 'FATAL',
  code: '28000',
  message: 'login for alice@corp.example has expired',
  hint: 'Run "gprxy login --profile prod".',
};

const every: Required<ErrorFields> = {
  severity: 'FEHLER',
  severityNonLocalized: 'ERROR',
  code: '23505',
  message: 'm',
  detail: 'd',
  hint: 'h',
  position: '1',
  internalPosition: '2',
  internalQuery: 'q',
  where: 'w',
  schema: 's',
  table: 't',
  column: 'c',
  dataType: 'dt',
  constraint: 'n',
  file: 'f.c',
  line: '3',
  routine: 'r',
  unknown: new Map([['z', 'of the future']]),
};

describe('encodeErrorResponse', () => {
  it('writes severity, SQLSTATE, message and the rest in the order of PostgreSQL', () => {
    const body = new ByteBuilder()
      .string('SFATAL')
      .string('VFATAL')
      .string('C28000')
      .string('Mlogin for alice@corp.example has expired')
      .string('HRun "gprxy login --profile prod".')
      .byte(0);
    expect(encodeErrorResponse(fatal)).toEqual(body.message('E'));
    expect(encodeNoticeResponse(fatal)).toEqual(body.message('N'));
  });

  it('is understood by node-postgres, field for field', async () => {
    const { unknown, message, severityNonLocalized, ...fields } = every;
    const [error, notice] = await parseAsClient(encodeErrorResponse(every), encodeNoticeResponse(every));
    expect(error).toMatchObject({ name: 'error', ...fields });
    expect((error as Error).message).toBe(message);
    expect(notice).toMatchObject({ name: 'notice', message, ...fields });
  });

  it('refuses a message that would end early', () => {
    expect(() => encodeErrorResponse({ severity: 'FATAL', message: 'a\0Cxxxxx' })).toThrow(ProtocolError);
  });
});

describe('decodeErrorFields', () => {
  it('reads back every field, those of later protocols too', () => {
    expect(decodeErrorFields(bodyOf(encodeErrorResponse(every)))).toEqual(every);
    const field = fc.constantFrom(
      ...(Object.keys(every).filter((name) => name !== 'unknown') as Array<keyof ErrorFields>),
    );
    fc.assert(
      fc.property(fc.dictionary(field, anyText), (some) => {
        const fields: ErrorFields = { severity: 'ERROR', message: '', ...some };
        expect(decodeErrorFields(bodyOf(encodeErrorResponse(fields)))).toEqual(fields);
      }),
    );
  });

  it('reads an ErrorResponse without SQLSTATE', () => {
    const fields = decodeErrorFields(new ByteBuilder().string('SFATAL').string('Mno such user').byte(0).build());
    expect(fields).toEqual({ severity: 'FATAL', message: 'no such user' });
  });

  it('reads an ErrorResponse without any field', () => {
    expect(decodeErrorFields(Buffer.of(0))).toEqual({ severity: 'ERROR', message: '' });
  });

  it('reads what it can of a message in another encoding', () => {
    const body = new ByteBuilder().bytes(Buffer.from('Mpass\xf6rd', 'latin1')).byte(0).byte(0).build();
    expect(decodeErrorFields(body).message).toBe('pass\ufffdrd');
  });

  it.each([
    ['nothing', new ByteBuilder()],
    ['no end of the list', new ByteBuilder().string('SFATAL')],
    ['a field that is not terminated', new ByteBuilder().string('SFATAL').byte('M').byte('x')],
    ['data behind the end', new ByteBuilder().string('SFATAL').byte(0).string('Mx')],
  ])('refuses %s', (_, builder) => {
    expect(() => decodeErrorFields(builder.build())).toThrow(ProtocolError);
  });

  it('S25 answers arbitrary bytes with fields or a ProtocolError', () => {
    fc.assert(fc.property(anyBytes, (bytes) => expectNoOtherError(() => decodeErrorFields(bytes))));
  });
});
