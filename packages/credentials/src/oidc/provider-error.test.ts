import { expect, it } from 'vitest';
import { providerError } from './provider-error.ts';
import type { ProviderTask } from './provider-task.ts';

const task = { settings: { issuer: 'https://login.corp.example' }, account: 'staging' } as ProviderTask;

it('a client that the provider does not know is corrected by the option that the hint names', () => {
  const error = providerError(task, { kind: 'oauth-error', error: 'invalid_client' });
  expect(error.hint).toContain('"gprxy login --profile staging --client-id ID" corrects it.');
});

it('what else the provider refuses is for its administrator', () => {
  const error = providerError(task, { kind: 'oauth-error', error: 'invalid_scope' });
  expect(error.hint).toMatch(/^Check client_id, scopes and audience with the provider's administrator/);
});
