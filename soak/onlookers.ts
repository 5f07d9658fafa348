import { get, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { World } from './world.ts';

const EVERY_MS = 1_000;

/** Whether it is over, and where to tell what is wrong. */
export interface Watch {
  isOver(): boolean;
  fault(what: string): void;
}

/** Those who only look: probes and scrapers, a browser with the status page, terminals that come and go. */
export async function lookOn(world: World, watch: Watch): Promise<void> {
  const looks = [() => scrape(world, watch), () => keepPageOpen(world, watch), () => comeAndGo(world, watch)];
  await Promise.all(looks.map((look) => look().catch((error) => watch.fault(`who looks on: ${error.message}`))));
}

async function scrape({ healthPort, adminPort }: World, watch: Watch): Promise<void> {
  while (!watch.isOver()) {
    for (const path of ['liveness', 'readiness', 'metrics']) {
      const { statusCode } = await ask(`http://127.0.0.1:${healthPort}/${path}`);
      // What is around it may be down; then it is not ready.
      if (statusCode !== 200 && path !== 'readiness') watch.fault(`${path} of the sidecar: ${statusCode}`);
      // The gateway is killed now and then.
      await ask(`http://127.0.0.1:${adminPort}/${path}`).catch(() => {});
    }
    await sleep(EVERY_MS);
  }
}

async function keepPageOpen({ shell }: World, watch: Watch): Promise<void> {
  const link = (await shell.run('gprxy status --web')).stdout.trim();
  const { headers } = await ask(link);
  // The page has a folder of its own, and its cookie is for that.
  const [, cookie = '', folder = ''] = /^([^;]*);.*Path=([^;]*)/.exec(headers['set-cookie']?.[0] ?? '') ?? [];
  while (!watch.isOver()) {
    const { statusCode } = await ask(new URL(`${folder}view`, link).href, { cookie });
    if (statusCode !== 200) watch.fault(`the status page: ${statusCode}`);
    await sleep(EVERY_MS);
  }
}

async function comeAndGo({ shell }: World, watch: Watch): Promise<void> {
  while (!watch.isOver()) {
    for (const line of ['gprxy logs --follow', 'gprxy status --watch --json']) {
      const command = shell.start(line);
      await command.prints(/\n/);
      command.interrupt();
      await command.ended;
    }
    await sleep(EVERY_MS);
  }
}

function ask(url: string, headers: Readonly<Record<string, string>> = {}): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get(url, { headers, agent: false }, (response) => text(response).then(() => resolve(response), reject)).on(
      'error',
      reject,
    );
  });
}
