// For `require` in Node: the same code, so that there is one class `Oracle` in a process.
exports.load = async () => (await import("./index.mjs")).load();
