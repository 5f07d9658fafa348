import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  freePort,
  signInAtBrowser,
  type TemporaryDirectory,
  type TestProvider,
  temporaryDirectory,
} from '@gprxy/testkit';
import type { Values } from './placeholders.testing.ts';
import { withValues } from './placeholders.testing.ts';
import { runLine } from './run-line.testing.ts';
import type { Command } from './transcript.testing.ts';
import {
  CONFIG,
  copyState,
  environmentOf,
  type PersonName,
  profileText,
  STATE,
  type World,
  writeConfig,
} from './world.testing.ts';

/** Where one scene plays: a person, their home directory, and the profile `prod` that leads to the gateway. */
export class Home implements AsyncDisposable {
  /** What the person does when a command shows them where to sign in. */
  person: PersonName | 'says no' = 'alice';
  readonly world: World;
  readonly env: Record<string, string>;
  readonly #directory: TemporaryDirectory;
  readonly #values: Record<string, string>;
  readonly #undo: Array<() => Promise<void>> = [];

  static async open(world: World): Promise<Home> {
    const home = new Home(world, await temporaryDirectory({ prefix: 'gt-' }));
    await writeConfig(home.path, profileText(world.stack));
    return home;
  }

  private constructor(world: World, directory: TemporaryDirectory) {
    this.world = world;
    this.#directory = directory;
    this.env = environmentOf(directory.path, world);
    const { provider, gateway, caFile } = world.stack;
    this.#values = {
      home: directory.path,
      'home-encoded': encodeURIComponent(directory.path),
      version: world.version,
      node: process.versions.node,
      issuer: provider.issuer,
      'issuer-host': new URL(provider.issuer).host,
      gateway: `localhost:${gateway.port}`,
      ca: caFile,
      'ca-encoded': encodeURIComponent(caFile),
    };
  }

  get path(): string {
    return this.#directory.path;
  }

  get values(): Values {
    return this.#values;
  }

  async run(line: string): Promise<Command> {
    const { provider } = this.world.stack;
    const { stdout, stderr, exitCode } = await runLine(withValues(line, this.values), {
      env: this.env,
      cwd: this.path,
      onPrompt: (uri) => signInAt(uri, this.person, provider),
    });
    return { kind: 'command', line, stdout: linesOf(stdout), stderr: linesOf(stderr), exitCode: exitCode ?? -1 };
  }

  async signIn(person: PersonName): Promise<void> {
    await copyState(await this.world.stateOf(person), this.path);
  }

  /** Changes the stored login of `prod`. */
  async changeLogin(changes: Readonly<Record<string, unknown>>): Promise<void> {
    const file = join(this.path, STATE, 'logins/prod.json');
    const login = JSON.parse(await readFile(file, 'utf8'));
    await writeFile(file, JSON.stringify({ ...login, ...changes }), { mode: 0o600 });
  }

  async changeConfig(change: (text: string) => string): Promise<void> {
    await writeConfig(this.path, change(await readFile(join(this.path, CONFIG), 'utf8')));
  }

  async stopProvider(): Promise<void> {
    const { provider } = this.world.stack;
    await provider.pause();
    this.#undo.push(() => provider.resume());
  }

  /** Nothing listens where the gateway was. */
  async loseGateway(): Promise<void> {
    const nowhere = `localhost:${await freePort()}`;
    await this.changeConfig((text) => text.replace(this.#values.gateway as string, nowhere));
    this.#values.gateway = nowhere;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const undo of this.#undo.reverse()) await undo();
    if (existsSync(join(this.path, STATE, 'run/control.sock'))) await this.run('gprxy stop');
    await this.#directory.remove();
  }
}

async function signInAt(uri: string, person: Home['person'], provider: TestProvider): Promise<void> {
  if (person === 'says no') await provider.deny(uri);
  else if (uri.includes('user_code=')) await provider.approve(uri, person);
  else await signInAtBrowser(uri, { user: person });
}

function linesOf(text: string): readonly string[] {
  const lines = text.split('\n').map((line) => line.trimEnd());
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}
