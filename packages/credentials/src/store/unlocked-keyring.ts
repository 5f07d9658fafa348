import net from 'node:net';
import { decodeBooleanVariant, decodeMessage, encodeMethodCall } from './dbus-message.ts';

const answerLimitMs = 300;
const maxAnswerBytes = 65_536;
const questionSerial = 2;

/**
 * Whether the keyring of the session (the Secret Service API's default collection) answers right now and is unlocked. Then a call of
 * libsecret into it does not block: no prompt is in its way. Never rejects; whatever is in doubt is `false`.
 *
 * @param address the session bus, as in DBUS_SESSION_BUS_ADDRESS
 */
export function isKeyringUnlocked(address: string): Promise<boolean> {
  const path = socketPath(address);
  if (path === undefined || process.getuid === undefined) return Promise.resolve(false);
  return ask(path, process.getuid());
}

/** Of the first transport that is a Unix socket (D-Bus specification, "Server Addresses"). */
function socketPath(address: string): string | undefined {
  const match = /(?:^|;)unix:(?:[^;]*,)?(path|abstract)=([^,;]+)/.exec(address);
  if (match === null) return undefined;
  const name = (match[2] as string).replace(/%([0-9a-f]{2})/gi, (_, hex) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return match[1] === 'abstract' ? `\0${name}` : name;
}

function ask(path: string, uid: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ path });
    const end = (isUnlocked: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(isUnlocked);
    };
    const timer = setTimeout(() => end(false), answerLimitMs);
    let received: Buffer = Buffer.alloc(0);
    socket.on('error', () => end(false));
    socket.on('close', () => end(false));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      const answer = received.length > maxAnswerBytes ? false : answerIn(received);
      if (answer !== undefined) end(answer);
    });
    socket.write(question(uid));
  });
}

/** Everything at once, the answers come in order: authentication by the socket's peer, the greeting, the question. */
function question(uid: number): Buffer {
  const authentication = `\0AUTH EXTERNAL ${Buffer.from(String(uid)).toString('hex')}\r\nBEGIN\r\n`;
  const bus = 'org.freedesktop.DBus';
  const hello = { serial: 1, destination: bus, path: '/org/freedesktop/DBus', interface: bus, member: 'Hello' };
  const get = {
    serial: questionSerial,
    destination: 'org.freedesktop.secrets',
    path: '/org/freedesktop/secrets/aliases/default',
    interface: 'org.freedesktop.DBus.Properties',
    member: 'Get',
    arguments: ['org.freedesktop.Secret.Collection', 'Locked'],
  };
  return Buffer.concat([Buffer.from(authentication), encodeMethodCall(hello), encodeMethodCall(get)]);
}

/** `undefined` as long as the answer may still come. */
function answerIn(received: Buffer): boolean | undefined {
  const end = received.indexOf('\r\n');
  if (end < 0) return undefined;
  if (!received.subarray(0, end).toString('latin1').startsWith('OK ')) return false;
  let rest = received.subarray(end + 2);
  for (let message = decodeMessage(rest); message !== undefined; message = decodeMessage(rest)) {
    if (message.reply.replySerial === questionSerial) {
      return !message.reply.isError && decodeBooleanVariant(message.reply.body) === false;
    }
    rest = message.rest;
  }
  return undefined;
}
