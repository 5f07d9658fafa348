import { readFile } from 'node:fs/promises';
import type { ClientAuth, CryptoKey, ServerMetadata } from 'openid-client';
import { CredentialError } from '../errors.ts';
import { importPrivateKey } from './private-key.ts';

/** How a client proves who it is (RFC 6749 section 2.3, RFC 7523 section 2.2). Called anew for each request. */
export type ClientAuthentication =
  | { kind: 'secret'; secret: (signal: AbortSignal) => Promise<string> }
  | { kind: 'private-key'; pem: (signal: AbortSignal) => Promise<string>; keyId?: string }
  /** A JWT that the platform puts into a file and replaces before it expires: workload identity federation. */
  | { kind: 'assertion-file'; path: string };

/** The proof of one request, and what it holds that no message may repeat. */
export interface ClientProof {
  authenticate: ClientAuth;
  secrets: readonly string[];
}

type Openid = typeof import('openid-client');

/** @param post the secret in the body although the provider takes it in the header, where that one did not work */
export async function proveClient(
  authentication: ClientAuthentication,
  openid: Openid,
  metadata: ServerMetadata,
  signal: AbortSignal,
  post = false,
): Promise<ClientProof> {
  switch (authentication.kind) {
    case 'secret': {
      const secret = await authentication.secret(signal);
      const inBody = post || !offers(metadata, 'client_secret_basic');
      return { authenticate: (inBody ? openid.ClientSecretPost : openid.ClientSecretBasic)(secret), secrets: [secret] };
    }
    case 'private-key': {
      const { key, algorithm } = await importPrivateKey(await authentication.pem(signal));
      const kid = authentication.keyId;
      return {
        authenticate: signedAssertion(openid, { key, ...(kid !== undefined && { kid }) }, algorithm, metadata),
        secrets: [],
      };
    }
    case 'assertion-file': {
      const assertion = await readAssertion(authentication.path);
      return { authenticate: sendAssertion(assertion), secrets: [assertion] };
    }
  }
}

/** Whether a secret that the header did not carry right is worth another try in the body (RFC 6749 section 2.3.1). */
export function mayPostSecret({ kind }: ClientAuthentication, metadata: ServerMetadata): boolean {
  return kind === 'secret' && offers(metadata, 'client_secret_basic') && offers(metadata, 'client_secret_post');
}

/** The default is OpenID Connect Discovery's. */
function offers({ token_endpoint_auth_methods_supported: methods }: ServerMetadata, method: string): boolean {
  return (methods ?? ['client_secret_basic']).includes(method);
}

/** `Ed25519` is the new name of the algorithm (RFC 9864), `EdDSA` the one that most providers know. */
function signedAssertion(
  openid: Openid,
  key: { key: CryptoKey; kid?: string },
  algorithm: string,
  { token_endpoint_auth_signing_alg_values_supported: algorithms = [] }: ServerMetadata,
): ClientAuth {
  const name =
    algorithm === 'EdDSA' && algorithms.includes('Ed25519') && !algorithms.includes('EdDSA') ? 'Ed25519' : algorithm;
  return openid.PrivateKeyJwt(key, {
    [openid.modifyAssertion]: (header) => {
      header.alg = name;
    },
  });
}

function sendAssertion(assertion: string): ClientAuth {
  return (_server, client, body) => {
    body.set('client_id', client.client_id);
    body.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
    body.set('client_assertion', assertion);
  };
}

async function readAssertion(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw badAssertion(`cannot read the assertion file ${path} (${error.code ?? 'unknown error'})`);
  });
  const assertion = text.trim();
  if (/^[\w-]+\.[\w-]+\.[\w-]+$/.test(assertion)) return assertion;
  throw badAssertion(`the assertion file ${path} does not hold a signed JWT`);
}

function badAssertion(message: string): CredentialError {
  return new CredentialError('ERR_SOURCE_FAILED', message, {
    hint: 'Correct assertion_file of the profile, or see that the platform writes it, then run the "gprxy" command again.',
  });
}
