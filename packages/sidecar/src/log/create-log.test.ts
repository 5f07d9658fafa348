import { expect, it } from 'vitest';
import { createLog } from './create-log.ts';

async function logged(format: 'json' | 'pretty', fields: object, message = 'hello'): Promise<string> {
  let text = '';
  const log = await createLog({ level: 'info', format, write: (line) => (text += line) });
  log.debug({}, 'not this');
  log.warn(fields, message);
  return text;
}
const JWT = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1LTEifQ.c2lnbmF0dXJl';

it('writes lines for programs', async () => {
  expect(JSON.parse(await logged('json', { profile: 'prod' }))).toMatchObject({
    level: 'warn',
    profile: 'prod',
    msg: 'hello',
  });
});

it('writes lines for people', async () => {
  expect(await logged('pretty', { profile: 'prod', error: 'no "way"' })).toMatch(
    /^\d\d:\d\d:\d\d warn hello profile=prod error="no \\"way\\""\n$/,
  );
});

it.each(['json', 'pretty'] as const)('S18 blacks out what looks like a secret, in %s', async (format) => {
  const text = await logged(format, { token: 'opaque', deep: { password: 'hunter2' }, error: `bad token ${JWT}` }, JWT);
  expect(text).not.toMatch(/opaque|hunter2|eyJ|c2lnbmF0dXJl/);
});

it.each(['json', 'pretty'] as const)('lets no client move the cursor, in %s', async (format) => {
  const text = await logged(format, { application: 'a\u001b[2Jb\u009b2Jc\nd\u202ee' });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  expect(text.trimEnd()).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
});
