interface Failure {
  readonly message: string;
  /** The next thing to do. */
  readonly hint?: string;
}

interface SystemError extends Error {
  readonly code?: unknown;
  readonly syscall?: unknown;
  readonly path?: unknown;
  readonly address?: unknown;
  readonly port?: unknown;
  readonly hint?: unknown;
  readonly reason?: unknown;
}

const LISTEN: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there',
  EADDRNOTAVAIL: 'this machine has no such address',
  EACCES: 'this user may not listen there',
};

/** What an expected error (one with a code) is to whoever typed the command: in words, and with what to do next. */
export function describeFailure(error: SystemError): Failure {
  const { code, syscall, message } = error;
  if (typeof error.hint === 'string') return { message, hint: error.hint };
  if (syscall === 'listen') return cannotListen(error);
  if (typeof error.path === 'string' && typeof syscall === 'string') {
    const hint = 'Check its name and who may read it. Paths in the file are relative to the file.';
    return { message: `${error.path} cannot be read (${code})`, hint };
  }
  if (String(code).startsWith('ERR_OSSL')) {
    const hint =
      'Run "gprxy-gateway check", which tries each of them. A key must be that of its certificate, in PEM, without a passphrase.';
    return { message: `a certificate or a key cannot be used: ${error.reason ?? message}`, hint };
  }
  if (code === 'ERR_CONFIG') return { message, hint: 'Correct the file, then run "gprxy-gateway check".' };
  return { message };
}

function cannotListen({ code, address, port, message }: SystemError): Failure {
  const why = LISTEN[String(code)];
  if (why === undefined) return { message };
  return {
    message: `cannot listen on ${address}:${port}: ${why} (${code})`,
    hint: 'Stop that program, or choose another address in "listen" of the file, or of [admin].',
  };
}
