// All checks, in the order in which they fail soonest; its arguments go to vitest (`npm test -- packages/sidecar`).
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface VitestReport {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  success: boolean;
  testResults: {
    name: string;
    status: string;
    message: string;
    assertionResults: { status: string; fullName: string }[];
  }[];
}

function check(title: string, command: string, args: string[]): void {
  process.stderr.write(`${title} ...\n`);
  const { status } = spawnSync(process.execPath, [command, ...args], { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status === 0) return;
  process.stderr.write(`${title}: failed. Nothing else was run.\n`);
  process.stdout.write('0 passed, 1 failed\n');
  process.exit(status ?? 1);
}

const NO_REPORT: VitestReport = {
  numPassedTests: 0,
  numFailedTests: 0,
  numPendingTests: 0,
  success: false,
  testResults: [],
};

function runVitest(args: string[]): { status: number; report: VitestReport } {
  const directory = mkdtempSync(join(tmpdir(), 'gprxy-test-report-'));
  const file = join(directory, 'report.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', ...reporters, ...args];
  const { status } = spawnSync(process.execPath, vitest, { stdio: ['ignore', 'inherit', 'inherit'] });
  // Without a report vitest itself has failed, and has said why.
  const report = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as VitestReport) : NO_REPORT;
  rmSync(directory, { recursive: true });
  return { status: status ?? 1, report };
}

function leftOut(report: VitestReport): string[] {
  return report.testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status }) => status !== 'passed' && status !== 'failed')
      .map(({ fullName }) => `${name.replace(`${process.cwd()}/`, '')}: ${fullName}`),
  );
}

const args = process.argv.slice(2);
if (args.length === 0) {
  check('Style', 'node_modules/@biomejs/biome/bin/biome', ['check', '--diagnostic-level=error']);
  check('Who imports whom', 'scripts/check-imports.mjs', []);
  check('What nobody uses', 'node_modules/knip/bin/knip.js', ['--no-config-hints', '--no-progress']);
  check('Types of the tests', 'node_modules/typescript/bin/tsc', ['-p', 'tsconfig.tests.json']);
}
const { status, report } = runVitest(args);
const skipped = args.length === 0 ? leftOut(report) : [];
if (skipped.length > 0) process.stdout.write(`\nLeft out:\n${skipped.map((test) => `  ${test}\n`).join('')}`);
// On a machine that should have everything, a test that was left out shows nothing.
const incomplete = process.env.CI === 'true' && skipped.length > 0;
if (incomplete) process.stdout.write('CI must run every test.\n');
const failedFiles = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
const known = report.numFailedTests + failedFiles.length + (incomplete ? 1 : 0);
// An error outside of every test fails the run too.
const failed = known === 0 && status !== 0 ? 1 : known;
process.stdout.write(`${report.numPassedTests} passed, ${failed} failed, ${report.numPendingTests} skipped\n`);
process.exitCode = failed > 0 ? status || 1 : 0;
