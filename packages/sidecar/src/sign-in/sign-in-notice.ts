import type { ErrorFields } from '@gprxy/proxy-core';

/** What a client is told while it waits: libpq's programs print it as it is, others hand it to whoever asked for notices. */
export function signInNotice(instructions: string, profile: string): ErrorFields {
  return {
    severity: 'NOTICE',
    severityNonLocalized: 'NOTICE',
    code: '00000',
    message: instructions,
    hint: `The login of profile "${profile}" is over. This connection goes on by itself when you have signed in; Ctrl-C gives up.`,
  };
}
