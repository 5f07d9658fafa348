import { readFile, readlink } from 'node:fs/promises';
import type { ListenAddress } from '../config/profile.ts';
import { formatAddress } from './listen-address.ts';

/** proc(5): the state LISTEN in /proc/net/tcp. */
const LISTENING = '0A';
/** Among the flags in /proc/net/unix: Linux's __SO_ACCEPTCON. Who was accepted there is listed with the same path, without it. */
const ACCEPTS = 0x10000;

/**
 * Sockets that a supervisor has bound and handed over (sd_listen_fds(3)). Each is known by the address that the kernel says it is bound to,
 * whatever it was called, and is used for that address only, once: what is not configured is not served.
 */
export class InheritedSockets {
  readonly #descriptors: Map<string, number>;

  private constructor(descriptors: Map<string, number>) {
    this.#descriptors = descriptors;
  }

  static readonly none = new InheritedSockets(new Map());

  /** Linux only, as systemd is. A descriptor that is no listening socket is left alone. */
  static async read(descriptors: readonly number[]): Promise<InheritedSockets> {
    if (descriptors.length === 0) return InheritedSockets.none;
    const addresses = await listeningSockets();
    const found = descriptors.map(async (fd) => [addresses.get(await inodeOf(fd)), fd] as const);
    const known = (await Promise.all(found)).flatMap(([address, fd]) => (address ? [[address, fd] as const] : []));
    return new InheritedSockets(new Map(known));
  }

  /** The descriptor of the socket that is bound to exactly this. */
  take(address: ListenAddress): number | undefined {
    const name = formatAddress(address);
    const descriptor = this.#descriptors.get(name);
    this.#descriptors.delete(name);
    return descriptor;
  }

  /** Addresses whose sockets nobody has taken. */
  get left(): readonly string[] {
    return [...this.#descriptors.keys()];
  }
}

async function inodeOf(fd: number): Promise<string> {
  const link = await readlink(`/proc/self/fd/${fd}`).catch(() => '');
  return /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? '';
}

/** Inode -> address, of TCP sockets that listen and of Unix sockets with a path that do. */
async function listeningSockets(): Promise<Map<string, string>> {
  const lines = async (name: string) =>
    (await readFile(`/proc/self/net/${name}`, 'utf8').catch(() => '')).split('\n').slice(1);
  const tcp = [...(await lines('tcp')), ...(await lines('tcp6'))].flatMap((line) => {
    const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
    return state === LISTENING ? [[inode, fromHex(local)] as const] : [];
  });
  const unix = (await lines('unix')).flatMap((line) => {
    const [, flags = '', inode = '', path = ''] = /^(?:\S+\s+){3}(\S+)(?:\s+\S+){2}\s+(\d+)\s+(\/.*)$/.exec(line) ?? [];
    return Number.parseInt(flags, 16) & ACCEPTS ? [[inode, path] as const] : [];
  });
  return new Map([...tcp, ...unix]);
}

/** `0100007F:1539`: an address in words of four bytes, each the other way round, and a port. */
function fromHex(text: string): string {
  const [address = '', port = ''] = text.split(':');
  const bytes = (address.match(/.{8}/g) ?? []).flatMap((word) => [...Buffer.from(word, 'hex').reverse()]);
  const host = bytes.length === 4 ? bytes.join('.') : ipv6(Buffer.from(bytes));
  return formatAddress({ host, port: Number.parseInt(port, 16) });
}

/** In the usual short form, which URLs have. */
function ipv6(bytes: Buffer): string {
  const groups = bytes.toString('hex').match(/.{4}/g) ?? [];
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}
