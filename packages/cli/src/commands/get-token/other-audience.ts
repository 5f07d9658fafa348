import { createAudienceTokenSource, requireAudience, settingsFor, type TokenSource } from '@gprxy/credentials';
import type { Profile } from '@gprxy/sidecar';
import { usageError } from '../../cli-error.ts';
import type { Dependencies } from '../../dependencies.ts';
import { profileLogin, tokenSourceFor } from '../../profile-login.ts';
import type { GetTokenOptions } from './get-token-command.ts';

/** Tokens for somebody else than the upstream, as `--audience` and `--scope` say, by the means that the profile has. */
export async function otherAudience(
  profile: Profile,
  { audience, scope: scopes }: Pick<GetTokenOptions, 'audience' | 'scope'>,
  dependencies: Dependencies,
): Promise<TokenSource> {
  const { credential } = profile;
  const target = { ...(audience !== undefined && { audience }), ...(scopes !== undefined && { scopes }) };
  switch (credential.kind) {
    case 'oidc':
      return createAudienceTokenSource({ ...(await profileLogin(profile, dependencies)), target });
    case 'client-credentials': {
      const tokens = await tokenSourceFor({ ...profile, credential: settingsFor(credential, target) }, dependencies);
      return {
        async getToken(signal, options) {
          const token = await tokens.getToken(signal, options);
          requireAudience(credential, target, token.token);
          return token;
        },
      };
    }
    case 'azure-entra': {
      // Entra names the audience in the scope.
      const scope = scopes?.join(' ') ?? `${audience?.replace(/\/$/, '')}/.default`;
      return tokenSourceFor({ ...profile, credential: { ...credential, scope } }, dependencies);
    }
    default:
      throw usageError(
        `credential = "${credential.kind}" of profile "${profile.name}" gives tokens for the upstream only`,
        'Leave out --audience and --scope, or name a profile with credential = "oidc".',
      );
  }
}
