import { type Stack, startStack } from '@gprxy/testkit';
import { afterAll, beforeAll } from 'vitest';
import { describeOAuthBearer } from './gateway-wire/oauthbearer.ts';
import { describePlaintext } from './gateway-wire/plaintext.ts';
import { describeSizes } from './gateway-wire/sizes.ts';
import { describeVersions } from './gateway-wire/versions.ts';

// Raw bytes at a real gateway before PostgreSQL 18, whose answers the gateway's must be.

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ version: 18 });
});
afterAll(() => stack?.stop());

describePlaintext(() => stack);
describeVersions(() => stack);
describeSizes(() => stack);
describeOAuthBearer(() => stack);
