#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/checksum.hpp"
#include "saddle/run/checkpoint.hpp"
#include "saddle/run/collective.hpp"
#include "saddle/run/report.hpp"
#include "saddle/transport/concept.hpp"

SADDLE_NAMESPACE_BEGIN

/// What drivers share: the connection to the other processes, the report that grows with the run, and of a checkpoint
/// what it begins with.
///
/// Report   a run_report, and the counters that a checkpoint holds: Report::counters, a base of it
template <class Report>
class driver_base {
 public:
  int workers() const { return link_->workers(); }
  /// This process hosts so many, from this one on.
  int first_worker() const { return link_->first(); }
  int hosted_workers() const { return link_->hosted(); }

  // On several processes the following are collective: all of them make the same call.

  /// Whether it is true in some process. One that is ahead waits here for the others; the report counts it.
  bool any(bool here) const {
    auto const start = std::chrono::steady_clock::now();
    bool const somewhere = together().any(here);
    report_.seconds += seconds_since(start);
    return somewhere;
  }
  /// All bytes that were put on wires.
  std::int64_t wire_bytes() const { return together().wire_bytes(); }

 protected:
  using counters = typename Report::counters;

  explicit driver_base(std::unique_ptr<communicator> connected) : link_(std::move(connected)) {}

  collective together() const { return {*link_, report_.step}; }
  /// All processes run the same, and begin with the same weights, or all fail.
  /// errors  std::invalid_argument, which begins with the driver's name
  template <class T>
  void agree(char const* driver, std::string const& what, std::span<T const> weights) const {
    together().agree(driver, "the processes run different things", what);
    checksum sum;
    sum.add(weights);
    together().agree(driver,
                     "the processes begin with different weights: initial(seed, w) must write the same on all, and "
                     "torch modules without an initializer are made after the same torch::manual_seed",
                     "checksum " + std::to_string(sum.value()));
  }
  bool is_hosted(int worker) const { return worker >= first_worker() && worker < first_worker() + hosted_workers(); }
  /// With what the connection says.
  Report report_now() const {
    Report r = report_;
    r.wire_bytes = link_->wire_bytes();
    if (time_model const* const model = link_->model()) r.simulated = model->report();
    return r;
  }
  /// For the end of a description; empty where no time is modelled.
  std::string model_name() const {
    return link_->model() == nullptr ? "" : std::string(" ").append(link_->model()->name());
  }

  /// What a checkpoint begins with: what the run is, the identity of its problem, and what was counted.
  static void save_head(checkpoint_writer& out, std::string const& what, std::string const& identity,
                        counters const& now) {
    out.add(what);
    out.add(identity);
    out.add(now);
  }
  static counters saved_head(checkpoint_reader& in, std::string const& what, std::string const& identity) {
    in.expect_run(what, identity);
    return in.template get<counters>();
  }
  /// The state of the model of time, where there is one.
  void save_time(checkpoint_writer& out) const {
    if (time_model const* const model = link_->model()) out.add(std::span<double const>(model->state()));
  }
  std::vector<double> saved_time(checkpoint_reader& in) const {
    std::vector<double> time;
    if (time_model const* const model = link_->model())
      if (time = in.template get_all<double>(); time.size() != model->state().size())
        in.fail("an array has another size");
    return time;
  }
  void set_time(std::vector<double> const& then) {
    if (time_model* const model = link_->model()) model->set_state(then);
  }
  /// The report of a run that was loaded. Seconds are this process's.
  void count_from(counters const& then) {
    double const seconds = report_.seconds;
    report_ = {};
    report_.seconds = seconds;
    static_cast<counters&>(report_) = then;
  }

  std::unique_ptr<communicator> link_;
  mutable Report report_;
};

SADDLE_NAMESPACE_END
