// Reads an open feed. Copy it beside what flatc --ts schemas/open.fbs writes.
import { ByteBuffer } from "flatbuffers";
import { Subscriber } from "zeromq";
import { Batch } from "./fantail/open/batch";
import { Gap } from "./fantail/open/gap";
import { Record } from "./fantail/open/record";
import { State } from "./fantail/open/state";

// Digits times ten to the exponent: exact, and as short as it can be. 64 bits are a BigInt.
export function number(digits: bigint, exponent: number): string {
  if (digits === 0n) return "0";
  if (exponent >= 0) return String(digits) + "0".repeat(exponent);
  const sign = digits < 0n ? "-" : "";
  const text = String(digits).replace("-", "").padStart(1 - exponent, "0");
  const fraction = text.slice(exponent).replace(/0+$/, "");
  return sign + text.slice(0, exponent) + (fraction && "." + fraction);
}

// Ticks of one topic that came together; or news: how the feed is, or what is missing.
export type Event = { topic: string; ticks: Record[]; news?: undefined } | { news: string };

// Until the feed has ended.
export async function* read(endpoint: string, patterns: string[]): AsyncGenerator<Event> {
  const socket = new Subscriber({ receiveTimeout: 3000 }); // the feed says each second how it is
  for (const p of patterns.length > 0 ? patterns : ["*"]) {
    socket.subscribe(p.endsWith("*") ? p.slice(0, -1) : p + "\0");
  }
  socket.subscribe("$fantail/");
  socket.connect(endpoint);
  let state = "";
  while (state !== "ended") {
    const message = await socket.receive().catch(() => null);
    if (message === null) {
      yield { news: (state = "stale: nothing has come for 3 s") };
      continue;
    }
    const [topic, body] = [message[0].toString(), new ByteBuffer(message[1])];
    if (topic === "$fantail/state\0") {
      const news = State.getRootAsState(body);
      const last = state;
      state = news.state()!;
      if (state !== last) yield { news: `${state} ${news.cause()}` };
    } else if (topic === "$fantail/gap\0") {
      const gap = Gap.getRootAsGap(body);
      yield { news: `positions ${gap.from() + 1n} to ${gap.to()} are missing: ${gap.reason()}` };
    } else if (!topic.startsWith("$fantail/")) {
      const batch = Batch.getRootAsBatch(body);
      const ticks = Array.from({ length: batch.recordsLength() }, (_, i) => batch.records(i)!);
      yield { topic: batch.topic()!, ticks };
    }
  }
}
