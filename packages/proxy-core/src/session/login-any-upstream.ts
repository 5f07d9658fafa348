import { randomInt } from 'node:crypto';
import { SqlState, UpstreamError } from '../errors.ts';
import { terminate } from '../wire/frontend-messages.ts';
import type { UpstreamLogin } from './authenticate-upstream.ts';
import type { UpstreamTarget } from './connect-upstream-socket.ts';
import { suits, type TargetSessionAttrs } from './target-session-attrs.ts';
import { loginUpstream, type UpstreamSession } from './upstream-login.ts';

export interface UpstreamHosts {
  /** At least one, in the order in which they are tried. */
  readonly targets: readonly UpstreamTarget[];
  readonly targetSessionAttrs: TargetSessionAttrs;
  /** Another order each time. */
  readonly loadBalanceHosts: boolean;
}

export type AnyUpstreamLogin = Omit<UpstreamLogin, 'target'> & UpstreamHosts;

/**
 * Logs in to the first of several hosts that can be reached and is what `targetSessionAttrs` asks for, as libpq does
 * ("Specifying Multiple Hosts"): a host that cannot be reached, or cannot take connections now, is passed over; one that
 * refuses the login ends the search, because the others would do the same. Rejects with the error of the only host, or
 * with one that names what was wrong with each.
 */
export async function loginAnyUpstream(login: AnyUpstreamLogin, signal: AbortSignal): Promise<UpstreamSession> {
  const failures: UpstreamError[] = [];
  const targets = login.loadBalanceHosts ? shuffled(login.targets) : login.targets;
  for (const attrs of rounds(login.targetSessionAttrs)) {
    for (const target of targets) {
      const session = await loginUpstream({ ...login, target }, signal).catch((error: unknown) => {
        if (signal.aborted || !isPassedOver(error)) throw error;
        failures.push(error);
      });
      if (!session) continue;
      if (suits(attrs, session.parameters)) return session;
      failures.push(unsuitable(session, attrs));
      session.channel
        .release()
        .on('error', () => {})
        .end(terminate);
    }
  }
  throw failures.length === 1 ? failures[0] : noneOf(failures);
}

/** A standby is preferred in a first round; the second takes whatever there is. */
function rounds(attrs: TargetSessionAttrs): readonly TargetSessionAttrs[] {
  return attrs === 'prefer-standby' ? ['standby', 'any'] : [attrs];
}

function isPassedOver(error: unknown): error is UpstreamError {
  if (!(error instanceof UpstreamError)) return false;
  return error.response === undefined ? isUnreachable(error) : error.response.code === SqlState.CannotConnectNow;
}

function isUnreachable({ sqlState }: UpstreamError): boolean {
  return sqlState === SqlState.CannotEstablish || sqlState === SqlState.ConnectionFailure;
}

function unsuitable({ target, parameters }: UpstreamSession, attrs: TargetSessionAttrs): UpstreamError {
  const why = suits(attrs, parameters) === undefined ? 'does not say whether it is' : 'is not';
  return new UpstreamError(`${target.host}:${target.port} ${why} what target_session_attrs=${attrs} asks for`, {
    code: 'ERR_UPSTREAM_UNSUITABLE',
    sqlState: SqlState.CannotEstablish,
    hint: 'Check target_session_attrs of the upstream, and the state of its hosts.',
  });
}

function noneOf(failures: readonly UpstreamError[]): UpstreamError {
  return new UpstreamError('none of the hosts of the upstream can be used', {
    code: 'ERR_UPSTREAM_UNREACHABLE',
    sqlState: SqlState.CannotEstablish,
    detail: failures.map(({ message }) => message).join('; '),
    hint: 'Check that one of them is running, and that hosts and ports are right.',
    cause: failures.at(-1),
  });
}

/** Fisher and Yates: every order is as likely. */
function shuffled<T>(list: readonly T[]): readonly T[] {
  const order = [...list];
  for (let last = order.length - 1; last > 0; last--) {
    const other = randomInt(last + 1);
    [order[last], order[other]] = [order[other] as T, order[last] as T];
  }
  return order;
}
