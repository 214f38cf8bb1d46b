// What a program tells of itself when it is asked: the values of its metrics, and its status as
// JSON. A copy, taken by its main loop and read by the admin's threads.
//
// Thread: one at a time.
// Cost: some 10 ns a metric, and some 100 ns a value of the status.
#ifndef FANTAIL_ADMIN_REPORT_H_
#define FANTAIL_ADMIN_REPORT_H_

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "fantail/base/metric.h"
#include "fantail/base/time.h"
#include "fantail/text/json_writer.h"

namespace fantail::admin {

// How a program is, in one line.
struct Health {
  bool ready = false;  // what it serves is live
  std::string text;    // `live, 12 sessions`; if not ready, why
};

class Report {
 public:
  struct Sample {
    const MetricInfo* info;
    double value;
  };

  // `with_status`: whether anybody wants more than the metrics.
  explicit Report(bool with_status) : with_status_(with_status) {}

  // REQUIRES, as for all metrics: `info` lives as long as the program.
  void Add(const MetricInfo& info, double value) { samples_.push_back({&info, value}); }
  void Add(const MetricInfo& info, Nanos value) {
    Add(info, std::chrono::duration<double>(value).count());
  }
  // All that a table tells.
  template <class Counters, size_t N>
  void Add(const std::array<Metric<Counters>, N>& table, const Counters& counters) {
    for (const Metric<Counters>& row : table) {
      Add(row.info, static_cast<double>(counters.*row.value));
    }
  }
  // A member of the status, if one is wanted: `write(JsonWriter&)` gives its value.
  template <class Fn>
  void Status(std::string_view key, Fn write) {
    if (!with_status_) return;
    if (!status_.empty()) status_ += ',';
    text::JsonWriter(&status_).Key(key);
    text::JsonWriter value(&status_);
    write(value);
  }

  bool with_status() const { return with_status_; }
  const std::vector<Sample>& samples() const { return samples_; }
  // Members of an object, without the braces.
  const std::string& status() const { return status_; }

 private:
  const bool with_status_;
  std::vector<Sample> samples_;
  std::string status_;
};

// The program that is looked at. Both are called by its own thread, from Admin::Turn.
class Subject {
 public:
  virtual ~Subject() = default;
  // Once a second at most.
  virtual Health HealthNow() const = 0;
  // When somebody asks, at most once in 250 ms.
  virtual void Tell(Report* report) const = 0;
};

}  // namespace fantail::admin

#endif  // FANTAIL_ADMIN_REPORT_H_
