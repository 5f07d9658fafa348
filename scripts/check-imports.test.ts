import { describe, expect, it } from 'vitest';
import { violations } from './check-imports.mjs';

describe('who may import whom', () => {
  const rows: [file: string, text: string, allowed: boolean][] = [
    ['packages/sidecar/src/a.ts', "import { x } from '@gprxy/credentials';", true],
    ['packages/proxy-core/src/a.ts', "import { x } from '@gprxy/credentials';", false],
    ['packages/credentials/src/a.ts', "import type { x } from '@gprxy/proxy-core';", false],
    ['packages/gateway/src/a.ts', "import { x } from '@gprxy/credentials';", false],
    ['packages/cli/src/a.ts', "const x = await import('@gprxy/proxy-core');", false],
    ['packages/cli/src/a.ts', "import { x } from '@gprxy/sidecar/src/config.ts';", false],
    ['packages/cli/src/a.ts', "import { x } from '../../sidecar/src/config.ts';", false],
    ['packages/cli/src/a.ts', "export { x } from '@gprxy/testkit';", false],
    ['packages/cli/src/a.test.ts', "import { x } from '@gprxy/testkit';", true],
    ['packages/cli/src/a.ts', "import { x } from './b.testing.ts';", false],
    ['packages/cli/src/a.test.ts', "import { x } from './b.testing.ts';", true],
    ['test/a.test.ts', "import { x } from '@gprxy/gateway';", true],
    ['test/a.test.ts', "import { x } from '../packages/gateway/src/pool.ts';", false],
    ['test/a.test.ts', "import { x } from '../packages/gateway/src/tokens.testing.ts';", true],
    ['packages/proxy-core/src/wire/a.ts', "import { x } from '../errors.ts';", true],
    ['packages/proxy-core/src/wire/a.ts', "import { Buffer } from 'node:buffer';", true],
    ['packages/proxy-core/src/wire/a.ts', "import { connect } from 'node:net';", false],
    ['packages/proxy-core/src/wire/a.ts', "import { x } from '../session/relay.ts';", false],
    ['packages/proxy-core/src/sasl/a.ts', "import { x } from '../session/relay.ts';", false],
    ['packages/proxy-core/src/session/a.ts', "import { x } from '../wire/reader.ts';", true],
    ['packages/sidecar/src/config.ts', 'const x = process.env.HOME;', true],
    ['packages/sidecar/src/control.ts', 'const x = process.env.HOME;', false],
    ['packages/sidecar/src/control.ts', '// process.env is read in config.ts', true],
  ];
  it.each(rows)('%s: %s', (file, text, allowed) => {
    expect(violations(file, text).length === 0).toBe(allowed);
  });
});
