import { once } from 'node:events';
import { createServer } from 'node:net';
import { CliError } from '../../../cli-error.ts';
import { parseEndpoint } from '../../../local-endpoint.ts';
import { type Finding, ok, warning } from '../check.ts';
import { listenerOn } from '../port-owner.ts';
import type { SetUp } from '../set-up.ts';

/** Whether the ports of the profile are the sidecar's or still free. */
export async function checkPorts({ profile, status }: SetUp): Promise<Finding> {
  const [{ listen, localAuth }, running] = await Promise.all([profile(), status()]);
  const ours = (running?.listeners ?? []).filter(({ state }) => state === 'listening');
  const served = new Set(ours.map(({ address }) => parseEndpoint(address)?.port));
  // Port 0 is whichever is free.
  const ports = listen.flatMap((address) => ('port' in address && address.port !== 0 ? [address] : []));
  for (const { host, port } of ports) if (!served.has(port)) await requireFree(host, port);
  if (ports.length === 0) return ok('none of a fixed number');
  const found = ports.map(({ port }) => `${port} is ${served.has(port) ? "the sidecar's" : 'free'}`).join(', ');
  if (localAuth !== 'trust') return ok(found);
  return warning(
    `${found}; local_auth = "trust" lets every user of this machine connect as you`,
    'Set local_auth = "same-user" or "password" in the profile, then run "gprxy reload".',
  );
}

/** By listening there for a moment. */
async function requireFree(host: string, port: number): Promise<void> {
  const server = createServer().listen({ host, port });
  try {
    await once(server, 'listening');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') throw await inUse(port);
    throw new CliError(`nobody can listen on ${host}:${port} (${code})`, {
      code: 'ERR_CONFIG_LISTEN',
      hint: `Choose ${anotherPort}`,
      cause,
    });
  } finally {
    server.close();
  }
}

const anotherPort = 'another port in "listen" of the profile, then run "gprxy start --detach".';

async function inUse(port: number): Promise<CliError> {
  const who = await listenerOn(port);
  return new CliError(`port ${port} is in use by ${who}`, {
    code: 'ERR_CONFIG_LISTEN',
    hint: `Stop it, or choose ${anotherPort}`,
  });
}
