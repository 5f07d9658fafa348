/** The claims of a JWT, decoded and not verified; `undefined` for an opaque token. For display only. */
export function decodeJwt(token: string): Record<string, unknown> | undefined {
  const [header, payload, signature, ...more] = token.split('.');
  if (signature === undefined || more.length > 0) return undefined;
  if (decodeObject(header) === undefined) return undefined;
  return decodeObject(payload);
}

function decodeObject(part: string | undefined): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part ?? '', 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
