import { orAborted, throwIfAborted } from '../abort.ts';
import type { StoredLogin } from '../store/stored-login.ts';
import { type BrowserHere, chooseFlow, type LoginFlow } from './choose-flow.ts';
import { connectProvider } from './connect-provider.ts';
import { deviceLogin } from './device-login.ts';
import type { LoginPrompt } from './login-prompt.ts';
import type { ProviderTask } from './provider-task.ts';

export interface FlowOptions {
  flow?: LoginFlow | 'auto';
  browser?: BrowserHere;
  show: (prompt: LoginPrompt) => void;
}

const noBrowser: BrowserHere = { canOpen: false, why: 'no browser can be opened here' };

/** One login at the provider, by whichever flow fits. Stores nothing. */
export async function runLogin(
  task: ProviderTask,
  { flow = 'auto', browser = noBrowser, show }: FlowOptions,
): Promise<StoredLogin> {
  throwIfAborted(task.signal);
  const provider = await orAborted(connectProvider(task), task.signal);
  const chosen = chooseFlow(task, provider.configuration.serverMetadata(), flow, browser);
  const showChosen = (prompt: LoginPrompt) => show({ ...prompt, ...(chosen.why !== undefined && { why: chosen.why }) });
  if (chosen.flow === 'device') return orAborted(deviceLogin(task, provider, showChosen), task.signal);
  const { browserLogin } = await import('./browser-login.ts');
  return browserLogin(task, provider, showChosen);
}
