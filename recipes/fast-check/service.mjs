// The service under test: here a process that speaks for one of the wrong cores. Write these four methods for yours.
const service = process.env.SERVICE ?? "http://127.0.0.1:8090";

export async function ask(request) {
  const answer = await fetch(`${service}/oracle`, { method: "POST", body: JSON.stringify(request) });
  return answer.json();
}

export class Enterprise {
  steps = 1;
  #requests = [];
  constructor(ask) {
    this.ask = async (request) => {
      const { result, error } = await ask(request);
      if (error) throw new Error(error.message);
      return result;
    };
  }
  async begin(commands, at) {
    ({ handle: this.handle } = await this.ask({ call: "begin" }));
    for (const command of commands) await this.carryOut(command, at);
  }
  // Texts of refusals may differ; the rule and the status may not.
  async carryOut(command, at) {
    const { accepted, refused } = await this.ask({ call: "carry_out", handle: this.handle, at, command });
    if (accepted?.revocation) this.#requests.push(accepted.revocation);
    return accepted ?? { rule: refused.rule, status: refused.status };
  }
  access = (at) => this.ask({ call: "access_all", handle: this.handle, at });
  end = () => this.ask({ call: "end", handle: this.handle });
  nextBatch = (nth) => ({ type: "ContinueRevocation", revocation: this.#requests[nth] ?? 1, limit: 1 });
}
