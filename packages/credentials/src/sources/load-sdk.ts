import { sourceFailed } from './source-failed.ts';

/** The cloud vendors' own packages, which nobody has to install who does not use them. */
export type SdkName = '@aws-sdk/rds-signer' | '@azure/identity' | 'google-auth-library';

/**
 * Loads a vendor's SDK with the first token that needs it.
 * @throws CredentialError `ERR_SOURCE_FAILED` with the command that installs it
 */
export async function loadSdk<Sdk>(name: SdkName, load: () => Promise<Sdk>): Promise<Sdk> {
  try {
    return await load();
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') {
      throw sourceFailed(`the package ${name} is not installed, which this profile needs`, installHint(name), cause);
    }
    throw sourceFailed(`the package ${name} could not be loaded`, installHint(name), cause);
  }
}

function installHint(name: SdkName): string {
  return `Run "npm install -g ${name}", where "gprxy" itself was installed by "npm install -g gprxy".`;
}
