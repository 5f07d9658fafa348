import { SqlState, UpstreamError } from '../errors.ts';

interface Reason {
  /** In words; the code of the system stands behind them. */
  readonly what: string;
  readonly hint: string;
}

const elsewhere = 'Check the network or the VPN, then connect again.';

/** What Node calls the failures of a name's look-up (getaddrinfo(3)) and of a connection (connect(2)). */
const REASONS: Readonly<Record<string, Reason>> = {
  ENOTFOUND: {
    what: 'there is no host of this name',
    hint: 'Check the host of the upstream, and the network or the VPN.',
  },
  EAI_AGAIN: { what: 'no name server answers', hint: elsewhere },
  ECONNREFUSED: {
    what: 'nothing listens there',
    hint: 'Check that the upstream is running and that its host and port are right.',
  },
  EHOSTUNREACH: { what: 'there is no way to it', hint: elsewhere },
  ENETUNREACH: { what: 'there is no way to it', hint: elsewhere },
  ETIMEDOUT: { what: 'no answer', hint: elsewhere },
};

const other = 'Check that the upstream is running and that its host and port are right.';

/** The error of an upstream to which there is no connection (08001), in words for a person who never saw an errno. */
export function unreachable({ host, port }: { host: string; port: number }, cause: Error): UpstreamError {
  const code = 'code' in cause ? String(cause.code) : undefined;
  const reason = code === undefined ? undefined : REASONS[code];
  const inBrackets = code === undefined ? '' : ` (${code})`;
  const what = reason === undefined ? '' : `: ${reason.what}`;
  return new UpstreamError(`could not connect to ${host}:${port}${what}${inBrackets}`, {
    code: 'ERR_UPSTREAM_UNREACHABLE',
    sqlState: SqlState.CannotEstablish,
    hint: reason?.hint ?? other,
    cause,
  });
}
