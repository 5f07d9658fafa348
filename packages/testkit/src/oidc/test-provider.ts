import type { Endpoint } from './endpoints.ts';
import type { CannedResponse, FrontDoor } from './front-door.ts';
import { approveDevice, denyDevice } from './person.ts';
import { type SignWith, signToken } from './sign-token.ts';
import type { SigningAlgorithm, SigningKey } from './signing-keys.ts';
import { alice, type TestUser, userClaims } from './users.ts';
import type { WebServer } from './web-server.ts';

export interface TestProviderParts {
  issuer: string;
  audience: string;
  clientId: string;
  signingAlgorithm: SigningAlgorithm;
  users: readonly TestUser[];
  ca: string | undefined;
  door: FrontDoor;
  server: WebServer;
  /** The provider's keys, newest first. */
  keys(): readonly SigningKey[];
  rotateKeys(keepOld: boolean): Promise<void>;
}

/** A running OpenID provider, what a person does at its pages, and what can go wrong with it. */
export class TestProvider implements AsyncDisposable {
  readonly issuer: string;
  readonly audience: string;
  readonly clientId: string;
  /** PEM of the certificate authority that an https provider's clients must trust. */
  readonly ca: string | undefined;
  readonly #parts: TestProviderParts;

  constructor(parts: TestProviderParts) {
    this.#parts = parts;
    this.issuer = parts.issuer;
    this.audience = parts.audience;
    this.clientId = parts.clientId;
    this.ca = parts.ca;
  }

  /** How many requests `endpoint` has had. */
  requests(endpoint: Endpoint): number {
    return this.#parts.door.count(endpoint);
  }

  /** Answers the next request to `endpoint` in the provider's place. Calls queue up. */
  answerNext(endpoint: Endpoint, response: CannedResponse): void {
    this.#parts.door.answerNext(endpoint, response);
  }

  /** Approves a device login as the user with that login name. `uri` is `verification_uri_complete`. */
  approve(uri: string, user: string = alice.login): Promise<void> {
    return approveDevice(uri, { user, ...this.#trust() });
  }

  deny(uri: string): Promise<void> {
    return denyDevice(uri, this.#trust());
  }

  #trust(): { ca?: string } {
    return this.ca === undefined ? {} : { ca: this.ca };
  }

  /**
   * An access token of alice's, signed by the provider's newest key: valid but for what `claims` and `header` change
   * (`undefined` leaves one out), or what `key` forges.
   */
  signToken(
    claims: Readonly<Record<string, unknown>> = {},
    header: Readonly<Record<string, unknown>> = {},
    key?: SignWith,
  ): Promise<string> {
    const user = this.#parts.users.find(({ login }) => login === (claims.sub ?? alice.login)) ?? alice;
    const defaults = { ...this.#parts, claims: { sub: user.login, ...userClaims(user) } };
    return signToken(defaults, this.signingKey(header.alg), claims, header, key);
  }

  /** The newest key for `alg`, or for the provider's own algorithm where it has none. */
  signingKey(alg?: unknown): SigningKey {
    const keys = this.#parts.keys();
    const key =
      keys.find((candidate) => candidate.alg === alg) ?? keys.find((k) => k.alg === this.#parts.signingAlgorithm);
    if (!key) throw new Error('the provider has no key');
    return key;
  }

  /** Signs with new keys from now on. The old ones stay published unless `keepOld` is false. */
  rotateKeys(options: { keepOld?: boolean } = {}): Promise<void> {
    return this.#parts.rotateKeys(options.keepOld ?? true);
  }

  /**
   * Refuses connections (`refuse`; `finish`: once those who wait have had their answers), or takes requests and never answers (`hang`),
   * until `resume()`.
   */
  async pause(how: 'refuse' | 'finish' | 'hang' = 'refuse'): Promise<void> {
    const { door, server } = this.#parts;
    if (how === 'hang') door.silent = true;
    else await server.pause(how === 'finish' ? door.idle() : undefined);
  }

  async resume(): Promise<void> {
    this.#parts.door.silent = false;
    await this.#parts.server.resume();
  }

  stop(): Promise<void> {
    return this.#parts.server.pause();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}
