import { createRequire } from 'node:module';
import { sourceFailed } from './source-failed.ts';

/** The cloud vendors' own packages, which nobody has to install who does not use them. */
interface Sdks {
  '@aws-sdk/rds-signer': typeof import('@aws-sdk/rds-signer');
  '@azure/identity': typeof import('@azure/identity');
  'google-auth-library': typeof import('google-auth-library');
}

/**
 * A vendor's SDK, loaded with the first token that needs it. By `require`, which all of them serve: it is looked for from where
 * gprxy itself is installed, and no bundler follows it.
 *
 * @throws CredentialError `ERR_SOURCE_FAILED` with the command that installs it
 */
export function loadSdk<Name extends keyof Sdks>(
  name: Name,
  require: (name: string) => unknown = createRequire(import.meta.url),
): Sdks[Name] {
  try {
    return require(name) as Sdks[Name];
  } catch (cause) {
    const missing = cause instanceof Error && cause.message.startsWith(`Cannot find module '${name}'`);
    throw sourceFailed(
      missing
        ? `the package ${name} is not installed, which this profile needs`
        : `the package ${name} could not be loaded`,
      `Run "npm install -g ${name}", where "gprxy" itself was installed by "npm install -g gprxy".`,
      cause,
    );
  }
}
