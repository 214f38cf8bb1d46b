// What is counted, told where it is counted: a table beside each struct of counters gives every
// member a name, a unit and a help text. The admin port, the status and docs/operations.md are made
// of these tables.
//
//   struct DoorCounters {
//     uint64_t opened = 0;
//   };
//   inline constexpr auto kDoorMetrics = std::to_array<Metric<DoorCounters>>({
//       {&DoorCounters::opened, {"fantail_door_opened_total", Unit::kNone, "doors opened"}},
//   });
//   static_assert(TellsAll(kDoorMetrics));
//
// Thread: values; use them anywhere.
#ifndef FANTAIL_BASE_METRIC_H_
#define FANTAIL_BASE_METRIC_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace fantail {

enum class Unit : uint8_t { kNone, kBytes, kSeconds };

// As Prometheus wants it: base units, and the name ends with the unit, then with `_total` if it
// only ever grows. Never a topic, nor who a session is.
struct MetricInfo {
  std::string_view name;
  Unit unit;
  std::string_view help;  // no full stop

  constexpr bool is_counter() const { return name.ends_with("_total"); }
};

// A member of a struct of counters, or of gauges.
template <class Counters>
struct Metric {
  uint64_t Counters::*value;
  MetricInfo info;
};

// Whether the table has a row for each member, and none twice. REQUIRES: all members are uint64_t.
template <class Counters, size_t N>
constexpr bool TellsAll(const std::array<Metric<Counters>, N>& table) {
  for (size_t i = 0; i < N; ++i) {
    for (size_t k = 0; k < i; ++k) {
      if (table[i].value == table[k].value || table[i].info.name == table[k].info.name)
        return false;
    }
  }
  return sizeof(Counters) == N * sizeof(uint64_t);
}

}  // namespace fantail

#endif  // FANTAIL_BASE_METRIC_H_
