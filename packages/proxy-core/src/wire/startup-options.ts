import { GprxyError, SqlState } from '../errors.ts';

/** The startup parameter `options`: command-line switches for the server process, as PostgreSQL splits and reads them. */

/** C's isspace(), by which the server splits. */
const SPACE = /[ \t\n\v\f\r]/;

/**
 * The settings in `options`, in order: `-c name=value`, `-cname=value`, `--name=value`. A backslash takes the next
 * character as it is; in names `-` stands for `_`.
 *
 * @throws {GprxyError} 42601 for a setting without name or value, or a word that is no switch; 0A000 for other switches
 */
export function parseOptions(options: string): Array<[name: string, value: string]> {
  const settings: Array<[string, string]> = [];
  const words = splitOptions(options).values();
  for (const word of words) {
    if (word.startsWith('--')) settings.push(parseSetting(word.slice(2), '--'));
    else if (word === '-c') settings.push(parseSetting(words.next().value ?? '', '-c '));
    else if (word.startsWith('-c')) settings.push(parseSetting(word.slice(2), '-c '));
    else throw refuseWord(word);
  }
  return settings;
}

function splitOptions(options: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let escaped = false;
  for (const character of options) {
    if (!escaped && SPACE.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (!escaped && character === '\\') {
      word ??= '';
      escaped = true;
    } else {
      word = (word ?? '') + character;
      escaped = false;
    }
  }
  if (word !== undefined) words.push(word);
  return words;
}

function parseSetting(setting: string, prefix: string): [string, string] {
  const equals = setting.indexOf('=');
  const name = (equals === -1 ? setting : setting.slice(0, equals)).replaceAll('-', '_');
  if (name === '') throw invalidOptions(`${prefix.trim()} requires a parameter name`);
  if (equals === -1) throw invalidOptions(`${prefix}${name} requires a value`);
  return [name, setting.slice(equals + 1)];
}

function refuseWord(word: string): GprxyError {
  const [dash, letter] = word;
  if (dash !== '-' || letter === undefined) return invalidOptions(`"${word}" is not a switch`);
  return invalidOptions(`the switch "-${letter}" is not supported`, SqlState.FeatureNotSupported);
}

function invalidOptions(reason: string, sqlState: SqlState = SqlState.SyntaxError): GprxyError {
  return new GprxyError(`invalid startup parameter "options": ${reason}`, {
    code: 'ERR_STARTUP_OPTIONS',
    sqlState,
    hint: 'Write settings as "-c name=value".',
  });
}

/**
 * The inverse of parseOptions.
 *
 * @throws {GprxyError} 42601 for a name that would not come back as it is: empty, or with `=`, `-` in it
 */
export function encodeOptions(settings: Iterable<readonly [name: string, value: string]>): string {
  return Array.from(settings, ([name, value]) => {
    if (name === '' || /[=-]/.test(name)) throw invalidOptions(`"${name}" cannot be a parameter name`);
    return `-c ${`${name}=${value}`.replace(/[ \t\n\v\f\r\\]/g, '\\$&')}`;
  }).join(' ');
}
