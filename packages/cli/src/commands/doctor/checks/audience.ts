import type { CredentialSettings } from '@gprxy/credentials';
import { CliError } from '../../../cli-error.ts';
import { type Finding, ok, warning } from '../check.ts';
import type { SetUp } from '../set-up.ts';
import { providerOf } from './issuer.ts';

/** Whether the token is for the upstream: its `aud` (RFC 9068 section 2.2) is what a gateway looks at first. */
export async function checkAudience({ profile, token }: SetUp): Promise<Finding> {
  const [{ name, credential }, { token: text, identity }] = await Promise.all([profile(), token()]);
  const provider = providerOf(credential);
  if (provider === undefined) return ok(`not needed by credential = "${credential.kind}"`);
  const wanted = provider.audience ?? provider.resource;
  if (!isJwt(text)) return opaque(wanted, name);
  const audiences = [identity.claims.aud].flat().filter((value) => typeof value === 'string');
  if (audiences.length === 0) throw missing(wanted, name);
  if (wanted !== undefined && !audiences.includes(wanted)) throw other(wanted, audiences, credential);
  if (wanted === undefined && audiences.every((audience) => audience === provider.clientId)) {
    return warning(
      `the token is for the client itself (${provider.clientId}), which gateways refuse`,
      `Set audience (or resource, or a scope) of profile "${name}" to what the gateway expects, then run "gprxy login".`,
    );
  }
  return ok(audiences.join(', '));
}

function isJwt(token: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]*$/.test(token);
}

function opaque(wanted: string | undefined, profile: string): Finding {
  const message = 'the token is opaque: only the provider itself can say whom it is for';
  const set = wanted === undefined ? 'Set audience of' : 'Compare audience with the API that the provider knows, in';
  return warning(message, `${set} profile "${profile}", then run "gprxy login": Auth0 and others then give a JWT.`);
}

function missing(wanted: string | undefined, profile: string): CliError {
  return new CliError('the token has no audience ("aud")', {
    code: 'ERR_CONFIG_AUDIENCE',
    hint:
      wanted === undefined
        ? `Set audience of profile "${profile}" to what the gateway expects, then run "gprxy login --profile ${profile}".`
        : `Have the provider's administrator give the client the audience ${wanted} (Keycloak: an audience mapper).`,
  });
}

function other(wanted: string, audiences: readonly string[], { kind }: CredentialSettings): CliError {
  const again = kind === 'oidc' ? ', then run "gprxy login"' : '';
  return new CliError(`the token is for ${audiences.join(', ')}, not for ${wanted}`, {
    code: 'ERR_CONFIG_AUDIENCE',
    hint: `Correct audience or resource of the profile, or have the provider's administrator allow it${again}.`,
  });
}
