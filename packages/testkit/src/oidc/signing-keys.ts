import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, type JWK } from 'jose';

export type SigningAlgorithm = 'ES256' | 'RS256';

export interface SigningKey {
  kid: string;
  alg: SigningAlgorithm;
  privateKey: CryptoKey;
  privateJwk: JWK;
  publicJwk: JWK;
  /** What an HS256 forger would use as the secret. */
  publicPem: string;
}

/** One key for each algorithm; `generation` tells the keys of one rotation from the next. */
export function generateSigningKeys(generation: number): Promise<SigningKey[]> {
  return Promise.all((['ES256', 'RS256'] as const).map((alg) => generateSigningKey(alg, `${alg}-${generation}`)));
}

async function generateSigningKey(alg: SigningAlgorithm, kid: string): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const common = { alg, kid, use: 'sig' };
  return {
    kid,
    alg,
    privateKey,
    privateJwk: { ...(await exportJWK(privateKey)), ...common },
    publicJwk: { ...(await exportJWK(publicKey)), ...common },
    publicPem: await exportSPKI(publicKey),
  };
}
