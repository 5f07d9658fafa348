import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { loadConfig, type SidecarStatus } from '@gprxy/sidecar';
import { CliError } from '../../../cli-error.ts';
import { configInput } from '../../../config-input.ts';
import { type Finding, ok, warning } from '../check.ts';
import type { SetUp } from '../set-up.ts';
import { requireFree } from './require-free.ts';

const otherwise = 'another port in "health" of [sidecar], then run "gprxy reload".';

/** Whether probes and Prometheus get an answer, where the configuration has them ask. That it is loopback, the file itself must say. */
export async function checkHealth({ dependencies, status }: SetUp, signal: AbortSignal): Promise<Finding> {
  const [{ sidecar }, running] = await Promise.all([loadConfig(configInput(dependencies)), status()]);
  const wanted = sidecar.health;
  const served = running?.health;
  if (wanted === undefined) {
    return served === undefined ? ok('none: [sidecar] has no "health"') : moved(`${served} is no longer wanted`);
  }
  if (served !== undefined && (wanted.port === 0 || served.endsWith(`:${wanted.port}`))) return ask(served, signal);
  if (wanted.port !== 0) await requireFree({ ...wanted, otherwise });
  if (served !== undefined) return moved(`it is at ${served}, no longer where the file says`);
  return running === undefined ? ok(free(wanted.port)) : moved('the sidecar runs without it');
}

const free = (port: number): string => `${port === 0 ? 'a free port' : port}, once the sidecar runs`;
const moved = (what: string): Finding => warning(what, 'Run "gprxy reload".');

/** The sidecar says that it answers there; this is whether it does. */
async function ask(address: NonNullable<SidecarStatus['health']>, signal: AbortSignal): Promise<Finding> {
  const url = `http://${address}/readiness`;
  const { statusCode, body } = await answerOf(url, signal).catch((cause: unknown) => {
    throw noAnswer(url, String((cause as NodeJS.ErrnoException).code ?? cause), cause);
  });
  if (statusCode === 200) return ok(`${address}, ready`);
  if (statusCode !== 503) throw noAnswer(url, `HTTP ${statusCode}`);
  return warning(`${address}, not ready: ${whatIsMissing(body)}`, 'Run "gprxy status".');
}

async function answerOf(url: string, signal: AbortSignal) {
  const sent = request(url, { signal, agent: false }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return { statusCode: response.statusCode, body: await text(response) };
}

interface Readiness {
  readonly draining?: boolean;
  readonly checks?: ReadonlyArray<{ readonly profile: string; readonly address?: string; readonly ok: boolean }>;
}

function whatIsMissing(body: string): string {
  const { draining, checks = [] } = JSON.parse(body) as Readiness;
  if (draining) return 'the sidecar is stopping';
  return checks.flatMap(({ profile, address, ok }) => (ok ? [] : `${profile}${address ? ` (${address})` : ''}`)).join();
}

function noAnswer(url: string, why: string, cause?: unknown): CliError {
  return new CliError(`${url} does not answer as it should: ${why}`, {
    code: 'ERR_HEALTH',
    hint: 'Run "gprxy restart".',
    cause,
  });
}
