import { describe, expect, it } from 'vitest';
import { GprxyError } from '../errors.ts';
import { decodeErrorFields } from '../wire/error-response.ts';
import { toErrorResponse } from './close.ts';

const told = (error: unknown) => decodeErrorFields((toErrorResponse(error) as Buffer).subarray(5));

describe('what a client is told', () => {
  it('has no NUL in it, whatever the error quotes: a message that cannot be sent would end the process', () => {
    const error = new GprxyError('not "al\0ice"', { code: 'ERR_X', detail: 'de\0tail', hint: 'hi\0nt' });
    expect(told(error)).toMatchObject({ message: 'not "al\ufffdice"', detail: 'de\ufffdtail', hint: 'hi\ufffdnt' });
  });

  it('is nothing of an error that is not ours', () => {
    expect(told(new Error('password=secret'))).toMatchObject({ code: 'XX000', message: 'internal error in gprxy' });
  });
});
