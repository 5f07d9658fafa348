import { expect, it } from 'vitest';
import { FakeKeytar } from './keytar.testing.ts';
import { GuardedKeytar } from './keytar.ts';
import { CannotRunApart, KeytarApart } from './keytar-apart.ts';

class NowhereApart extends KeytarApart {
  override getPassword(): Promise<never> {
    return Promise.reject(new CannotRunApart());
  }
}

it('asks the keychain in this process where no other one can be started', async () => {
  const keytar = new FakeKeytar();
  keytar.entries.set('gprxy/prod', 'a login');
  const options = { service: 'gprxy', load: () => keytar, isPrompt: async () => false };
  const guarded = new GuardedKeytar({ ...options, apart: () => new NowhereApart() });
  expect(await guarded.get('prod', 1_000)).toBe('a login');
});
