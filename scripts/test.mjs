#!/usr/bin/env node
/**
 * Runs the tests and ends with the line `N passed, N failed`. Arguments go to `vitest run`; besides:
 *   --fuzz     random cases by the thousand (DOT4_FUZZ=1)
 *   --hard     everything again with dirty memory, then with the dot4 polyfill forced
 */
import { parseCLI, startVitest } from "vitest/node";

const own = new Set(["--fuzz", "--hard"]);
const given = process.argv.slice(2);
const has = (flag) => given.includes(flag);
const { filter, options } = parseCLI(["vitest", "run", ...given.filter((a) => !own.has(a))]);
const environments = has("--hard") ? [{ DOT4_DIRTY_MEMORY: "1" }, { DOT4_POLYFILL: "1" }] : [{}];

let passed = 0;
let failed = 0;
for (const environment of environments) {
  const words = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  if (words.length) console.log(`\n${words.join(" ")}`);
  const env = { ...environment, ...(has("--fuzz") && { DOT4_FUZZ: "1" }) };
  // Where vitest stops early (a bad config, say) nothing has passed, so nothing may look as if it had.
  const vitest = await startVitest("test", filter, { ...options, watch: false, run: true }, { test: { env } });
  const count = vitest ? tally(vitest) : { passed: 0, failed: 1 };
  await vitest?.close();
  passed += count.passed;
  failed += count.failed;
}
if (passed + failed === 0) failed = 1;
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);

/** A file that does not load and an error outside of any test count as a failure each. */
function tally(vitest) {
  let passed = 0;
  let failed = vitest.state.getUnhandledErrors().length;
  for (const module of vitest.state.getTestModules()) {
    if (module.state() === "failed" && module.errors().length) failed += 1;
    for (const suite of module.children.allSuites()) if (suite.errors().length) failed += 1;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === "passed") passed += 1;
      else if (state === "failed" || state === "pending") failed += 1;
    }
  }
  return { passed, failed };
}
