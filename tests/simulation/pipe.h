// A connection of the simulated world: a pipe each way, as TCP below ZeroMQ makes it.
//
// A pipe keeps order and never loses a message in the middle. It delays, it has a bandwidth, and it
// gets stuck: then nothing moves, what is sent queues up, and all of it comes later, late but
// complete, when the pipe moves again. What is lost is only ever the end of it: the connection
// breaks, and whatever had not come by then never does.
//
// Thread: one owner, the World.
#ifndef FANTAIL_TESTS_SIMULATION_PIPE_H_
#define FANTAIL_TESTS_SIMULATION_PIPE_H_

#include <cstdint>
#include <deque>
#include <string>

#include "fantail/base/time.h"
#include "fantail/wire/message.h"

namespace fantail::simulation {

class Node;

// What the line between a client and the node above it can do at the moment.
struct Line {
  Nanos delay = std::chrono::microseconds(200);
  uint64_t bytes_per_second = 0;  // 0: no limit
  bool down_stuck = false;        // towards the client
  bool up_stuck = false;
};

// What a socket queues for one peer: that of fantail/net.
inline constexpr size_t kHighWaterMark = 1088;

struct Pipe {
  struct Item {
    wire::Message message;  // empty: the end, the other side is gone
    MonotonicTime ready;    // not before
  };

  std::deque<Item> items;
  bool dead = false;    // what is sent is lost, and so is everything after it
  bool waking = false;  // an event is on its way that takes the first item out
};

struct Connection {
  Node* client = nullptr;
  Node* server = nullptr;
  std::string address;  // the server's word for it
  Pipe down;
  Pipe up;
  bool client_open = true;   // the client still holds its end
  bool server_open = true;   // the process that accepted it still runs
  bool server_told = false;  // the server's socket knows that the client is gone
};

}  // namespace fantail::simulation

#endif  // FANTAIL_TESTS_SIMULATION_PIPE_H_
