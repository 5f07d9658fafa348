import * as v from 'valibot';
import { userTemplateProblem } from '../upstream/user-template.ts';
import { parseDurationMs } from './duration.ts';

/** The values that keys of a profile have, each with the words for what is wrong with one. */
export const text = (what: string) => v.pipe(v.string(`must be ${what}`), v.nonEmpty(`must be ${what}`));

export const texts = v.array(v.string('must be a list of words in quotes'), 'must be a list of words in quotes');

export const issuerUrl = v.pipe(
  text('a URL in quotes'),
  v.check(isIssuerUrl, 'must be an https:// URL (http:// only on loopback)'),
);

const CONNECTION_STRING = 'a connection string such as "postgresql://gateway.example:6432"';
/** Only begun to be read: what follows is checked where it is used, and never quoted, because it may hold a password. */
export const connectionString = v.pipe(
  text(CONNECTION_STRING),
  v.regex(/^postgres(ql)?:\/\//i, `must be ${CONNECTION_STRING}`),
);

/** Where a browser login comes back to: RFC 8252 section 7.3. */
export const loopbackUrl = v.pipe(
  text('a loopback URL such as "http://127.0.0.1/callback"'),
  v.regex(
    /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost)(:\d{1,5})?(\/[^?#\s]*)?$/,
    'must be a loopback URL such as "http://127.0.0.1/callback"',
  ),
);

export const duration = v.pipe(
  v.string('must be a duration such as "30s"'),
  v.transform(parseDurationMs),
  v.number('must be a duration such as "30s"'),
);

/** Never quoted: it may be the secret itself, put in the wrong place. */
export const variableName = v.pipe(
  text('the name of an environment variable'),
  v.regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be the name of an environment variable, not its value'),
);

const COMMAND = 'must be a list such as ["vault", "read", "-field=token", "secret/db"]: there is no shell';
export const command = v.pipe(
  v.array(v.string(COMMAND), COMMAND),
  v.check((words) => words[0] !== undefined && words[0] !== '', COMMAND),
  v.check((words) => !words.some((word) => word.includes('\0')), 'holds a NUL character'),
  v.transform((words) => words as [string, ...string[]]),
);

export const userTemplate = v.pipe(
  text('a template such as "{email}"'),
  v.rawCheck(({ dataset, addIssue }) => {
    const problem = dataset.typed ? userTemplateProblem(dataset.value) : undefined;
    if (problem !== undefined) addIssue({ message: problem });
  }),
);

export const hostAndPort = v.pipe(
  text('an address such as "db.abc.eu-west-1.rds.amazonaws.com:5432"'),
  v.regex(/^[A-Za-z0-9.-]+(:\d{1,5})?$/, 'must be an address such as "db.abc.eu-west-1.rds.amazonaws.com:5432"'),
  v.transform((address) => {
    const [host = '', port = '5432'] = address.split(':');
    return { host, port: Number(port) };
  }),
);

function isIssuerUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, hostname } = new URL(value);
  if (protocol === 'https:') return true;
  return protocol === 'http:' && (/^(localhost|\[::1\])$/.test(hostname) || /^127(\.\d+){3}$/.test(hostname));
}
