// The exchanges of docs/oracle.md: requests after `>`, answers after `<`. A long answer is cut there, and ends with `…`.
export function documented(markdown) {
  const lines = [...markdown.matchAll(/^```oracle\n(.*?)^```/gms)].flatMap(([, block]) => block.trimEnd().split("\n"));
  const exchanges = [];
  for (const line of lines) {
    if (line.startsWith("> ")) exchanges.push({ request: line.slice(2) });
    else exchanges.at(-1).answer = line.slice(2);
  }
  return exchanges;
}

// What is wrong with the answers, one line each.
export function differences(oracle, exchanges) {
  return exchanges.flatMap(({ request, answer }) => {
    const given = oracle.callText(request);
    const agrees = answer.endsWith(" …") ? given.startsWith(answer.slice(0, -2)) : given === answer;
    return agrees ? [] : [`${request}\n  expected ${answer}\n  answered ${given}`];
  });
}
