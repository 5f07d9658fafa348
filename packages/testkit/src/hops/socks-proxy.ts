import { startHop, type TestHop } from './hop.ts';

/** microsocks: SOCKS5, with a password when one is given. */
export function startSocksProxy(login?: { readonly user: string; readonly password: string }): Promise<TestHop> {
  return startHop((port) => {
    const authorization = login ? ['-u', login.user, '-P', login.password] : [];
    return { command: 'microsocks', args: ['-i', '127.0.0.1', '-p', String(port), ...authorization] };
  });
}
