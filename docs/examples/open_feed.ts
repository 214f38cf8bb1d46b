// Prints the trades of an open feed as CSV.
//
// Usage: node open_feed.mjs ENDPOINT [PATTERN...]     such as tcp://127.0.0.1:5580 AAPL 'BA*'
//
// docs/examples/build_node FOLDER makes open_feed.mjs: it installs what package.json names, has flatc
// write what is imported from ./fantail, and bundles all of it but zeromq.
import { number, read } from "./fantail_open";
import { Kind } from "./fantail/open/kind";

const quoted = (name: string) => (/[,"\n\r]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name);

const [endpoint, ...patterns] = process.argv.slice(2);
process.stdout.write("ts_ns,symbol,kind,price,size,bid,bid_size,ask,ask_size,venue\n");
for await (const event of read(endpoint, patterns)) {
  if (event.news !== undefined) {
    console.error("open_feed.mjs: " + event.news);
    continue;
  }
  for (const tick of event.ticks.filter((one) => one.kind() === Kind.trade)) {
    const price = number(tick.price(), tick.priceExponent());
    const size = number(tick.size(), tick.sizeExponent());
    const [symbol, venue] = [quoted(event.topic), quoted(tick.venue() ?? "")];
    process.stdout.write(`${tick.time()},${symbol},trade,${price},${size},,,,,${venue}\n`);
  }
}
process.exit();
