import type { Check } from './check.ts';
import { checkAudience } from './checks/audience.ts';
import { checkCertificate } from './checks/certificate.ts';
import { checkClock } from './checks/clock.ts';
import { checkConfiguration } from './checks/configuration.ts';
import { checkFiles } from './checks/files.ts';
import { checkHealth } from './checks/health.ts';
import { checkIssuer } from './checks/issuer.ts';
import { checkLogin } from './checks/login.ts';
import { checkNode } from './checks/node.ts';
import { checkPorts } from './checks/ports.ts';
import { checkProxies } from './checks/proxies.ts';
import { checkSidecar } from './checks/sidecar.ts';
import { checkStore } from './checks/store.ts';
import { checkUpstream } from './checks/upstream.ts';

const quickMs = 5_000;
/** For a provider or a server at the other end of a slow line; connections give up no earlier. */
const networkMs = 20_000;

/** In the order of the report, which is that of causes: what fails further down often fails because of what is above. */
export const checks: readonly Check[] = [
  { name: 'node', needs: [], timeoutMs: quickMs, run: checkNode },
  { name: 'configuration', needs: [], timeoutMs: quickMs, run: checkConfiguration },
  { name: 'files', needs: ['configuration'], timeoutMs: quickMs, run: checkFiles },
  { name: 'proxies', needs: ['configuration'], timeoutMs: quickMs, run: checkProxies },
  { name: 'token store', needs: ['configuration'], timeoutMs: quickMs, run: checkStore },
  { name: 'issuer', needs: ['configuration'], timeoutMs: networkMs, run: checkIssuer },
  { name: 'clock', needs: ['issuer'], timeoutMs: networkMs, run: checkClock },
  { name: 'login', needs: ['token store'], timeoutMs: networkMs, run: checkLogin },
  { name: 'audience', needs: ['login'], timeoutMs: quickMs, run: checkAudience },
  { name: 'certificate', needs: ['configuration'], timeoutMs: networkMs, run: checkCertificate },
  { name: 'upstream', needs: ['login', 'certificate'], timeoutMs: networkMs, run: checkUpstream },
  { name: 'sidecar', needs: ['configuration'], timeoutMs: quickMs, run: checkSidecar },
  { name: 'ports', needs: ['configuration'], timeoutMs: quickMs, run: checkPorts },
  { name: 'health', needs: ['configuration'], timeoutMs: quickMs, run: checkHealth },
];
