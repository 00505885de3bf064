// Runs every audit of graphql-http against URL with the bearer token TOKEN, prints one line for each, and fails where one
// does: errors (MUST), and warnings (SHOULD) too.
import { serverAudits } from 'graphql-http';

const { URL, TOKEN } = process.env;
const authorised = (url, init = {}) => fetch(url, { ...init, headers: { ...init.headers, authorization: `Bearer ${TOKEN}` } });

let failed = 0;
for (const audit of serverAudits({ url: URL, fetchFn: authorised })) {
  const result = await audit.fn();
  console.log(`${result.status} ${audit.id} ${audit.name}${result.status === 'ok' ? '' : `: ${result.reason}`}`);
  if (result.status === 'error' || result.status === 'warn') failed++;
}
process.exitCode = failed ? 1 : 0;
