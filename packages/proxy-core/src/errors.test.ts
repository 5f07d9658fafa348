import { describe, expect, it } from 'vitest';
import { GprxyError, ProtocolError, SqlState, UpstreamError } from './errors.ts';

describe('GprxyError', () => {
  it('tells the client its message unless a client message is given', () => {
    expect(new GprxyError('broken', { code: 'ERR_TEST' })).toMatchObject({
      name: 'GprxyError',
      message: 'broken',
      clientMessage: 'broken',
      sqlState: SqlState.InternalError,
    });
    expect(new GprxyError('10.0.0.7 is down', { code: 'ERR_TEST', clientMessage: 'down' }).clientMessage).toBe('down');
  });

  it('keeps its cause, and has none when none is given', () => {
    const cause = new Error('why');
    expect(new GprxyError('broken', { code: 'ERR_TEST', cause }).cause).toBe(cause);
    expect('cause' in new GprxyError('broken', { code: 'ERR_TEST' })).toBe(false);
  });
});

describe('ProtocolError', () => {
  it('is a protocol violation unless it says otherwise', () => {
    expect(new ProtocolError('malformed')).toMatchObject({
      name: 'ProtocolError',
      code: 'ERR_PROTOCOL',
      sqlState: '08P01',
    });
    expect(new ProtocolError('version', { sqlState: SqlState.FeatureNotSupported }).sqlState).toBe('0A000');
  });
});

describe('UpstreamError', () => {
  it('speaks with the words of the server when the server said something', () => {
    const response = { severity: 'FATAL', code: '3D000', message: 'database "x" does not exist' };
    expect(new UpstreamError('login refused', { response })).toMatchObject({
      code: 'ERR_UPSTREAM',
      sqlState: '3D000',
      clientMessage: 'database "x" does not exist',
      response,
    });
  });

  it('is a lost connection when the server said nothing, or left out its SQLSTATE', () => {
    expect(new UpstreamError('gone').sqlState).toBe('08006');
    expect(new UpstreamError('gone', { response: { severity: 'FATAL', message: 'no' } }).sqlState).toBe('08006');
  });
});
