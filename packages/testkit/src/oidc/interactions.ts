import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import { consentPage, loginPage } from './pages.ts';
import type { TestUser } from './users.ts';

export const interactionPath = (uid: string) => `/interaction/${uid}`;

/** Koa middleware: the pages at which a person signs in and consents. */
export function interactionPages(provider: Provider, users: readonly TestUser[]) {
  return async (ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> => {
    if (!ctx.path.startsWith(interactionPath(''))) return next();
    const interaction = await provider.interactionDetails(ctx.req, ctx.res);
    if (ctx.method === 'POST') return submit(provider, ctx, interaction, users);
    show(ctx, interaction, users);
  };
}

type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>;

function show(ctx: KoaContextWithOIDC, interaction: Interaction, users: readonly TestUser[]): void {
  const { prompt, params } = interaction;
  const scopes = String(params.scope ?? '').split(' ');
  ctx.type = 'html';
  ctx.body =
    prompt.name === 'login'
      ? loginPage(
          ctx.path,
          users.map((user) => user.login),
        )
      : consentPage(ctx.path, String(params.client_id), scopes);
}

async function submit(
  provider: Provider,
  ctx: KoaContextWithOIDC,
  interaction: Interaction,
  users: readonly TestUser[],
): Promise<void> {
  const form = await readForm(ctx);
  const known = users.some((user) => user.login === form.get('login'));
  if (interaction.prompt.name === 'login' && !known) return show(ctx, interaction, users);
  const result =
    interaction.prompt.name === 'login'
      ? { login: { accountId: form.get('login') ?? '' } }
      : { consent: { grantId: await grantEverythingAsked(provider, interaction) } };
  const next = await provider.interactionResult(ctx.req, ctx.res, result, { mergeWithLastSubmission: true });
  ctx.redirect(next);
}

async function grantEverythingAsked(provider: Provider, interaction: Interaction): Promise<string> {
  const { grantId, session, params, prompt } = interaction;
  const existing = grantId ? await provider.Grant.find(grantId) : undefined;
  const grant =
    existing ?? new provider.Grant({ accountId: session?.accountId ?? '', clientId: String(params.client_id) });
  const details = prompt.details as {
    missingOIDCScope?: string[];
    missingOIDCClaims?: string[];
    missingResourceScopes?: Record<string, string[]>;
  };
  if (details.missingOIDCScope) grant.addOIDCScope(details.missingOIDCScope.join(' '));
  if (details.missingOIDCClaims) grant.addOIDCClaims(details.missingOIDCClaims);
  for (const [resource, scopes] of Object.entries(details.missingResourceScopes ?? {})) {
    grant.addResourceScope(resource, scopes.join(' '));
  }
  return grant.save();
}

async function readForm(ctx: KoaContextWithOIDC): Promise<URLSearchParams> {
  const chunks: Buffer[] = [];
  for await (const chunk of ctx.req) chunks.push(chunk as Buffer);
  return new URLSearchParams(Buffer.concat(chunks).toString());
}
