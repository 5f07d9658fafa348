import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { programs } from '@gprxy/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BothRoutes } from './both-routes.ts';
import { libpqParameters, type Route } from './route.ts';
import { ScenarioProgram } from './scenario-program.ts';

/** What a scenario shows, the name of its function, and what must stand in its transcript. */
export type PythonScenario = readonly [title: string, name: string, expected: readonly string[]];

/** Runs scenarios of a Python file on both routes, each with the URI of its route. */
export function describePython(both: BothRoutes, file: URL, scenarios: readonly PythonScenario[]): void {
  let program: ScenarioProgram;
  beforeAll(() => {
    const env = {
      LC_ALL: 'C.UTF-8',
      PYTHONPATH: dirname(fileURLToPath(import.meta.url)),
      PYTHONDONTWRITEBYTECODE: '1',
    };
    program = new ScenarioProgram(programs.python, [fileURLToPath(file)], env);
  });
  afterAll(() => program?.stop());

  it.each(scenarios)('sees what a direct connection sees: %s', async (_title, name, expected) => {
    const transcript = (await both.same((route) => program.run(name, uriOf(route)))).join('\n');
    for (const text of expected) expect(transcript).toContain(text);
    expect(transcript).not.toContain('Traceback');
  });
}

function uriOf(route: Route): string {
  const { host, port, user, dbname, ...rest } = libpqParameters(route);
  return `postgresql://${encodeURIComponent(user ?? '')}@${host}:${port}/${dbname}?${new URLSearchParams(rest)}`;
}
