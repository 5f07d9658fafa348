import { networkInterfaces } from 'node:os';

/**
 * Whether this machine still has the address that a connection leaves from. Without it, after another Wi-Fi or a VPN that
 * went down, the connection is dead, and nobody will ever say so.
 */
export function isStillHere(address: string | undefined, interfaces = networkInterfaces()): boolean {
  if (address === undefined) return true;
  const plain = address.replace(/^::ffff:/i, '').replace(/%.*$/, '');
  return Object.values(interfaces).some((all) => all?.some((each) => each.address.replace(/%.*$/, '') === plain));
}
