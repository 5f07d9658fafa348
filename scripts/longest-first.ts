import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * The files that take longest, those that wait between those that compute. One of them that began last would run alone at the end, and
 * a fresh clone knows no durations of a former run, by which vitest would order them.
 */
export const LONG = [
  'test/sidecar-dead-route.test.ts',
  'test/clients/postgres-17.test.ts',
  'test/sidecar-network-change.test.ts',
  'test/s39-load.test.ts',
  'test/sign-in-notice.test.ts',
  'test/clients/postgres-16.test.ts',
  'test/status-page.test.ts',
  'test/soak.test.ts',
  'test/clients/postgres-18.test.ts',
  'scripts/demo.test.ts',
  'test/transcripts/transcripts.test.ts',
  'test/hard-days-provider-upstream.test.ts',
  'test/gateway-commands.test.ts',
  'test/sign-in-browser.test.ts',
  'test/doctor.test.ts',
];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const index = LONG.findIndex((file) => moduleId.endsWith(`/${file}`));
      return index < 0 ? LONG.length : index;
    };
    return (await super.sort(files)).toSorted((a, b) => place(a) - place(b));
  }
}
