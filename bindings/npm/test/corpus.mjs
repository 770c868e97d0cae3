// The corpus, replayed: each answer must be, byte for byte, the one on file. Gives how many steps there were, and what differs.
export function replay(oracle, corpus) {
  const [header, ...lines] = corpus.trimEnd().split("\n").map(read);
  const { protocol, rule_set } = header;
  const versions = oracle.call({ call: "version", protocol, rule_set });
  if (versions.error) throw new Error(versions.error.message);
  const worlds = new Map();
  const wrong = [];
  let steps = 0;

  const expect = (request, result, where) => {
    const expected = `{"result":${JSON.stringify(result)}}`;
    const answered = oracle.callText(JSON.stringify(request));
    if (answered !== expected) wrong.push(`${where}: ${request.call}\n  expected ${expected}\n  answered ${answered}`);
  };
  const follow = (handle, at, access, where) => {
    for (const step of at) {
      access = step.access ?? access;
      expect({ call: "carry_out", handle, at: step.at, command: step.command }, step.answer, where);
      expect({ call: "access_all", handle, at: step.at }, access, where);
      steps += 1;
    }
    return access;
  };
  for (const line of lines) {
    if (line.case === undefined) {
      const { handle } = oracle.call({ call: "begin" }).result;
      const access = follow(handle, line.steps, { authenticates: [], may_use: [] }, `world ${line.world}`);
      worlds.set(line.world, { handle, access });
    } else {
      const world = worlds.get(line.world);
      const { handle } = oracle.call({ call: "clone", handle: world.handle }).result;
      follow(handle, line.steps, world.access, `case ${line.case}`);
      oracle.call({ call: "end", handle });
    }
  }
  return { steps, due: header.steps, wrong };
}

// Read and written again a line is the same, its largest numbers too: so comparing what is written compares bytes.
function read(line) {
  const value = JSON.parse(line);
  if (JSON.stringify(value) !== line) throw new Error(`this line is another in JavaScript: ${line}`);
  return value;
}
