const ENDPOINTS: readonly (readonly [path: string, endpoint: Endpoint])[] = [
  ['/.well-known/', 'discovery'],
  ['/jwks', 'jwks'],
  ['/device/auth', 'device_authorization'],
  ['/token/revocation', 'revocation'],
  ['/token', 'token'],
  ['/me', 'userinfo'],
];

/** The endpoints that programs call; `page` is everything that a person's browser sees. */
export type Endpoint = 'discovery' | 'jwks' | 'device_authorization' | 'token' | 'revocation' | 'userinfo' | 'page';

export function endpointOf(path: string): Endpoint {
  return ENDPOINTS.find(([start]) => path.startsWith(start))?.[1] ?? 'page';
}
