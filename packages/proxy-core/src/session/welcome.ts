import { authenticationOk } from '../wire/authentication-messages.ts';
import { encodeBackendKeyData, encodeReadyForQuery } from '../wire/backend-messages.ts';
import type { FrontendKey } from '../wire/cancel-key.ts';
import { type ErrorFields, encodeNoticeResponse } from '../wire/error-response.ts';
import type { MessageChannel } from './message-channel.ts';
import type { UpstreamSession } from './upstream-login.ts';

/** What a client is sent of its login, from AuthenticationOk to the first ReadyForQuery. */
export class Welcome {
  readonly #channel: MessageChannel;
  #isAuthenticated = false;

  constructor(channel: MessageChannel) {
    this.#channel = channel;
  }

  /**
   * A NoticeResponse before the login is through. AuthenticationOk goes ahead of it: until that, libpq takes a notice for a broken
   * server, and from then on (CONNECTION_AUTH_OK) it prints one at once. An ErrorResponse may still follow.
   */
  notify(notice: ErrorFields): void {
    this.#channel.write(...this.#authenticationOk(), encodeNoticeResponse(notice));
  }

  /** The rest of the login, as the backend that the client is attached to told it. */
  finish({ loginMessages }: UpstreamSession, key: FrontendKey | undefined): void {
    const backendKeyData = key ? [encodeBackendKeyData(key)] : [];
    const { beforeKey, afterKey } = loginMessages;
    const rest = [...beforeKey, ...backendKeyData, ...afterKey, encodeReadyForQuery('I')];
    this.#channel.write(...this.#authenticationOk(), ...rest);
  }

  #authenticationOk(): readonly Buffer[] {
    if (this.#isAuthenticated) return [];
    this.#isAuthenticated = true;
    return [authenticationOk];
  }
}
