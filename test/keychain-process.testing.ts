// One process that works with the OS keychain, for keychain.test.ts: does what it is told, by its argument and then line by line, and
// prints the results as JSON.
import { createInterface } from 'node:readline';
import { CredentialError, createKeychainStore, type StoredLogin } from '@gprxy/credentials';

export type KeychainCommand = { do: 'probe' | 'read' | 'delete' } | { do: 'write'; login: StoredLogin };

interface Job {
  service: string;
  entryBytes?: number;
  sessionBus?: string;
  commands: KeychainCommand[];
}

const job = JSON.parse(process.argv[2] ?? '') as Job;
const { service, entryBytes, sessionBus } = job;
const store = createKeychainStore({
  service,
  ...(sessionBus !== undefined && { sessionBus }),
  ...(entryBytes !== undefined && { entryBytes }),
});
const signal = new AbortController().signal;

function run(command: KeychainCommand): Promise<unknown> {
  switch (command.do) {
    case 'probe':
      return store.probe(signal);
    case 'read':
      return store.read('prod');
    case 'delete':
      return store.delete('prod');
    case 'write':
      return store.write('prod', command.login);
  }
}

async function obey(command: KeychainCommand): Promise<void> {
  const startedAt = performance.now();
  const result = await run(command).then(
    (value) => ({ value }),
    (error: unknown) => {
      if (!(error instanceof CredentialError)) throw error;
      return { code: error.code, message: error.message, hint: error.hint };
    },
  );
  process.stdout.write(`${JSON.stringify({ ...result, tookMs: performance.now() - startedAt })}\n`);
}

for (const command of job.commands) await obey(command);
for await (const line of createInterface({ input: process.stdin })) await obey(JSON.parse(line) as KeychainCommand);
