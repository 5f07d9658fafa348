import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startHop, type TestHop } from './hop.ts';

/** tinyproxy: HTTP CONNECT to any port, with a password when one is given. */
export function startHttpProxy(login?: { readonly user: string; readonly password: string }): Promise<TestHop> {
  return startHop(async (port, directory) => {
    const file = join(directory, 'tinyproxy.conf');
    const authorization = login ? [`BasicAuth ${login.user} ${login.password}`] : [];
    await writeFile(file, ['Listen 127.0.0.1', `Port ${port}`, 'Timeout 60', ...authorization, ''].join('\n'));
    return { command: 'tinyproxy', args: ['-d', '-c', file] };
  });
}
