import { CredentialError } from '../errors.ts';
import type { StoredLogin } from '../store/stored-login.ts';
import type { Provider } from './connect-provider.ts';
import { requestFailure } from './provider-error.ts';
import type { ProviderTask } from './provider-task.ts';

/**
 * Email and name from UserInfo (OpenID Connect Core section 5.3), for providers that keep them out of the ID token.
 * Providers refuse it for tokens of another audience, so no answer is no error; an answer about somebody else is.
 *
 * @throws CredentialError `ERR_PROVIDER_REFUSED` when `sub` is another (section 5.3.2), `ERR_ABORTED`
 */
export async function askUserInfo(
  task: ProviderTask,
  { openid, configuration }: Provider,
  { accessToken, subject }: StoredLogin,
): Promise<{ email?: string; name?: string }> {
  if (configuration.serverMetadata().userinfo_endpoint === undefined) return {};
  try {
    const { email, name } = await openid.fetchUserInfo(configuration, accessToken, subject);
    return { ...(isText(email) && { email }), ...(isText(name) && { name }) };
  } catch (error) {
    if (isAboutSomebodyElse(error)) throw somebodyElse(task);
    const failure = requestFailure(task, error, [accessToken]);
    if (failure instanceof CredentialError) throw failure;
    const message = `${task.settings.issuer} does not tell the email address of who signed in`;
    task.deps.log({ level: 'debug', event: 'userinfo-refused', message });
    return {};
  }
}

/** `sub` is the only field that openid-client compares there. */
function isAboutSomebodyElse(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED';
}

function somebodyElse({ settings }: ProviderTask): CredentialError {
  return new CredentialError(
    'ERR_PROVIDER_REFUSED',
    `${settings.issuer} answered about another person than signed in`,
    {
      hint: "Nothing was kept. Report it to the provider's administrator.",
    },
  );
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
