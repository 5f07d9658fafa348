import { parseEndpoint } from '../../../local-endpoint.ts';
import { type Finding, ok, warning } from '../check.ts';
import type { SetUp } from '../set-up.ts';
import { requireFree } from './require-free.ts';

const otherwise = 'another port in "listen" of the profile, then run "gprxy start --detach".';

/** Whether the ports of the profile are the sidecar's or still free. */
export async function checkPorts({ profile, status }: SetUp): Promise<Finding> {
  const [{ listen, localAuth }, running] = await Promise.all([profile(), status()]);
  const ours = (running?.listeners ?? []).filter(({ state }) => state === 'listening');
  const served = new Set(ours.map(({ address }) => parseEndpoint(address)?.port));
  // Port 0 is whichever is free.
  const ports = listen.flatMap((address) => ('port' in address && address.port !== 0 ? [address] : []));
  for (const { host, port } of ports) if (!served.has(port)) await requireFree({ host, port, otherwise });
  if (ports.length === 0) return ok('none of a fixed number');
  const found = ports.map(({ port }) => `${port} is ${served.has(port) ? "the sidecar's" : 'free'}`).join(', ');
  if (localAuth !== 'trust') return ok(found);
  return warning(
    `${found}; local_auth = "trust" lets every user of this machine connect as you`,
    'Set local_auth = "same-user" or "password" in the profile, then run "gprxy reload".',
  );
}
