import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';

export interface ScramServerAnswer {
  serverFirst: string;
  /** Checks the client's proof; returns the server-final-message, or undefined for a wrong one. */
  finish(clientFinal: string): string | undefined;
}

/** The server's side of RFC 5802, straight from its section 3, for a client-first-message without GS2 header. */
export function answerAsScramServer(
  clientFirstBare: string,
  { password, salt, iterations, nonce }: { password: string; salt: Buffer; iterations: number; nonce: string },
): ScramServerAnswer {
  const clientNonce = /r=(.*)$/.exec(clientFirstBare)?.[1];
  const serverFirst = `r=${clientNonce}${nonce},s=${salt.toString('base64')},i=${iterations}`;
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256');
  const sign = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest();
  const storedKey = createHash('sha256').update(sign(salted, 'Client Key')).digest();
  return {
    serverFirst,
    finish(clientFinal) {
      const [withoutProof = '', proof = ''] = clientFinal.split(',p=');
      const authMessage = `${clientFirstBare},${serverFirst},${withoutProof}`;
      const signature = sign(storedKey, authMessage);
      const clientKey = Buffer.from(proof, 'base64').map((byte, index) => byte ^ (signature[index] ?? 0));
      if (!createHash('sha256').update(clientKey).digest().equals(storedKey)) return undefined;
      return `v=${sign(sign(salted, 'Server Key'), authMessage).toString('base64')}`;
    },
  };
}
