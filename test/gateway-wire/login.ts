import {
  decodeErrorFields,
  type ErrorFields,
  encodePasswordMessage,
  encodeSASLInitialResponse,
  encodeSASLResponse,
} from '@gprxy/proxy-core';
import type { Stack } from '@gprxy/testkit';
import { BY_OAUTHBEARER, startup, WireSession } from './wire-session.ts';

type Parameters = Readonly<Record<string, string>>;

/** Shows a token. Resolves with the error that ended the connection, or with `undefined` when the token let in. */
export type ShowToken = (stack: Stack, token: string, parameters?: Parameters) => Promise<ErrorFields | undefined>;

const showAsPassword: ShowToken = async (stack, token, parameters = {}) => {
  const session = await WireSession.secure(stack);
  const [request] = await session.send(startup(Object.entries(parameters))).upTo('RE');
  if (request?.type === 'R') session.send(encodePasswordMessage(token));
  return outcomeOf(session);
};

/** Whatever the token looks like: a client of ours would not send everything. */
const showByOAuthBearer: ShowToken = async (stack, token, { options = '', ...parameters } = {}) => {
  const session = await WireSession.secure(stack);
  const all = { ...parameters, options: `${BY_OAUTHBEARER[1]} ${options}` };
  await session.send(startup(Object.entries(all))).upTo('RE');
  const response = Buffer.from(`n,,\x01auth=Bearer ${token}\x01\x01`);
  session.send(encodeSASLInitialResponse('OAUTHBEARER', response), encodeSASLResponse(Buffer.of(1)));
  return outcomeOf(session);
};

async function outcomeOf(session: WireSession): Promise<ErrorFields | undefined> {
  const last = (await session.upTo('ZE')).at(-1);
  session.end();
  if (last?.type === 'E') return decodeErrorFields(last.body);
  if (last?.type === 'Z') return undefined;
  throw new Error('closed without an error');
}

/** With the SQLSTATE that a bad token gets. */
export const WAYS: ReadonlyArray<readonly [name: string, code: string, show: ShowToken]> = [
  ['as a password', '28P01', showAsPassword],
  ['by OAUTHBEARER', '28000', showByOAuthBearer],
];
