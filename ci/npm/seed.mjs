// Loaded before a suite: fast-check draws the same in each run, so the suite never fails by chance.
import fc from "fast-check";

fc.configureGlobal({ seed: 1 });
