import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Home } from './home.testing.ts';
import { CONFIG, STATE } from './world.testing.ts';

const longAgo = Date.UTC(2020, 0, 1);

/** What the `* ` lines of a transcript may say. Without any: profile `prod` is there, and nobody has ever signed in. */
export const givens: Readonly<Record<string, (home: Home) => unknown>> = {
  'there is no configuration': (home) => rm(join(home.path, CONFIG)),
  'the configuration has a mistake': (home) => home.changeConfig((text) => text.replace('upstream', 'upstraem')),
  'the profile takes its token from a variable': (home) =>
    home.changeConfig((text) => {
      const upstream = /^upstream = .*$/m.exec(text)?.[0];
      return `[profiles.prod]\ncredential = "env"\ntoken_env = "CI_TOKEN"\n${upstream}\n`;
    }),
  'the profile names no database': (home) => home.changeConfig((text) => text.replace('/sales?', '?')),
  'health and metrics have a port': (home) =>
    home.changeConfig((text) => `${text}\n[sidecar]\nhealth = "127.0.0.1:0"\n`),
  'another profile has a port that is taken': async (home) => {
    const { port } = home.world.stack.gateway;
    await home.changeConfig((text) => {
      const other = text
        .replace('[profiles.prod]', '[profiles.other]')
        .replace(/^listen.*$/m, `listen = "127.0.0.1:${port}"`);
      return `default_profile = "prod"\n${text}\n${other}`;
    });
  },
  'alice is signed in': (home) => home.signIn('alice'),
  'alice has signed out': async (home) => {
    await home.signIn('alice');
    await rm(join(home.path, STATE, 'logins'), { recursive: true });
  },
  'mallory is signed in': (home) => home.signIn('mallory'),
  'the person says no': (home) => {
    home.person = 'says no';
  },
  // As it is after weeks, or after an administrator has ended the session.
  'the login of alice has expired': async (home) => {
    await home.signIn('alice');
    await home.changeLogin({ expiresAt: longAgo, refreshToken: 'no longer honoured' });
  },
  'the token of alice has expired': async (home) => {
    await home.signIn('alice');
    await home.changeLogin({ expiresAt: longAgo });
  },
  'the identity provider refuses gprxy': (home) =>
    home.world.stack.provider.answerNext('token', { status: 401, body: { error: 'invalid_client' } }),
  'the identity provider refuses to revoke': (home) =>
    home.world.stack.provider.answerNext('revocation', { status: 400, body: { error: 'unsupported_token_type' } }),
  'the identity provider is down': (home) => home.stopProvider(),
  'the gateway is down': (home) => home.loseGateway(),
  'the sidecar runs': async (home) => {
    const start = await home.run('gprxy start --detach');
    if (start.exitCode !== 0) throw new Error(`the sidecar does not start:\n${start.stderr.join('\n')}`);
  },
};

export async function bringAbout(sentence: string, home: Home): Promise<void> {
  const given = givens[sentence];
  if (given === undefined)
    throw new Error(`nobody knows how to bring about that ${sentence}; known: ${Object.keys(givens).join('; ')}`);
  await given(home);
}
