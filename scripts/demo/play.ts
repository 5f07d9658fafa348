import type { Narrator } from './narrator.ts';
import type { DemoOptions } from './options.ts';
import type { Scene } from './scenes.ts';
import { prepareSetting } from './setting.ts';

/** Starts everything, plays the scenes in order, and stops everything. Rejects when `signal` aborts. */
export async function play(
  narrator: Narrator,
  options: DemoOptions,
  signal: AbortSignal,
  scenes: readonly Scene[],
): Promise<void> {
  narrator.say('Starting PostgreSQL, an OpenID provider and the gateway ...');
  await using setting = await prepareSetting(narrator, options, signal);
  const { postgres, provider, gateway } = setting.stack;
  const [{ server_version } = {}] = await postgres.query('show server_version');
  narrator.say(`PostgreSQL ${server_version}   localhost:${postgres.port}, with TLS; takes people by the gateway's certificate only
OpenID provider   ${provider.issuer}, with alice, bob and mallory
gprxy-gateway     localhost:${gateway.port}, with TLS`);
  for (const scene of scenes) {
    signal.throwIfAborted();
    narrator.title(scene.title);
    await scene.play(setting);
  }
}
