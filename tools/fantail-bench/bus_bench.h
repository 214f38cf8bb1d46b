// fantail-bench bus: requests through fantail-bus and through a bare zmq_proxy between ROUTER and
// DEALER, with the same clients and servers.
#ifndef FANTAIL_BENCH_BUS_BENCH_H_
#define FANTAIL_BENCH_BUS_BENCH_H_

#include <string>

namespace fantail::bench {

// The exit code. `argv[0]` is "bus"; `self` is this program.
int BusBench(int argc, char** argv, const std::string& self);

// In processes of their own: the proxy, whose ready file says "CLIENTS SERVERS" as two addresses,
// and the servers at `endpoint`, which join if it is a bus.
int RunBusProxy(const std::string& ready_file);
int RunBusServers(const std::string& endpoint, const std::string& kind, const std::string& servers,
                  const std::string& capacity);

}  // namespace fantail::bench

#endif  // FANTAIL_BENCH_BUS_BENCH_H_
