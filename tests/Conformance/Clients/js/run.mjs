// Drives a broker with the unmodified SDK and reports on standard output. Argument: the settings as JSON (see session.mjs).
import { runAll } from './session.mjs';
import './streams.mjs';
import './records.mjs';
import './scaling.mjs';
import './consumers.mjs';
import './settings.mjs';
import './errors.mjs';

await runAll();
process.exit(0);
