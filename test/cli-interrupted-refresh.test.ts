import { startOidcProvider } from '@gprxy/testkit';
import { expect, it } from 'vitest';
import { installGprxy, Shell } from './gprxy-shell.testing.ts';

it('Ctrl-C does not cost the login, although the provider has just replaced the refresh token', async () => {
  await using gprxy = await installGprxy();
  await using provider = await startOidcProvider();
  await using shell = await Shell.open(gprxy);
  const flags = `--issuer ${provider.issuer} --client-id gprxy-cli --upstream postgresql://gateway.corp.example`;
  const login = shell.start(`gprxy login --insecure-storage ${flags}`);
  await provider.approve((await login.says(/With the code filled in: (\S+)/))[1] ?? '', 'alice');
  expect((await login.ended).exitCode).toBe(0);

  const body = { access_token: 'renewed', token_type: 'Bearer', expires_in: 7_200, refresh_token: 'replaced' };
  provider.answerNext('token', { status: 200, body, afterMs: 2_000 });
  const before = provider.requests('token');
  const command = shell.start('gprxy get-token --min-ttl 1h');
  await expect.poll(() => provider.requests('token'), { timeout: 10_000 }).toBe(before + 1);
  command.interrupt();
  expect(await command.ended).toMatchObject({ exitCode: 130, stdout: '' });
  expect(await shell.run('gprxy get-token')).toMatchObject({ exitCode: 0, stdout: 'renewed\n' });
});
