/** The benchmarks in a browser. */
import type { Section } from "./rows.ts";
import { runSuite, type SuiteOptions } from "./suite.ts";

export default (options: SuiteOptions): Promise<Section> => runSuite(navigator.gpu, options);
