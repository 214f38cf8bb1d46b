// Prints the trades of an open feed as CSV.
//
// Usage: node open_feed.mjs ENDPOINT [PATTERN...]     such as tcp://127.0.0.1:5580 AAPL 'BA*'
//
// docs/examples/build_node FOLDER makes open_feed.mjs: it installs what package.json names, has flatc
// write what is imported from ./fantail, and bundles all of it but zeromq.
import { ByteBuffer } from "flatbuffers";
import { Subscriber } from "zeromq";
import { Batch } from "./fantail/open/batch";
import { Gap } from "./fantail/open/gap";
import { Kind } from "./fantail/open/kind";
import { State } from "./fantail/open/state";

// Digits times ten to the exponent: exact, and as short as it can be. 64 bits are a BigInt.
function decimal(digits: bigint, exponent: number): string {
  if (digits === 0n) return "0";
  if (exponent >= 0) return String(digits) + "0".repeat(exponent);
  const sign = digits < 0n ? "-" : "";
  const text = String(digits).replace("-", "").padStart(1 - exponent, "0");
  const fraction = text.slice(exponent).replace(/0+$/, "");
  return sign + text.slice(0, exponent) + (fraction && "." + fraction);
}

const quoted = (name: string) => (/[,"\n\r]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name);
const say = (what: string) => console.error("open_feed.mjs: " + what);

const [endpoint, ...patterns] = process.argv.slice(2);
const socket = new Subscriber({ receiveTimeout: 3000 }); // the feed says each second how it is
for (const p of patterns.length > 0 ? patterns : ["*"]) {
  socket.subscribe(p.endsWith("*") ? p.slice(0, -1) : p + "\0");
}
socket.subscribe("$fantail/");
socket.connect(endpoint);

process.stdout.write("ts_ns,symbol,kind,price,size,bid,bid_size,ask,ask_size,venue\n");
let state = "";
while (state !== "ended") {
  const message = await socket.receive().catch(() => null);
  if (message === null) {
    say((state = "stale: nothing has come for 3 s"));
    continue;
  }
  const [topic, body] = [message[0].toString(), new ByteBuffer(message[1])];
  if (topic === "$fantail/state\0") {
    const news = State.getRootAsState(body);
    if (news.state() !== state) say(`${news.state()} ${news.cause()}`);
    state = news.state()!;
  } else if (topic === "$fantail/gap\0") {
    const gap = Gap.getRootAsGap(body);
    say(`positions ${gap.from() + 1n} to ${gap.to()} are missing: ${gap.reason()}`);
  } else if (!topic.startsWith("$fantail/")) {
    const batch = Batch.getRootAsBatch(body);
    let rows = "";
    for (let i = 0; i < batch.recordsLength(); ++i) {
      const r = batch.records(i)!;
      if (r.kind() !== Kind.trade) continue;
      const price = decimal(r.price(), r.priceExponent());
      const size = decimal(r.size(), r.sizeExponent());
      rows += `${r.time()},${quoted(batch.topic()!)},trade,${price},${size},,,,,${quoted(r.venue() ?? "")}\n`;
    }
    process.stdout.write(rows);
  }
}
process.exit();
