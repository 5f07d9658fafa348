import type { Reminder } from '@gprxy/sidecar';
import type { Dependencies } from '../dependencies.ts';
import { screenHere } from '../screen-here.ts';

type Surroundings = Pick<Dependencies, 'env' | 'platform' | 'runProgram'>;

/** A command line that shows a notification. */
type Notifier = readonly [command: string, ...args: string[]];

/**
 * Shows a notification by the desktop's own program, which is there wherever somebody would see one. Rejects with what is missing: a
 * screen, a session bus, or all of the programs.
 */
export async function notifyDesktop(reminder: Reminder, surroundings: Surroundings): Promise<void> {
  const { env, platform, runProgram } = surroundings;
  const screen = screenHere(surroundings);
  if (!screen.canOpen) throw new Error(screen.why);
  const notifiers = platform === 'darwin' ? [osascript(reminder)] : freedesktop(reminder);
  for (const [command, ...args] of platform === 'win32' ? [] : notifiers) {
    if ((await runProgram({ command, args, env, quiet: true })) === 0) return;
  }
  throw new Error('there is no program that shows notifications, or it says that it could not');
}

/** https://specifications.freedesktop.org/notification-spec: `notify-send` of libnotify, else GLib's `gdbus`, which more desktops bring. */
function freedesktop({ title, body }: Reminder): readonly Notifier[] {
  const object = ['--dest', 'org.freedesktop.Notifications', '--object-path', '/org/freedesktop/Notifications'];
  const method = ['--method', 'org.freedesktop.Notifications.Notify'];
  const typed = [asVariant('gprxy'), '0', asVariant('dialog-password'), asVariant(title), asVariant(asMarkup(body))];
  return [
    ['notify-send', '--app-name=gprxy', '--icon=dialog-password', '--', title, asMarkup(body)],
    ['gdbus', 'call', '--session', '--timeout', '5', ...object, ...method, '--', ...typed, '[]', '{}', '-1'],
  ];
}

/** The words go in as arguments, and are no part of the script. */
function osascript({ title, body }: Reminder): Notifier {
  const script = ['on run argv', 'display notification (item 2 of argv) with title (item 1 of argv)', 'end run'];
  return ['osascript', ...script.flatMap((line) => ['-e', line]), title, body];
}

/** The body of a notification is markup. */
function asMarkup(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** A string in GVariant's text format. */
function asVariant(text: string): string {
  return `'${text.replaceAll(/[\\']/g, '\\$&')}'`;
}
