// A day of work in ten minutes: `npm run soak`, or in one with `npm run soak -- --minutes 1`.
import { main } from '../soak/main.ts';

process.exitCode = await main(process.argv.slice(2));
