import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { disguisesOf } from '@gprxy/testkit';
import type { Home } from '../transcripts/home.testing.ts';
import { STATE } from '../transcripts/world.testing.ts';

/** Ways to hurt a home in which alice is signed in, and the command lines that then have something to say. */
export interface Hurt {
  readonly name: string;
  readonly bringAbout: (home: Home) => Promise<void>;
  readonly lines: readonly string[];
}

// What is meant to print a token does so to nobody.
const reading = ['gprxy get-token > /dev/null', 'gprxy whoami', 'gprxy whoami --json'];
const connecting = [`gprxy psql sales -c 'select 1'`, 'gprxy exec sales -- env', 'gprxy doctor --json'];
const offline = ['gprxy dsn sales --json', 'gprxy status --json', 'gprxy profiles show prod --json', 'gprxy logs'];
const everything = [...reading, ...connecting, ...offline];

const expire = (home: Home) => home.changeLogin({ expiresAt: 0 });

/** The provider answers the next refreshes with what it was sent. */
function reflecting(disguise: string): Hurt {
  return {
    name: `a provider quotes the refresh token ${disguise}`,
    async bringAbout(home) {
      await expire(home);
      const text = disguisesOf(await refreshTokenOf(home))[disguise] ?? '';
      const body = { error: 'invalid_request', error_description: `the token ${text} is no good` };
      for (let times = 0; times < 4; times++) {
        home.world.stack.provider.answerNext('token', { status: 400, body });
      }
    },
    lines: ['gprxy get-token > /dev/null', `gprxy psql sales -c 'select 1'`, 'gprxy exec sales -- env', 'gprxy doctor'],
  };
}

async function refreshTokenOf(home: Home): Promise<string> {
  const login = JSON.parse(await readFile(join(home.path, STATE, 'logins/prod.json'), 'utf8'));
  return login.refreshToken;
}

async function cutOff(home: Home): Promise<void> {
  const file = join(home.path, STATE, 'logins/prod.json');
  await writeFile(file, (await readFile(file, 'utf8')).slice(0, -20), { mode: 0o600 });
}

/** An upstream that is PostgreSQL itself, which takes no token for a password. */
function wrongUpstream(home: Home): Promise<void> {
  const { postgres, gateway } = home.world.stack;
  return home.changeConfig((text) => text.replace(`localhost:${gateway.port}`, `localhost:${postgres.port}`));
}

export const hurts: readonly Hurt[] = [
  { name: 'all is well', bringAbout: async () => {}, lines: everything },
  { name: 'all is well, and the sidecar runs', bringAbout: startSidecar, lines: [...connecting, ...offline] },
  {
    name: 'the login is no longer honoured',
    bringAbout: (home) => home.changeLogin({ expiresAt: 0, refreshToken: 'no longer' }),
    lines: everything,
  },
  {
    name: 'the provider is down and the token over',
    async bringAbout(home) {
      await expire(home);
      await home.stopProvider();
    },
    lines: [...reading, ...connecting, 'gprxy logout'],
  },
  { name: 'the gateway is down', bringAbout: (home) => home.loseGateway(), lines: connecting },
  { name: 'the upstream takes no token', bringAbout: wrongUpstream, lines: connecting },
  { name: 'the stored login is cut off', bringAbout: cutOff, lines: [...reading, ...connecting, 'gprxy logout'] },
  {
    name: 'the stored login is open to others',
    bringAbout: (home) => chmod(join(home.path, STATE, 'logins/prod.json'), 0o644),
    lines: reading,
  },
  {
    name: 'the locks cannot be made',
    async bringAbout(home) {
      await expire(home);
      await mkdir(join(home.path, STATE), { recursive: true });
      await writeFile(join(home.path, STATE, 'locks'), 'in the way');
    },
    lines: [...reading, 'gprxy logout'],
  },
  ...['as it is', 'percent-encoded', 'in base64', 'with blanks'].map(reflecting),
];

async function startSidecar(home: Home): Promise<void> {
  await home.run('gprxy start --detach');
  await home.run('psql "$(gprxy dsn sales)" -c "select 1"');
}
